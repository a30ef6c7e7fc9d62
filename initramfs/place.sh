#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# place.sh ROOT: puts units, drop-ins and the udev rule, which lie beside this script, into the tree of an initramfs that has the policy.
#
# COSIMA_GATE=closed makes the units that read the partitions require that cosima measured without a failure; open lets them go on after
# it in any case. The default is what the policy wants: closed with `on-failure halt`, else open.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$1
units=$root/usr/lib/systemd/system

gate=${COSIMA_GATE:-}
if [ -z "$gate" ]; then
	gate=open
	! grep -qE '^[[:blank:]]*on-failure[[:blank:]]+halt' "$root/etc/cosima/policy" || gate=closed
fi
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

put_unit() { # UNIT TARGET
	put "$1" "$units/$1"
	mkdir -p "$units/$2.wants"
	ln -sf "../$1" "$units/$2.wants/$1"
}

put_unit cosima-measure.service initrd.target
put_unit cosima-handover.service initrd.target
# Where the initramfs becomes the running system (unified kernel image), this one hands over.
put_unit cosima-handover-root.service sysinit.target
# A drop-in for a unit that is not there does nothing.
for unit in immucore.service oem.mount elemental-setup-pre-rootfs.service elemental-setup-rootfs.service elemental-rootfs.service; do
	put "gate-$gate.conf" "$units/$unit.d/10-cosima.conf"
done
put cosima-fail@.service "$units/cosima-fail@.service"
# The last two put back what memory held when the machine went to sleep, read from a disk and vouched for by nobody.
for unit in emergency.service rescue.service dracut-emergency.service systemd-hibernate-resume.service systemd-hibernate-resume@.service; do
	put failed.conf "$units/$unit.d/10-cosima.conf"
done
for unit in emergency.service rescue.service systemd-hibernate-resume.service; do
	put fail-after-measure.conf "$units/cosima-fail@$unit.service.d/10-cosima.conf"
done
put 65-cosima.rules "$root/usr/lib/udev/rules.d/65-cosima.rules"
