#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# dracut without systemd, hook pre-pivot. Where a system mounts the partitions only when it is up, cosima-handover-root.service does this.
if grep -qE " (${NEWROOT:-/sysroot}(/oem|/usr/local)|(${NEWROOT:-/sysroot})?/run/elemental/persistent|/oem) " /proc/mounts; then
	/usr/bin/cosima-boot handover || echo 'cosima: handed over with failures, see above' >&2
fi
