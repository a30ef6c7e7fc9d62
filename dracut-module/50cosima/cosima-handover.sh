#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# dracut without systemd, hook pre-pivot. Where a system mounts the partitions only when it is up, cosima-handover-root.service does this.
# There may be nothing but a shell here.
cosima_mounted() {
	while read -r _ point _; do
		case $point in
		/oem | "$NEWROOT/oem" | "$NEWROOT/usr/local" | /run/elemental/persistent | "$NEWROOT/run/elemental/persistent") return 0 ;;
		esac
	done </proc/mounts
	return 1
}

if cosima_mounted; then
	/usr/bin/cosima-boot handover || echo 'cosima: handed over with failures, see above' >&2
fi
