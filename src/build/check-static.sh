#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: check-static.sh PROGRAM [MAX_BYTES]
# Fails unless PROGRAM is a stripped static-PIE that needs no loader and no library, within MAX_BYTES.
set -eu
program=$1 max=${2:-}

wrong() {
	echo "$program: $1" >&2
	exit 1
}

readelf -W -h -l -d -S "$program" >"$program.elf"
trap 'rm -f "$program.elf"' EXIT
has() {
	grep -q "$1" "$program.elf"
}
has '^ *Type: *DYN' || wrong "is not position independent"
has 'FLAGS_1.*PIE' || wrong "is not marked as a PIE"
! has '^ *INTERP' || wrong "asks for a loader (PT_INTERP)"
! has '(NEEDED)' || wrong "needs a shared library (DT_NEEDED)"
! has '(TEXTREL)' || wrong "has text relocations"
! has ' \.symtab' || wrong "is not stripped"
has '^ *GNU_STACK .* RW ' || wrong "has an executable stack"
size=$(stat -c %s "$program")
[ -z "$max" ] || [ "$size" -le "$max" ] || wrong "has $size bytes, more than the $max allowed"
