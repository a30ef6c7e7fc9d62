#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run-cases.sh OUT: runs the cases named on standard input, two at a time. What each says is OUT/NAME.said, its errors OUT/NAME.errors.
set -eu
. "$(dirname -- "$0")/paths.sh"

# shellcheck disable=SC2016 # $1 is for the inner shell
xargs -P2 -I{} sh -c '"$1/case.sh" "$2" "$3" >"$3/$2.said" 2>"$3/$2.errors" ||
	{ echo "exit status $?" >>"$3/$2.said"; echo "$2: $(tail -n 1 "$3/$2.errors")" >&2; exit 1; }' \
	sh "$here" {} "$1"
