#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# other-kernel.sh NAME: makes build/vm/other-kernels/NAME, which a case links as its `kernel`: the name of the kernel's folder, and an
# initramfs with its modules. NAME is 6.12, Debian 13's kernel, or one that kernel-build.sh builds.
set -eu
. "$(dirname -- "$0")/paths.sh"

folder=$vm/other-kernels/$1
mkdir -p "$folder"
case $1 in
6.12) "$here/kernel.sh" 6.12 >"$folder/kernel" ;;
*) "$here/kernel-build.sh" "$1" >"$folder/kernel" ;;
esac
"$here/initramfs.sh" "$(cat "$folder/kernel")" "$folder/initramfs.cpio"
