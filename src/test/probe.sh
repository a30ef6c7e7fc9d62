#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cosima probe for people: the table, and errors that name the file, the place and the reason.
set -eu
cd "$(dirname "$0")/../.."
. src/build/tap.sh
make -s build/cosima build/corpus/made >&2
images=build/corpus/images

# exits STATUS ARGUMENT...: `cosima probe` ends with this status; what it printed is in $work/out and $work/err.
exits() {
	wanted=$1
	shift
	status=0
	build/cosima probe "$@" >"$work/out" 2>"$work/err" || status=$?
	[ "$status" = "$wanted" ] || {
		echo "exit status $status"
		cat "$work/out" "$work/err"
		return 1
	}
}

# prints TEXT, complains TEXT: of the last call.
prints() {
	says "$1" "$work/out"
}
complains() {
	says "$1" "$work/err"
}
silent() {
	[ ! -s "$work/err" ]
}

ok "a COS disk" exits 0 "$images/disk-cos.img"
ok "  without complaint" silent
ok "  the state of its tables" prints 'GPT ok, MBR protective, disk 00000060-c051-4a00-8000-000000000060'
ok "  a partition with what it holds" prints '2  oem         16.0 MiB   Linux data  ext4   COS_OEM  00000010-c051-4a00-8000-000000000010'
ok "  attributes" prints '! attributes 0000000000000004'
ok "a hybrid MBR" exits 0 "$images/disk-hybrid.img"
ok "  is named" prints 'MBR hybrid'
ok "a broken primary table" exits 0 "$images/disk-primary-bad.img"
ok "  and why" prints '! primary: GPT header: wrong checksum'
ok "a broken backup table" exits 0 "$images/disk-backup-bad.img"
ok "  and why" prints '! backup: GPT header: wrong checksum'
ok "a stale backup table" exits 0 "$images/disk-stale.img"
ok "  is told" prints '! the two tables differ; the primary is used'
ok "both tables broken" exits 2 "$images/disk-both-bad.img"
ok "  file, place and reason" complains "disk-both-bad.img: at byte 512: GPT header: wrong checksum"
ok "a disk without GPT" exits 1 "$images/disk-mbr.img"
ok "  is told" complains 'disk-mbr.img: at byte 512 and at the end: no GUID partition table, and no known signature'
ok "no such file" exits 1 "$work/absent"
ok "  is told" complains 'absent: No such file or directory'
ok "a folder" exits 1 "$work"
ok "  is told" complains "$work: "
ok "a sector size that no disk has" exits 2 --sector-size 520 "$images/disk-cos.img"
ok "  is told" complains '--sector-size 520: not 512, 1024, 2048 or 4096'

head -c 100000 "$images/ext4-default-8M.img" >"$work/cut"
ok "a file system cut short" exits 2 "$work/cut"
ok "  file, place and reason" complains "$work/cut: at byte 1024: ext4: the file system is larger than its volume"
head -c 1500 "$images/ext4-default-8M.img" >"$work/cut"
ok "a superblock cut short is none" exits 1 "$work/cut"
cp --sparse=always "$images/disk-cos.img" "$work/label"
printf '\033[2J\n' | dd of="$work/label" bs=1 seek=$((9 * 1048576 + 1024 + 120)) conv=notrunc status=none
ok "a changed superblock inside a partition" exits 2 "$work/label"
ok "  file, partition, place and reason" complains "$work/label: partition 2, at byte 9438208: ext4: wrong checksum of the superblock"
ok "  the table marks it" prints 'ext4?'
cp "$images/ext2.img" "$work/label"
printf '\033[2J\n' | dd of="$work/label" bs=1 seek=$((1024 + 120)) conv=notrunc status=none
ok "a label that would steer a terminal" exits 0 "$work/label"
ok "  is escaped" prints '\x1b[2J\n'
head -c 512 "$images/vfat-16.img" | dd of="$work/label" conv=notrunc status=none
ok "two signatures" exits 2 "$work/label"
ok "  both are named" prints 'ext2+vfat?'
ok "  and said to be odd" prints '! more than one signature'

# canonical: what Python writes with sorted keys and no blanks is the same text.
canonical() {
	build/cosima probe --json "$1" >"$work/json"
	python3 -c 'import json, sys; text = sys.stdin.read(); sys.exit(text != json.dumps(json.loads(text), sort_keys=True,
		separators=(",", ":"), ensure_ascii=False) + "\n")' <"$work/json"
}
for image in disk-wide disk-cos ext4-options luks2; do
	ok "JSON of $image is canonical" canonical "$images/$image.img"
done
finish
