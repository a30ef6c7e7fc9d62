#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# verify.sh ETC [COSIMA]: fails, and says why, unless the folder ETC holds a policy that cosima-boot will accept: policy, policy.sig, certs/,
# and rules.sig if there are rules. COSIMA is the program to ask (default: cosima). All that build an initramfs call this first.
set -eu

etc=$1
cosima=${2:-cosima}

die() {
	echo "$*" >&2
	exit 1
}

command -v "$cosima" >/dev/null || die "there is no program $cosima to check the policy with"
for file in policy policy.sig; do
	[ -e "$etc/$file" ] || die "there is no $etc/$file"
done
set --
for cert in "$etc"/certs/*; do
	[ ! -f "$cert" ] || set -- "$@" --cert "$cert"
done
[ $# -gt 0 ] || die "there is no certificate in $etc/certs"
"$cosima" policy check "$etc/policy" >&2
"$cosima" policy verify "$etc/policy" --sig "$etc/policy.sig" "$@" >&2
if [ -e "$etc/rules" ]; then
	"$cosima" policy verify "$etc/rules" --sig "$etc/rules.sig" "$@" >&2
fi
