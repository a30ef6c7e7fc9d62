#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes build/vm/trust: the policy of the cases, its signature, and the certificates the initramfs trusts; and build/vm/keys-rsa, for
# `sign_rules`.
set -eu
. "$(dirname -- "$0")/paths.sh"
. "$here/sign.sh"

"$top/keys/make-keys.sh" "$keys" >&2
# Here, since cases run two at a time and would each make their own.
KEY=rsa "$top/keys/make-keys.sh" "$vm/keys-rsa" >&2

trust=$vm/trust
rm -rf "$trust"
mkdir -p "$trust/certs"
cp "$keys/leaf.pem" "$trust/certs/"
cp "$top/policy/kairos-grub" "$trust/policy"
sign_with "$keys/leaf" "$trust/policy"
