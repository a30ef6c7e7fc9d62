#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: check-layers.sh LIBRARY
# Proves the layering of DESIGN: includes go downwards only, the pure LIBRARY (compiled for the product, without LTO) calls
# nothing but memory, string, mbedtls and yyjson functions, and has no writable global. Prints TAP.
set -eu
library=$1
pure="base format event log trust storage verify"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
total=0

# result TEXT: ok if $work/bad is empty; else its lines are the reasons.
result() {
	total=$((total + 1))
	if [ -s "$work/bad" ]; then
		echo "not ok $total - $1"
		sed 's/^/# /' "$work/bad"
	else
		echo "ok $total - $1"
	fi
	: >"$work/bad"
}

# includes LAYER: `file:line <name>` or `file:line "name"` for each include of its files.
includes() {
	# shellcheck disable=SC2016 # awk's own variables
	find "src/$1" -name '*.[ch]' | sort | xargs -r awk '
	/^[ \t]*#[ \t]*include/ { sub(/^[ \t]*#[ \t]*include[ \t]*/, ""); match($0, /^<[^>]*>|^"[^"]*"/); print FILENAME ":" FNR, substr($0, 1, RLENGTH) }'
}

# check_includes LAYER PATTERN: each include of LAYER matches PATTERN, an extended regular expression.
check_includes() {
	# shellcheck disable=SC2016 # awk's own variables
	includes "$1" | grep -vE " ($2)\$" >>"$work/bad" || :
	result "src/$1 includes nothing above it"
}

own_dir='"[a-z0-9_]+\.(h|def)"'
libc='<(stdint|stddef|stdbool|string|limits|endian)\.h>'
libraries='[<"](nettle/sha[12]\.h|mbedtls/[a-z0-9_]+\.h|yyjson\.h)[>"]'
lower=
for layer in $pure; do
	lower="$lower${lower:+|}$layer"
	check_includes "$layer" "$own_dir|\"($lower)/[a-z0-9_]+\.(h|def)\"|$libc|$libraries"
done
check_includes port "$own_dir|\"($lower|port)/[a-z0-9_]+\.(h|def)\"|$libraries|<.*>"
check_includes boot "$own_dir|\"($lower|port|boot)/[a-z0-9_]+\.(h|def)\"|$libraries|<.*>"
check_includes cli "$own_dir|\"($lower|port|boot|cli)/[a-z0-9_]+\.(h|def)\"|$libraries|<.*>"

for layer in $pure boot cli; do
	includes "$layer" | grep -E '[<"]tss2/' >>"$work/bad" || :
done
result "only src/port talks to the TPM library"

# cosima-boot has no names for these (base/err.def), and a failure without one would say nothing. Of src/port it has all but the reading of images.
sed -n 's/^ERR_ELSEWHERE(\([A-Z0-9_]*\),.*/ERR_\1/p' src/base/err.def >"$work/elsewhere"
find src/base src/format src/event src/trust src/storage src/boot src/port -name '*.c' ! -name 'image.c' -exec grep -nwHFf "$work/elsewhere" {} + >>"$work/bad" || :
result "cosima-boot raises no error whose name it lacks"

# What the library needs and does not itself define.
nm -A --defined-only -g "$library" | awk '{ print $NF }' | sort -u >"$work/defined"
nm -A -u "$library" | awk '{ print $NF, $1 }' | sed 's/ [^:]*:/ /; s/:$//' | sort -u |
	awk 'NR == FNR { own[$1]; next } !($1 in own)' "$work/defined" - |
	grep -vE '^(mem[a-z]+|str[a-z]+|mbedtls_(sha|ct|md|pk|rsa|ec|mpi|x509|oid|asn1|pem|base64|platform_zeroize)[a-z0-9_]*|yyjson_[a-z_]+|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_) ' >"$work/bad" || :
nm -A -u "$library" | grep -oE '[^:]*\.o: *U (str(n?dup|tok|error|tod|tof)|yyjson_(read_file|read_fp)).*' >>"$work/bad" || :
result "the pure library calls only mem*, str*, mbedtls and yyjson"

# A module of several files: what gpt_write.c defines may begin with gpt_, if there is a gpt.h.
# shellcheck disable=SC2086 # names of layers
(cd src && find $pure -name '*.h' | sed 's/.*\///; s/\.h$//') >"$work/modules"
nm -A -g --defined-only "$library" | sed 's/^[^:]*://' | awk '
	function belongs(name, file) {
		return index(name, file "_") == 1 || name == file
	}
	NR == FNR { module[$1]; next }
	{
		file = $1; sub(/\.o:.*/, "", file)
		good = belongs($NF, file)
		for (stem = file; !good && sub(/_[^_]*$/, "", stem);) good = stem in module && belongs($NF, stem)
		if (!good) print file ".c defines " $NF
	}' "$work/modules" - >"$work/bad"
result "each global symbol of the pure library begins with its file's or its module's name"

objdump -t "$library" | awk '
	/^[^ ]*\.o: / { file = $1; sub(/:$/, "", file) }
	NF > 3 && $(NF - 2) ~ /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)/ && $(NF - 2) !~ /^\.data\.rel\.ro/ && $NF != $(NF - 2) { print file, $NF, "in", $(NF - 2) }' >"$work/bad"
result "the pure library has no writable global"

# A function is what stands between a line `... {` or `{` at the margin after a parameter list, and `}` at the margin.
# shellcheck disable=SC2016 # awk's own variables
find src -name '*.[ch]' | sort | xargs awk -v limit=60 '
	FNR == 1 { start = 0 }
	/^[A-Za-z_].*\(/ { head = $0; line = FNR }
	/^{/ || /^[A-Za-z_ \t].*\).*{$/ { if (!start && $0 !~ /[=]/) { start = FNR; name = head } }
	/^}/ { if (start && FNR - start - 1 > limit) print FILENAME ":" line ": " FNR - start - 1 " lines: " name; start = 0 }' >"$work/bad"
result "no function is longer than 60 lines"

find src test-vm initramfs dracut-module keys policy -type f \( -name '*.[ch]' -o -name '*.sh' -o -name '*.md' -o -name '*.def' \) 2>"$work/none" |
	sort | xargs awk '{ n[FILENAME]++ } END { for (f in n) if (n[f] > 500) print f ": " n[f] " lines" }' >"$work/bad"
result "no file is longer than 500 lines"

echo "1..$total"
