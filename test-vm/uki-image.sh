#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# uki-image.sh PARAMETERS [KEY]: prints the path of the unified kernel image with this command line, signed for Secure Boot, as an EFI system
# partition. Two made at different times would differ in a time stamp that the firmware measures, so it is made once. It is signed by
# KEY.key and KEY.pem instead where they are named, or, if KEY is empty, not at all.
set -eu
. "$(dirname -- "$0")/paths.sh"

uki=$vm/uki
signer=${2-$uki/db}
out=$uki/image-$(printf '%s %s' "$1" "$signer" | sha256sum | cut -c1-16)
kernel=$(cat "$vm/kernel")
exec 9>"$uki/lock"
flock 9
if [ -e "$out" ]; then
	echo "$out"
	exit
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

printf '%s' "$1" >"$work/cmdline"
printf 'ID=cos\nNAME=cos\nVERSION_ID=1\n' >"$work/osrel"
objcopy --add-section .osrel="$work/osrel" --change-section-vma .osrel=0x20000 \
	--add-section .cmdline="$work/cmdline" --change-section-vma .cmdline=0x30000 \
	--add-section .linux="$(echo "$kernel"/boot/vmlinuz-*)" --change-section-vma .linux=0x2000000 \
	--add-section .initrd="$uki/initramfs.cpio.gz" --change-section-vma .initrd=0x4000000 \
	/usr/lib/systemd/boot/efi/linuxx64.efi.stub "$work/uki.efi"
if [ -n "$signer" ]; then
	sbsign --key "$signer.key" --cert "$signer.pem" --output "$work/signed.efi" "$work/uki.efi" 2>"$work/sbsign" || die "$(cat "$work/sbsign")"
else
	mv "$work/uki.efi" "$work/signed.efi"
fi

mkfs.vfat --invariant -C -n COS_GRUB -i c05a0001 "$work/efi.img" $((48 * 1024)) >/dev/null
mmd -i "$work/efi.img" ::/EFI ::/EFI/BOOT
mcopy -i "$work/efi.img" "$work/signed.efi" ::/EFI/BOOT/BOOTX64.EFI
cp --sparse=always "$work/efi.img" "$out.new"
mv "$out.new" "$out"
echo "$out"
