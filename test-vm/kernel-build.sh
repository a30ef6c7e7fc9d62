#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# kernel-build.sh NAME: prints the folder of the kernel that kernel-config/NAME describes, with boot/vmlinuz-NAME and boot/config-NAME in it.
#
# Built from the distribution's own source package and kept in the user's cache under the hash of all that goes into it. Both
# kernels of kernel-config/ are built when one is missing, since unpacking the source and most of the compiling serve them both.
# Takes some minutes on two processors.
set -eu
. "$(dirname -- "$0")/paths.sh"
configs=$here/kernel-config
LC_ALL=C
export LC_ALL

source_hash() {
	apt-cache show --no-all-versions linux-source-6.1 | sed -n 's/^SHA256: //p'
}

folder_of() { # NAME
	echo "$cache/kernel-$1-$({ source_hash; cat "$configs/base" "$configs/$1" "$here/kernel-build.sh"; } | sha256sum | cut -c1-64)"
}

unpack_source() {
	(cd "$work" && apt-get -qq -o APT::Sandbox::User=root download linux-source-6.1 >&2) || die 'no linux-source-6.1 (apt-get update?)'
	echo "$(source_hash)  $(echo "$work"/linux-source-6.1_*.deb)" | sha256sum --quiet -c >&2
	dpkg -x "$work"/linux-source-6.1_*.deb "$work/package"
	mkdir "$work/linux"
	tar -xf "$work"/package/usr/src/linux-source-6.1.tar.* -C "$work/linux" --strip-components=1
	rm -rf "$work/package" "$work"/*.deb
}

make_linux() {
	make -s -C "$work/linux" -j "$(nproc)" KBUILD_BUILD_TIMESTAMP=@0 KBUILD_BUILD_USER=cosima KBUILD_BUILD_HOST=cosima LOCALVERSION= "$@" >&2
}

# Every line of the two files must have been understood: an option that lost its dependencies would vanish without a word.
configure() { # NAME
	cat "$configs/base" "$configs/$1" >"$work/wanted"
	make_linux KCONFIG_ALLCONFIG="$work/wanted" allnoconfig
	sed -n 's/^\(CONFIG_[A-Z0-9_]*\)=n$/# \1 is not set/p; /^CONFIG_.*=[^n]/p' "$work/wanted" | while read -r line; do
		case $line in
		'#'*) ! grep -q "^$(echo "$line" | cut -d' ' -f2)=" "$work/linux/.config" || die "$1: still set: $line" ;;
		*) grep -qxF "$line" "$work/linux/.config" || die "$1: not set: $line" ;;
		esac
	done
}

build() { # NAME FOLDER
	configure "$1"
	make_linux bzImage
	rm -rf "$2.new"
	mkdir -p "$2.new/boot"
	cp "$work/linux/arch/x86/boot/bzImage" "$2.new/boot/vmlinuz-$1"
	cp "$work/linux/.config" "$2.new/boot/config-$1"
	mv -T "$2.new" "$2"
}

[ -e "$configs/$1" ] || die "no kernel-config/$1"
wanted=$(folder_of "$1")
mkdir -p "$cache"
exec 9>"$cache/kernel-build.lock"
flock 9
if [ ! -d "$wanted" ]; then
	work=$(mktemp -d "$cache/linux.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	unpack_source
	for config in "$configs"/*; do
		name=${config##*/}
		folder=$(folder_of "$name")
		[ "$name" = base ] || [ -d "$folder" ] || build "$name" "$folder"
	done
fi
echo "$wanted"
