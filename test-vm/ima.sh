# SPDX-License-Identifier: Apache-2.0
# Sourced: what IMA will have logged after a case's boot, said before it. `predict` begins with the log of the enrolled boot and puts in the receipt to be
# expected; a case says what else it changes, with the files that it gives to the machine. `boot` then computes PCR 10.
# shellcheck shell=sh disable=SC2154 # paths.sh, machine.sh and judge.sh set them

# replaces PATH FILE: what the machine has at PATH is FILE. adds PATH FILE [before PATH]: it uses one more. drops PATH: it does not use it.
replaces() {
	"$here/predict-ima" "$case" replaces "$@"
}

adds() {
	"$here/predict-ima" "$case" adds "$@"
}

drops() {
	for path; do
		"$here/predict-ima" "$case" drops "$path"
	done
}

# rewrites NAME OLD NEW: the kernel logs the buffer NAME with NEW where it had OLD, and its new digest in others.
rewrites() {
	"$here/predict-ima" "$case" rewrites "$@"
}

# adds_system PATH|end: rules that go by the type of a file system are for COS_STATE and COS_ACTIVE too. PATH is the first entry of
# the partitions that are left.
adds_system() {
	used_first "$1" /run/state/cOS/active.img "$vm/tree/state/cOS/active.img"
	used_first "$1" /sbin/init "$vm/tree/active/sbin/init"
	used_first "$1" /bin/busybox "$vm/tree/active/bin/busybox"
	used_first "$1" /usr/lib/vm/evidence "$vm/tree/active/usr/lib/vm/evidence"
	adds /usr/bin/cosima-boot "$vm/tree/active/usr/bin/cosima-boot"
	adds /usr/bin/cosima "$vm/tree/active/usr/bin/cosima"
}

used_first() { # PATH|end PATH FILE
	if [ "$1" = end ]; then
		adds "$2" "$3"
	else
		adds "$2" "$3" before "$1"
	fi
}

# For `predict` and `boot`. Where whole systems boot, many programs run at once; $ima_order is `free` then, and PCR 10 not predicted.
ima_starts() {
	few=
	[ "${ima_order-}" != free ] || few=few
	"$here/predict-ima" "$case" starts "${enrolled:-$out/enroll}" ${few:+"$few"}
}

ima_extends() {
	[ -e "$case/ima.predicted" ] && [ "${ima_order-}" != free ] || return 0
	kernel_folder=$(cat "$vm/kernel")
	[ ! -L "$case/kernel" ] || kernel_folder=$(cat "$case/kernel/kernel")
	image=$(echo "$kernel_folder"/boot/vmlinuz-*)
	"$here/predict-ima" "$case" extends "${enrolled:-$out/enroll}" "${image##*/vmlinuz-}"
}
