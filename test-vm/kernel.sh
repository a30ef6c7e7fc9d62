#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# kernel.sh [6.12]: prints the folder of the unpacked stock Debian cloud kernel, 6.1 of Debian 12 or 6.12 of Debian 13, fetching
# it once.
#
# The newest package that the package index offers and the mirror still has; its hash (from apt's signed index) names the
# folder, so a new kernel never mixes with an old one. Debian 13's index is kept apart: the system's apt never sees it.
set -eu
. "$(dirname -- "$0")/paths.sh"

version=${1:-6.1}
apt_13=$cache/apt-debian-13

# The mirror is the one that the machine's own configuration names for Debian 12.
# shellcheck disable=SC2016 # apt-get's own names
site() {
	apt-get indextargets --format '$(RELEASE) $(SITE)' 'Created-By: Packages' | sed -n 's/^bookworm //p' | head -n 1
}

configure_13() {
	mkdir -p "$apt_13/state/lists/partial" "$apt_13/archives/partial" "$apt_13/none"
	printf 'Types: deb\nURIs: %s\nSuites: trixie\nComponents: main\nArchitectures: amd64\nSigned-By: %s\n' \
		"$(site)" /usr/share/keyrings/debian-archive-keyring.gpg >"$apt_13/debian.sources"
	cat >"$apt_13/apt.conf" <<CONFIGURATION
Dir::State "$apt_13/state";
Dir::State::status "/dev/null";
Dir::Cache "$apt_13";
Dir::Etc::sourcelist "$apt_13/debian.sources";
Dir::Etc::sourceparts "$apt_13/none";
Acquire::Languages "none";
Acquire::GzipIndexes "true";
APT::Sandbox::User "root";
CONFIGURATION
}

update_13() {
	apt-get -qq update >&2
}

candidates() {
	pattern="^linux-image-$(echo "$version" | sed 's/\./\\./')\.[0-9]+[-+][a-z0-9]+-cloud-amd64\$"
	apt-cache search --names-only "$pattern" | cut -d' ' -f1 | sort -rV
}

hash_of() {
	apt-cache show --no-all-versions "$1" | sed -n 's/^SHA256: //p'
}

unpack() { # PACKAGE FOLDER
	work=$(mktemp -d)
	# shellcheck disable=SC2064 # the folder of now
	trap "rm -rf '$work'" EXIT
	(cd "$work" && apt-get -qq -o APT::Sandbox::User=root download "$1" >&2) || return 1
	dpkg -x "$work"/*.deb "$work/tree"
	mkdir -p "$cache"
	mv "$work/tree" "$2.new"
	mv -T "$2.new" "$2"
}

# Prints the folder of the first candidate that is there or can be fetched.
find_kernel() {
	for package in $(candidates); do
		folder=$cache/kernel-$(hash_of "$package")
		if [ -d "$folder" ] || unpack "$package" "$folder"; then
			echo "$folder"
			return
		fi
	done
	return 1
}

if [ "$version" = 6.12 ]; then
	[ -e "$apt_13/apt.conf" ] || configure_13
	export APT_CONFIG="$apt_13/apt.conf"
	[ -n "$(candidates)" ] || update_13
	# What the index offered when it was fetched may have gone from the mirror since.
	find_kernel || { update_13 && find_kernel; } || die 'no linux-image-6.12.*-cloud-amd64 in Debian 13'
else
	find_kernel || die 'no linux-image-6.1.*-cloud-amd64 in the package index (apt-get update?)'
fi
