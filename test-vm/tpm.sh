#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tpm.sh FOLDER [1.2]: manufactures a TPM (2.0 with the banks sha256 and sha384, or 1.2) and leaves its state in FOLDER.
# Every boot works on a copy, so all boots of one machine have the same endorsement seed and so the same attestation key.
set -eu
. "$(dirname -- "$0")/paths.sh"

rm -rf "$1"
mkdir -p "$1"
state=$(CDPATH='' cd -- "$1" && pwd) # swtpm fails on a relative path

if [ "${2-}" = 1.2 ]; then
	swtpm_setup --tpmstate "$state" --createek --overwrite >"$state/setup.log"
else
	swtpm_setup --tpm2 --tpmstate "$state" --pcr-banks sha256,sha384 --overwrite >"$state/setup.log"
fi
