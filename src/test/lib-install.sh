# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2154 # tap.sh sets $work
# Sourced by install.sh: policies good and bad, and what makes an initramfs in a Debian root.

# ---- policies: $work/NAME holds policy, policy.sig, certs/ -------------------------------------------------------------------

sign() { # NAME KEY
	evmctl ima_sign --hashalgo sha256 --key "$2" --sigfile "$work/$1/policy" >"$work/evmctl" 2>&1
}

policy_from() { # NAME
	cp -r "$work/good" "$work/$1"
}

make_policies() {
	keys/make-keys.sh "$work/keys" >"$work/keys.log" 2>&1
	mkdir -p "$work/good/certs"
	cp "$work/keys/leaf.pem" "$work/good/certs/"
	cp policy/kairos-grub "$work/good/policy"
	sign good "$work/keys/leaf.key"

	build/cosima policy render --uuid COS_OEM=c05a0000-0000-4000-8000-000000000002 \
		--uuid COS_PERSISTENT=c05a0000-0000-4000-8000-000000000005 "$work/good/policy" >"$work/rules"
	evmctl ima_sign --hashalgo sha256 --key "$work/keys/leaf.key" --sigfile "$work/rules" >"$work/evmctl" 2>&1

	policy_from halt
	sed -i 's/^on-failure .*/on-failure halt/' "$work/halt/policy"
	sign halt "$work/keys/leaf.key"

	policy_from changed
	echo 'measure func=BPRM_CHECK' >>"$work/changed/policy"

	policy_from unsigned
	rm "$work/unsigned/policy.sig"

	policy_from stranger
	openssl ecparam -name prime256v1 -genkey -noout -out "$work/stranger.key"
	sign stranger "$work/stranger.key"

	policy_from invalid
	sed -i '1s/.*/cosima 99/' "$work/invalid/policy"
	sign invalid "$work/keys/leaf.key"

	policy_from uncertified
	rm "$work/uncertified/certs/leaf.pem"
}

# ---- roots -------------------------------------------------------------------------------------------------------------------

# The packages of Debian 12 are those of test-vm/debian.sh, so that one root serves both.
debian_roots() {
	bookworm=$work/bookworm
	trixie=$work/trixie
	mkdir "$bookworm" "$trixie"
	tar -C "$bookworm" -xf "$(test-vm/root.sh bookworm systemd systemd-sysv udev dracut-core initramfs-tools busybox-static kmod e2fsprogs \
		fdisk rsync linux-image-cloud-amd64)"
	tar -C "$trixie" -xf "$(test-vm/root.sh trixie dracut systemd-sysv udev)"
}

# enter ROOT COMMAND...: in namespaces of its own, so that nothing stays mounted or running.
enter() {
	inside=$1
	shift
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount --pid --fork --mount-proc="$inside/proc" sh -c 'mount --bind /dev "$0/dev" && exec chroot "$0" "$@"' "$inside" "$@"
}

install_in() { # ROOT
	make -s install "DESTDIR=$1"
}

with_policies() { # ROOT NAME
	rm -rf "$1/etc/cosima"
	cp -r "$work/$2" "$1/etc/cosima"
}

unpack() { # ROOT NAME
	mkdir -p "$1/unpacked/$2"
	(cd "$1/unpacked/$2" && cpio -i --quiet <"$1/boot/$2")
}

# dracut ROOT NAME MODULES [cosima]: makes /boot/NAME and unpacks it. No kernel: its drivers take long, and are none of ours.
dracut() {
	enter "$1" dracut --force --no-hostonly --no-kernel --no-compress --no-early-microcode --modules "$3 udev-rules ${4-cosima}" "/boot/$2" &&
		unpack "$1" "$2"
}

# It fails, says why, makes no image and leaves the one that was there.
refuses_dracut() { # ROOT NAME
	echo before >"$1/boot/$2"
	! dracut "$1" "$2" base || return 1
	says 'cosima: no initramfs is built without a policy that verifies' "$work/tap.out" && test "$(cat "$1/boot/$2")" = before
}

initramfs_tools() {
	rm -rf "$bookworm/unpacked/tools"
	mkdir -p "$bookworm/unpacked/tools"
	enter "$bookworm" mkinitramfs -c gzip -o /boot/tools "$(basename "$bookworm"/lib/modules/*)" &&
		enter "$bookworm" unmkinitramfs /boot/tools /unpacked/tools
}

refuses_initramfs_tools() {
	! initramfs_tools || return 1
	says 'E: cosima: no initramfs is built without a policy that verifies' "$work/tap.out"
}

# What a Dockerfile runs in a finished image; copying files, and programs of others, cannot be done here.
steps_of_readme() {
	sed -n 's/^RUN //p' initramfs/README.md | grep -E '^(k=|lsinitrd )' | sort -u
}

