#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# test.sh: runs test.py and adds up; the last line is `N passed, N failed`.
set -eu
. "$(dirname -- "$0")/../paths.sh"

mkdir -p "$build"
status=0
"$here/keylime/test.py" >"$build/keylime.tap" || status=$?
cat "$build/keylime.tap"
awk '/^ok / { passed++ } /^not ok / { failed++ } END { print passed + 0 " passed, " failed + 0 " failed" }' "$build/keylime.tap"
exit "$status"
