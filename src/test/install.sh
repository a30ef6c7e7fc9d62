#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What `make install` puts where, the archive for an existing initramfs, the units and the udev rule as systemd and udev judge them, the
# Debian package; and that each maker of initramfs takes cosima in with a policy that verifies, and makes nothing without one. The makers
# run in Debian roots: dracut 059 and initramfs-tools of Debian 12, dracut 106 of Debian 13.
set -eu
cd "$(dirname "$0")/../.."
. src/build/tap.sh
. src/test/lib-install.sh

# ---- make install --------------------------------------------------------------------------------------------------------

dest=$work/dest
ok "make install" make -s install "DESTDIR=$dest"
while read -r mode file; do
	ok "installs $file" test "$(stat -c %a "$dest/$file")" = "$mode"
done <<'END'
755 usr/bin/cosima
755 usr/bin/cosima-boot
755 usr/lib/cosima/initramfs/place.sh
755 usr/lib/cosima/initramfs/verify.sh
644 usr/lib/cosima/initramfs/cosima-measure.service
644 usr/lib/cosima/initramfs/cosima-fail@.service
644 usr/lib/cosima/initramfs/fail-after-measure.conf
644 usr/lib/cosima/initramfs/cosima-handover.service
755 usr/lib/dracut/modules.d/50cosima/module-setup.sh
644 usr/lib/udev/rules.d/65-cosima.rules
644 usr/lib/systemd/system/cosima-handover-root.service
755 usr/share/initramfs-tools/hooks/cosima
755 usr/share/initramfs-tools/scripts/init-premount/cosima
755 usr/share/initramfs-tools/scripts/panic/cosima
644 usr/share/mkinitfs/features.d/cosima.files
644 usr/share/man/man8/cosima-boot.8
END
ok "the handover of the running system needs no enabling" \
	test -e "$dest/usr/lib/systemd/system/sysinit.target.wants/cosima-handover-root.service"
ok "eudev's folder of rules can be chosen, and a folder with a blank in its name" make -s install "DESTDIR=$work/an image" UDEVDIR=/lib/udev
ok "and is used" test -e "$work/an image/lib/udev/rules.d/65-cosima.rules"

# ---- policies ------------------------------------------------------------------------------------------------------------

make_policies

# ---- the archive ---------------------------------------------------------------------------------------------------------

elsewhere() { # the same from other folders, at another time, by somebody with another umask
	cp -r initramfs "$work/scripts"
	cp -r "$work/good" "$work/copy"
	find "$work/scripts" "$work/copy" -exec touch -d '2001-02-03 04:05' {} +
	(umask 077 && cp build/cosima-boot "$work/copy/program" &&
		"$work/scripts/cpio.sh" build/cosima "$work/copy/program" "$work/copy/policy" "$work/copy/policy.sig" "$work/copy/certs" "$work/two.cpio")
}
archive() { # POLICIES OUT [RULES]
	initramfs/cpio.sh build/cosima build/cosima-boot "$work/$1/policy" "$work/$1/policy.sig" "$work/$1/certs" "$work/$2" ${3:+"$work/$3"}
}
refused() { # REASON COMMAND...
	reason=$1
	shift
	fails "$@" && says "$reason" "$work/tap.out"
}

refused_archive() { # POLICIES REASON [RULES]
	fails archive "$1" "$1.cpio" ${3:+"$3"} && says "$2" "$work/tap.out" && test ! -e "$work/$1.cpio"
}

ok "an archive for an existing initramfs" archive good one.cpio
ok "the same from elsewhere" elsewhere
ok "is the same, byte for byte" cmp "$work/one.cpio" "$work/two.cpio"
mkdir "$work/cpio" "$work/busybox"
ok "GNU cpio unpacks it" sh -c "cd '$work/cpio' && cpio -i --quiet <../one.cpio"
ok "busybox unpacks it" sh -c "cd '$work/busybox' && busybox cpio -i <../one.cpio"
ok "to the same" diff -r --no-dereference "$work/cpio" "$work/busybox"
ok "it ends where the kernel looks for the next one" test $(($(stat -c %s "$work/one.cpio") % 4)) = 0
ok "the program is in it" cmp build/cosima-boot "$work/cpio/usr/bin/cosima-boot"
ok "and can be run" test -x "$work/cpio/usr/bin/cosima-boot"
for unit in initrd.target.wants/cosima-measure initrd.target.wants/cosima-handover sysinit.target.wants/cosima-handover-root; do
	ok "$unit.service is enabled" test -e "$work/cpio/usr/lib/systemd/system/$unit.service"
done
immucore=usr/lib/systemd/system/immucore.service.d/10-cosima.conf
ok "immucore waits, and goes on" says 'Wants=cosima-measure.service' "$work/cpio/$immucore"
gate() { # POLICIES GATE
	mkdir -p "$work/tree/etc/cosima"
	cp "$work/$1/policy" "$work/tree/etc/cosima/"
	COSIMA_GATE=$2 initramfs/place.sh "$work/tree"
}
ok "a policy that halts" gate halt ''
ok "closes the gate" says 'Requires=cosima-measure.service' "$work/tree/$immucore"
ok "unless told otherwise" gate halt open
ok "it is open" says 'Wants=cosima-measure.service' "$work/tree/$immucore"
ok "it can be closed by the builder" gate good closed
ok "it is closed" says 'Requires=cosima-measure.service' "$work/tree/$immucore"
ok "no other gate is known" refused 'COSIMA_GATE is ajar' gate good ajar
ok "no archive of a policy that was changed" refused_archive changed 'policy:'
ok "none without a signature" refused_archive unsigned 'policy.sig'
ok "none that is signed by a stranger" refused_archive stranger 'policy:'
ok "none that cosima-boot would refuse" refused_archive invalid 'policy:1'
ok "none without a certificate" refused_archive uncertified 'certificate'
ok "an archive with signed rules" archive good rules.cpio rules
ok "has them" sh -c "cpio -t --quiet <'$work/rules.cpio' | grep -qx etc/cosima/rules.sig"
echo 'measure func=BPRM_CHECK' >>"$work/rules"
ok "none with rules that were changed" refused_archive good 'rules.sig:' rules
ok "make cpio says what it needs" refused 'make cpio needs POLICY=FILE' make -s cpio

