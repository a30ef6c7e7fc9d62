dnl SPDX-License-Identifier: Apache-2.0
dnl What nettle's assembly wants to know of the target: ELF on x86-64. Its configure script would write this as config.m4.
define(`srcdir', `build/src/nettle')dnl
define(`SYMBOL_PREFIX', `$1')dnl
define(`ELF_STYLE', `yes')dnl
define(`COFF_STYLE', `no')dnl
define(`TYPE_FUNCTION', `@function')dnl
define(`TYPE_PROGBITS', `@progbits')dnl
define(`ALIGN_LOG', `no')dnl
define(`ELFV2_ABI', `no')dnl
define(`W64_ABI', `no')dnl
define(`RODATA', `.section .rodata')dnl
define(`WORDS_BIGENDIAN', `no')dnl
define(`ASM_X86_ENDBR', `')dnl
define(`ASM_X86_MARK_CET_ALIGN', `3')dnl
define(`ASM_PPC_WANT_R_REGISTERS', `no')dnl
divert(1)
	.section .note.GNU-stack,"",TYPE_PROGBITS
divert
