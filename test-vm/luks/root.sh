#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# root.sh KERNEL-FOLDER OUT: lays out cryptsetup and veritysetup with their libraries and the kernel modules of dm-crypt and dm-verity, for the initramfs.
set -eu
PATH=$PATH:/usr/sbin:/sbin

kernel=$1 out=$2
modules=$(echo "$kernel"/lib/modules/*/kernel)
mkdir -p "$out/usr/bin" "$out/modules"

for name in cryptsetup veritysetup; do
	program=$(command -v "$name")
	cp "$program" "$out/usr/bin/"
	ldd "$program"
done | sed -n 's/.* => \(\/[^ ]*\) .*/\1/p; s/^[^ /]*\(\/[^ ]*ld-[^ ]*\) .*/\1/p' | while read -r library; do
	mkdir -p "$out$(dirname "$library")"
	cp -L "$library" "$out$library"
done

# The initramfs loads what lies in /modules by its number: behind those of the other cases.
n=30
for module in drivers/md/dm-mod crypto/ecb crypto/xts drivers/md/dm-crypt drivers/md/dm-bufio \
	lib/reed_solomon/reed_solomon drivers/md/dm-verity; do
	cp "$modules/$module.ko" "$out/modules/$n-${module##*/}.ko"
	n=$((n + 1))
done
