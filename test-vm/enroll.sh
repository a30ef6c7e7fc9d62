#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# enroll.sh OUT: manufactures a machine, boots it clean, and writes OUT/baseline.json; OUT/tpm is its TPM from then on.
set -eu
. "$(dirname -- "$0")/paths.sh"
. "$here/machine.sh"
. "$here/ima.sh"
# shellcheck source=/dev/null
[ ! -e "$here/$cases/machine" ] || . "$here/$cases/machine"

out=$1
rm -rf "$out"
mkdir -p "$out"
cp -r "$vm/tpm" "$out/tpm"
machine enroll
boot
"$cosima" enroll --evidence "$case/evidence.tar" --nonce "$(cat "$case/nonce")" --out "$out/baseline.json"
rm -rf "$out/tpm"
cp -r "$case/tpm" "$out/tpm"
