#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes build/vm/part/*.img, the five file systems of an untouched node, from build/vm/tree.
set -eu
. "$(dirname -- "$0")/paths.sh"
. "$here/ext4.sh"

part=$vm/part
mkdir -p "$part"

rm -f "$part/efi.img"
mkfs.vfat --invariant -C -n COS_GRUB -i c05a0001 "$part/efi.img" 8192 >/dev/null

make_ext4 COS_OEM "$uuid_oem" "$size_oem" "$vm/tree/oem" "$part/oem.img"
make_ext4 COS_PERSISTENT "$uuid_persistent" "$size_persistent" "$vm/tree/persistent" "$part/persistent.img"

mkdir -p "$vm/tree/recovery" "$vm/tree/state/cOS"
make_ext4 COS_RECOVERY c05a0000-0000-4000-8000-000000000003 8M "$vm/tree/recovery" "$part/recovery.img"
make_ext4 COS_ACTIVE c05a0000-0000-4000-8000-000000000006 16M "$vm/tree/active" "$vm/tree/state/cOS/active.img"
make_ext4 COS_STATE c05a0000-0000-4000-8000-000000000004 40M "$vm/tree/state" "$part/state.img"
