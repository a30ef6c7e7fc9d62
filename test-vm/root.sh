#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# root.sh SUITE [PACKAGE...]: prints the path of a tar file of a minimal Debian root (bookworm, trixie) with the packages given,
# made once: debootstrap from the mirror that this machine's apt uses, then apt in it.
#
# The name has the hash of all that goes into it but the packages' versions; the order of the packages does not matter. Documentation,
# package lists and device nodes are left out; /etc/machine-id is empty, as in an image.
set -eu
. "$(dirname -- "$0")/paths.sh"

[ $# -ge 1 ] || die 'usage: root.sh SUITE [PACKAGE...]'
suite=$1
shift
packages=$(printf '%s\n' "$@" | sort -u | paste -sd' ' -)

mirror() {
	# shellcheck disable=SC2016 # apt's own variables
	apt-get indextargets --format '$(SITE) $(CODENAME) $(LABEL)' 'Created-By: Packages' |
		awk '$3 == "Debian" && $2 !~ /-/ { print $1; exit }'
}

name_of() { # PACKAGE...: where the root with these packages is kept
	echo "$cache/root-$suite-$({ cat "$0"; echo "$suite $*"; } | sha256sum | cut -c1-64).tar"
}

# make_root FILE COMMAND...: what COMMAND leaves in $root becomes FILE, whole or not at all.
make_root() {
	file=$1
	shift
	mkdir -p "$cache"
	work=$(mktemp -d "$cache/root.XXXXXX")
	root=$work/root
	# shellcheck disable=SC2064 # the folder of now
	trap "rm -rf '$work'" EXIT
	"$@" >"$work/log" 2>&1 || {
		tail -n 30 "$work/log" >&2
		die "could not make a root of $suite${packages:+ with $packages}"
	}
	tar --numeric-owner --xattrs -C "$root" -cf "$work/root.tar" .
	mv "$work/root.tar" "$file"
	rm -rf "$work"
	trap - EXIT
}

bootstrap() {
	debootstrap --variant=minbase "$suite" "$root" "$(mirror)"
}

in_root() {
	DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"
}

add_packages() {
	mkdir -p "$root"
	tar -C "$root" -xf "$base"
	cp /etc/resolv.conf /etc/hosts "$root/etc/"
	find /etc/apt/apt.conf.d /etc/apt/apt.conf -maxdepth 1 -type f -exec grep -qi proxy {} \; -exec cp {} "$root/etc/apt/apt.conf.d/" \;
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	in_root apt-get -q update || return 1
	# shellcheck disable=SC2086 # one word a package
	in_root apt-get -q -y --no-install-recommends -o APT::Sandbox::User=root install $packages || return 1
	in_root apt-get clean
	rm -rf "$root"/usr/share/doc/* "$root"/usr/share/man/* "$root"/usr/share/locale/* "$root"/var/lib/apt/lists/* \
		"$root"/var/cache/apt/*.bin "$root"/var/log/* "${root:?}"/dev/*
	rm -f "$root/etc/resolv.conf" "$root/usr/sbin/policy-rc.d"
	: >"$root/etc/machine-id"
}

base=$(name_of)
made=$(name_of "$packages")
if [ ! -e "$made" ]; then
	[ -n "$(mirror)" ] || die "apt on this machine has no Debian mirror to make a root of $suite from"
	[ -e "$base" ] || make_root "$base" bootstrap
	[ "$made" = "$base" ] || make_root "$made" add_packages
fi
echo "$made"
