#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cosima enroll without a boot: the digests are those of sha256sum, patterns and odd names are looked at, and no half baseline is left behind.
set -eu
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/sbin:/sbin
. src/build/tap.sh
. src/test/lib-trust.sh

# A disk with the two partitions, an attestation key, a signed policy, and the trees.
disk=$work/disk.img
truncate -s 40M "$disk"
sgdisk -n 1:2048:+8M -c 1:oem -n 2:0:+16M -c 2:persistent "$disk" >"$work/sgdisk"
for part in '1 COS_OEM 2048' '2 COS_PERSISTENT 18432'; do
	# shellcheck disable=SC2086 # three words
	set -- $part
	truncate -s 8M "$work/part"
	mkfs.ext4 -q -F -L "$2" -U "c05a0000-0000-4000-8000-00000000000$1" "$work/part"
	dd if="$work/part" of="$disk" bs=512 seek="$3" conv=notrunc status=none
done
openssl ecparam -name prime256v1 -genkey -noout -out "$work/ak.key"
openssl pkey -in "$work/ak.key" -pubout -out "$work/ak.pem"
trust_pair "$work" p256
cp policy/kairos-grub "$work/policy"
build/cosima policy sign "$work/policy" --key "$work/p256.key" --cert "$work/p256.pem" --out "$work/policy.sig" >"$work/said"

oem=$work/oem local=$work/local
mkdir -p "$oem/sub" "$local/bin" "$local/db/deep"
echo one >"$oem/90_custom.yaml"
echo two >"$oem/sub/x"
ln -s x "$oem/sub/link"
i=0
while [ $i -lt 700 ]; do # several blocks for each of the threads
	echo "content $i" >"$local/bin/tool-$i"
	i=$((i + 1))
done
head -c 3000000 /dev/urandom >"$local/bin/large"
: >"$local/bin/empty"
echo 1 >"$local/db/a.db"
echo 2 >"$local/db/deep/b.db"

# enroll [OPTION...]: writes $work/out.json.
enroll() {
	build/cosima enroll --policy "$work/policy" --cert "$work/p256.pem" --disk "$disk" --tree "COS_OEM=$oem" --tree "COS_PERSISTENT=$local" \
		--ak "$work/ak.pem" --out "$work/out.json" "$@" >"$work/said" 2>"$work/errors"
}

# listed: the files of the baseline as sha256sum prints them, sorted.
listed() {
	python3 -c 'import json, sys
for name, digest in json.load(open(sys.argv[1], encoding="utf-8"))["files"]:
    print(digest.removeprefix("sha256:") + "  " + name)' "$work/out.json" | sort
}

summed() {
	(cd "$oem" && find . -type f -exec sha256sum {} +) | sed 's|  \.|  /oem|'
	(cd "$local" && find . -type f -exec sha256sum {} +) | sed 's|  \.|  /usr/local|'
}

same_as_sha256sum() {
	listed >"$work/listed"
	summed | sort >"$work/summed"
	diff "$work/listed" "$work/summed"
}

canonical() {
	python3 -c 'import json, sys
text = open(sys.argv[1], encoding="utf-8").read()
assert json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n" == text' "$work/out.json"
}

# refuses TEXT OPTION...: enroll with the options fails, says so, and leaves the baseline that was there as it was.
refuses() {
	cp "$work/out.json" "$work/before"
	said=$1
	shift
	fails enroll "$@" && says "$said" "$work/errors" && cmp "$work/before" "$work/out.json" &&
		[ "$(find "$work" -maxdepth 1 -name 'out.json*' | wc -l)" = 1 ]
}

# has FILE, lacks FILE: whether it is in the baseline.
has() {
	listed >"$work/listed"
	says "  $1" "$work/listed"
}
lacks() {
	fails has "$1"
}

