#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# uki.sh: makes what all boots of a unified kernel image share, in build/vm/uki: keys for Secure Boot and the firmware's variables with
# them, and initramfs.cpio.gz, the whole system with udev, cryptsetup and cosima, but without systemd and dracut, as Kairos builds it.
set -eu
. "$(dirname -- "$0")/paths.sh"
. "$here/sign.sh"

uki=$vm/uki
kernel=$(cat "$vm/kernel")
root=$uki/root

# make_key NAME: a self-signed certificate of one of the three levels of Secure Boot.
make_key() {
	openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=cosima test $1" -days 3650 \
		-keyout "$uki/$1.key" -out "$uki/$1.pem" 2>/dev/null
	openssl x509 -in "$uki/$1.pem" -outform DER -out "$uki/$1.der"
}

add_program() { # PATH...: with the libraries it needs
	for program; do
		install -D "$program" "$root$program"
		ldd "$program" | sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p; s/^\t\(\/[^ ]*\) .*/\1/p' | while read -r library; do
			[ -e "$root$library" ] || install -D "$library" "$root$library"
		done
	done
}

lay_out_root() {
	mkdir -p "$root"
	cp -r "$vm/tree/active/." "$root/"
	mkdir -p "$root/sysroot" "$root/modules" "$root/lib/udev/rules.d" "$root/etc/cosima"
	cp "$here/guest/immucore" "$root/usr/bin/immucore"
	ln -s usr/bin/immucore "$root/init"
	add_program /bin/udevadm
	mkdir -p "$root/usr/lib/systemd"
	ln -s /bin/udevadm "$root/usr/lib/systemd/systemd-udevd"
	for rules in 50-udev-default 60-block 60-persistent-storage; do
		cp "/lib/udev/rules.d/$rules.rules" "$root/lib/udev/rules.d/"
	done
	cp "$top/initramfs/65-cosima.rules" "$root/lib/udev/rules.d/"
}

# The policy for this kind of image, whose signature is as good in all boots: only what is in the image is measured.
add_policy() {
	cp -r "$vm/trust/certs" "$root/etc/cosima/"
	cp "$top/policy/kairos-uki" "$root/etc/cosima/policy"
	sign_with "$keys/leaf" "$root/etc/cosima/policy"
}

rm -rf "$uki"
mkdir -p "$uki"
for level in PK KEK db; do
	make_key "$level"
done
"$here/enroll-vars" /usr/share/OVMF/OVMF_VARS_4M.fd "$uki/PK.der" "$uki/KEK.der" "$uki/db.der" "$uki/vars.fd"
lay_out_root
add_policy
"$here/initramfs.sh" "$kernel" "$uki/modules.cpio"
(cd "$root" && cpio -i --quiet 'modules/*' <"$uki/modules.cpio")
"$here/luks/root.sh" "$kernel" "$root"
cp "$kernel"/lib/modules/*/kernel/drivers/firmware/qemu_fw_cfg.ko "$root/modules/20-qemu_fw_cfg.ko"
(cd "$root" && find . | LC_ALL=C sort | cpio -o -H newc --quiet --owner=0:0) | gzip -6n >"$uki/initramfs.cpio.gz"
