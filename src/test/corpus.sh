#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes disk images with the tools that own each format: whole ones, sparse, in build/corpus/images for the comparison with other
# people's readers, and the bytes that a parser looks at in build/corpus/<parser> as seeds for its fuzzer and its unit test.
# Everything has a fixed UUID and label, so that a test can name them.
set -eu

PATH=$PATH:/usr/sbin:/sbin
top=build/corpus
new=$top.new
rm -rf "$new"
mkdir -p "$new/images" "$new/files"
images=$new/images

# run COMMAND...: quietly, but with all it said when it fails.
run() {
	"$@" >"$new/said" 2>&1 || {
		echo "corpus.sh: $*: failed" >&2
		cat "$new/said" >&2
		exit 1
	}
}

uuid() {
	printf '%08x-c051-4a00-8000-0000000000%02x' "$1" "$1"
}

# sparse NAME SIZE: an empty image, its path on standard output.
sparse() {
	truncate -s "$2" "$images/$1"
	echo "$images/$1"
}

# seed PARSER NAME OFFSET BYTES: a piece of the image NAME as a seed.
seed() {
	mkdir -p "$new/$1"
	tail -c "+$(($3 + 1))" "$images/$2" | head -c "$4" >"$new/$1/${2%.img}"
}

some_files() {
	mkdir -p "$new/files/etc"
	echo '#cloud-config' >"$new/files/90_custom.yaml"
	head -c 300000 /dev/zero | tr '\0' 'x' >"$new/files/etc/large"
	ln -s large "$new/files/etc/link"
}

# Two sizes, two feature sets, and the older two of the family.
make_ext() {
	n=16
	for size in 8M 300M; do
		run mkfs.ext4 -q -L COS_OEM -U "$(uuid $n)" -d "$new/files" "$(sparse ext4-default-$size.img $size)"
		n=$((n + 1))
		run mkfs.ext4 -q -L COS_PERSISTENT -U "$(uuid $n)" -O '^metadata_csum,^64bit,^has_journal' -E root_owner=0:0 -i 8192 \
			"$(sparse ext4-plain-$size.img $size)"
		n=$((n + 1))
	done
	run mkfs.ext2 -q -L second -U "$(uuid 20)" "$(sparse ext2.img 8M)"
	run mkfs.ext3 -q -L third -U "$(uuid 21)" "$(sparse ext3.img 8M)"
	run mkfs.ext4 -q -L options -U "$(uuid 22)" -O metadata_csum_seed,encrypt,casefold -e remount-ro "$(sparse ext4-options.img 16M)"
	run tune2fs -o acl,user_xattr,nobarrier -E mount_opts=data=journal "$images/ext4-options.img"
	run mke2fs -q -L journal -U "$(uuid 23)" -O journal_dev "$(sparse jbd.img 4M)"
	run mkfs.ext4 -q -L clusters -U "$(uuid 24)" -O bigalloc,quota,project -C 65536 -E stride=4,stripe-width=8 \
		"$(sparse ext4-clusters.img 64M)"
	for image in "$images"/ext*.img "$images/jbd.img"; do
		seed ext4 "${image##*/}" 1024 1024
	done
}

make_xfs() {
	n=32
	for size in 300M 1G; do
		run mkfs.xfs -q -L COS_OEM -m uuid="$(uuid $n)" "$(sparse xfs-default-$size.img $size)"
		n=$((n + 1))
		run mkfs.xfs -q -L plain -m crc=0,uuid="$(uuid $n)" "$(sparse xfs-v4-$size.img $size)"
		n=$((n + 1))
	done
	run cp --sparse=always "$images/xfs-default-300M.img" "$images/xfs-metauuid.img"
	run xfs_admin -U "$(uuid 36)" "$images/xfs-metauuid.img"
	for image in "$images"/xfs*.img; do
		seed xfs "${image##*/}" 0 512
	done
	run mkfs.xfs -q -L sectors -s size=4096 -m rmapbt=1,bigtime=1 -d su=64k,sw=2 -n size=8192 -m uuid="$(uuid 37)" \
		"$(sparse xfs-sectors.img 1G)"
	seed xfs xfs-sectors.img 0 4096
}

make_btrfs() {
	n=48
	for csum in crc32c sha256 xxhash blake2; do
		run mkfs.btrfs -q -L COS_PERSISTENT -U "$(uuid $n)" --csum $csum "$(sparse btrfs-$csum.img 128M)"
		n=$((n + 1))
	done
	run mkfs.btrfs -q -L large -U "$(uuid $n)" -n 65536 -O ^no-holes "$(sparse btrfs-large.img 1G)"
	run mkfs.btrfs -q -U 00000035-c051-4a00-8000-000000000035 --mixed "$(sparse btrfs-mixed.img 64M)"
	run cp --sparse=always "$images/btrfs-crc32c.img" "$images/btrfs-metauuid.img"
	run btrfstune -f -M 00000036-c051-4a00-8000-000000000036 "$images/btrfs-metauuid.img"
	run mkfs.btrfs -q -L two -U 00000037-c051-4a00-8000-000000000037 -d single -m raid1 \
		"$(sparse btrfs-two-a.img 128M)" "$(sparse btrfs-two-b.img 128M)"
	for image in "$images"/btrfs*.img; do
		seed btrfs "${image##*/}" 65536 4096
	done
}

