#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cases.sh [NAME...]: runs the cases (all of them by default) two at a time and prints TAP: a case has passed when what it
# said is what its folder's `expect` holds. What each said stays in build/vm/cases/NAME.said. CASES names another folder than
# cases; a script `prepare` in it is sourced before, and makes what these cases need beyond prepare.sh.
set -eu
. "$(dirname -- "$0")/paths.sh"

out=$vm/$cases
if [ $# -eq 0 ]; then
	for folder in "$here/$cases"/*/; do
		set -- "$@" "$(basename "$folder")"
	done
fi

"$here/prepare.sh" >&2
# shellcheck source=/dev/null
[ ! -e "$here/$cases/prepare" ] || . "$here/$cases/prepare" >&2
"$here/enroll.sh" "$out" >&2
printf '%s\n' "$@" | "$here/run-cases.sh" "$out" || echo '# a case ended early'

number=0 failed=0
for name; do
	number=$((number + 1))
	# The first line of `expect` names the licence.
	if sed 1d "$here/$cases/$name/expect" | diff - "$out/$name.said" >"$out/$name.diff" 2>&1; then
		echo "ok $number - vm $cases: $name"
	else
		echo "not ok $number - vm $cases: $name"
		sed 's/^/# /' "$out/$name.diff" "$out/$name.errors"
		failed=1
	fi
done
echo "1..$number"
exit "$failed"
