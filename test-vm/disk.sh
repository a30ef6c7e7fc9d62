#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# disk.sh [--uki] OUT FOLDER...: a GPT disk as Kairos lays it out, each partition from the first FOLDER that has NAME.img; of a machine
# with unified kernel images, which lie on the EFI system partition, there are neither recovery nor state.
# No loop device: the table is written into a sparse file and each image copied to its place.
set -eu
. "$(dirname -- "$0")/paths.sh"

layout=grub
if [ "$1" = --uki ]; then
	layout=uki
	shift
fi
out=$1
shift
mib=1048576
state_mib=${STATE_MIB:-40} # larger for a whole Debian
persistent_start=$((25 + state_mib))

image_of() { # NAME FOLDER...
	name=$1
	shift
	for folder in "$@"; do
		if [ -e "$folder/$name.img" ]; then
			echo "$folder/$name.img"
			return
		fi
	done
	die "no $name.img"
}

# The disk's and the partitions' GUIDs are those that Kairos derives from the labels.
partition() { # NAME START-MIB SIZE-MIB UUID [TYPE]
	printf 'start=%dMiB, size=%dMiB, name=%s, type=%s, uuid=%s\n' "$2" "$3" "$1" "${5:-L}" "$4" >>"$table"
	names="$names $1:$2"
}

table=$(mktemp)
trap 'rm -f "$table"' EXIT
names=
printf 'label: gpt\nlabel-id: 2ceff841-4c1d-5a14-8e46-ed3aeb621093\n' >"$table"
efi_type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B
if [ "$layout" = uki ]; then
	partition efi 1 48 81444e82-66b3-5ed2-961b-497665f12be2 "$efi_type"
	partition oem 49 8 8bfa06f9-ca4f-56dc-90c9-49cf20f4f45e
	partition persistent 57 24 85c39d0f-4867-5227-8334-f5eec606d9eb
else
	partition efi 1 8 81444e82-66b3-5ed2-961b-497665f12be2 "$efi_type"
	partition oem 9 8 8bfa06f9-ca4f-56dc-90c9-49cf20f4f45e
	partition recovery 17 8 768fbd69-b2a9-5eab-902c-db8745b4767c
	partition state 25 "$state_mib" 843bfe4e-83b2-5b42-ba6d-a47e3ba1262e
	partition persistent "$persistent_start" 24 85c39d0f-4867-5227-8334-f5eec606d9eb
fi

rm -f "$out"
truncate -s "$((56 + state_mib))M" "$out"
sfdisk -q "$out" <"$table"
for place in $names; do
	dd if="$(image_of "${place%:*}" "$@")" of="$out" bs=$mib seek="${place#*:}" conv=notrunc,sparse status=none
done
