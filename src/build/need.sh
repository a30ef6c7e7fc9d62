#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: need.sh GROUP...
# Sees to it that the packages of the groups in src/build/packages are there: installs the missing ones on Debian as
# root, and anywhere else says what is missing and fails.
set -eu
list=$(dirname "$0")/packages
os_release=${COSIMA_OS_RELEASE:-/etc/os-release}

# Prints `package|alternative tool` for each line of the groups.
wanted() {
	for group; do
		awk -v g="$group" '$1 == g { print $2, ($3 == "" ? $2 : $3) }' "$list"
	done
}

is_debian() {
	[ -r "$os_release" ] && grep -qE '^(ID|ID_LIKE)=["'"'"']?([a-z]+ )*debian( |["'"'"']|$)' "$os_release"
}

missing_packages() {
	installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
	wanted "$@" | while read -r choice tool; do
		found=
		for package in $(echo "$choice" | tr '|' ' '); do
			if echo "$installed" | grep -qxF "$package"; then found=1; fi
		done
		[ -n "$found" ] || echo "$choice"
	done
}

missing_tools() {
	wanted "$@" | while read -r choice tool; do
		case $tool in
		/*) [ -e "$tool" ] || echo "$tool (in Debian's package ${choice%%|*})" ;;
		*) command -v "$tool" >/dev/null || echo "$tool (in Debian's package ${choice%%|*})" ;;
		esac
	done
}

update() {
	apt-get -qq update
}

# install PACKAGE...: what apt says goes to $log.
install() {
	DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 install --no-install-recommends "$@" >"$log" 2>&1
}

is_known() {
	apt-cache policy "$1" | grep -q '^  Candidate: [^(]'
}

# The first of a|b|c that the distribution knows.
choose() {
	for package in $(echo "$1" | tr '|' ' '); do
		if is_known "$package"; then
			echo "$package"
			return
		fi
	done
	return 1
}

choose_all() {
	for choice in $missing; do
		choose "$choice" || return 1
	done
}

if ! is_debian; then
	missing=$(missing_tools "$@")
	[ -n "$missing" ] || exit 0
	echo "This is not Debian, so nothing is installed. Missing here:" >&2
	echo "$missing" | sort -u | sed 's/^/  /' >&2
	exit 1
fi

missing=$(missing_packages "$@")
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
	echo "Packages are missing. Run this as root, then again what you ran:" >&2
	echo "  apt-get install --no-install-recommends $(echo "$missing" | sed 's/|.*//' | tr '\n' ' ')" >&2
	exit 1
fi
# One at a time: two groups may be asked for at once.
exec 9<"$list"
flock 9
if ! packages=$(choose_all); then
	echo "  PKG   updating the package lists"
	update
	packages=$(choose_all) || {
		echo "The distribution has none of: $(for c in $missing; do choose "$c" >/dev/null || echo "$c"; done)" >&2
		exit 1
	}
fi
for package in $packages; do
	echo "  PKG   installing $package"
done
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# The lists may be older than what the mirror holds: then a package it names is gone.
# shellcheck disable=SC2086 # a list of package names
install $packages || { update && install $packages; } || {
	cat "$log" >&2
	exit 1
}
