#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# case.sh NAME OUT: runs the script cases/NAME/run in the folder OUT/NAME; prints what it has to say. CASES names
# another folder than cases.
#
# The script is sourced with the functions below. OUT/tpm and OUT/baseline.json are the enrolled machine's (see enroll.sh).
set -eu
. "$(dirname -- "$0")/paths.sh"
. "$here/ext4.sh"
. "$here/sign.sh"
. "$here/machine.sh"
. "$here/ima.sh"
. "$here/judge.sh"
# shellcheck source=/dev/null
[ ! -e "$here/$cases/machine" ] || . "$here/$cases/machine"

name=$1 out=$2
[ -e "$here/$cases/$name/run" ] || die "no case $name"
rm -rf "${out:?}/$name"
machine "$name"
# shellcheck source=/dev/null
. "$here/$cases/$name/run"
