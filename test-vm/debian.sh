#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# debian.sh [bookworm|trixie]: makes build/vm/debian (build/vm/debian-trixie): a Debian 12 (13) root with cosima installed in it, the disk of a
# COS node that boots it, and its initramfs in four ways, each a folder that a case links as its `kernel`:
#   dracut            dracut (in 13 it is dracut-ng) with systemd and the module 50cosima; 13 has this one only
#   dracut-plain      dracut without systemd, and the same module
#   initramfs-tools   with cosima's hook
#   stock             as the installation of Debian's kernel package made it, without anything of cosima
set -eu
. "$(dirname -- "$0")/paths.sh"
. "$here/ext4.sh"
export STATE_MIB=280

suite=${1:-bookworm}
case $suite in
bookworm) debian=$vm/debian makers='dracut-core initramfs-tools rsync' ;;
trixie) debian=$vm/debian-trixie makers=dracut ;;
*) die "no case boots $suite" ;;
esac
root=$debian/root
active=$debian/active

unpack() {
	rm -rf "$debian"
	mkdir -p "$root" "$active"
	# shellcheck disable=SC2086 # one word a package
	tarball=$("$here/root.sh" "$suite" systemd systemd-sysv udev $makers busybox-static kmod e2fsprogs fdisk linux-image-cloud-amd64)
	tar -C "$root" -xf "$tarball"
	version=$(basename "$root"/lib/modules/*)
}

# As an image takes cosima in; the policy is the one that all cases have.
install_cosima() {
	env -u MAKEFLAGS make -s -C "$top" install "DESTDIR=$root" >&2
	mkdir -p "$root/etc/cosima"
	cp -r "$vm/trust/certs" "$vm/trust/policy" "$vm/trust/policy.sig" "$root/etc/cosima/"
}

# The running system: no more of the root than it uses, the program that uses it, and a machine-id so that it is not the first boot.
make_active() {
	(cd "$root" && tar -cf - --exclude=./boot --exclude=./usr/lib/modules --exclude=./var/cache --exclude=./usr/share/zoneinfo .) | tar -C "$active" -xf -
	mkdir -p "$active/oem" "$active/usr/lib/vm" "$active/usr/lib/modules/$version/kernel/drivers/char"
	# In 13 they are compressed, or built in.
	(cd "$root/usr/lib/modules/$version/kernel" && find . -name 'virtio_console.ko*' -o -name 'loop.ko*' -o -name 'overlay.ko*') | while read -r module; do
		install -D -m 644 "$root/usr/lib/modules/$version/kernel/$module" "$active/usr/lib/modules/$version/kernel/$module"
	done
	cp "$root/usr/lib/modules/$version"/modules.order "$root/usr/lib/modules/$version"/modules.builtin* "$active/usr/lib/modules/$version/"
	depmod -b "$active" "$version"
	cp "$here/guest/evidence" "$here/debian/system/use" "$active/usr/lib/vm/"
	cp "$here"/debian/system/vm.* "$active/usr/lib/systemd/system/"
	echo c05a0000000040008000000000000012 >"$active/etc/machine-id"
	# One after the other, so that every boot logs them alike.
	printf 'LABEL=COS_OEM /oem ext4 rw 0 0\nLABEL=COS_PERSISTENT /usr/local ext4 x-systemd.after=oem.mount 0 0\n' >"$active/etc/fstab"
	for unit in systemd-hwdb-update systemd-machine-id-commit systemd-update-done systemd-pstore systemd-random-seed systemd-sysusers \
		ldconfig systemd-boot-system-token systemd-journal-flush keyboard-setup; do
		ln -s /dev/null "$active/etc/systemd/system/$unit.service"
	done
}

make_state() {
	mkdir -p "$debian/part" "$debian/state/cOS"
	make_ext4 COS_ACTIVE c05a0000-0000-4000-8000-000000000016 240M "$active" "$debian/state/cOS/active.img"
	make_ext4 COS_STATE c05a0000-0000-4000-8000-000000000014 "${STATE_MIB}M" "$debian/state" "$debian/part/state.img"
	echo "$STATE_MIB" >"$debian/state-mib"
	rm -rf "$debian/state"
	"$here/disk.sh" "$debian/disk.img" "$debian/part" "$vm/part"
}

# into FOLDER FILE: the initramfs FILE of the root and its kernel.
into() {
	mkdir -p "$debian/$1"
	echo "$root" >"$debian/$1/kernel"
	mv "$root/$2" "$debian/$1/initramfs.cpio"
	truncate -s %4 "$debian/$1/initramfs.cpio" # where the kernel looks for an archive that is appended
}

# As Kairos configures dracut, but for what is compressed and for drivers that no machine here has.
dracut() { # FILE MODULES
	"$here/debian/enter" "$root" dracut --force --quiet --no-hostonly --no-early-microcode --no-compress \
		--modules "base udev-rules fs-lib rootfs-block cosima vm $2" \
		--drivers 'virtio_blk virtio_pci virtio_console loop overlay' "$1" "$version" >&2
}

make_initramfs() {
	cp -r "$here/debian/90vm" "$root/usr/lib/dracut/modules.d/"
	cp "$here/guest/evidence" "$here"/debian/immucore "$here"/debian/elemental "$root/usr/lib/dracut/modules.d/90vm/"
	dracut /boot/dracut 'systemd systemd-initrd dracut-systemd'
	into dracut boot/dracut
	[ "$suite" = bookworm ] || return 0
	into stock "boot/initrd.img-$version"
	dracut /boot/dracut-plain ''
	into dracut-plain boot/dracut-plain
	"$here/debian/enter" "$root" mkinitramfs -o /boot/initramfs-tools "$version" >&2
	into initramfs-tools boot/initramfs-tools
}

unpack
install_cosima
make_active
make_initramfs
make_state
