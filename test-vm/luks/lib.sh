# SPDX-License-Identifier: Apache-2.0
# Sourced: machines whose partitions are encrypted, and what their logs tell of how they were opened.
# shellcheck shell=sh disable=SC2034,SC2154 # paths.sh and case.sh set and use them

# unlocking: the case's initramfs gets cryptsetup and unlocks whatever is LUKS after cosima has measured.
unlocking() {
	cp -r "$vm/luks-root/." "$case/overlay/"
	echo '. /unlock' | guest after-measure
}

# inner oem|persistent [UUID [LABEL]]: the file system to be encrypted, with the case's tree if it has one, in $case/inner. One MiB goes to the header.
inner() {
	tree=$case/tree/$1
	[ -d "$tree" ] || tree=$vm/tree/$1
	mkdir -p "$case/inner"
	case $1 in
	oem) make_ext4 "${3:-COS_OEM}" "${2:-$uuid_oem}" 7M "$tree" "$case/inner/oem.img" ;;
	persistent) make_ext4 "${3:-COS_PERSISTENT}" "${2:-$uuid_persistent}" 23M "$tree" "$case/inner/persistent.img" ;;
	esac
}

# encrypt oem|persistent LABEL [OPTION...]: a LUKS2 volume with this label ('' for none) around $case/inner, as Kairos makes it: the UUID
# follows from the partition's label. Each time with another volume key.
encrypt() {
	name=$1 label=$2
	shift 2
	[ -e "$case/inner/$name.img" ] || inner "$name"
	case $name in
	oem) luks_uuid=8bfa06f9-ca4f-56dc-90c9-49cf20f4f45e size=$size_oem ;;
	persistent) luks_uuid=85c39d0f-4867-5227-8334-f5eec606d9eb size=$size_persistent ;;
	esac
	volume=$case/part/$name.img
	head -c 64 /dev/urandom >"$case/volume-key.$name"
	rm -f "$volume"
	truncate -s "$size" "$volume"
	cryptsetup luksFormat --batch-mode --type luks2 --uuid "$luks_uuid" --label "$label" --key-file "$vm/luks-root/key" \
		--volume-key-file "$case/volume-key.$name" --key-size 512 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \
		--luks2-metadata-size 16k --luks2-keyslots-size 256k --offset 2048 "$@" "$volume" >&2
	fill "$name"
	cryptsetup open --test-passphrase --key-file "$vm/luks-root/key" "$volume"
}

# fill oem|persistent: writes $case/inner into the volume.
fill() {
	"$here/luks/fill" "$case/part/$1.img" "$case/volume-key.$1" "$case/inner/$1.img"
}

# name_inner oem|persistent UUID: the token that names the file system inside.
name_inner() {
	"$cosima" luks token "$case/part/$1.img" --inner "$2" | cryptsetup token import "$case/part/$1.img"
}

# enrolled: this machine is what the baseline of the case holds. A machine changed afterwards is judged by that.
enrolled() {
	boot
	cp -r "$case/tpm" "$case/tpm.enrolled"
	"$cosima" enroll --evidence "$case/evidence.tar" --nonce "$(cat "$case/nonce")" --out "$case/baseline.json" --json >"$case/enrolled"
	baseline=$case/baseline.json
	mkdir "$case/first"
	cp "$case/evidence.tar" "$case/pcrs.json" "$case/first/"
	enrolled=$case/first
}

# again [COMMAND...]: another boot of the enrolled machine, with a new nonce; the disk is made anew of what lies in part/. COMMAND says what IMA will log
# besides.
again() {
	rm -rf "$case/tpm" "$case/disk.img"
	cp -r "$case/tpm.enrolled" "$case/tpm"
	od -An -tx1 -N32 /dev/urandom | tr -d ' \n' >"$case/nonce"
	cp "$case/nonce" "$case/overlay/case/nonce"
	predict
	[ $# = 0 ] || "$@"
	boot
}

# rules_loaded: by which file systems the rules go, and how many.
rules_loaded() {
	tr -d '\r' <"$case/cosima/rules" | grep -o ' fs[a-z]*=[^ ]*' | sort | uniq -c | sed 's/^ *//'
}

# tables: the tables of dm-crypt in IMA's log, and whether they come behind the receipt, which proves the rules.
tables() {
	mkdir -p "$case/evidence"
	tar -m -xf "$case/evidence.tar" -C "$case/evidence"
	"$cosima" log "$case/evidence.tar" --json | "$here/luks/tables"
}

# without_salts: salts and digests of a LUKS header are new for each volume.
without_salts() {
	sed -E 's#"[A-Za-z0-9+/]{43}="#"BASE64"#g'
}

# asking: after the hand-over the node runs cosima status, for node_status, and cosima luks show.
asking() {
	guest after-handover <<'SCRIPT'
cosima status >/run/out/status || echo "exit status $?" >>/run/out/status
cosima luks show /dev/vda5 --from /dev/mapper/COS_PERSISTENT >/run/out/show || echo "exit status $?" >>/run/out/show
SCRIPT
}

# node_status: what it said; the key and the number of entries in IMA's log, where those of files vary with the kernel, left out.
node_status() {
	sed 's/signed by [0-9a-f]*/signed by KEY/; s/^\(IMA *\)[0-9]* /\1N /' "$case/status"
}
