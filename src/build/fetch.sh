#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: fetch.sh SOURCES DIR MAKEFILE
# For each name in SOURCES (see there) unpacks the first version that can be had into DIR/<name> and lists its C files in
# MAKEFILE. Archives come from the package mirrors in apt's configuration, are known by their sha256, and are kept in the
# user's cache. COSIMA_MIRRORS overrides the mirrors.
set -eu
sources=$1 dir=$2 makefile=$3
cache=${XDG_CACHE_HOME:-${HOME:-$dir}/.cache}/cosima
apt_helper=/usr/lib/apt/apt-helper
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A machine that never ran `apt-get update` knows no mirror yet.
mirrors() {
	if [ -n "${COSIMA_MIRRORS:-}" ]; then
		echo "$COSIMA_MIRRORS"
	else
		configured || { [ "$(id -u)" = 0 ] && apt-get -qq update >&2 && configured; }
	fi
}

configured() {
	# shellcheck disable=SC2016 # apt's own variable
	apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' | awk '!seen[$0]++ { print } END { exit NR == 0 }'
}

has_hash() {
	[ -f "$1" ] && [ "$(sha256sum <"$1")" = "$2  -" ]
}

# get_archive POOL_PATH SHA256: puts the archive into the cache; on failure the reasons are in $work/why.
get_archive() {
	archive=$cache/$2/$(basename "$1")
	if has_hash "$archive" "$2"; then
		return 0
	fi
	if [ -e "$archive" ]; then
		echo "the copy in the cache has another sha256" >>"$work/why"
		rm -f "$archive"
	fi
	if [ ! -x "$apt_helper" ]; then
		echo "no apt here; put it at $archive by hand" >>"$work/why"
		return 1
	fi
	mkdir -p "$cache/$2"
	mirrors >"$work/mirrors" || echo "apt has no mirror configured" >>"$work/why"
	while read -r mirror <&4; do
		new=$(mktemp -d "$cache/$2/new.XXXXXX")
		if "$apt_helper" -q download-file "${mirror%/}/$1" "$new/archive" "SHA256:$2" >"$work/out" 2>&1 && has_hash "$new/archive" "$2"; then
			cp "$new/archive" "$new/copy" # a file: mirror gives a link
			mv "$new/copy" "$archive"
			rm -rf "$new"
			return 0
		fi
		rm -rf "$new"
		sed -n 's/^E: Failed to fetch [^ ]*  *//p' "$work/out" >"$work/reason"
		[ -s "$work/reason" ] || tail -n 1 "$work/out" >"$work/reason"
		cat "$work/reason" >>"$work/why"
	done 4<"$work/mirrors"
	return 1
}

# Unpacks only what is compiled, its headers and licences, with new times so that make sees a change of version.
unpack() {
	new=$dir/$1.new
	rm -rf "$new"
	mkdir -p "$new"
	tar -xmf "$2" -C "$new" --strip-components=1 --wildcards '*/src/*' '*/include/*' '*/library/*' '*/LICENSE*' \
		'nettle-*/COPYING*' 'nettle-*/*.h' 'nettle-*/sha*.c' 'nettle-*/write-be*.c' 'nettle-*/*.m4' 'nettle-*/x86_64/*' 2>"$work/out" ||
		grep -v -e 'Not found in archive' -e 'Exiting with failure status' "$work/out" >"$work/bad" || :
	if [ -s "$work/bad" ]; then
		cat "$work/bad" >&2
		return 1
	fi
	echo "$3" >"$new/.sha256"
	rm -rf "${dir:?}/$1"
	mv "$new" "$dir/$1"
}

# get NAME: the first version of it that can be had.
get() {
	: >"$work/tried"
	: >"$work/bad"
	while read -r name version path hash <&3; do
		[ "$name" = "$1" ] || continue
		if has_unpacked "$name" "$hash"; then
			return 0
		fi
		: >"$work/why"
		if get_archive "$path" "$hash"; then
			echo "  SRC   $name $version"
			unpack "$name" "$archive" "$hash"
			return
		fi
		echo "  $name $version: $(awk '!seen[$0]++' "$work/why" | paste -sd ';' -)" | tee -a "$work/tried"
	done 3<"$sources"
	{
		echo "None of the accepted versions of $1 can be had:"
		cat "$work/tried"
	} >&2
	return 1
}

has_unpacked() {
	[ -f "$dir/$1/.sha256" ] && [ "$(cat "$dir/$1/.sha256")" = "$2" ]
}

# list VARIABLE FILE...: a make variable.
list() {
	printf '%s :=' "$1"
	shift
	printf ' %s' "$@"
	echo
}

mkdir -p "$dir"
names=$(awk '$1 !~ /^#/ && NF && !seen[$1]++ { print $1 }' "$sources")
for name in $names; do
	get "$name"
done

tss=$dir/tpm2-tss/src nettle=$dir/nettle
{
	# shellcheck disable=SC2046 # names of C files, without blanks
	list mbedtls_c $(find "$dir/mbedtls/library" -name '*.c' ! -name 'ssl_*' ! -name 'psa_*' ! -name 'mps_*' ! -name 'net_*' ! -name 'debug.c' | LC_ALL=C sort)
	list yyjson_c "$dir/yyjson/src/yyjson.c"
	list tss_c "$tss"/tss2-sys/*.c "$tss"/tss2-sys/api/*.c "$tss"/tss2-mu/*.c "$tss/util/log.c" "$tss/util/key-value-parse.c" "$tss/util-io/io.c" "$tss/tss2-tcti/tcti-common.c"
	list tcti_device_c "$tss/tss2-tcti/tcti-device.c"
	list nettle_c "$nettle/sha1.c" "$nettle/sha256.c" "$nettle/sha512.c" "$nettle/write-be32.c"
	list nettle_asm "$nettle/x86_64/fat/sha1-compress.asm" "$nettle/x86_64/fat/sha1-compress-2.asm" \
		"$nettle/x86_64/fat/sha256-compress-n.asm" "$nettle/x86_64/fat/sha256-compress-n-2.asm" "$nettle/x86_64/sha512-compress.asm"
	list tcti_swtpm_c "$tss/tss2-tcti/tcti-swtpm.c"
} >"$makefile.new"
mv "$makefile.new" "$makefile"
