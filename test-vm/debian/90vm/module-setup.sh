#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # dracut sets moddir
# dracut module: what the images of the cases have beside cosima. The stand-in for immucore, in a unit of that name; Elemental's units;
# and what the case itself wants to be done. Which of them starts is decided by the generator.

check() {
	return 255
}

depends() {
	return 0
}

install() {
	inst_multiple busybox cat chroot cp cut dmesg findfs fsck fsck.ext4 e2fsck losetup ls mkdir mount partx poweroff resize2fs seq \
		sfdisk sleep sync tar touch tr udevadm umount
	inst_simple /usr/bin/cosima
	inst_simple "$moddir/evidence" /usr/lib/vm/evidence
	inst_simple "$moddir/immucore" /usr/bin/immucore
	inst_simple "$moddir/elemental" /usr/bin/elemental
	if dracut_module_included systemd; then
		inst_simple "$moddir/generator" /usr/lib/systemd/system-generators/vm-generator
		inst_simple "$moddir/stopped" /usr/lib/vm/stopped
		local unit
		for unit in "$moddir"/*.service; do
			inst_simple "$unit" "/usr/lib/systemd/system/${unit##*/}"
		done
		for unit in "$moddir"/elemental.units/[!s]* "$moddir"/elemental.units/sysroot.mount; do
			inst_simple "$unit" "/usr/lib/vm/elemental/${unit##*/}"
		done
		inst_simple "$moddir"/elemental.units/state.mount '/usr/lib/vm/elemental/run-initramfs-elemental\x2dstate.mount'
		# emergency.service has no shell here, but hands the evidence out.
		inst_simple "$moddir/stopped.conf" /usr/lib/systemd/system/emergency.service.d/90-vm.conf
		inst_simple "$moddir/stopped.conf" /usr/lib/systemd/system/dracut-emergency.service.d/90-vm.conf
	else
		inst_hook pre-udev 01 "$moddir/plain-case.sh"
		inst_hook mount 10 "$moddir/plain-mount.sh"
	fi
	# The root is mounted by us: dracut shall not look for one.
	inst_hook cmdline 50 "$moddir/cmdline.sh"
}
