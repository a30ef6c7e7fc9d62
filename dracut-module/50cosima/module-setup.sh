#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # dracut sets moddir and initdir
# dracut module: cosima-boot with its signed policy, started before COS_OEM and COS_PERSISTENT are mounted.
#
# What goes in, each from the root that dracut runs in (or from $dracutsysrootdir):
#   /usr/bin/cosima-boot                       the program
#   /etc/cosima/policy, policy.sig             the policy and its signature
#   /etc/cosima/rules, rules.sig               if they are there: for kernels that verify rules themselves
#   /etc/cosima/certs/                         the certificates that may sign
#   /usr/lib/cosima/initramfs/                 units, drop-ins, udev rule, placed by place.sh
# /usr/bin/cosima is needed to check the policy and does not go in. `cosima_gate=closed` in a file of dracut.conf.d asks for the closed gate
# (place.sh); without it the policy decides.

cosima_etc=${dracutsysrootdir-}/etc/cosima
cosima_lib=${dracutsysrootdir-}/usr/lib/cosima/initramfs

# A machine with a policy wants to be measured; what is missing besides is said by install(), since dracut passes over a module that
# fails here. Without a policy it goes in only on demand, which is then refused.
check() {
	[ -e "$cosima_etc/policy" ] || return 255
	return 0
}

# Devices are there only after udev has looked at them.
depends() {
	echo udev-rules
	return 0
}

# The drivers of TPMs; what a kernel has built in or lacks is passed over. Another machine than this one may have another TPM.
installkernel() {
	hostonly='' instmods -o '=drivers/char/tpm'
}

# dracut goes on with an image without the module when install() fails; there must be no such image.
cosima_refuse() {
	dfatal "cosima: $*"
	dfatal 'cosima: no initramfs is built without a policy that verifies'
	exit 1
}

install() {
	local file said

	[ -x "${dracutsysrootdir-}/usr/bin/cosima-boot" ] || cosima_refuse 'there is no /usr/bin/cosima-boot'
	said=$("$cosima_lib/verify.sh" "$cosima_etc" 2>&1) || cosima_refuse "$said"
	inst_simple /usr/bin/cosima-boot || cosima_refuse 'cosima-boot cannot be installed'
	for file in "$cosima_etc"/policy "$cosima_etc"/policy.sig "$cosima_etc"/rules "$cosima_etc"/rules.sig "$cosima_etc"/certs/*; do
		[ ! -f "$file" ] || inst_simple "/etc/cosima/${file#"$cosima_etc/"}" || cosima_refuse "$file cannot be installed"
	done
	if dracut_module_included systemd; then
		COSIMA_GATE=${cosima_gate-} "$cosima_lib/place.sh" "$initdir" || cosima_refuse 'its units cannot be placed'
	else
		# Asked first of all whether the devices are there, before any job that unlocks, assembles or mounts one.
		inst_hook initqueue/finished 00 "$moddir/cosima-measure.sh"
		# For an image whose queue ended otherwise, and for a run that was cut short: nothing of the root is mounted yet.
		inst_hook pre-mount 00 "$moddir/cosima-measure.sh"
		# All is mounted, nothing else of the initramfs runs after this.
		inst_hook pre-pivot 99 "$moddir/cosima-handover.sh"
		inst_hook emergency 00 "$moddir/cosima-fail.sh"
	fi
}
