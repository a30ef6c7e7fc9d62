#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: repro.sh MAKE PROGRAM...
# Builds the tree in two other directories, with different surroundings, and compares the programs. Prints TAP.
set -eu
make=$1
shift
first=build/repro/a
second=build/repro/another/and/much/longer/name
total=0

say() {
	total=$((total + 1))
	echo "$1 $total - $2"
}

copy_to() {
	mkdir -p "$1"
	find . -mindepth 1 -maxdepth 1 ! -name build ! -name .git -exec cp -a {} "$1" \;
}

# build DIR VARIABLE=VALUE...: with an environment of its own, so that no job server or flag of ours reaches it.
build() {
	dir=$1
	shift
	copy_to "$dir"
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS "$@" "$make" -s -C "$dir" WERROR=1 all >"$dir.log" 2>&1 || {
		sed 's/^/# /' "$dir.log"
		return 1
	}
}

rm -rf build/repro
if build "$first" JOBS=1 TZ=UTC && (umask 077 && build "$second" TZ=Asia/Tokyo LANG=de_DE.UTF-8); then
	say ok "builds without a warning in two directories"
else
	say "not ok" "builds without a warning in two directories"
fi
for program; do
	if cmp -s "$first/$program" "$second/$program" && cmp -s "$first/$program" "$program"; then
		say ok "$program is the same, byte for byte: $(sha256sum <"$program" | cut -c 1-16), $(stat -c %s "$program") bytes"
	else
		say "not ok" "$program is the same, byte for byte"
	fi
	if [ -f "$first/$program" ] && ! grep -qaF -e "$PWD" -e "$first" "$first/$program"; then
		say ok "$program names no directory of the build"
	else
		say "not ok" "$program names no directory of the build"
	fi
done
echo "1..$total"
