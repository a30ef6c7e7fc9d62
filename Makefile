# SPDX-License-Identifier: Apache-2.0
# Builds, checks and tests cosima. Everything that is made lies under build/; `make help` lists the targets.
#
# Options, given as `make NAME=value`:
#   JOBS=2            jobs at a time (default: the number of processors)
#   WERROR=1          a warning is an error
#   V=1               show whole command lines
#   FUZZ_SECONDS=20   time for each fuzz harness
#   DESTDIR= PREFIX=/usr UDEVDIR=/usr/lib/udev   where `make install` puts things; eudev of Alpine reads /lib/udev
#   MUSL_CC=musl-gcc HOST_CC=gcc FUZZ_CC=clang   the three compilers: product, tests, fuzzing

JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 20
PREFIX ?= /usr
UDEVDIR ?= $(PREFIX)/lib/udev
MUSL_CC ?= musl-gcc
HOST_CC ?= gcc
FUZZ_CC ?= clang

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(JOBS)
endif
export JOBS FUZZ_SECONDS MUSL_CC HOST_CC FUZZ_CC
# For scripts that run make on their own; `make -n` does not follow them.
make_program := $(MAKE)
export LC_ALL := C
Q := $(if $(V),,@)

.DELETE_ON_ERROR:
.SECONDARY:
.SUFFIXES:
.PHONY: all help everything unit fuzz bench demo test test-vm-full test-keylime bench-keylime keys check check-layers repro install deb cpio clean FORCE

# ---- what there is ---------------------------------------------------------------------------------------------------

