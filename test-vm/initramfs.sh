#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# initramfs.sh KERNEL-FOLDER OUT: the initramfs that all cases share; a case appends its own cpio with policy and keys.
set -eu
. "$(dirname -- "$0")/paths.sh"

kernel=$1 out=$2
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

mkdir -p "$root/bin" "$root/usr/bin" "$root/modules" "$root/dev" "$root/proc" "$root/sys" "$root/run" "$root/sysroot"
cp "$(command -v busybox)" "$root/bin/busybox"
ln -s busybox "$root/bin/sh"
cp "$cosima_boot" "$root/usr/bin/cosima-boot"
cp "$here/guest/init" "$root/init"

# Debian 13 compresses its modules and has some of these built in; a kernel of our own has all of them built in.
add_module() { # NUMBER PATH
	if [ -e "$modules/kernel/$2.ko" ]; then
		cp "$modules/kernel/$2.ko" "$root/modules/$1-${2##*/}.ko"
	elif [ -e "$modules/kernel/$2.ko.xz" ]; then
		xz -dc "$modules/kernel/$2.ko.xz" >"$root/modules/$1-${2##*/}.ko"
	else
		grep -qxF "kernel/$2.ko" "$modules/modules.builtin" || die "$kernel has no $2"
	fi
}

# In the order in which they are loaded: bus, disks, the port the evidence leaves by, the loop device of COS_ACTIVE.
for modules in "$kernel"/lib/modules/* "$kernel"/usr/lib/modules/*; do
	[ -d "$modules" ] || continue
	n=10
	for module in drivers/virtio/virtio_ring drivers/virtio/virtio drivers/virtio/virtio_pci_modern_dev \
		drivers/virtio/virtio_pci_legacy_dev drivers/virtio/virtio_pci drivers/block/virtio_blk \
		drivers/char/virtio_console drivers/block/loop; do
		add_module "$n" "$module"
		n=$((n + 1))
	done
done

(cd "$root" && find . | LC_ALL=C sort | cpio -o -H newc --quiet) >"$out"
