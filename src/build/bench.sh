#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# bench.sh: the figures of the budgets, printed side by side in one run. On the host cosima-boot works on a folder that stands for a
# machine (src/port/machine_swtpm.c): a disk image, a sysfs made of files, and an swtpm that is started afresh for each run.
set -eu
PATH=$PATH:/usr/sbin:/sbin

work=$(mktemp -d -p /dev/shm) # as /run is: memory, so that syncing costs what it costs there
trap 'rm -rf "$work"' EXIT
test-vm/prepare.sh
keys/make-keys.sh build/keys

machine=$work/machine
mkdir -p "$machine/etc/cosima/certs" "$machine/run/cosima" "$machine/dev" "$machine/proc/self" "$machine/sys/block" \
	"$machine/sys/dev/block" "$machine/sys/kernel/security/ima" "$machine/usr/local"
cp policy/kairos-grub "$machine/etc/cosima/policy"
cp build/keys/leaf.der "$machine/etc/cosima/certs/"
build/cosima policy sign "$machine/etc/cosima/policy" --key build/keys/leaf.key --cert build/keys/leaf.pem \
	--out "$machine/etc/cosima/policy.sig" >"$work/sign"
test-vm/disk.sh "$machine/dev/vda" build/vm/part
cp -r build/vm/tree/oem "$machine/oem"
touch "$machine/dev/kmsg" "$machine/sys/kernel/security/ima/policy"

# FOLDER NAME MINOR SIZE-SECTORS: what sysfs has of a disk; then likewise of a partition.
sys_disk() {
	mkdir -p "$1/queue"
	printf 'MAJOR=254\nMINOR=%s\nDEVNAME=%s\nDEVTYPE=disk\nDISKSEQ=9\n' "$3" "$2" >"$1/uevent"
	echo "$4" >"$1/size"
	echo 0 >"$1/removable"
	echo 512 >"$1/queue/logical_block_size"
}
sys_disk "$machine/sys/block/vda" vda 0 196608
sfdisk --json "$machine/dev/vda" | python3 -c '
import json, sys
for entry in json.load(sys.stdin)["partitiontable"]["partitions"]:
    print(entry["node"].rsplit("vda", 1)[1], entry["start"], entry["size"], entry["name"])' | while read -r number start size name; do
	folder=$machine/sys/block/vda/vda$number
	mkdir "$folder"
	printf 'MAJOR=254\nMINOR=%s\nDEVNAME=vda%s\nDEVTYPE=partition\nDISKSEQ=9\nPARTN=%s\nPARTNAME=%s\n' "$number" "$number" "$number" "$name" \
		>"$folder/uevent"
	echo "$number" >"$folder/partition"
	echo "$start" >"$folder/start"
	echo "$size" >"$folder/size"
	dd if="$machine/dev/vda" of="$machine/dev/vda$number" bs=512 skip="$start" count="$size" status=none conv=sparse
	ln -s "../../block/vda/vda$number" "$machine/sys/dev/block/254:$number"
done

python3 src/build/bench.py build/bench/cosima-boot "$machine" "$work"

echo
python3 src/build/bench_verify.py "$machine"

echo
echo 'boot in the VM (QEMU, no KVM), seconds of guest time until switch_root:'
for how in without with; do
	case=$work/$how
	mkdir -p "$case/overlay/case" "$case/overlay/etc"
	cp -r build/vm/tpm "$case/"
	cp -r "$machine/etc/cosima" "$case/overlay/etc/"
	openssl rand -hex 32 >"$case/overlay/case/nonce"
	[ "$how" = with ] || touch "$case/overlay/case/without-cosima"
	test-vm/disk.sh "$case/disk.img" build/vm/part
	test-vm/boot.sh "$case"
	printf '  %-16s %s\n' "$how cosima" "$(sed -n 's/^switch_root //p' "$case/seconds")"
done
printf 'TPM commands in that boot:\n'
test-vm/count-tpm "$work/with/tpm.log" | sed 's/^/  /'

echo
echo 'boot of a whole Debian in the VM, by systemd-analyze in the guest:'
test-vm/analyze.sh
