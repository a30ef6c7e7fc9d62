#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: check.sh DIR
# Looks at the text of the tree, and at what the compilers and analysers said of each C file (DIR/<tool>/<file>.log, made by
# `make check`, empty when there is nothing to say). Prints TAP.
set -eu
logs=$1
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

# Files of the tree: what git knows or would add, else all that is not made by the build.
files() {
	git ls-files -co --exclude-standard 2>"$work/git" || find . -name build -path ./build -prune -o -type f -print | sed 's/^\.\///'
}

# forbid TEXT PATTERN: no text file has a line that matches the extended regular expression.
forbid() {
	xargs -r grep -nIE -e "$2" <"$work/texts" >>"$work/bad" || :
	result "$1"
}

for tool in gcc clang analyzer; do
	[ -d "$logs/$tool" ] || echo "nothing was compiled" >"$work/bad"
	find "$logs/$tool" -name '*.log' -size +0 -exec grep -hE -A 2 ' (fatal )?error: |: failed$' {} + -exec echo 'all of it is in' {} + >>"$work/bad" || :
	result "$tool has no warning for $(find "$logs/$tool" -name '*.log' | wc -l) C files"
done

find src -mindepth 1 -maxdepth 1 -type d ! -name test ! -name fuzz | sort >"$work/layers"
xargs cppcheck -q -j 2 --std=c11 --enable=warning,performance,portability --inline-suppr --suppress=toomanyconfigs -Isrc --error-exitcode=1 <"$work/layers" >"$work/bad" 2>&1 || :
result "cppcheck has nothing to say"

files | while read -r file; do
	[ ! -f "$file" ] || [ ! -s "$file" ] || echo "$file"
done >"$work/files"
xargs grep -lI . <"$work/files" | grep -vE '^(LICENSE$|src/test/data/|src/fuzz/corpus/)' >"$work/texts"
while read -r file; do
	if head -n 1 "$file" | grep -qE '^#!.*sh' || [ "${file%.sh}" != "$file" ]; then
		echo "$file"
	fi
done <"$work/texts" >"$work/scripts"

# SC2317: it does not see a function that is called by another through its name.
xargs -r shellcheck -e SC2317 -x -P SCRIPTDIR <"$work/scripts" >"$work/bad" 2>&1 || :
result "shellcheck has nothing to say of $(wc -l <"$work/scripts") scripts"
xargs grep -LF 'SPDX-License-Identifier: Apache-2.0' <"$work/texts" | grep -v '\.json$' >"$work/bad" || :
result "each file names its licence (SPDX)"

forbid "nothing is left to be done" '\b([T]ODO|[F]IXME|X[X]X)\b'
forbid "no failure is swallowed with '||'" '\|\| *t[r]ue\b'
forbid "no path of a developer's machine" '(^|[^A-Za-z0-9_.})*-])/(w[o]rk|r[o]ot|h[o]me)/[a-z]'
forbid "no key and no certificate" '^-----B[E]GIN '
forbid "no mark of a merge" '^(<<<<<<<|>>>>>>>) '
forbid "no blank at the end of a line" '[ 	]$'
# shellcheck disable=SC2016 # apt's own variable
mirrors=$(apt-get indextargets --format '$(SITE)' 'Identifier: Packages' | sed 's/.*:\/\///; s/[/:].*//' | grep '\.' | sort -u | paste -sd '|' | sed 's/\./\\./g')
forbid "no package mirror is named" "([d]eb|security|snapshot|ftp|archive)\.(debian|ubuntu)\.(org|com)${mirrors:+|$mirrors}"

echo "1..$total"
