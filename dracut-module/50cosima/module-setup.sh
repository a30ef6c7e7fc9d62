#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# dracut module: cosima-boot with its signed policy, started before COS_OEM and COS_PERSISTENT are mounted.
#
# What goes in, each from the root that dracut runs in (or from $dracutsysrootdir):
#   /usr/bin/cosima-boot                       the program
#   /etc/cosima/policy, policy.sig             the policy and its signature
#   /etc/cosima/rules, rules.sig               if they are there: for kernels that verify rules themselves
#   /etc/cosima/certs/                         the certificates that may sign
#   /usr/lib/cosima/initramfs/                 units, drop-ins, udev rule, placed by place.sh
# /usr/bin/cosima is needed to check the policy and does not go in.

cosima_etc=${dracutsysrootdir-}/etc/cosima

# Only on demand: an initramfs with cosima but without a policy records a failure on every boot.
check() {
	require_binaries cosima cosima-boot || return 1
	[ -e "$cosima_etc/policy" ] || return 255
	return 0
}

depends() {
	if dracut_module_included systemd; then
		echo systemd
	fi
	return 0
}

# The drivers of TPMs and the file system of IMA's files; what a kernel has built in or lacks is passed over.
installkernel() {
	hostonly='' instmods -o tpm_tis tpm_crb tpm_tis_spi tpm_tis_i2c tpm_tis_i2c_cr50 tpm_ftpm_tee tpm_vtpm_proxy '=drivers/char/tpm'
}

# dracut goes on with an image without the module when install() fails; there must be no such image.
refuse() {
	dfatal "cosima: $*"
	dfatal 'cosima: no initramfs is built without a policy that verifies'
	exit 1
}

cosima_check_policy() {
	local said certs=() cert

	for cert in "$cosima_etc"/certs/*; do
		[ -f "$cert" ] && certs+=(--cert "$cert")
	done
	[ ${#certs[@]} -gt 0 ] || refuse "there is no certificate in $cosima_etc/certs"
	[ -e "$cosima_etc/policy.sig" ] || refuse "$cosima_etc/policy has no signature policy.sig beside it"
	said=$(cosima policy check "$cosima_etc/policy" 2>&1) || refuse "$said"
	said=$(cosima policy verify "$cosima_etc/policy" --sig "$cosima_etc/policy.sig" "${certs[@]}" 2>&1) || refuse "$said"
}

install() {
	local file

	cosima_check_policy
	inst_simple /usr/bin/cosima-boot
	for file in "$cosima_etc"/policy "$cosima_etc"/policy.sig "$cosima_etc"/rules "$cosima_etc"/rules.sig "$cosima_etc"/certs/*; do
		[ -e "$file" ] && inst_simple "$file" "/etc/cosima/${file#"$cosima_etc/"}"
	done
	if dracut_module_included systemd; then
		"${dracutsysrootdir-}/usr/lib/cosima/initramfs/place.sh" "$initdir" || refuse 'its units cannot be placed'
	else
		# After udev has settled and before anything is mounted; the handover when all is mounted.
		inst_hook pre-mount 01 "$moddir/cosima-measure.sh"
		inst_hook pre-pivot 99 "$moddir/cosima-handover.sh"
		inst_hook emergency 01 "$moddir/cosima-fail.sh"
	fi
}