make_vfat() {
	run mkfs.vfat -F 12 -n OEM12 -i 12c05a12 "$(sparse vfat-12.img 2M)"
	run mkfs.vfat -F 16 -n COS_GRUB -i 16c05a16 "$(sparse vfat-16.img 32M)"
	run mkfs.vfat -F 32 -n COS_GRUB -i 32c05a32 "$(sparse vfat-32.img 64M)"
	run mkfs.vfat -F 32 -s 1 -i 32c05a33 "$(sparse vfat-32-unnamed.img 512M)"
	run mkfs.vfat -F 16 -S 4096 -n SECTORS -i 16c05a17 "$(sparse vfat-16-4096.img 64M)"
	for image in "$images"/vfat*.img; do
		seed vfat "${image##*/}" 0 512
	done
}

make_squashfs() {
	for comp in gzip xz zstd; do
		run mksquashfs "$new/files" "$images/squashfs-$comp.img" -quiet -no-progress -comp $comp -mkfs-time 1700000000 -all-time 1700000000
	done
	run mksquashfs "$new/files" "$images/squashfs-bare.img" -quiet -no-progress -b 4096 -no-xattrs -no-fragments \
		-no-exports -nopad -mkfs-time 1700000000
	for image in "$images"/squashfs*.img; do
		seed squashfs "${image##*/}" 0 96
	done
}

# luks NAME SIZE OPTION...: the key is no secret, and its stretching is cheap.
luks() {
	name=$1 size=$2
	shift 2
	run cryptsetup luksFormat --batch-mode --key-file "$new/key" --pbkdf pbkdf2 --pbkdf-force-iterations 1000 "$@" "$(sparse "$name" "$size")"
}

make_luks() {
	printf 'not a secret' >"$new/key"
	printf 'not a secret either' >"$new/key2"
	luks luks1.img 8M --type luks1 --uuid "$(uuid 64)"
	luks luks1-cbc.img 8M --type luks1 --uuid "$(uuid 65)" --cipher aes-cbc-essiv:sha256 --key-size 128 --hash sha1
	run cryptsetup luksAddKey --batch-mode --key-file "$new/key" --pbkdf-force-iterations 1000 "$images/luks1-cbc.img" "$new/key2"
	luks luks2.img 32M --type luks2 --uuid "$(uuid 66)" --label COS_PERSISTENT --subsystem cosima
	run cryptsetup luksAddKey --batch-mode --key-file "$new/key" --pbkdf pbkdf2 --pbkdf-force-iterations 1000 "$images/luks2.img" "$new/key2"
	printf '{"type":"cosima","keyslots":["0"],"fs-uuid":"%s"}' "$(uuid 16)" >"$new/token"
	run cryptsetup token import --json-file "$new/token" "$images/luks2.img"
	luks luks2-plain.img 32M --type luks2 --uuid "$(uuid 67)" --luks2-keyslots-size 1m
	luks luks2-wide.img 32M --type luks2 --uuid "$(uuid 68)" --luks2-metadata-size 128k --luks2-keyslots-size 1m --label wide --hash sha512
	for image in luks1 luks1-cbc; do
		seed luks1 $image.img 0 592
	done
	# Headers at odds: one of the two broken, the secondary newer than the primary, the primary wiped.
	for image in primary-bad secondary-bad secondary-newer primary-wiped; do
		run cp --sparse=always "$images/luks2-plain.img" "$images/luks2-$image.img"
	done
	printf X | dd of="$images/luks2-primary-bad.img" bs=1 seek=24 conv=notrunc status=none
	printf X | dd of="$images/luks2-secondary-bad.img" bs=1 seek=16408 conv=notrunc status=none
	head -c 4096 /dev/zero | dd of="$images/luks2-primary-wiped.img" conv=notrunc status=none
	head -c 2M "$images/luks2-plain.img" >"$new/newer"
	truncate -s 32M "$new/newer"
	run cryptsetup config --label newer "$new/newer"
	dd if="$new/newer" of="$images/luks2-secondary-newer.img" bs=16384 skip=1 seek=1 count=1 conv=notrunc status=none
	# The JSON text without the zeros behind it, alone and after the first 512 bytes of the binary header.
	mkdir -p "$new/luks2" "$new/luks2_json"
	for image in luks2 luks2-plain luks2-wide; do
		tail -c +4097 "$images/$image.img" | head -c 12288 | tr -d '\0' >"$new/luks2_json/$image"
		{
			head -c 512 "$images/$image.img"
			cat "$new/luks2_json/$image"
		} >"$new/luks2/$image"
	done
}

