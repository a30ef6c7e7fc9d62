#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cpio.sh COSIMA COSIMA_BOOT POLICY SIG CERTS OUT [RULES]: an archive to append to an initramfs, or to add to a unified kernel image.
#
# CERTS is a folder of certificates; beside RULES lies RULES.sig. The same input gives the same bytes, wherever and whenever it is made. A
# policy that does not verify makes no archive.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cosima=$1 boot=$2 policy=$3 sig=$4 certs=$5 out=$6 rules=${7-}

set --
for cert in "$certs"/*; do
	set -- "$@" --cert "$cert"
done
"$cosima" policy check "$policy" >&2
"$cosima" policy verify "$policy" --sig "$sig" "$@" >&2

work=$(mktemp -d)
# shellcheck disable=SC2064 # the folder of now
trap "rm -rf '$work' '$out.new'" EXIT
tree=$work/tree
install -D -m 755 "$boot" "$tree/usr/bin/cosima-boot"
install -D -m 644 "$policy" "$tree/etc/cosima/policy"
install -D -m 644 "$sig" "$tree/etc/cosima/policy.sig"
install -D -m 644 -t "$tree/etc/cosima/certs" "$certs"/*
if [ -n "$rules" ]; then
	"$cosima" policy verify "$rules" --sig "$rules.sig" "$@" >&2
	install -D -m 644 "$rules" "$tree/etc/cosima/rules"
	install -D -m 644 "$rules.sig" "$tree/etc/cosima/rules.sig"
fi
"$here/place.sh" "$tree"

# Times, owners and order are the archive's own, not those of the machine that makes it.
find "$tree" -type d -exec chmod 755 {} +
find "$tree" -exec touch -h -d @0 {} +
(cd "$tree" && find . -mindepth 1 | LC_ALL=C sort | cpio --quiet --reproducible -o -H newc -R 0:0) >"$out.new"
mv "$out.new" "$out"
