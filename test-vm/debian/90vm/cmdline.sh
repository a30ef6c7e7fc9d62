#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # dracut's names
# dracut hook cmdline: what mounts the root does not go by root=.
[ -n "$root" ] || root=vm
rootok=1
