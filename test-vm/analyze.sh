#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# analyze.sh: what cosima adds to the boot of a whole Debian, by systemd's own clock in the guest.
set -eu
. "$(dirname -- "$0")/paths.sh"
. "$here/ext4.sh"
. "$here/sign.sh"
. "$here/ima.sh"
. "$here/machine.sh"
. "$here/full/machine"

out=$vm/analyze
rm -rf "$out"
mkdir -p "$out"
cp -r "$vm/tpm" "$out/tpm"
"$here/debian.sh" >&2

for how in without with; do
	machine "$how"
	dropin=$case/overlay/usr/lib/systemd/system/cosima-handover.service.d
	mkdir -p "$dropin"
	printf '[Service]\nExecStartPost=/usr/bin/busybox sh /case/note\n' >"$dropin/vm.conf"
	cat >"$case/overlay/case/note" <<'NOTE'
for unit in cosima-measure cosima-handover; do
	systemctl show --value -p ExecMainStartTimestampMonotonic -p ExecMainExitTimestampMonotonic "$unit.service" | paste -sd' ' - |
		{ read -r start end; echo "$unit.service $(((end - start) / 1000)) ms"; } >>/run/case/units
done
NOTE
	[ "$how" = with ] || sed -i 's/$/ rd.systemd.mask=cosima-measure.service rd.systemd.mask=cosima-handover.service systemd.mask=cosima-handover-root.service/' "$case/cmdline"
	guest after-handover <<'GUEST'
until systemd-analyze time >/run/out/analyze; do
	sleep 0.2
done
[ ! -e /run/case/units ] || cp /run/case/units /run/out/
GUEST
	boot
	printf '  %-16s %s\n' "$how cosima" "$(sed -n 's/^Startup finished in //p' "$case/analyze")"
done
sed 's/^/  /' "$out/with/units"
awk '{ sum += $2 } END { print "  both, one after the other on the way to the root " sum " ms" }' "$out/with/units"
