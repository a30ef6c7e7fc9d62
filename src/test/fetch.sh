#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fetching third-party sources: falling back to the next version, and never using an archive with another hash.
# The mirror is a directory here.
set -eu
cd "$(dirname "$0")/../.."
. src/build/tap.sh
export XDG_CACHE_HOME="$work/cache" COSIMA_MIRRORS="copy:$work/mirror/"
pool=$work/mirror/pool

# make_archive NAME VERSION: a source archive as fetch.sh expects one, in the pool.
make_archive() {
	mkdir -p "$pool" "$work/tree/$1-$2/src" "$work/tree/$1-$2/library"
	echo "int version_$2;" >"$work/tree/$1-$2/src/yyjson.c"
	echo "int version_$2;" >"$work/tree/$1-$2/library/a.c"
	# The same bytes when it is made again.
	tar -czf "$pool/$1_$2.tar.gz" --mtime=@0 --sort=name -C "$work/tree" "$1-$2"
}

# line NAME VERSION: its line in the list of sources.
line() {
	echo "$1 $2 pool/$1_$2.tar.gz $(sha256sum <"$pool/$1_$2.tar.gz" | cut -d ' ' -f 1)"
}

fetch() {
	src/build/fetch.sh "$work/sources" "$work/out" "$work/out.mk" >"$work/log" 2>&1
}

make_archive tpm2-tss 1
for name in mbedtls yyjson; do
	for version in 1 2 3; do
		make_archive "$name" "$version"
	done
done
for entry in 'mbedtls 3' 'mbedtls 2' 'mbedtls 1' 'tpm2-tss 1' 'yyjson 2' 'yyjson 1'; do
	# shellcheck disable=SC2086 # two words
	line $entry
done >"$work/sources"

ok "the first version is taken when it is there" fetch
ok "its files are unpacked" says version_3 "$work/out/mbedtls/library/a.c"
ok "its files are listed for make" says "mbedtls_c := $work/out/mbedtls/library/a.c" "$work/out.mk"

rm -rf "$work/out" "$work/mirror"
ok "a second time the cache is enough" fetch

for archive in "$work"/cache/cosima/*/mbedtls_3.tar.gz; do
	echo x >>"$archive"
done
rm -rf "$work/out"
make_archive mbedtls 2
ok "a version that has gone falls back to the next" fetch
ok "the next one is unpacked" says version_2 "$work/out/mbedtls/library/a.c"
ok "the reason is said" says "mbedtls 3: the copy in the cache has another sha256" "$work/log"

rm -rf "$work/out" "$work/cache" "$work/mirror"
make_archive tpm2-tss 1
make_archive yyjson 1
line tpm2-tss 1 >"$work/sources.new"
line yyjson 1 >>"$work/sources.new"
grep mbedtls "$work/sources" >>"$work/sources.new"
mv "$work/sources.new" "$work/sources"
echo changed >"$pool/mbedtls_3.tar.gz"
ok "it fails when no version can be had" fails fetch
ok "it says so" says "None of the accepted versions of mbedtls can be had:" "$work/log"
for version in 3 2 1; do
	ok "it names version $version with the reason" grep -qE "^ *mbedtls $version: .*(Hash Sum mismatch|No such file)" "$work/log"
done
ok "an archive with another hash does not stay in the cache" find "$work/cache" -type f -path '*mbedtls*' -exec false {} +
ok "nothing half unpacked is left" test ! -e "$work/out/mbedtls"

# What has gone from the mirror is in a Python package, whose place pip's configuration says: a folder here.
package=$work/tree/cosima-carrier-1
carrier=$work/packages/cosima-carrier-1.tar.gz

# make_carrier TEXT: the package, with TEXT in yyjson's file.
make_carrier() {
	mkdir -p "$package/yyjson" "$work/packages"
	echo "int version_$1;" >"$package/yyjson/yyjson.c"
	echo 'from setuptools import setup; setup(name="cosima-carrier", version="1", packages=[])' >"$package/setup.py"
	printf 'Metadata-Version: 2.1\nName: cosima-carrier\nVersion: 1\n' >"$package/PKG-INFO"
	tar -czf "$carrier" -C "$work/tree" cosima-carrier-1
}

export PIP_NO_INDEX=1 PIP_FIND_LINKS="$work/packages"
rm -rf "$work/out"
make_archive mbedtls 2
make_carrier pypi
{
	line mbedtls 2
	line tpm2-tss 1
	echo "yyjson 9 pool/yyjson_9.tar.gz $(printf x | sha256sum | cut -d ' ' -f 1)"
	echo "yyjson 1-pypi pypi/cosima-carrier==1 $(sha256sum <"$carrier" | cut -d ' ' -f 1)"
} >"$work/sources"
ok "a version that the mirror lacks is taken out of a Python package" fetch
ok "its files are where those of the other are" says version_pypi "$work/out/yyjson/src/yyjson.c"
rm -rf "$work/out" "$work/packages"
ok "a second time the cache is enough for it, too" fetch
rm -rf "$work/out" "$work/cache"
ok "it fails when there is no such package" fails fetch
ok "it says so" grep -q 'yyjson 1-pypi: .*No matching distribution found for cosima-carrier==1' "$work/log"
make_carrier changed
ok "a package with another hash is refused" fails fetch
ok "it says so, too" grep -q 'yyjson 1-pypi: .*Got  *[0-9a-f]' "$work/log"
ok "nothing of it is unpacked" test ! -e "$work/out/yyjson"

# Two at a time, one cache.
rm -rf "$work/cache" "$work/mirror"
for name in mbedtls tpm2-tss yyjson; do
	make_archive "$name" 1
	line "$name" 1
done >"$work/sources"
src/build/fetch.sh "$work/sources" "$work/one" "$work/one.mk" >"$work/one.log" 2>&1 &
first=$!
ok "two that fetch at the same time both succeed" fetch
ok "and the other too" wait "$first"
ok "no part of a download is left in the cache" test -z "$(find "$work/cache" -name 'new.*')"
finish
