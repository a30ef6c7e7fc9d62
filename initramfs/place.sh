#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# place.sh ROOT: puts units, drop-ins and the udev rule, which lie beside this script, into the tree of an initramfs.
#
# COSIMA_GATE=closed makes the units that read the partitions require cosima (the default, open, lets them go on without).
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$1
units=$root/usr/lib/systemd/system
gate=${COSIMA_GATE:-open}

case $gate in
open | closed) ;;
*)
	echo "place.sh: COSIMA_GATE is $gate; it can be open or closed" >&2
	exit 1
	;;
esac

put() { # FILE DESTINATION
	mkdir -p "${2%/*}"
	cp "$here/$1" "$2"
	chmod 644 "$2"
}

for unit in cosima-measure.service cosima-handover.service; do
	put "$unit" "$units/$unit"
	mkdir -p "$units/initrd.target.wants"
	ln -sf "../$unit" "$units/initrd.target.wants/$unit"
done
# A drop-in for a unit that is not there does nothing.
for unit in immucore.service oem.mount elemental-setup-pre-rootfs.service elemental-setup-rootfs.service elemental-rootfs.service; do
	put "gate-$gate.conf" "$units/$unit.d/10-cosima.conf"
done
for unit in emergency.service rescue.service dracut-emergency.service; do
	put failed.conf "$units/$unit.d/10-cosima.conf"
done
put 65-cosima.rules "$root/usr/lib/udev/rules.d/65-cosima.rules"