pure_layers := base format event log trust storage verify
sources_of = $(sort $(wildcard $(addprefix src/,$(addsuffix /*.c,$1))))
# The hashes come from mbedtls; in cosima on x86-64, which hashes much, from nettle (src/event/digest.h).
nettle_digest := src/event/digest_nettle.c
pure_c := $(filter-out $(nettle_digest),$(call sources_of,$(pure_layers)))
has_nettle := $(findstring x86_64,$(shell uname -m))
fast_pure_c := $(if $(has_nettle),$(filter-out %/digest_mbedtls.c,$(pure_c)) $(nettle_digest),$(pure_c))
port_c := $(filter-out %_swtpm.c,$(call sources_of,port))
swtpm_c := $(filter %_swtpm.c,$(call sources_of,port))
# The bench and the tests talk to a software TPM: X_swtpm.c stands in for X_device.c.
bench_port_c := $(filter-out $(swtpm_c:_swtpm.c=_device.c),$(port_c)) $(swtpm_c)
boot_c := $(call sources_of,boot)
# What of it runs in cosima too, on a machine on paper: all but its own main() and allocator.
stages_c := $(filter-out %/main.c %_device.c,$(boot_c))
cli_c := $(call sources_of,cli)
test_c := $(sort $(wildcard src/test/test_*.c))
test_help_c := $(filter-out $(test_c),$(call sources_of,test))
fuzz_c := $(sort $(wildcard src/fuzz/fuzz_*.c))
fuzz_help_c := $(filter-out $(fuzz_c),$(call sources_of,fuzz))
own_c := $(pure_c) $(if $(has_nettle),$(nettle_digest)) $(port_c) $(swtpm_c) $(boot_c) $(cli_c)

all: $(if $(boot_c),build/cosima-boot) $(if $(cli_c),build/cosima) ## build the two static programs (the default)

help: ## list the targets
	@sed -n "s/^\([a-z-]*\):.*## \(.*\)/  \1@\2/p" Makefile | awk -F@ '{ printf "%-16s %s\n", $$1, $$2 }'

# Defines mbedtls_c, yyjson_c, tss_c, tcti_device_c, tcti_swtpm_c, nettle_c and nettle_asm; made by fetching, after which make starts again.
ifneq ($(filter-out help clean keys,$(or $(MAKECMDGOALS),all)),)
include build/third-party.mk
endif

objects = $(patsubst %.c,build/$1/%.o,$2)

# ---- packages and third-party sources --------------------------------------------------------------------------------

# All groups that the goals need are asked for at once, before anything else is done.
goals := $(or $(MAKECMDGOALS),all)
groups := build$(if $(filter unit fuzz check everything test bench,$(goals)),-test)$(if $(filter test test-vm-full bench demo test-keylime bench-keylime,$(goals)),-vm)$(if \
	$(filter test test-keylime bench-keylime,$(goals)),-keylime)

build/packages-%: src/build/packages src/build/need.sh
	$(Q)src/build/need.sh $(subst -, ,$*)
	$(Q)mkdir -p $(@D) && touch $@

build/third-party.mk: src/build/sources src/build/fetch.sh | build/packages-$(groups)
	$(Q)src/build/fetch.sh src/build/sources build/src $@

# Kernel headers beside musl's: only these three directories, never all of /usr/include.
build/kernel-headers: | build/packages-build
	$(Q)mkdir -p $@.new && ln -sfn /usr/include/linux $@.new/linux && ln -sfn /usr/include/asm-generic $@.new/asm-generic \
	&& ln -sfn /usr/include/$$(gcc -print-multiarch)/asm $@.new/asm && mv -T $@.new $@

# ---- flags -----------------------------------------------------------------------------------------------------------

warnings := -Wall -Wextra -Wshadow -Wundef -Wmissing-prototypes -Wstrict-prototypes -Wvla -Wwrite-strings -Wpointer-arith
common := -std=gnu11
mbedtls_cpp := -isystem build/src/mbedtls/include '-DMBEDTLS_CONFIG_FILE="build/mbedtls_config.h"'
yyjson_cpp := -isystem build/src/yyjson/src -DYYJSON_DISABLE_WRITER=1 -DYYJSON_DISABLE_UTILS=1 \
	-DYYJSON_DISABLE_INCR_READER=1 -DYYJSON_DISABLE_NON_STANDARD=1
# Forced inlining and a floating point table make yyjson three times as big; its authors have switches for both.
yyjson_small := -DYYJSON_DISABLE_FAST_FP_CONV=1 -Dyyjson_inline=inline -Dstrtod=json_real
tss_cpp := -DMAXLOGLEVEL=0 -D_GNU_SOURCE -Ibuild/src/tpm2-tss/include/tss2 \
	$(addprefix -Ibuild/src/tpm2-tss/,include src src/tss2-mu src/tss2-sys src/tss2-tcti)
nettle_cpp := -Ibuild/src/nettle -DNDEBUG
own_cpp := -D_GNU_SOURCE -Isrc $(mbedtls_cpp) $(yyjson_cpp) -isystem build/src/tpm2-tss/include $(if $(has_nettle),-isystem build/src)
# Flags of one source file, by who wrote it. Both TCTIs name their information function alike; swtpm's is renamed.
flags_for = $(if $(filter src/%,$1),$(warnings) $(if $(WERROR),-Werror) $(own_cpp),-w $(strip \
	$(if $(filter build/src/mbedtls/%,$1),-Isrc $(mbedtls_cpp)) \
	$(if $(filter build/src/yyjson/%,$1),$(yyjson_cpp) $(yyjson_small)) \
	$(if $(filter build/src/nettle/%,$1),$(nettle_cpp)) $(if $(filter build/src/tpm2-tss/%,$1),$(tss_cpp)) $(if $(filter %/tcti-swtpm.c,$1),-DTss2_Tcti_Info=tcti_swtpm_info)))

musl_dir = /usr/lib/$(subst gnu,musl,$(shell gcc -print-multiarch))
# For size, which is bounded: these optimisations make the code larger here, and stack protectors would add 6 KB.
musl_small := -Oz -fno-tree-sra -fno-tree-dominator-opts -fno-tree-loop-im -fno-move-loop-invariants -fno-ipa-sra -fno-code-hoisting \
	-fno-jump-tables -fno-tree-pre -DERR_BOOT_NAMES
musl_flags := $(common) $(musl_small) -g0 -fno-ident -fno-asynchronous-unwind-tables -fno-unwind-tables -fPIE -ffunction-sections -fdata-sections \
	-idirafter build/kernel-headers
musl_lto := -flto -flto-partition=one
musl_link = -nostartfiles $(musl_dir)/rcrt1.o $(musl_dir)/crti.o $(musl_dir)/crtn.o -static -Wl,-pie,--no-dynamic-linker,-z,text \
	-Wl,--gc-sections,-z,relro,-z,now,-z,noexecstack,-z,noseparate-code,--build-id=none,-s
plain_flags := $(musl_flags)
# cosima: for speed.
fast_flags := $(filter-out $(musl_small),$(musl_flags)) -O2
fast_lto := $(musl_lto)
sanitize := -g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
host_flags := $(common) $(sanitize)
fuzz_flags := $(common) $(sanitize) -fsanitize=fuzzer-no-link
musl_cc = $(MUSL_CC)
plain_cc = $(MUSL_CC)
fast_cc = $(MUSL_CC)
host_cc = $(HOST_CC)
fuzz_cc = $(FUZZ_CC)

# One file per configuration holds all its flags, and everything compiled with them depends on it.
quote = '$(subst ','\'',$1)'
all_flags = $($1_cc) $($1_flags) $($1_lto) $(warnings) $(WERROR) $(own_cpp) $(yyjson_small) $(tss_cpp)
build/%/flags: FORCE
	@mkdir -p $(@D); { $($*_cc) --version | head -n 1; printf '%s\n' $(call quote,$(call all_flags,$*)); } >$@.new; \
	if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

# ---- compile ---------------------------------------------------------------------------------------------------------

define compile_rule
build/$1/%.o: %.c build/$1/flags | build/third-party.mk $2
	@echo '  CC    $1 $$<'
	$(Q)mkdir -p $$(@D) && $$($1_cc) $$($1_flags) $$(if $$($1_lto),$$($1_lto) -frandom-seed=$$<) $$(call flags_for,$$<) -MD -MP -c -o $$@ $$<

build/$1/lib%.a:
	@echo '  AR    $1 $$(@F)'
	$(Q)mkdir -p $$(@D) && rm -f $$@ && gcc-ar rcsD $$@ $$(sort $$^)

build/$1/libcosima.a: $$(call objects,$1,$$(or $$($1_pure_c),$$(pure_c)))
build/$1/libmbed.a: $$(call objects,$1,$$(mbedtls_c))
build/$1/libyyjson.a: $$(call objects,$1,$$(yyjson_c))
build/$1/libtss.a: $$(call objects,$1,$$(tss_c))
endef
$(eval $(call compile_rule,musl,build/kernel-headers build/packages-build))
$(eval $(call compile_rule,host,build/packages-test))
$(eval $(call compile_rule,fuzz,build/packages-test))
$(eval $(call compile_rule,fast,build/kernel-headers build/packages-build))
$(eval $(call compile_rule,plain,build/kernel-headers build/packages-build))

nettle_m4 := build/src/nettle/m4-utils.m4 build/src/nettle/asm.m4 src/build/nettle.m4 build/src/nettle/x86_64/machine.m4
nettle_objects := $(patsubst build/src/nettle/%.asm,build/fast/nettle/%.o,$(nettle_asm))
$(nettle_objects): build/fast/nettle/%.o: build/src/nettle/%.asm src/build/nettle.m4 | build/third-party.mk
	@echo '  AS    fast $<'
	$(Q)mkdir -p $(@D) && m4 $(nettle_m4) $< >$(@:.o=.s) && as -o $@ $(@:.o=.s)
build/fast/libnettle.a: $(call objects,fast,$(nettle_c)) $(nettle_objects)

build/host/libeffects.a: $(call objects,host,$(filter-out %/main.c %_device.c,$(bench_port_c) $(boot_c)) $(tcti_swtpm_c))
build/host/libcommands.a: $(call objects,host,$(filter-out %/main.c,$(cli_c)))
build/host/libhelp.a: $(call objects,host,$(test_help_c))
build/fuzz/libhelp.a: $(call objects,fuzz,$(fuzz_help_c))

-include $(patsubst %.o,%.d,$(foreach c,musl fast plain host fuzz,$(call objects,$c,$(own_c) $(mbedtls_c) $(yyjson_c) $(tss_c) $(nettle_c) \
	$(tcti_device_c) $(tcti_swtpm_c))) $(call objects,host,$(test_c) $(test_help_c)) $(call objects,fuzz,$(fuzz_c) $(fuzz_help_c)))

# ---- link ------------------------------------------------------------------------------------------------------------

libraries_of = $(addprefix build/$1/,libcosima.a libyyjson.a libmbed.a libtss.a)
build/cosima-boot: $(call objects,musl,$(boot_c) $(port_c) $(tcti_device_c)) $(call libraries_of,musl)
build/cosima: $(call objects,fast,$(cli_c) $(stages_c) $(port_c) $(tcti_device_c)) $(call libraries_of,fast) $(if $(has_nettle),build/fast/libnettle.a)
build/bench/cosima-boot: $(call objects,musl,$(boot_c) $(bench_port_c) $(tcti_swtpm_c)) $(call libraries_of,musl)

build/bench/cosima: $(call objects,fast,$(cli_c) $(stages_c) $(bench_port_c) $(tcti_swtpm_c)) $(call libraries_of,fast) $(if $(has_nettle),build/fast/libnettle.a)

build/cosima-boot build/cosima build/bench/cosima-boot build/bench/cosima: src/build/check-static.sh
	@echo '  LD    $@'
	$(Q)mkdir -p $(@D) && $(MUSL_CC) $(if $(filter %/cosima,$@),$(fast_flags),$(musl_flags)) $(musl_lto) -frandom-seed=$@ $(musl_link) -o $@.new $(filter %.o,$^) $(filter %.a,$^)
	$(Q)src/build/check-static.sh $@.new $(if $(filter build/cosima-boot,$@),163840) && mv $@.new $@

# For the bench: a program that makes long logs, and the parts of the unit tests that tell its story.
bench_story := $(addprefix src/test/,story.c attest.c signer.c)
-include $(patsubst %.o,%.d,$(call objects,fast,src/build/make_logs.c $(bench_story)))
build/bench/make-logs: $(call objects,fast,src/build/make_logs.c $(bench_story)) $(call libraries_of,fast) $(if $(has_nettle),build/fast/libnettle.a)
	@echo '  LD    $@'
	$(Q)mkdir -p $(@D) && $(MUSL_CC) $(fast_flags) $(fast_lto) $(musl_link) -o $@ $(filter %.o,$^) $(filter %.a,$^)

test_programs := $(patsubst src/test/%.c,build/test/%,$(test_c))
$(test_programs): build/test/%: build/host/src/test/%.o $(addprefix build/host/,libhelp.a libeffects.a libcommands.a) $(call libraries_of,host)
	@echo '  LD    $@'
	$(Q)mkdir -p $(@D) && $(HOST_CC) $(host_flags) -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group -lcmocka

fuzz_programs := $(patsubst src/fuzz/%.c,build/fuzz/%,$(fuzz_c))
$(fuzz_programs): build/fuzz/%: build/fuzz/src/fuzz/%.o build/fuzz/libhelp.a $(call libraries_of,fuzz)
	@echo '  LD    $@'
	$(Q)mkdir -p $(@D) && $(FUZZ_CC) $(fuzz_flags) -fsanitize=fuzzer -o $@ $(filter %.o,$^) $(filter %.a,$^)

# ---- tests -----------------------------------------------------------------------------------------------------------
# A target that prints TAP goes on when something does not build; its script says so in a failing line.

try_to_build = $(if $1,+@$(MAKE) --no-print-directory -k $1 || echo 'Something does not build.')

unit: | build/packages-test ## build and run the C unit tests (with ASan and UBSan)
	$(call try_to_build,$(test_programs))
	@src/build/run-unit.sh $(test_programs)

fuzz: | build/packages-test ## run each fuzzer for FUZZ_SECONDS
	$(call try_to_build,$(fuzz_programs))
	@src/build/fuzz.sh $(JOBS) $(fuzz_programs)

build/corpus/made: $(wildcard src/test/corpus.sh src/test/lib-trust.sh src/test/logs.py) | build/packages-test
	$(Q)mkdir -p $(@D) && sh $< && touch $@
ifneq ($(wildcard src/test/corpus.sh),)
unit fuzz: build/corpus/made
endif

check-layers: build/plain/libcosima.a ## prove that the layers keep to their rules
	@src/build/check-layers.sh $<

# What each tool says of each C file is kept; nothing said is an empty file, and anything said makes the file out of date.
checked_c := $(own_c) $(test_c) $(test_help_c) $(fuzz_c) $(fuzz_help_c) src/build/make_logs.c
check_gcc = $(HOST_CC) $(common) -O2 -c -o /dev/null
check_clang = $(FUZZ_CC) $(common) -O2 -c -o /dev/null
check_analyzer = $(FUZZ_CC) $(common) --analyze --analyzer-output text -Xclang -analyzer-werror -o /dev/null \
	-Xclang -analyzer-disable-checker=$(value_blind)$(if $(filter $(pure_c),$<),$(comma)$(span_blind))
# It sees one file at a time, so not that a function elsewhere sets what it returns, or that it cannot succeed; gcc and the
# sanitizers look for values that are not set. Nor can it know that a span cut from a longer one is never null.
value_blind := core.CallAndMessage,core.uninitialized,core.UndefinedBinaryOperatorResult
span_blind := core.NonNullParamChecker,core.NullDereference,unix.cstring.NullArg
comma := ,
define check_rule
build/check/$1/%.log: %.c build/host/flags | build/third-party.mk build/packages-test
	$(Q)mkdir -p $$(@D) && { $$(check_$1) $$(call flags_for,$$<) -Werror -MD -MP -MF $$(@:.log=.d) -MT $$@ $$< >$$@ 2>&1 || { echo "$$<: failed" >>$$@; touch -d @0 $$@; }; }
-include $(patsubst %.c,build/check/$1/%.d,$2)
check: $(patsubst %.c,build/check/$1/%.log,$2)
endef
$(eval $(call check_rule,gcc,$(checked_c)))
# clang cannot ask for the processor's SHA instructions as gcc does.
$(eval $(call check_rule,clang,$(filter-out $(nettle_digest),$(checked_c))))
$(eval $(call check_rule,analyzer,$(filter-out $(nettle_digest),$(own_c))))

check: ## warnings of gcc and clang, static analysis, shellcheck, licences, leftovers
	@src/build/check.sh build/check

repro: build/cosima-boot build/cosima ## build twice in other directories and compare the bytes
	@src/build/repro.sh $(make_program) $^

everything: all $(test_programs) $(fuzz_programs) build/bench/make-logs $(if $(swtpm_c),build/bench/cosima-boot build/bench/cosima)
	@echo 'ok 1 - everything builds'; echo 1..1

test: | build/packages-build build/packages-test build/packages-vm build/packages-keylime ## run every test; the last line is `N passed, N failed`
	@src/build/test.sh $(make_program)

test-vm-full: all | build/packages-vm ## boot whole Debian systems: dracut, initramfs-tools, Elemental, failures
	@CASES=full test-vm/cases.sh

bench: all build/bench/cosima-boot build/bench/make-logs | build/packages-test build/packages-vm ## print the figures of the budgets
	@src/build/bench.sh

# ---- the rest --------------------------------------------------------------------------------------------------------

test-keylime: all | build/packages-vm build/packages-keylime ## attest machines in a VM with a real Keylime of PyPI
	@test-vm/keylime/test.sh

bench-keylime: all | build/packages-vm build/packages-keylime ## print Keylime's time to an alert, CPU per poll, and the time of exports
	@test-vm/keylime/bench.py

demo: all | build/packages-vm ## boot the story in a VM: clean, changed, swapped, forged
	@test-vm/demo.sh

keys: | build/packages-keys ## make a development CA and signing key under build/keys
	@keys/make-keys.sh

# Manual pages and completions are told by the program itself.
build/manual/made: build/cosima
	@echo '  MAN   $(@D)'
	$(Q)rm -rf $(@D) && mkdir -p $(@D) && for page in $$(build/cosima help); do build/cosima help --man $$page >$(@D)/$$page.1 || exit 1; done
	$(Q)build/cosima help --completion bash >$(@D)/cosima && build/cosima help --completion zsh >$(@D)/_cosima && touch $@

# What an image takes in: programs, their manual, dracut's module, and what the other initramfs makers need.
installed = "$(DESTDIR)$(PREFIX)"
install: all build/manual/made ## put everything under DESTDIR
	install -D -m 755 -t $(installed)/bin build/cosima build/cosima-boot
	install -D -m 644 -t $(installed)/share/man/man1 build/manual/*.1
	install -D -m 644 -t $(installed)/share/bash-completion/completions build/manual/cosima
	install -D -m 644 -t $(installed)/share/zsh/vendor-completions build/manual/_cosima
	install -D -m 755 -t $(installed)/lib/cosima/initramfs initramfs/verify.sh initramfs/place.sh
	install -D -m 644 -t $(installed)/lib/cosima/initramfs initramfs/busybox.sh initramfs/*.service initramfs/*.conf initramfs/*.rules
	install -D -m 755 -t $(installed)/lib/dracut/modules.d/50cosima dracut-module/50cosima/*.sh
	install -D -m 644 -t "$(DESTDIR)$(UDEVDIR)"/rules.d initramfs/65-cosima.rules
	install -D -m 644 -t $(installed)/lib/systemd/system initramfs/cosima-handover-root.service
	install -D -m 644 -t $(installed)/lib/systemd/system initramfs/cosima-combined-log.service
	install -D -m 644 initramfs/keylime-agent.conf $(installed)/lib/systemd/system/keylime_agent.service.d/10-cosima.conf
	install -D -m 644 initramfs/keylime-agent.conf $(installed)/lib/systemd/system/keylime_push_model_agent.service.d/10-cosima.conf
	install -d $(installed)/lib/systemd/system/sysinit.target.wants
	ln -sfn ../cosima-handover-root.service $(installed)/lib/systemd/system/sysinit.target.wants/cosima-handover-root.service
	install -D -m 755 initramfs/initramfs-tools/hook $(installed)/share/initramfs-tools/hooks/cosima
	install -D -m 755 initramfs/initramfs-tools/measure $(installed)/share/initramfs-tools/scripts/init-premount/cosima
	install -D -m 755 initramfs/initramfs-tools/panic $(installed)/share/initramfs-tools/scripts/panic/cosima
	install -D -m 644 -t $(installed)/share/mkinitfs/features.d initramfs/mkinitfs/cosima.*
	install -D -m 644 -t $(installed)/share/man/man8 initramfs/cosima-boot.8

deb: all ## make build/cosima.deb
	$(Q)src/build/deb.sh $(make_program) build/cosima.deb
	@echo build/cosima.deb

# GATE is open or closed (initramfs/place.sh).
SIG ?= $(POLICY).sig
CERTS ?= $(dir $(POLICY))certs
cpio: all ## make build/cosima.cpio to append to an initramfs; needs POLICY, takes SIG, CERTS, RULES, GATE
	@[ -n "$(POLICY)" ] || { echo 'make cpio needs POLICY=FILE (with FILE.sig, or SIG=, and CERTS=FOLDER)' >&2; exit 2; }
	@COSIMA_GATE=$(GATE) initramfs/cpio.sh build/cosima build/cosima-boot "$(POLICY)" "$(SIG)" "$(CERTS)" build/cosima.cpio $(RULES)
	@echo build/cosima.cpio

clean: ## remove build/
	rm -rf build
