#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cosima policy check --root: trees of images, each with one thing in it that gets in the way of the rules.
set -eu
cd "$(dirname "$0")/../.."
make -s build/cosima >/dev/null
. src/build/tap.sh
cosima=build/cosima
policy=policy/kairos-grub
image=

# tree NAME: an image that does no harm, of a kernel that takes one policy.
tree() {
	image=$work/$1
	mkdir -p "$image/boot" "$image/etc/default" "$image/usr/lib/systemd/system" "$image/etc/systemd/system"
	printf 'CONFIG_IMA=y\n# CONFIG_IMA_WRITE_POLICY is not set\nCONFIG_IMA_MEASURE_PCR_IDX=10\n' >"$image/boot/config-6.1"
	printf 'GRUB_CMDLINE_LINUX="quiet console=ttyS0"\n' >"$image/etc/default/grub"
	printf 'ELF /etc/ima/ima-policy' >"$image/usr/lib/systemd/systemd"
}

# a kernel to which rules may be added
appending() {
	printf 'CONFIG_IMA=y\nCONFIG_IMA_WRITE_POLICY=y\n' >"$image/boot/config-6.1"
}

put() {
	mkdir -p "$(dirname "$image/$1")"
	printf '%s\n' "$2" >"$image/$1"
}

# found STATUS CODE...: exactly these codes, in this order.
found() {
	want=$1 status=0
	shift
	"$cosima" policy check "$policy" --root "$image" --json >"$work/json" 2>"$work/err" || status=$?
	python3 -c '
import json, sys
codes = [f["code"] for f in json.load(sys.stdin)["image"]]
print(codes)
sys.exit(codes != sys.argv[1:])' "$@" <"$work/json" && [ "$status" = "$want" ]
}

no_tree() {
	! "$cosima" policy check "$policy" --root "$work/nowhere" 2>"$work/err" && says 'No such file' "$work/err"
}

tree clean
ok "an image that does no harm" found 0
tree no-kernel
rm "$image/boot/config-6.1"
ok "an image without a kernel configuration" found 0 KERNEL_UNKNOWN
tree modules
mkdir -p "$image/usr/lib/modules/6.1"
mv "$image/boot/config-6.1" "$image/usr/lib/modules/6.1/config"
ln -s usr/lib "$image/lib"
ok "a kernel configuration beside its modules" found 0
tree no-ima
put boot/config-6.1 '# CONFIG_IMA is not set'
ok "a kernel without IMA" found 1 NO_IMA
tree other-pcr
put boot/config-6.1 "CONFIG_IMA=y
CONFIG_IMA_MEASURE_PCR_IDX=11"
ok "IMA in another PCR" found 1 IMA_PCR

tree ignored
put etc/ima/ima-policy 'measure func=BPRM_CHECK'
ok "a policy of systemd that is ignored in silence" found 0 SYSTEMD_IGNORED
appending
ok "a policy of systemd that is added to ours" found 1 SYSTEMD_APPENDS
policy=policy/strict
grep -q 'appraise func=POLICY_CHECK' "$policy" || {
	{ cat policy/kairos-grub && echo 'appraise func=POLICY_CHECK appraise_type=imasig'; } >"$work/closed"
	policy=$work/closed
}
ok "a policy of systemd that stops the boot" found 1 SYSTEMD_FREEZES
policy=policy/kairos-grub
put usr/lib/systemd/systemd 'ELF without it'
ok "a policy of systemd that nobody loads" found 0 SYSTEMD_WITHOUT_IMA

tree dracut
put etc/sysconfig/ima-policy 'measure func=BPRM_CHECK'
put usr/lib/dracut/modules.d/77integrity/ima-policy-load.sh 'cat ima-policy >/sys/kernel/security/ima/policy'
ok "dracut's integrity module, too late" found 0 LOADER_IGNORED DRACUT_IGNORED
appending
ok "dracut's integrity module, added to ours" found 1 LOADER DRACUT
tree cloud-config
put system/oem/99_ima.yaml 'cp /oem/ima-policy /sys/kernel/security/ima/policy'
appending
ok "a cloud-config that loads rules" found 1 LOADER
tree ours
put usr/lib/systemd/system/cosima-measure.service 'cosima writes /sys/kernel/security/ima/policy'
appending
ok "cosima itself" found 0

while read -r status code option; do
	tree "option-$code-$status-$(echo "$option" | tr -d '|')"
	put etc/cos/bootargs.cfg "set kernelcmd=\"root=LABEL=x $option quiet\""
	ok "the option $option" found "$status" ${code:+"$code"}
done <<-EOF
	0 OPTION_SIGNED_ONLY ima_policy=secure_boot
	0 OPTION_POLICY ima_policy=tcb
	1 OPTION_APPRAISE ima_policy=appraise_tcb
	1 OPTION_TEMPLATE_SHA1 ima_template=ima
	0 OPTION_TEMPLATE ima_template=ima-sig
	1 OPTION_TEMPLATE_FORMAT ima_template_fmt=d-ng|n
	1 OPTION_HASH ima_hash=sha1
	1 OPTION_OFF ima=off
	1 OPTION_APPRAISE_FIX ima_appraise=fix
	0 OPTION_APPRAISE_OFF ima_appraise=log
EOF
tree commented
put etc/default/grub '# GRUB_CMDLINE_LINUX="ima_hash=sha1"'
ok "an option in a comment" found 0

# A link of the image is followed inside the image, never outside of it.
tree links
mkdir "$work/outside"
echo 'measure func=BPRM_CHECK' >"$work/outside/ima-policy"
mkdir "$image/etc/ima"
ln -s "$work/outside/ima-policy" "$image/etc/ima/ima-policy"
ok "a link that leads out of the image" found 0
mkdir -p "$image/$work/outside"
cp "$work/outside/ima-policy" "$image/$work/outside/"
ok "a link that leads into the image" found 0 SYSTEMD_IGNORED
ok "no tree" no_tree
finish
