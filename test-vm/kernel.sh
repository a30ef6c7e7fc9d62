#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints the folder of the unpacked stock Debian 6.1 cloud kernel, fetching it once.
#
# The newest package that the machine's own configuration offers and its mirror still has; its hash
# (from apt's signed index) names the folder, so a new kernel never mixes with an old one.
set -eu
. "$(dirname -- "$0")/paths.sh"

candidates() {
	apt-cache search --names-only '^linux-image-6\.1\.[0-9]+-[0-9]+-cloud-amd64$' | cut -d' ' -f1 | sort -rV
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

for package in $(candidates); do
	folder=$cache/kernel-$(hash_of "$package")
	if [ -d "$folder" ] || unpack "$package" "$folder"; then
		echo "$folder"
		exit 0
	fi
done
die 'no linux-image-6.1.*-cloud-amd64 in the package index (apt-get update?)'
