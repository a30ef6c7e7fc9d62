#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# analyze.sh: what cosima adds to the boot of a whole Debian, by systemd's own clock in the guest. PAIRS boots (5) with it and as many without it,
# by turns, so that both meet the same load of this machine; each number is the median of its boots, in milliseconds. README.md says what each is.
set -eu
. "$(dirname -- "$0")/paths.sh"
. "$here/ext4.sh"
. "$here/sign.sh"
. "$here/ima.sh"
. "$here/machine.sh"
. "$here/full/machine"

pairs=${PAIRS:-5}
out=$vm/analyze
rm -rf "$out"
mkdir -p "$out"
cp -r "$vm/tpm" "$out/tpm"
"$here/debian.sh" >&2

# The units' times are known in the initramfs only. They are noted in both machines, when all that is compared has ended.
notes_times() {
	dropin=$case/overlay/usr/lib/systemd/system/initrd-cleanup.service.d
	mkdir -p "$dropin"
	printf '[Service]\nExecStartPre=/usr/bin/busybox sh /case/note\n' >"$dropin/vm.conf"
	cat >"$case/overlay/case/note" <<'NOTE'
systemctl show -p Id -p ExecMainStartTimestampMonotonic -p ExecMainExitTimestampMonotonic -p ActiveEnterTimestampMonotonic \
	cosima-measure.service cosima-handover.service systemd-udev-trigger.service systemd-udev-settle.service immucore.service initrd-fs.target >/run/case/times
NOTE
	guest after-handover <<'GUEST'
until systemd-analyze time >/run/out/analyze; do
	sleep 0.2
done
{
	cat /run/case/times
	echo
	systemctl show -p InitRDTimestampMonotonic -p UserspaceTimestampMonotonic -p FinishTimestampMonotonic
} >/run/out/times
GUEST
}

one() { # with|without NUMBER
	machine "$1-$2"
	[ "$1" = with ] ||
		sed -i 's/$/ rd.systemd.mask=cosima-measure.service rd.systemd.mask=cosima-handover.service systemd.mask=cosima-handover-root.service/' "$case/cmdline"
	notes_times
	boot
	awk -f "$here/analyze.awk" "$case/times" >"$case/result"
	rm -rf "$case/overlay" "$case/tpm"
}

median() { # with|without KEY
	cat "$out/$1"-*/result | awk -v key="$2" '$1 == key { print $2 }' | sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'
}

number=0
while [ "$number" -lt "$pairs" ]; do
	number=$((number + 1))
	one without "$number"
	one with "$number"
done

printf '  medians of %s boots each, ms     initramfs   whole boot\n' "$pairs"
for how in without with; do
	printf '  %-32s %9s    %9s\n' "$how cosima" "$(median $how initrd)" "$(median $how total)"
done
printf '  %-32s %9s    %9s\n' difference $(($(median with initrd) - $(median without initrd))) $(($(median with total) - $(median without total)))
printf '  %-32s %9s    %9s\n' "units, ms" "process" "held up"
for unit in measure handover; do
	printf '  %-32s %9s    %9s\n' "cosima-$unit.service" "$(median with $unit.process)" "$(median with $unit.held)"
done