# ---- makers --------------------------------------------------------------------------------------------------------------

debian_roots
for root in "$bookworm" "$trixie"; do
	version=$(sed -n 's/^DRACUT_VERSION=//p' "$root/usr/lib/dracut/dracut-version.sh")
	install_in "$root"
	with_policies "$root" good
	ok "dracut $version with systemd" dracut "$root" systemd 'systemd systemd-initrd'
	ok "has the program" unpacked "$root" systemd usr/bin/cosima-boot
	ok "has the signature" unpacked "$root" systemd etc/cosima/policy.sig
	ok "has the certificate" unpacked "$root" systemd etc/cosima/certs/leaf.pem
	ok "has the unit that measures" unpacked "$root" systemd usr/lib/systemd/system/initrd.target.wants/cosima-measure.service
	ok "has the gate before immucore" unpacked "$root" systemd "$immucore"
	ok "dracut $version without systemd" dracut "$root" plain base
	ok "has the hook that measures" found_in "$root" plain '*/initqueue/finished/00-cosima-measure.sh'
	ok "has the hook that hands over" found_in "$root" plain '*/pre-pivot/99-cosima-handover.sh'
	ok "has no unit" test ! -e "$root/unpacked/plain/usr/lib/systemd/system/cosima-measure.service"
	for bad in changed unsigned stranger invalid uncertified; do
		with_policies "$root" "$bad"
		ok "dracut $version refuses a policy that is $bad" refuses_dracut "$root" "$bad"
	done
	with_policies "$root" good
	mv "$root/usr/bin/cosima" "$root/usr/bin/away"
	ok "dracut $version refuses what it cannot check" refuses_dracut "$root" unchecked
	mv "$root/usr/bin/away" "$root/usr/bin/cosima"
	echo 'cosima_gate=closed' >"$root/etc/dracut.conf.d/cosima.conf"
	ok "dracut $version with a gate that is asked for" dracut "$root" closed 'systemd systemd-initrd'
	ok "closes it" says 'Requires=cosima-measure.service' "$root/unpacked/closed/$immucore"
	rm "$root/etc/dracut.conf.d/cosima.conf"
	rm -r "$root/etc/cosima"
	ok "dracut $version where there is no policy" dracut "$root" none base ''
	ok "leaves cosima out" test ! -e "$root/unpacked/none/usr/bin/cosima-boot"
	ok "dracut $version refuses cosima without a policy" refuses_dracut "$root" none
done

with_policies "$bookworm" good
echo 'hostonly="no" compress="cat"' >"$bookworm/etc/dracut.conf.d/image.conf"
steps_of_readme >"$work/steps"
ok "the README has steps that can be run here" test "$(wc -l <"$work/steps")" = 2
while read -r step; do
	ok "as the README says: $step" enter "$bookworm" sh -ec "$step"
done <"$work/steps"

ok "initramfs-tools" initramfs_tools
ok "has the program" found_in "$bookworm" tools '*/usr/bin/cosima-boot'
ok "has the script that measures" says cosima "$bookworm/unpacked/tools/scripts/init-premount/ORDER"
ok "has the script for the shell" says cosima "$bookworm/unpacked/tools/scripts/panic/ORDER"
with_policies "$bookworm" changed
ok "initramfs-tools refuses a policy that was changed" refuses_initramfs_tools

# ---- judges --------------------------------------------------------------------------------------------------------------

with_policies "$bookworm" good
for root in "$bookworm" "$trixie"; do
	as_initramfs "$root"
	ok "systemd $(systemd_of "$root") has nothing to say of the units" judged_by_systemd "$root"
	ok "with Keylime's agent" with_keylime "$root"
	ok "configured as the guide says" configured_as_guide "$root"
	ok "systemd has nothing to say of its units" keylime_judged_by_systemd "$root"
done
ok "udev has nothing to say of the rule" enter "$trixie" udevadm verify --resolve-names=never /usr/lib/udev/rules.d/65-cosima.rules
ok "the rule comes before device mapper's notice" sh -c 'printf "%s\n" 65-cosima.rules 95-dm-notify.rules | LC_ALL=C sort -c'

# ---- Debian package ------------------------------------------------------------------------------------------------------

ok "make deb" make -s deb
cp build/cosima.deb "$work/first.deb"
ok "once more" make -s deb
ok "it is the same, byte for byte" cmp "$work/first.deb" build/cosima.deb
ok "lintian has nothing to say of it" lintian --allow-root --fail-on error,warning,info build/cosima.deb
cp build/cosima.deb "$trixie/tmp/"
ok "it installs" enter "$trixie" dpkg -i /tmp/cosima.deb
ok "its programs run" enter "$trixie" cosima --version
ok "it goes away" enter "$trixie" dpkg -P cosima
finish
