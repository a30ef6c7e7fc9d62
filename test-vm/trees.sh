#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Lays build/vm/tree/{oem,persistent,active}: what COS_OEM, COS_PERSISTENT and COS_ACTIVE hold on an untouched node.
set -eu
. "$(dirname -- "$0")/paths.sh"

tree=$vm/tree
rm -rf "$tree"
mkdir -p "$tree"
cp -r "$here/disk/oem" "$here/disk/persistent" "$tree/"

# GRUB's environment block is 1024 bytes, filled up with '#'; it changes at run time, so the policy's walk leaves it out.
{
	printf '# GRUB Environment Block\nsaved_entry=cos\n'
	head -c 1024 /dev/zero | tr '\0' '#'
} | head -c 1024 >"$tree/oem/grubenv"

mkdir -p "$tree/persistent/bin"
"$here/agent.sh" 1 "$tree/persistent/bin/agent"

active=$tree/active
mkdir -p "$active/bin" "$active/sbin" "$active/usr/bin" "$active/usr/lib/vm" "$active/usr/local" "$active/oem" \
	"$active/dev" "$active/proc" "$active/sys" "$active/run" "$active/tmp"
cp "$(command -v busybox)" "$active/bin/busybox"
ln -s busybox "$active/bin/sh"
cp "$here/guest/system" "$active/sbin/init"
cp "$here/guest/evidence" "$active/usr/lib/vm/"
cp "$cosima" "$cosima_boot" "$active/usr/bin/"

chmod -R u=rwX,go=rX "$tree"
# The group by which the policy picks what is to be measured of COS_PERSISTENT's configuration.
chgrp -R 4711 "$tree/persistent/cloud-config"
