#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# install.sh: prints the path of a virtual environment with Keylime from PyPI, made once.
set -eu
. "$(dirname -- "$0")/../paths.sh"

python=/usr/bin/python3 # the distribution's, which has its module gpg
venv=$cache/keylime-$({
	"$python" --version
	cat "$0" "$here/keylime/requirements.txt"
} | sha256sum | cut -c1-64)

if [ ! -e "$venv" ]; then
	mkdir -p "$cache"
	# Scripts name their interpreter by its path, so it is made where it stays, and marked when it is whole.
	work=$(mktemp -d "$cache/keylime.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	"$python" -m venv --system-site-packages "$work/venv" >&2
	"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check --ignore-installed --no-deps --require-hashes \
		-r "$here/keylime/requirements.txt" >&2
	sed -i "1s#$work/venv#$venv#" "$work/venv/bin/keylime"*
	mv "$work/venv" "$venv"
fi
echo "$venv"
