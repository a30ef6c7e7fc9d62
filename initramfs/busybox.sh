# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Sourced by the /init of an initramfs that has no hooks. The boot goes on whatever comes out, unless the policy says `on-failure halt`.

# When the drivers are loaded, before anything of the disks is unlocked or mounted.
cosima_measure() {
	/usr/bin/cosima-boot measure || echo 'cosima: measured with failures, see above' >&2
}

# When COS_OEM and COS_PERSISTENT are mounted, before switch_root. Without it the running system does it (cosima-handover-root.service).
cosima_handover() {
	/usr/bin/cosima-boot handover || echo 'cosima: handed over with failures, see above' >&2
}

# Before a shell is given to anybody.
cosima_failed() { # REASON, one word
	/usr/bin/cosima-boot fail "$1"
}
