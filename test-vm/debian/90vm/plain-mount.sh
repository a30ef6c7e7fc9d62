#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# dracut without systemd, hook mount.
[ -d /sysroot/usr/bin ] || /usr/bin/immucore
