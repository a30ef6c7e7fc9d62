#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cosima baseline: merged baselines, parts of vendors, which evmctl signs as well, and files by signature.
set -eu
cd "$(dirname "$0")/../.."
make -s build/cosima >/dev/null
. src/build/tap.sh
. src/test/lib-trust.sh
cosima=build/cosima
before=src/fuzz/corpus/baseline/boot.json
nonce=00112233445566778899aabbccddeeff

# edit FROM TO OLD NEW: a baseline with another text in it, which is as long.
edit() {
	python3 -c '
import sys
text = open(sys.argv[1]).read()
assert sys.argv[3] in text
open(sys.argv[2], "w").write(text.replace(sys.argv[3], sys.argv[4]))' "$@"
}

# query FILE EXPRESSION: what Python makes of the baseline b is true.
query() {
	python3 -c '
import json, sys
b = json.load(open(sys.argv[1]))
files = {f[0]: f[1:] for f in b["files"]}
print(b["files"], b["content"])
sys.exit(not eval(sys.argv[2]))' "$1" "$2"
}

is_canonical() {
	python3 -c '
import json, sys
text = open(sys.argv[1]).read()
sys.exit(json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n" != text)' "$1"
}

refuses() {
	text=$1 status=0
	shift
	"$@" >"$work/said" 2>&1 || status=$?
	[ "$status" != 0 ] && says "$text" "$work/said"
}

turned() {
	"$cosima" baseline merge "$work/after.json" "$before" --out "$work/turned.json" &&
		query "$work/turned.json" '[d[7:11] for d in files["/usr/local/bin/agent"]] == ["0000", "b6ce"]'
}

again() {
	"$cosima" baseline merge "$work/merged.json" "$work/after.json" --out "$work/again.json" && cmp "$work/merged.json" "$work/again.json"
}

part_by_evmctl() {
	cp "$work/oem.json" "$work/data"
	trust_evmctl "$work" p256 sha256
	"$cosima" baseline merge "$before" --vendor "$work/oem.json" --vendor-sig "$work/p256-sha256.sig" --vendor-cert "$work/p256.pem" \
		--out "$work/by-evmctl.json" && cmp "$work/by-evmctl.json" "$work/vendor.json"
}

# The verifier is given the part, and does what it would do with the merged baseline.
same_verdict() {
	"$cosima" verify src/fuzz/corpus/evidence/boot.tar --baseline "$work/vendor.json" --nonce "$nonce" >"$work/merged" || :
	"$cosima" verify src/fuzz/corpus/evidence/boot.tar --baseline "$before" --nonce "$nonce" --vendor "$work/oem.json" \
		--vendor-cert "$work/p256.pem" >"$work/given" || :
	cmp "$work/merged" "$work/given" && says '/oem/90_custom.yaml: not the enrolled content' "$work/given"
}

edit "$before" "$work/after.json" sha256:b6ce587929eedf849a5207c8bd20a666443bc5a750e9b68d529fbf2df533515d \
	sha256:0000000000000000000000000000000000000000000000000000000000000000
ok "two baselines are merged" "$cosima" baseline merge "$before" "$work/after.json" --out "$work/merged.json"
ok "the contents are in the order given" query "$work/merged.json" \
	'[d[7:11] for d in files["/usr/local/bin/agent"]] == ["b6ce", "0000"] and len(files["/oem/00_vendor.yaml"]) == 1'
ok "the other order gives the other order" turned
ok "merging again changes nothing" again
sed 's/^{"ak":"......../{"ak":"00000000/' "$before" >"$work/other.json"
ok "another machine is refused" refuses 'two machines' "$cosima" baseline merge "$before" "$work/other.json" --out "$work/none.json"
ok "nothing is left of it" [ ! -e "$work/none.json" ]

trust_pair "$work" p256
trust_pair "$work" p384
ok "a part is taken out" "$cosima" baseline part "$before" --partition COS_OEM --name acme --version 3 --out "$work/part.json"
ok "it holds the partition's files and content" query "$work/part.json" 'sorted(files) == ["/oem/00_vendor.yaml", "/oem/90_custom.yaml"] and len(b["content"]) == 1'
ok "it is canonical" is_canonical "$work/part.json"
ok "a partition of which nothing is known" refuses 'holds nothing of COS_X' "$cosima" baseline part "$before" --partition COS_X --name x --version 1 \
	--out "$work/none.json"
edit "$work/part.json" "$work/oem.json" sha256:6221519b31ffc585ab3905f9966b383c0450ecf874c63d1dfc61e439131220f1 \
	sha256:1111111111111111111111111111111111111111111111111111111111111111
ok "the vendor signs his part" "$cosima" baseline sign "$work/oem.json" --key "$work/p256.key" --cert "$work/p256.pem" --out "$work/oem.json.sig"
ok "it is merged" "$cosima" baseline merge "$before" --vendor "$work/oem.json" --vendor-cert "$work/p256.pem" --out "$work/vendor.json"
ok "its contents take the place of the enrolled ones" query "$work/vendor.json" 'files["/oem/90_custom.yaml"] == ["sha256:" + 64 * "1"]'
ok "evmctl signs it as well" part_by_evmctl
ok "the verifier takes it too" same_verdict
ok "a part by somebody else" refuses 'is not signed by' "$cosima" baseline merge "$before" --vendor "$work/oem.json" --vendor-cert "$work/p384.pem" \
	--out "$work/none.json"
edit "$work/oem.json" "$work/older.json" '"version":3}' '"version":2}'
edit "$work/oem.json" "$work/named.json" '"name":"acme"' '"name":"emca"'
for part in older named; do
	ok "the vendor has signed $part.json too" "$cosima" baseline sign "$work/$part.json" --key "$work/p256.key" --cert "$work/p256.pem" \
		--out "$work/$part.json.sig"
done
ok "the baseline remembers the version" query "$work/vendor.json" 'b["vendors"] == [{"name": "acme", "partition": "COS_OEM", "version": 3}]'
ok "an older part" refuses 'version 2 is older than version 3' "$cosima" baseline merge "$work/vendor.json" --vendor "$work/older.json" \
	--vendor-cert "$work/p256.pem" --out "$work/none.json"
ok "a part of another name" refuses 'is part "emca", and the baseline has "acme"' "$cosima" baseline merge "$work/vendor.json" \
	--vendor "$work/named.json" --vendor-cert "$work/p256.pem" --out "$work/none.json"
ok "the same part again" "$cosima" baseline merge "$work/vendor.json" --vendor "$work/oem.json" --vendor-cert "$work/p256.pem" --out "$work/again.json"
ok "an older part for who insists" "$cosima" baseline merge "$work/vendor.json" --vendor "$work/older.json" --vendor-cert "$work/p256.pem" \
	--vendor-older --out "$work/back.json"
ok "is what the baseline remembers then" query "$work/back.json" 'b["vendors"][0]["version"] == 2'
ok "the verifier names an older part" refuses "version 2 of the vendor's part is older than the one in the baseline" "$cosima" verify \
	src/fuzz/corpus/evidence/boot.tar --baseline "$work/vendor.json" --nonce "$nonce" --vendor "$work/older.json" --vendor-cert "$work/p256.pem"
ok "by a code of its own" refuses '"code":"VENDOR_OLDER"' "$cosima" verify --json src/fuzz/corpus/evidence/boot.tar \
	--baseline "$work/vendor.json" --nonce "$nonce" --vendor "$work/older.json" --vendor-cert "$work/p256.pem"
printf ' ' >>"$work/oem.json"
ok "a part that was changed" refuses 'is not signed by' "$cosima" baseline merge "$before" --vendor "$work/oem.json" --vendor-cert "$work/p256.pem" \
	--out "$work/none.json"
ok "a part of nobody" refuses 'needs --vendor-cert' "$cosima" baseline merge "$before" --vendor "$work/oem.json" --out "$work/none.json"
ok "only a part is signed" refuses 'content' "$cosima" baseline sign "$before" --key "$work/p256.key" --cert "$work/p256.pem" --out "$work/none.sig"

ok "files are allowed by signature" "$cosima" baseline merge "$before" --ima-sig /usr/local/bin/ --ima-sig /usr/local/sbin/tool \
	--ima-cert "$work/p256.pem" --ima-cert "$work/p384.der" --out "$work/signed.json"
ok "their names and certificates are in the baseline" query "$work/signed.json" 'b["signed"] == ["/usr/local/bin/", "/usr/local/sbin/tool"] and len(b["certificates"]) == 2'
ok "it is canonical" is_canonical "$work/signed.json"
ok "signatures of nobody" refuses 'needs --ima-cert' "$cosima" baseline merge "$before" --ima-sig /usr/local/bin/ --out "$work/none.json"
ok "everything by signature" refuses 'a file, or a folder' "$cosima" baseline merge "$before" --ima-sig / --ima-cert "$work/p256.pem" --out "$work/none.json"
ok "a certificate that is none" refuses 'Makefile' "$cosima" baseline merge "$before" --ima-sig /x --ima-cert Makefile --out "$work/none.json"
ok "a full disk" refuses 'No space left' "$cosima" baseline merge "$before" --out /dev/full
finish