ok "a baseline is made without a boot" enroll
ok "its digests are those of sha256sum" same_as_sha256sum
ok "it is canonical JSON" canonical
ok "nothing is said besides" fails test -s "$work/errors"
ok "its PCR is the predicted one" sh -c "build/cosima predict --policy '$work/policy' --cert '$work/p256.pem' --disk '$disk' --tree 'COS_OEM=$oem' --json |
	grep -o '\"handover\":{[^}]*}' | grep -oE '\"sha256\":\"[0-9a-f]*\"' >'$work/predicted' && grep -qF -f '$work/predicted' '$work/out.json'"

ok "what is excluded is not enrolled" enroll --exclude '/usr/local/db/**'
ok "neither here" lacks /usr/local/db/a.db
ok "nor deeper" lacks /usr/local/db/deep/b.db
ok "all else is" has /usr/local/bin/empty
ok "what is allowed is not enrolled, but known" enroll --allow '/usr/local/db/*.db'
ok "here" says '"allowed":["/usr/local/db/*.db"]' "$work/out.json"
ok "only what matches" has /usr/local/db/deep/b.db
printf '# dynamic\n\n/usr/local/db/*.db\n/oem/sub/**\n' >"$work/patterns"
ok "patterns come from a file, too" enroll --exclude-from "$work/patterns"
ok "of them all count" lacks /oem/sub/x

for pattern in '*' '/*' '/**' 'usr/local' '/usr/../x' '/*/local/bin' '/usr/local/**' '/oem/*'; do
	ok "the pattern $pattern reaches too far" refuses "--exclude: $pattern" --exclude "$pattern"
done
printf '/usr/local/x\n/**\n' >"$work/bad"
ok "one in a file is named with its line" refuses "$work/bad:2: /**" --allow-from "$work/bad"

ok "a tree that is not there is named" sh -c "! build/cosima enroll --policy '$work/policy' --cert '$work/p256.pem' --disk '$disk' \
	--tree 'COS_OEM=$oem' --tree 'COS_PERSISTENT=$work/nowhere' --ak '$work/ak.pem' --out '$work/out.json' 2>'$work/errors' &&
	grep -qF '$work/nowhere: /: No such file' '$work/errors'"
ok "a disk that is not there is named" refuses "$work/nowhere" --disk "$work/nowhere"
ok "a file of patterns that is not there is named" refuses "$work/nowhere" --exclude-from "$work/nowhere"
ok "a key that is none is named" sh -c "! build/cosima enroll --policy '$work/policy' --cert '$work/p256.pem' --disk '$disk' --tree 'COS_OEM=$oem' \
	--ak '$work/policy' --out '$work/out.json' 2>'$work/errors' && grep -qF '$work/policy' '$work/errors'"
ok "a full disk is an error that names it" sh -c "! build/cosima enroll --policy '$work/policy' --cert '$work/p256.pem' --disk '$disk' \
	--tree 'COS_OEM=$oem' --ak '$work/ak.pem' --out /dev/full 2>'$work/errors' && grep -qF /dev/full '$work/errors'"
ok "so is a folder that cannot be written" sh -c "! build/cosima enroll --policy '$work/policy' --cert '$work/p256.pem' --disk '$disk' \
	--tree 'COS_OEM=$oem' --ak '$work/ak.pem' --out '$work/nowhere/out.json' 2>'$work/errors' && grep -qF nowhere/out.json '$work/errors'"
ok "a closed pipe is an error" sh -c "{ build/cosima enroll --policy '$work/policy' --cert '$work/p256.pem' --disk '$disk' --tree 'COS_OEM=$oem' \
	--tree 'COS_PERSISTENT=$local' --ak '$work/ak.pem' --out -; echo \$? >'$work/status'; } 2>'$work/errors' | true; [ \"\$(cat '$work/status')\" = 1 ] &&
	grep -qF 'standard output' '$work/errors'"

touch "$local/$(printf 'line\nfeed')" "$local/$(printf 'latin-\344')"
ok "odd names are enrolled all the same" enroll
ok "the line feed is reported, escaped" says 'line\nfeed: a name with' "$work/errors"
ok "so is what is no UTF-8" says 'latin-\xe4: a name with' "$work/errors"

finish
