# SPDX-License-Identifier: Apache-2.0
# Sourced: the machine of a case, and how a case makes it different from the enrolled one.
# shellcheck shell=sh disable=SC2154 # paths.sh and case.sh set them

# machine PATH: a new machine in $out/PATH with the enrolled TPM, the signed policy and a new nonce. Sets $case.
machine() {
	case=$out/$1
	mkdir -p "$case/overlay/case" "$case/overlay/etc/cosima" "$case/part"
	cp -r "$out/tpm" "$case/tpm"
	cp -r "$vm/trust/certs" "$vm/trust/policy" "$vm/trust/policy.sig" "$case/overlay/etc/cosima/"
	od -An -tx1 -N32 /dev/urandom | tr -d ' \n' >"$case/nonce"
	cp "$case/nonce" "$case/overlay/case/nonce"
	as_kind
}

# What the machines of a folder of cases have in common: its file \`machine\` says so.
as_kind() {
	:
}

# change oem|persistent: a copy of its tree to change, in $tree.
change() {
	tree=$case/tree/$1
	mkdir -p "$case/tree"
	cp -rp "$vm/tree/$1" "$tree"
}

# remake oem|persistent [UUID]: the partition's file system with the changed tree, by the same UUID unless another is given.
remake() {
	case $1 in
	oem) label=COS_OEM uuid=${2:-$uuid_oem} size=$size_oem ;;
	persistent) label=COS_PERSISTENT uuid=${2:-$uuid_persistent} size=$size_persistent ;;
	esac
	make_ext4 "$label" "$uuid" "$size" "$case/tree/$1" "$case/part/$1.img"
}

# boots_kernel NAME: the machine has another kernel than the stock one; see other-kernel.sh.
boots_kernel() {
	ln -sfn "$vm/other-kernels/$1" "$case/kernel"
}

# guest MOMENT: standard input is a script for the guest to run at before-measure or after-handover.
guest() {
	cat >"$case/overlay/case/$1"
}

# sign: signs the machine's policy anew, after a case has changed it; by evmctl, which signs bad policies too.
sign() {
	evmctl ima_sign --hashalgo sha256 --key "$keys/leaf.key" --sigfile "$case/overlay/etc/cosima/policy" >&2
}

make_disk() {
	[ -e "$case/disk.img" ] || "$here/disk.sh" ${layout:+"$layout"} "$case/disk.img" "$case/part" "$vm/part"
}

# damage SECTOR: breaks one byte of a GPT header of the disk, its first usable LBA. wipe SECTOR: no trace is left of it.
# Sector 1 is the primary header, -1 the last sector, which is the backup.
damage() {
	printf '\377' | dd of="$case/disk.img" bs=1 seek=$(($(sector_offset "$1") + 40)) conv=notrunc status=none
}

wipe() {
	dd if=/dev/zero of="$case/disk.img" bs=1 seek="$(sector_offset "$1")" count=512 conv=notrunc status=none
}

sector_offset() {
	if [ "$1" -lt 0 ]; then
		echo $(($(stat -c %s "$case/disk.img") + $1 * 512))
	else
		echo $(($1 * 512))
	fi
}

# predict [OPTION...]: what cosima's PCR will hold after this machine's boot, in prediction.json, and IMA's log, which the case may change with the
# functions of ima.sh, for `witnesses`. A boot that will fail has one too, and why it fails is said.
predict() {
	make_disk
	etc=$case/overlay/etc/cosima
	oem=$case/tree/oem
	[ -d "$oem" ] || oem=$vm/tree/oem
	[ ! -e "$case/disk2.img" ] || set -- "$@" --disk "$case/disk2.img"
	for cert in "$etc"/certs/*; do
		set -- "$@" --cert "$cert"
	done
	set -- predict --policy "$etc/policy" --disk "$case/disk.img" --tree "COS_OEM=$oem" "$@"
	"$cosima" "$@" >"$case/prediction" 2>"$case/prediction.errors" || sed "s#$case/##g" "$case/prediction.errors"
	"$cosima" "$@" --failing --json >"$case/prediction.json"
	ima_starts
}

boot() {
	make_disk
	ima_extends
	"$here/boot.sh" "$case"
}

# unified NAME [PARAMETER [KEY]]: a new machine in $out/NAME that boots a unified kernel image by Secure Boot, with PARAMETER behind its others,
# signed by KEY; see uki-image.sh. What firmware and stub measure of the image is predicted from it, in chain.json.
unified() {
	machine "$1"
	cp "$vm/uki/root/etc/cosima/policy" "$vm/uki/root/etc/cosima/policy.sig" "$case/overlay/etc/cosima/"
	cp "$vm/uki/vars.fd" "$case/vars.fd"
	image=$("$here/uki-image.sh" \
		"console=ttyS0 panic=-1 loglevel=6 no_timer_check cryptomgr.notests mitigations=off ima_hash=sha256 rd.immucore.uki${2:+ $2}" ${3+"$3"})
	ln -s "$image" "$case/part/efi.img"
	layout=--uki
	mcopy -i "$image" ::/EFI/BOOT/BOOTX64.EFI "$case/uki.efi"
	"$here/predict-chain" "$case/uki.efi" sha256 sha384 >"$case/chain.json"
}
