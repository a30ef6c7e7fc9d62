# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# For test scripts: `. src/build/tap.sh`, then `ok TEXT COMMAND...` for each thing that must hold, at last `finish`.
# $work is an empty directory that goes away at the end; a failing command's output is shown as comments.

tap_count=0
tap_failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ok() {
	tap_text=$1
	shift
	tap_count=$((tap_count + 1))
	if "$@" >"$work/tap.out" 2>&1; then
		echo "ok $tap_count - $tap_text"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $tap_text"
		sed 's/^/# /' "$work/tap.out"
	fi
}

# fails COMMAND...: holds if the command exits with a status other than 0.
fails() {
	! "$@"
}

# says TEXT FILE: holds if a line of FILE has TEXT in it; shows FILE if not.
says() {
	grep -qF -e "$1" "$2" || {
		echo "does not say: $1"
		cat "$2"
		return 1
	}
}

finish() {
	echo "1..$tap_count"
	exit "$((tap_failed > 0))"
}
