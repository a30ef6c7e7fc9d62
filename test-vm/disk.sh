#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# disk.sh OUT FOLDER...: a GPT disk as Kairos lays it out, each partition from the first FOLDER that has NAME.img.
# No loop device: the table is written into a sparse file and each image copied to its place.
set -eu
. "$(dirname -- "$0")/paths.sh"

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

place() { # NAME START-MIB FOLDER...
	name=$1 start=$2
	shift 2
	dd if="$(image_of "$name" "$@")" of="$out" bs=$mib seek="$start" conv=notrunc,sparse status=none
}

# The disk's and the partitions' GUIDs are those that Kairos derives from the labels.
rm -f "$out"
truncate -s "$((56 + state_mib))M" "$out"
sfdisk -q "$out" <<TABLE
label: gpt
label-id: 2ceff841-4c1d-5a14-8e46-ed3aeb621093
start=1MiB, size=8MiB, name=efi, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, uuid=81444e82-66b3-5ed2-961b-497665f12be2
start=9MiB, size=8MiB, name=oem, type=L, uuid=8bfa06f9-ca4f-56dc-90c9-49cf20f4f45e
start=17MiB, size=8MiB, name=recovery, type=L, uuid=768fbd69-b2a9-5eab-902c-db8745b4767c
start=25MiB, size=${state_mib}MiB, name=state, type=L, uuid=843bfe4e-83b2-5b42-ba6d-a47e3ba1262e
start=${persistent_start}MiB, size=24MiB, name=persistent, type=L, uuid=85c39d0f-4867-5227-8334-f5eec606d9eb
TABLE

place efi 1 "$@"
place oem 9 "$@"
place recovery 17 "$@"
place state 25 "$@"
place persistent "$persistent_start" "$@"
