#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes what all cases share in build/vm: the kernel's folder name, signed policy, trees, file systems,
# initramfs, a manufactured TPM.
set -eu
. "$(dirname -- "$0")/paths.sh"

mkdir -p "$vm"
"$here/kernel.sh" >"$vm/kernel"
"$here/trust.sh"
"$here/trees.sh"
"$here/partitions.sh"
"$here/initramfs.sh" "$(cat "$vm/kernel")" "$vm/initramfs.cpio"
"$here/tpm.sh" "$vm/tpm"
