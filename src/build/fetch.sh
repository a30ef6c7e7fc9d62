#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: fetch.sh SOURCES DIR MAKEFILE
# For each name in SOURCES (see there) unpacks the first version that can be had into DIR/<name> and lists its C files in
# MAKEFILE. Archives come from the package mirrors in apt's configuration, or from where pip's points, are known by their sha256,
# and are kept in the user's cache. COSIMA_MIRRORS overrides the mirrors.
set -eu
sources=$1 dir=$2 makefile=$3
cache=${XDG_CACHE_HOME:-${HOME:-$dir}/.cache}/cosima
apt_helper=/usr/lib/apt/apt-helper
python=/usr/bin/python3 # the distribution's, which has the pip that is asked for
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

# get_archive PATH SHA256: puts the archive into the cache; on failure the reasons are in $work/why.
get_archive() {
	archive=$cache/$2/$(basename "$1")
	if has_hash "$archive" "$2"; then
		return 0
	fi
	if [ -e "$archive" ]; then
		echo "the copy in the cache has another sha256" >>"$work/why"
		rm -f "$archive"
	fi
	mkdir -p "$cache/$2"
	case $1 in
	pypi/*) from_pypi "${1#pypi/}" "$2" ;;
	*) from_mirrors "$1" "$2" ;;
	esac
}

# keep NEW SHA256: the file that was given becomes the archive, under its name at once.
keep() {
	has_hash "$1/archive" "$2" || return 1
	cp "$1/archive" "$1/copy" # a file: mirror gives a link
	mv "$1/copy" "$archive"
}

from_mirrors() {
	if [ ! -x "$apt_helper" ]; then
		echo "no apt here; put it at $archive by hand" >>"$work/why"
		return 1
	fi
	mirrors >"$work/mirrors" || echo "apt has no mirror configured" >>"$work/why"
	while read -r mirror <&4; do
		new=$(mktemp -d "$cache/$2/new.XXXXXX")
		if "$apt_helper" -q download-file "${mirror%/}/$1" "$new/archive" "SHA256:$2" >"$work/out" 2>&1 && keep "$new" "$2"; then
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

# from_pypi NAME==VERSION SHA256: its source distribution, which pip compares with the hash before it looks into it.
from_pypi() {
	if ! "$(dirname "$0")/need.sh" pypi >"$work/out" 2>&1; then
		echo "no pip here; put its source distribution at $archive by hand" >>"$work/why"
		return 1
	fi
	new=$(mktemp -d "$cache/$2/new.XXXXXX")
	echo "$1 --hash=sha256:$2" >"$work/requirement"
	if "$python" -m pip --disable-pip-version-check download -q --no-deps --no-binary :all: --no-build-isolation --require-hashes \
		-d "$new/given" -r "$work/requirement" >"$work/out" 2>&1 && mv "$new/given"/* "$new/archive" && keep "$new" "$2"; then
		rm -rf "$new"
		return 0
	fi
	rm -rf "$new"
	awk 'NF { last = $0 } END { print last }' "$work/out" >>"$work/why"
	return 1
}

# Unpacks only what is compiled, its headers and licences, with new times so that make sees a change of version. PyPI's yyjson has the two files
# elsewhere.
unpack() {
	new=$dir/$1.new
	rm -rf "$new"
	mkdir -p "$new"
	tar -xmf "$2" -C "$new" --strip-components=1 --transform='s,^\([^/]*\)/yyjson/\(yyjson\.[ch]\)$,\1/src/\2,' \
		--wildcards '*/src/*' '*/include/*' '*/library/*' '*/LICENSE*' '*/yyjson/yyjson.[ch]' \
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
