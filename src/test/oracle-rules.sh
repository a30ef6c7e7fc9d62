#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The rules of src/test/data/rules, judged by cosima and by Debian's stock kernels, each booted once for all of them. What 6.12 takes that
# 6.1 does not, and the other way round, is in src/test/data/rules-6.12.
set -eu
cd "$(dirname "$0")/../.."
. src/build/tap.sh
grep -v '^#' src/test/data/rules >"$work/rules-6.1"
grep -v '^#' src/test/data/rules-6.12 >"$work/other"
cut -d' ' -f2- "$work/other" >"$work/other-rules"
{
	# A rule that stands in the second list is judged by that.
	while read -r who rule; do
		grep -qxF -e "$rule" "$work/other-rules" || echo "$who $rule"
	done <"$work/rules-6.1"
	cat "$work/other"
} >"$work/rules-6.12"

# ---- the kernel: each rule is written to a policy that a word of nonsense then spoils, so that none is ever loaded ----

root=$work/root
mkdir -p "$root/bin" "$root/proc" "$root/sys" "$root/dev"
cp "$(command -v busybox)" "$root/bin/busybox"
cat >"$root/init" <<'INIT'
#!/bin/busybox sh
busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t securityfs securityfs /sys/kernel/security
busybox mount -t devtmpfs dev /dev
busybox dmesg -n 1
while read -r rule; do
	exec 3>/sys/kernel/security/ima/policy
	if echo "$rule" 2>/dev/null >&3; then
		echo 'kernel: takes'
	else
		echo 'kernel: refuses'
	fi
	echo nonsense 2>/dev/null >&3
	exec 3>&-
done </rules >/dev/console
echo "kernel: $(busybox uname -r)" >/dev/console
busybox poweroff -f
INIT
chmod +x "$root/init"

# boot VERSION: what that kernel says of each rule of its list, then its name, in verdicts-VERSION.
boot() {
	sed 's/^[a-z]* //' "$work/rules-$1" >"$root/rules"
	(cd "$root" && find . | LC_ALL=C sort | cpio -o -H newc --quiet) >"$work/initramfs"
	timeout 120 qemu-system-x86_64 -accel tcg -cpu Nehalem,+rdrand -m 256 -nodefaults -no-user-config -display none -no-reboot \
		-serial "file:$work/console" -kernel "$(sh test-vm/kernel.sh "$1")"/boot/vmlinuz-* -initrd "$work/initramfs" \
		-append 'console=ttyS0 panic=-1 quiet tsc=reliable no_timer_check' >"$work/qemu" 2>&1 || cat "$work/qemu"
	tr -d '\r' <"$work/console" | sed -n 's/^kernel: //p' >"$work/verdicts-$1"
}

# came_to_its_end VERSION
came_to_its_end() {
	[ "$(grep -cE '^(takes|refuses)$' "$work/verdicts-$1")" = "$(wc -l <"$work/rules-$1")" ]
}

# ---- ours ----

# judged VERSION WHO VERDICT RULE: the kernel's verdict and ours are those that the list says.
judged() {
	printf 'cosima 1\nname a\nversion 1\nkernel %s\npcr 15\n%s\n' "$1" "$4" >"$work/policy"
	ours=refuses
	if build/cosima policy check "$work/policy" >/dev/null 2>&1; then ours=takes; fi
	case $2 in
	both) want=takes/takes ;;
	neither) want=refuses/refuses ;;
	kernel) want=takes/refuses ;;
	esac
	echo "the kernel $3, cosima $ours"
	[ "$3/$ours" = "$want" ]
}

for version in 6.1 6.12; do
	boot "$version"
	ok "kernel $version came to the end of the list" came_to_its_end "$version"
	echo "# judged by Linux $(tail -n 1 "$work/verdicts-$version")"
	exec 4<"$work/verdicts-$version"
	while read -r who rule; do
		read -r verdict <&4
		ok "$version: $who: $rule" judged "$version" "$who" "$verdict" "$rule"
	done <"$work/rules-$version"
done
finish