unpacked() { # ROOT NAME FILE
	test -e "$1/unpacked/$2/$3"
}

found_in() { # ROOT NAME PATTERN
	test -n "$(find "$1/unpacked/$2" -path "$3")"
}

# ---- judges ------------------------------------------------------------------------------------------------------------------

systemd_of() { # ROOT
	enter "$1" env SYSTEMD_COLORS=0 systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p'
}

unit() { # ROOT NAME: standard input becomes a unit; its start is wanted in the initramfs
	mkdir -p "$1/etc/systemd/system/initrd.target.wants"
	cat >"$1/etc/systemd/system/$2"
	ln -sf "../$2" "$1/etc/systemd/system/initrd.target.wants/$2"
}

# The units of cosima in the midst of all that they are ordered against, with the orderings of Kairos and Elemental.
as_initramfs() { # ROOT
	COSIMA_GATE=open "$1/usr/lib/cosima/initramfs/place.sh" "$1"
	unit "$1" immucore.service <<'END'
[Unit]
DefaultDependencies=no
Requires=systemd-udev-settle.service
After=systemd-udev-settle.service
Before=initrd-fs.target
Conflicts=initrd-switch-root.target
[Service]
Type=oneshot
ExecStart=/bin/true
END
	unit "$1" oem.mount <<'END'
[Unit]
DefaultDependencies=no
Wants=basic.target
After=basic.target
[Mount]
What=tmpfs
Where=/oem
Type=tmpfs
END
	unit "$1" elemental-setup-pre-rootfs.service <<'END'
[Unit]
DefaultDependencies=no
Requires=basic.target
Wants=oem.mount
After=basic.target oem.mount
Before=initrd-root-device.target
[Service]
Type=oneshot
ExecStart=/bin/true
END
	unit "$1" elemental-setup-rootfs.service <<'END'
[Unit]
DefaultDependencies=no
Requires=sysroot.mount
After=sysroot.mount
Before=initrd-root-fs.target
[Service]
Type=oneshot
ExecStart=/bin/true
END
	unit "$1" elemental-rootfs.service <<'END'
[Unit]
DefaultDependencies=no
Wants=initrd-root-fs.target
After=initrd-root-fs.target
Before=initrd-fs.target
[Service]
Type=oneshot
ExecStart=/bin/true
END
	unit "$1" elemental-setup-initramfs.service <<'END'
[Unit]
DefaultDependencies=no
Wants=initrd-fs.target
After=initrd-fs.target
Before=initrd.target
[Service]
Type=oneshot
ExecStart=/bin/true
END
	unit "$1" sysroot.mount <<'END'
[Unit]
DefaultDependencies=no
After=initrd-root-device.target
Before=initrd-root-fs.target
[Mount]
What=tmpfs
Where=/sysroot
Type=tmpfs
END
}

# No line about any unit of ours, none about a cycle.
judged_by_systemd() { # ROOT
	enter "$1" sh -c 'systemd-analyze verify --man=no initrd.target cosima-measure.service cosima-handover.service cosima-handover-root.service emergency.service' \
		>"$work/judged" 2>&1 || cat "$work/judged"
	! grep -iE 'cosima|immucore|elemental|cycle' "$work/judged"
}

# Keylime's agent as its packages install it: a unit of this name, a program, a user.
with_keylime() { # ROOT
	cat >"$1/usr/lib/systemd/system/keylime_agent.service" <<'END'
[Unit]
Description=An agent
[Service]
ExecStart=/usr/bin/keylime_agent
[Install]
WantedBy=default.target
END
	ln -sf true "$1/usr/bin/keylime_agent"
	mkdir -p "$1/var/lib/keylime"
	enter "$1" groupadd --force --system tss
}

# What Kairos makes of the guide's cloud-config: its user, then its commands. Nothing can be started in here.
configured_as_guide() { # ROOT
	sed -n '/^    #cloud-config/,/^\*\*/s/^            - \(chown\|systemctl\) /\1 /p' README.md | sed 's/ --now//' >"$work/commands"
	test "$(wc -l <"$work/commands")" = 2 || return 1
	enter "$1" useradd --system --no-create-home --groups tss --shell /usr/sbin/nologin keylime
	while read -r command; do
		enter "$1" sh -ec "$command" </dev/null || return 1
	done <"$work/commands"
	test -L "$1/etc/systemd/system/default.target.wants/keylime_agent.service" &&
		test "$(enter "$1" stat -c %U:%G /var/lib/keylime)" = keylime:tss
}

keylime_judged_by_systemd() { # ROOT
	enter "$1" sh -c 'systemd-analyze verify --man=no keylime_agent.service cosima-combined-log.service' >"$work/judged" 2>&1 || cat "$work/judged"
	! grep -iE 'cosima|keylime|cycle' "$work/judged"
}
