#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# agent.sh VERSION OUT: builds the program that lives on COS_PERSISTENT.
set -eu

"${CC:-cc}" -O2 -static -nostdlib -ffreestanding -fno-stack-protector -Wl,--build-id=none -s \
	"-DAGENT_VERSION=\"$1\"" -o "$2" "$(dirname -- "$0")/guest/agent.c"
