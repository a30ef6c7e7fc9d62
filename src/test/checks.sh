#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The build's own checks find what they look for: each fault is put into a small tree, and must be named.
set -eu
cd "$(dirname "$0")/../.."
. src/build/tap.sh
root=$PWD

# fresh: a small tree in $work/tree that is in order, with all the layers.
fresh() {
	rm -rf "$work/tree"
	mkdir -p "$work/tree/src"
	for layer in base format event log trust storage verify port boot cli; do
		mkdir "$work/tree/src/$layer"
	done
	: >"$work/tree/src/event/new.h"
	printf 'ERR(NEAR, "near")\nERR_ELSEWHERE(FAR, "far")\n' >"$work/tree/src/base/err.def"
	echo 'int low_get(void);' >"$work/tree/src/base/low.h"
	printf '#include "base/low.h"\nint low_get(void) { return 1; }\n' >"$work/tree/src/base/low.c"
	printf '#include "base/low.h"\nint high_get(void);\nint high_get(void) { return low_get(); }\n' >"$work/tree/src/verify/high.c"
}

# layers: compiles the tree's pure part and checks it.
layers() (
	cd "$work/tree"
	objects=
	for file in src/*/*.c; do
		object=$(basename "$file" .c).o
		cc -Isrc -w -c -o "$object" "$file"
		objects="$objects $object"
	done
	# shellcheck disable=SC2086 # names without blanks
	ar rcsD lib.a $objects
	"$root/src/build/check-layers.sh" lib.a >"$work/log" 2>&1
	! grep '^not ok' "$work/log"
)

# finds TEXT FILE FAULT: with the line FAULT added to FILE of the tree the check fails and says TEXT.
finds() {
	fresh
	printf '%s\n' "$3" >>"$work/tree/src/$2"
	fails layers && says "$1" "$work/log"
}

repeat() {
	yes "$1" | head -n "$2"
}

fresh
ok "a tree in order passes" layers
ok "an include upwards is found" finds 'src/base/low.c:3 "event/new.h"' base/low.c '#include "event/new.h" // "base/low.h">'
ok "a system header in a pure layer is found" finds 'src/verify/high.c:4 <stdlib.h>' verify/high.c '#include <stdlib.h>'
ok "boot that includes cli is found" finds 'src/boot/a.h:1 "cli/a.h"' boot/a.h '#include "cli/a.h"'
ok "cli that talks to the TPM is found" finds 'src/cli/a.h:1 <tss2/tss2_sys.h>' cli/a.h '#include <tss2/tss2_sys.h>'
ok "an error whose name cosima-boot lacks is found in boot" finds 'src/boot/a.c:1:int a_fail(void) { return ERR_FAR; }' boot/a.c 'int a_fail(void) { return ERR_FAR; }'
ok "a call of malloc is found" finds 'malloc low.o' base/low.c 'void *low_new(int n) { return __builtin_malloc(n); }'
ok "a call of strdup is found" finds 'strdup' base/low.c 'char *low_new(char *s) { return __builtin_strdup(s); }'
ok "a writable global is found" finds 'low.o low_count in .data' base/low.c 'int low_count = 3;'
ok "one that begins as zero is found" finds 'low.o low_count in .bss' base/low.c 'int low_count;'
ok "one inside a function is found" finds 'in .bss' base/low.c 'int low_next(void) { static int n; return ++n; }'
ok "another module's name is found" finds 'low.c defines lower_get' base/low.c 'int lower_get(void) { return 2; }'
ok "a name of the module's header is allowed, of another is not" finds 'low_more.c defines high_get2' base/low_more.c 'int low_two(void) { return 2; }
int high_get2(void) { return 3; }'
ok "and only that is named" fails says 'low_two' "$work/log"
ok "a long function is found" finds 'src/base/low.c:3: 61 lines: int low_long(int a)' base/low.c "int low_long(int a)
{
$(repeat '	a++;' 60)
	return a;
}"
ok "a long file is found" finds 'src/base/low.h: 502 lines' base/low.h "$(repeat '/* */' 501)"

echo 'int main(void) { return 0; }' >"$work/main.c"
cc -o "$work/dynamic" "$work/main.c"
cc -static-pie -o "$work/full" "$work/main.c"
cc -static -s -o "$work/fixed" "$work/main.c"
cc -static-pie -s -o "$work/good" "$work/main.c"
ok "a stripped static-PIE program passes" src/build/check-static.sh "$work/good"
for program in dynamic full fixed; do
	ok "a $program program does not" fails src/build/check-static.sh "$work/$program"
done
ok "one that is too big does not" fails src/build/check-static.sh "$work/good" 4096

# sums EXPECTED STATUS LINE...: what tap.awk counts of the lines.
sums() {
	expected=$1
	status=$2
	shift 2
	printf '%s\n' "$@" >"$work/tap.in"
	rm -f "$work/counts"
	awk -v stage=s -v log_path=l -v status="$status" -v seconds=1 -v counts="$work/counts" -f src/build/tap.awk "$work/tap.in"
	[ "$(cat "$work/counts")" = "$expected" ]
}
ok "what passed is counted" sums "2 0" 0 "ok 1 - a" "ok 2" "1..2"
ok "what failed is counted" sums "1 1" 1 "ok 1 - a" "not ok 2 - b" "1..2"
ok "a skipped test is a failed one" sums "1 1" 0 "ok 1 - a" "ok 2 - b # SKIP no TPM" "1..2"
ok "no plan is a failure" sums "1 1" 0 "ok 1 - a"
ok "no test is a failure" sums "0 1" 0 "1..0"
ok "nothing at all is a failure" sums "0 1" 0 ""
ok "fewer tests than planned is a failure" sums "1 1" 0 "1..2" "ok 1 - a"
ok "a bad exit status is a failure" sums "1 1" 3 "ok 1 - a" "1..1"
finish
