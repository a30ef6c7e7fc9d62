#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# boot.sh CASE: boots the machine described by the folder CASE once and leaves what came out in the same folder.
#
# In:  disk.img, disk2.img (optional; never written to), overlay/ (added to the initramfs: policy, keys, /case), tpm/ (the
#      TPM's state, worked on in place; without it the machine has no TPM; tpm/version holds 1.2 for that kind),
#      cmdline (optional, more kernel parameters), kernel (optional, a folder as other-kernel.sh makes it), meanwhile (optional,
#      a script that is run beside the machine; then the disk is not plugged in until it says `plug`), keeps-disk (optional, what
#      the machine writes to its disk stays), qemu (optional, more arguments of QEMU). VM_MEMORY is in MiB, VM_SECONDS a limit for all of it.
#      vars.fd instead: the firmware's variables of a UEFI machine, which starts what lies on the disk; of overlay/ it gets /case.
# Out: console.log, evidence.tar, pcrs.json, dmesg, cosima/ (as /run/cosima was), tpm.log (every TPM command), seconds.
# Exits 0 if the guest came to its end.
set -eu
. "$(dirname -- "$0")/paths.sh"

case=$(CDPATH='' cd -- "$1" && pwd)
kernel=$(cat "$vm/kernel") initramfs=$vm/initramfs.cpio
if [ -L "$case/kernel" ]; then
	kernel=$(cat "$case/kernel/kernel") initramfs=$case/kernel/initramfs.cpio
fi
sockets=$(mktemp -d) # a unix socket's path may not be long
swtpm_pid='' meanwhile_pid='' snapshot=on
[ ! -e "$case/keeps-disk" ] || snapshot=off

clean_up() {
	[ -z "$meanwhile_pid" ] || kill "$meanwhile_pid" 2>/dev/null || :
	[ -z "$swtpm_pid" ] || kill "$swtpm_pid" 2>/dev/null || :
	rm -rf "$sockets" "$case/initramfs.cpio" "$case/case.tar" "$case/out.tar"
}
trap clean_up EXIT
trap 'exit 1' TERM INT # so that clean_up runs

start_tpm() {
	version='--tpm2'
	[ "$(cat "$case/tpm/version" 2>/dev/null)" != 1.2 ] || version=
	rm -f "$case/tpm.log"
	# shellcheck disable=SC2086 # no version option for a TPM 1.2
	swtpm socket $version --tpmstate "dir=$case/tpm" --ctrl "type=unixio,path=$sockets/tpm" \
		--log "level=20,file=$case/tpm.log" --pid "file=$sockets/pid" --daemon
	swtpm_pid=$(cat "$sockets/pid")
}

disk() { # IMAGE
	echo "-drive file=$1,if=virtio,format=raw,snapshot=$snapshot"
}

# For `meanwhile`: waits until the guest has said PATTERN; puts the disk in.
said_by_guest() {
	until grep -aq "$1" "$case/console.log"; do
		sleep 0.2
	done
}

plug() {
	"$here/monitor" "$sockets/monitor" 'device_add virtio-blk-pci,drive=disk'
}

rm -rf "$case/out.tar" "$case/evidence.tar" "$case/pcrs.json" "$case/cosima" "$case/dmesg"
if [ -e "$case/vars.fd" ]; then
	# Secure Boot's variables are the firmware's own only where it runs in a mode of its own (SMM).
	tar -cf "$case/case.tar" -C "$case/overlay/case" .
	set -- -machine q35,smm=on -global driver=cfi.pflash01,property=secure,value=on \
		-drive if=pflash,format=raw,unit=0,file=/usr/share/OVMF/OVMF_CODE_4M.secboot.fd,readonly=on \
		-drive "if=pflash,format=raw,unit=1,file=$case/vars.fd" -fw_cfg "name=opt/case,file=$case/case.tar"
	tpm_device=tpm-crb memory=384
else
	(cd "$case/overlay" && find . | LC_ALL=C sort | cpio -o -H newc --quiet) | cat "$initramfs" - >"$case/initramfs.cpio"
	parameters="console=ttyS0 panic=-1 loglevel=6 no_timer_check cryptomgr.notests mitigations=off noreplace-smp ima_hash=sha256"
	[ ! -e "$case/cmdline" ] || parameters="$parameters $(cat "$case/cmdline")"
	set -- -kernel "$(echo "$kernel"/boot/vmlinuz-*)" -initrd "$case/initramfs.cpio" -append "$parameters"
	tpm_device=tpm-tis memory=256
fi

set -- "$@" -accel tcg -cpu Nehalem,+rdrand -m "${VM_MEMORY:-$memory}" -nodefaults -no-user-config -display none -no-reboot
set -- "$@" -serial "file:$case/console.log"
set -- "$@" -device virtio-serial-pci -chardev "file,id=out,path=$case/out.tar" -device virtserialport,chardev=out
if [ -d "$case/tpm" ]; then
	start_tpm
	set -- "$@" -chardev "socket,id=tpm,path=$sockets/tpm" -tpmdev emulator,id=tpm,chardev=tpm -device "$tpm_device,tpmdev=tpm"
fi
if [ -e "$case/meanwhile" ]; then
	set -- "$@" -drive "id=disk,file=$case/disk.img,if=none,format=raw,snapshot=$snapshot" -monitor "unix:$sockets/monitor,server=on,wait=off"
	: >"$case/console.log"
	# shellcheck source=/dev/null
	(. "$case/meanwhile") &
	meanwhile_pid=$!
else
	# shellcheck disable=SC2046 # two words each
	set -- "$@" $(disk "$case/disk.img")
fi
if [ -e "$case/disk2.img" ]; then
	# shellcheck disable=SC2046
	set -- "$@" $(disk "$case/disk2.img")
fi
# shellcheck disable=SC2046 # a word each
[ ! -e "$case/qemu" ] || set -- "$@" $(cat "$case/qemu")

begin=$(date +%s%N)
timeout --foreground "${VM_SECONDS:-240}" qemu-system-x86_64 "$@" ||
	die "QEMU: status $? (see $case/console.log)"
end=$(date +%s%N)

grep -aq '^vm: done' "$case/console.log" || die "the guest did not come to its end (see $case/console.log)"
tar -m -xf "$case/out.tar" -C "$case"
{
	echo "wall $(((end - begin) / 10000000))" | sed 's/\(..\)$/.\1/'
	sed -n 's/^vm: switch_root at \([0-9.]*\) s.*/switch_root \1/p' "$case/console.log"
} >"$case/seconds"
