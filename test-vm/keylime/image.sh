#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# image.sh: prints the path of a file system image with Keylime's agent in a minimal Debian, made once.
#
# It is the Python agent of Keylime 6.6.0, the last release on PyPI that has one: the Rust agent is in no registry. It speaks version 2.1 of
# the protocol, which today's verifier and tenant speak as well.
set -eu
. "$(dirname -- "$0")/../paths.sh"

wheel='keylime==6.6.0 --hash=sha256:5e917e673a72186fa9e918471e2cc1eddc0927ab3b6ade1193dd275731d37fc5'
root=$("$here/root.sh" bookworm python3 python3-psutil python3-tornado python3-cryptography python3-packaging python3-sqlalchemy \
	python3-requests python3-lark python3-pyasn1 python3-pyasn1-modules python3-yaml python3-gpg python3-jsonschema python3-zmq tpm2-tools)
image=$cache/keylime-agent-$({
	echo "$root"
	cat "$0"
} | sha256sum | cut -c1-64).img

if [ ! -e "$image" ]; then
	work=$(mktemp -d "$cache/agent.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	mkdir "$work/root"
	tar -C "$work/root" -xf "$root"
	echo "$wheel" >"$work/requirements"
	python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps --no-compile --require-hashes --target "$work/root/opt/keylime" -r "$work/requirements" >&2
	mkdir -p "$work/root/var/lib/keylime"
	chroot "$work/root" /usr/bin/python3 -m compileall -q /opt/keylime >&2
	truncate -s 600M "$work/image"
	mkfs.ext4 -q -L KEYLIME_AGENT -m 0 -O ^has_journal -d "$work/root" "$work/image" >&2
	mv "$work/image" "$image"
fi
echo "$image"