make_verity() {
	run veritysetup format --uuid "$(uuid 80)" --salt 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff \
		"$images/ext4-default-8M.img" "$images/verity-sha256.img"
	run veritysetup format --uuid "$(uuid 81)" --hash sha512 --salt - --data-block-size 1024 --hash-block-size 2048 --format 0 \
		"$images/ext2.img" "$images/verity-sha512.img"
	for image in sha256 sha512; do
		seed verity verity-$image.img 0 512
	done
}

# change IMAGE OFFSET: another disk GUID in the GPT header at OFFSET, so that its checksum is wrong.
change() {
	printf 'changed' | dd of="$images/$1" bs=1 seek=$(($2 + 56)) conv=notrunc status=none
}

make_broken_disks() {
	end=$((256 * 1024 * 1024))
	for name in primary-bad backup-bad both-bad stale; do
		run cp --sparse=always "$images/disk-cos.img" "$images/disk-$name.img"
	done
	change disk-primary-bad.img 512
	change disk-backup-bad.img $((end - 512))
	change disk-both-bad.img 512
	change disk-both-bad.img $((end - 512))
	# Both tables are good by themselves, but only the primary knows the new name.
	run sgdisk --change-name 2:renamed "$images/disk-stale.img"
	tail -c 16896 "$images/disk-cos.img" | dd of="$images/disk-stale.img" bs=512 seek=$((end / 512 - 33)) conv=notrunc status=none
}

# small NAME LINE...: a whole disk of 16 KiB with four slots as a seed.
small() {
	name=$1
	shift
	truncate -s 16K "$new/gpt/$name"
	printf '%s\n' 'label: gpt' 'table-length: 4' 'first-lba: 8' "$@" >"$new/lines"
	run sfdisk --quiet "$new/gpt/$name" <"$new/lines"
	rm "$new/lines"
}

make_small_disks() {
	mkdir -p "$new/gpt"
	small none
	small two 'start=8, size=4, name=oem' 'start=12, size=8, name=persistent'
	small efi 'start=8, size=1, type=U, name=efi, attrs="RequiredPartition,GUID:63"' 'start=20, name="naïve ☃ 𝕮𝕺𝕾"'
}

# The layout that COS images have, and what may go wrong with one.
make_disks() {
	disk=$(sparse disk-cos.img 256M)
	run sgdisk --disk-guid "$(uuid 96)" \
		--new 1:2048:+8M --typecode 1:ef00 --change-name 1:efi --partition-guid "1:$(uuid 97)" \
		--new 2:0:+16M --typecode 2:8300 --change-name 2:oem --partition-guid "2:$(uuid 98)" \
		--new 3:0:+32M --change-name 3:recovery --new 4:0:+64M --change-name 4:state --attributes 4:set:2 \
		--new 5:0:0 --change-name 5:persistent --partition-guid "5:$(uuid 99)" "$disk"
	dd if="$images/ext4-default-8M.img" of="$disk" bs=1M seek=9 conv=notrunc,sparse status=none
	run sgdisk --resize-table 256 --new 1:0:+1M --change-name "1:naïve ☃ 𝕮𝕺𝕾" "$(sparse disk-wide.img 4M)"
	run cp --sparse=always "$disk" "$images/disk-hybrid.img"
	run sgdisk --hybrid 1:2 "$images/disk-hybrid.img"
	run sfdisk --quiet "$(sparse disk-mbr.img 4M)" <<-EOF
		label: dos
		start=2048, type=83
	EOF
	make_broken_disks
	make_small_disks
}

# Certificates, signatures and policies.
make_trust() {
	mkdir -p "$new/trust" "$new/cert" "$new/sig" "$new/policy"
	. src/test/lib-trust.sh
	trust_corpus "$new/trust"
	cp "$new/trust"/*.der "$new/trust"/*.pem "$new/cert"
	cp "$new/trust"/*.sig "$new/sig"
	cp policy/kairos-grub policy/kairos-uki policy/elemental policy/strict "$new/policy"
}

# Seeds of others that two more fuzzers can use: every superblock for the probe, JSON texts.
make_mixed() {
	mkdir -p "$new/probe" "$new/json"
	for parser in ext4 xfs btrfs vfat squashfs luks1 luks2 verity; do
		cp "$new/$parser"/* "$new/probe"
	done
	cp "$new/luks2_json"/* "$new/json"
}

make_logs() {
	run python3 src/test/logs.py "$new"
}

some_files
make_ext
make_xfs
make_btrfs
make_vfat
make_squashfs
make_luks
make_verity
make_disks
make_mixed
make_trust
make_logs
rm -rf "$new/files" "$new/key" "$new/key2" "$new/token" "$new/newer" "$new/said" "$top"
mv "$new" "$top"
