#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The rules of src/test/data/rules, judged by cosima and by a stock kernel, which is booted once for all of them.
set -eu
cd "$(dirname "$0")/../.."
. src/build/tap.sh
kernel=$(sh test-vm/kernel.sh)
grep -v '^#' src/test/data/rules >"$work/rules"

# ---- the kernel: each rule is written to a policy that a word of nonsense then spoils, so that none is ever loaded ----

root=$work/root
mkdir -p "$root/bin" "$root/proc" "$root/sys" "$root/dev"
cp "$(command -v busybox)" "$root/bin/busybox"
sed 's/^[a-z]* //' "$work/rules" >"$root/rules"
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
(cd "$root" && find . | LC_ALL=C sort | cpio -o -H newc --quiet) >"$work/initramfs"
timeout 120 qemu-system-x86_64 -accel tcg -cpu Nehalem,+rdrand -m 256 -nodefaults -no-user-config -display none -no-reboot \
	-serial "file:$work/console" -kernel "$kernel"/boot/vmlinuz-* -initrd "$work/initramfs" \
	-append 'console=ttyS0 panic=-1 quiet tsc=reliable no_timer_check' >"$work/qemu" 2>&1 || cat "$work/qemu"
tr -d '\r' <"$work/console" | sed -n 's/^kernel: //p' >"$work/verdicts"
ok "the kernel came to the end of the list" [ "$(grep -cE '^(takes|refuses)$' "$work/verdicts")" = "$(wc -l <"$work/rules")" ]
echo "# judged by Linux $(tail -n 1 "$work/verdicts")"

# ---- ours ----

# judged WHO VERDICT RULE: the kernel's verdict and ours are those that the list says.
judged() {
	printf 'cosima 1\nname a\nversion 1\npcr 15\n%s\n' "$3" >"$work/policy"
	ours=refuses
	if build/cosima policy check "$work/policy" >/dev/null 2>&1; then ours=takes; fi
	case $1 in
	both) want=takes/takes ;;
	neither) want=refuses/refuses ;;
	kernel) want=takes/refuses ;;
	esac
	echo "the kernel $2, cosima $ours"
	[ "$2/$ours" = "$want" ]
}

exec 4<"$work/verdicts"
while read -r who rule; do
	read -r verdict <&4
	ok "$who: $rule" judged "$who" "$verdict" "$rule"
done <"$work/rules"
finish
