#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Which packages are missing: what is said on another distribution, and without root.
set -eu
cd "$(dirname "$0")/../.."
. src/build/tap.sh
mkdir "$work/build"
cp src/build/need.sh "$work/build"
cat >"$work/build/packages" <<'END'
build dpkg
build base-files /etc/os-release
test dpkg
test cosima-none cosima-tool
vm cosima-other-none|cosima-none /usr/include/cosima-none.h
END
printf 'ID=fedora\nID_LIKE="rhel centos"\n' >"$work/fedora"
printf 'ID=mint\nID_LIKE="ubuntu debian"\n' >"$work/mint"

# need OS_RELEASE GROUP...
need() {
	os=$1
	shift
	COSIMA_OS_RELEASE=$os "$work/build/need.sh" "$@" >"$work/log" 2>&1
}

# As someone else than root.
need_as_user() {
	chmod -R a+rX "$work"
	COSIMA_OS_RELEASE=$work/mint setpriv --reuid=65534 --regid=65534 --clear-groups "$work/build/need.sh" "$@" >"$work/log" 2>&1
}

ok "on Debian nothing is said when nothing is missing" need "$work/mint" build
ok "really nothing" test ! -s "$work/log"
ok "elsewhere too" need "$work/fedora" build
ok "elsewhere it fails when a tool is missing" fails need "$work/fedora" build test vm
ok "and names the tool" says "cosima-tool (in Debian's package cosima-none)" "$work/log"
ok "and the file" says "/usr/include/cosima-none.h (in Debian's package cosima-other-none)" "$work/log"
ok "and not what is there" fails says "dpkg" "$work/log"
if [ "$(id -u)" = 0 ]; then
	ok "without root it fails" fails need_as_user test
else
	ok "without root it fails" fails need "$work/mint" test
fi
ok "and says what to run" says "apt-get install --no-install-recommends cosima-none" "$work/log"
ok "each line of the list has a group that is used" fails grep -nvE '^(#.*|(build|test|vm|keys|keylime|pypi) .*|)$' src/build/packages
finish
