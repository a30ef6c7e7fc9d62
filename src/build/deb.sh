#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: deb.sh MAKE OUT: makes the Debian package OUT of what `make install` installs. The same tree gives the same bytes.
set -eu
unset MAKEFLAGS MAKELEVEL MFLAGS
make=$1 out=$2
parts=src/build/deb
root=$out.root
doc=$root/usr/share/doc/cosima

version=$(sed -n 's/^#define VERSION "\(.*\)"$/\1/p' src/base/version.h)
# The moment of the release notes: of the commit, or the one that the builder wants.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
export SOURCE_DATE_EPOCH

kibibytes() { # of all files; what a folder takes depends on the file system
	find "$root/usr" -type f -printf '%s\n' | awk '{ sum += int(($1 + 1023) / 1024) } END { print sum }'
}

fill() { # FILE: without our comment, with what is known only now
	sed -e '/^# SPDX/d' -e "s/@VERSION@/$version/; s/@ARCH@/$(dpkg --print-architecture)/; s/@SIZE@/$(kibibytes)/" \
		-e "s/@DATE@/$(date -u -R -d "@$SOURCE_DATE_EPOCH")/" "$parts/$1"
}

license() { # NAME FILE: the text of a licence as a paragraph of the file `copyright`
	printf '\nLicense: %s\n' "$1"
	sed -e 's/[[:blank:]]*$//; s/^$/./; s/^/ /' "$2"
}

rm -rf "$root"
"$make" -s install DESTDIR="$root" PREFIX=/usr
find "$root/usr/share/man" -type f -exec gzip -9n {} +
mkdir -p "$doc" "$root/DEBIAN" "$root/usr/share/lintian/overrides"
{
	fill copyright
	license BSD-2-clause build/src/tpm2-tss/LICENSE
	license Expat build/src/yyjson/LICENSE
} >"$doc/copyright"
fill changelog | gzip -9n >"$doc/changelog.gz"
fill overrides >"$root/usr/share/lintian/overrides/cosima"
fill triggers >"$root/DEBIAN/triggers"
(cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
fill control >"$root/DEBIAN/control"
chmod -R u=rwX,go=rX "$root"

dpkg-deb -Zxz --root-owner-group --build "$root" "$out" >/dev/null
rm -rf "$root"
