#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# initramfs.sh KERNEL-FOLDER OUT: the initramfs that all cases share; a case appends its own cpio with policy and keys.
set -eu
. "$(dirname -- "$0")/paths.sh"

kernel=$1 out=$2
modules=$(echo "$kernel"/lib/modules/*/kernel)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

mkdir -p "$root/bin" "$root/usr/bin" "$root/modules" "$root/dev" "$root/proc" "$root/sys" "$root/run" "$root/sysroot"
cp "$(command -v busybox)" "$root/bin/busybox"
ln -s busybox "$root/bin/sh"
cp "$cosima_boot" "$root/usr/bin/cosima-boot"
cp "$here/guest/init" "$root/init"

# In the order in which they are loaded: bus, disks, the port the evidence leaves by, the loop device of COS_ACTIVE.
n=10
for module in drivers/virtio/virtio_ring drivers/virtio/virtio drivers/virtio/virtio_pci_modern_dev \
	drivers/virtio/virtio_pci_legacy_dev drivers/virtio/virtio_pci drivers/block/virtio_blk \
	drivers/char/virtio_console drivers/block/loop; do
	cp "$modules/$module.ko" "$root/modules/$n-${module##*/}.ko"
	n=$((n + 1))
done

(cd "$root" && find . | LC_ALL=C sort | cpio -o -H newc --quiet) >"$out"
