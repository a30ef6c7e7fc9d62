#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# demo.sh: boots one machine as enrolled and in five ways changed, and tells what the verifier says of each.
# Exits non-zero if an answer is not the expected one. The evidence stays in build/demo/CASE.
set -eu
. "$(dirname -- "$0")/paths.sh"

out=$build/demo

# Case | the verdict to expect | what one line of the answer must say
story() {
	cat <<'STORY'
clean|trusted|trusted
oem-changed|untrusted|/oem/90_custom.yaml: not the enrolled content
persistent-changed|untrusted|/usr/local/bin/agent: not the enrolled content
oem-swapped|untrusted|COS_OEM: signatures.identity.uuid
second-disk|untrusted|COS_OEM: 2 devices match
bad-signature|untrusted|policy: failed: the signature does not belong to this content and key
STORY
}

# Tied by &&, since the shell does not stop at an error in what stands before ||.
boot_all() {
	"$here/prepare.sh" && "$here/enroll.sh" "$out" && story | cut -d'|' -f1 | "$here/run-cases.sh" "$out"
}

# What the verifier says: the first line is the verdict, then its reasons.
ask() { # CASE
	"$cosima" verify "$out/$1/evidence.tar" --baseline "$out/baseline.json" --nonce "$(cat "$out/$1/nonce")" >"$out/$1/verdict" || :
}

shorten() { # long hashes
	sed -E 's/([0-9a-f]{8})[0-9a-f]{24,}/\1../g'
}

tell() {
	failed=0
	while IFS='|' read -r name expected reason; do
		ask "$name"
		verdict=$(head -n 1 "$out/$name/verdict")
		if main=$(grep -F -m 1 -e "$reason" "$out/$name/verdict") && [ "$verdict" = "$expected" ]; then
			[ "$main" != trusted ] || main='booted again as it was enrolled'
			printf '%-20s%-11s%s\n' "$name" "$verdict" "$(echo "$main" | shorten)"
		else
			echo "$name: expected $expected and \"$reason\", the answer is:"
			sed 's/^/    /' "$out/$name/verdict"
			failed=1
		fi
	done
	[ "$failed" = 0 ] || die 'an answer is not the expected one'
}

echo 'Booting seven machines in QEMU, two at a time ...'
mkdir -p "$build"
boot_all >"$build/demo.log" 2>&1 || {
	cat "$build/demo.log" >&2
	die 'a boot failed'
}
story | tell
cat <<'END'

The evidence lies in build/demo/CASE/evidence.tar, the baseline in build/demo/baseline.json. Ask again, without the machine:
  build/cosima verify build/demo/clean/evidence.tar --baseline build/demo/baseline.json --nonce "$(cat build/demo/clean/nonce)"
END
