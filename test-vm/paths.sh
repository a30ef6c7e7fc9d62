# SPDX-License-Identifier: Apache-2.0
# Where things lie; sourced by every script here.
# shellcheck shell=sh disable=SC2034 # a sourced list of names

# Scripts lie in test-vm, or in a folder of it.
top=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && if [ "${PWD##*/}" = test-vm ]; then cd ..; fi && pwd)
here=$top/test-vm
build=$top/build
vm=$build/vm
cases=${CASES:-cases}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/cosima
keys=$build/keys
cosima=$build/cosima
cosima_boot=$build/cosima-boot
PATH=$PATH:/usr/sbin:/sbin

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}
