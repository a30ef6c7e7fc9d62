#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cpio.sh COSIMA COSIMA_BOOT POLICY SIG CERTS OUT [RULES]: an archive to append to an initramfs, or to add to a unified kernel image.
#
# CERTS is a folder of certificates; beside RULES lies RULES.sig. The same input gives the same bytes, wherever and whenever it is made. A
# policy that does not verify makes no archive.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cosima=$1 boot=$2 policy=$3 sig=$4 certs=$5 out=$6 rules=${7-}

work=$(mktemp -d)
# shellcheck disable=SC2064 # the folder of now
trap "rm -rf '$work' '$out.new'" EXIT
tree=$work/tree
install -D "$boot" "$tree/usr/bin/cosima-boot"
install -D "$policy" "$tree/etc/cosima/policy"
install -D "$sig" "$tree/etc/cosima/policy.sig"
mkdir "$tree/etc/cosima/certs"
for cert in "$certs"/*; do
	[ ! -f "$cert" ] || install -t "$tree/etc/cosima/certs" "$cert"
done
if [ -n "$rules" ]; then
	install "$rules" "$tree/etc/cosima/rules"
	install "$rules.sig" "$tree/etc/cosima/rules.sig"
fi
"$here/verify.sh" "$tree/etc/cosima" "$cosima"
"$here/place.sh" "$tree"

# Written field by field, as the kernel reads it (Documentation/driver-api/early-userspace/buffer-format.rst): inode numbers, link counts, owners
# and times would else be those of the file system and the moment.
inode=0
at=0

pad() { # to a multiple of four bytes
	while [ $((at % 4)) -ne 0 ]; do
		printf '\0'
		at=$((at + 1))
	done
}

entry() { # NAME MODE SIZE: the header; SIZE bytes must follow
	printf '070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\0' \
		$inode $(($2)) 0 0 1 0 "$3" 0 0 0 0 $((${#1} + 1)) 0 "$1"
	inode=$((inode + 1))
	at=$((at + 110 + ${#1} + 1))
	pad
	at=$((at + $3))
}

archive() {
	while read -r name; do
		if [ -L "$name" ]; then
			to=$(readlink "$name")
			entry "$name" 0120777 ${#to}
			printf '%s' "$to"
		elif [ -d "$name" ]; then
			entry "$name" 040755 0
		else
			mode=0100644
			[ "$name" != usr/bin/cosima-boot ] || mode=0100755
			entry "$name" "$mode" "$(stat -c %s "$name")"
			cat "$name"
		fi
		pad
	done
	entry 'TRAILER!!!' 0 0
}

(cd "$tree" && find . -mindepth 1 | cut -c3- | LC_ALL=C sort >"$work/names" && archive <"$work/names") >"$out.new"
mv "$out.new" "$out"
