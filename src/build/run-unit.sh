#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: run-unit.sh PROGRAM...
# Runs cmocka test programs one after the other and joins their TAP into one, each line with its program's name.
set -eu
out=$(mktemp)
trap 'rm -f "$out"' EXIT
total=0

say() {
	total=$((total + 1))
	echo "$1 $total - $2"
}

run() {
	name=$(basename "$1")
	if [ ! -x "$1" ]; then
		say "not ok" "$name: does not build"
		return
	fi
	status=0
	CMOCKA_MESSAGE_OUTPUT=TAP "$1" >"$out" 2>&1 </dev/null || status=$?
	awk -v name="$name" -v start="$total" '
		/^(not )?ok [0-9]+/ {
			not = /^not/ ? "not " : ""; text = $0
			sub(/^(not )?ok [0-9]+( - )?/, "", text)
			print not "ok " ++start " - " name ": " text; next
		}
		/^1\.\.[0-9]+/ { next }
		{ print (/^#/ ? "" : "# ") $0 }' "$out"
	count=$(grep -c '^\(not \)\?ok [0-9]' "$out" || :)
	plan=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$out" | awk '{ n += $1 } END { print n + 0 }')
	bad=$(grep -c '^not ok [0-9]' "$out" || :)
	total=$((total + count))
	if [ "$plan" != "$count" ] || [ "$plan" = 0 ]; then
		say "not ok" "$name: ran $count of $plan tests (exit status $status)"
	elif [ "$status" != 0 ] && [ "$bad" = 0 ]; then
		say "not ok" "$name: exit status $status"
	fi
}

for program; do
	run "$program"
done
echo "1..$total"
