#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Signatures: what evmctl and openssl sign, cosima verifies, and the other way round; what is broken is refused with its own reason.
set -eu
cd "$(dirname "$0")/../.."
. src/build/tap.sh
. src/test/lib-trust.sh
cosima=build/cosima
t=$work/t
mkdir "$t"
cp policy/kairos-grub "$t/data"

for key in $trust_keys; do
	trust_pair "$t" "$key"
done
set --
for key in $trust_keys; do
	set -- "$@" --cert "$t/$key.pem"
done
all_certs="$*"

# `ok` asks for a status, and then set -e does not end a function early: so their lines are joined.

# verify SIG CERT...: cosima's verdict on the policy.
verify() {
	# shellcheck disable=SC2086 # several words
	"$cosima" policy verify "$t/data" --sig "$@"
}

# refused STATUS REASON COMMAND...: it ends with the status and says the reason on standard error.
refused() {
	want=$1
	reason=$2
	shift 2
	status=0
	"$@" >"$work/out" 2>"$work/err" || status=$?
	[ "$status" = "$want" ] || {
		echo "status $status instead of $want"
		cat "$work/out" "$work/err"
		return 1
	}
	says "$reason" "$work/err"
}

# With all certificates there, the key id must choose the right one.
# shellcheck disable=SC2086 # one word for each certificate
by_evmctl() {
	trust_evmctl "$t" "$1" "$2" &&
	verify "$t/$1-$2.sig" $all_certs >"$work/out" &&
	says "$t/data: signed by $t/$1.pem (" "$work/out" &&
	says "$2, key id $(skid "$1")" "$work/out"
}

skid() {
	openssl x509 -in "$t/$1.pem" -noout -ext subjectKeyIdentifier | tr -d ': \n' | tail -c 8 | tr 'A-F' 'a-f'
}

# evmctl reads FILE.sig beside FILE, and a certificate in DER.
evmctl_verifies() {
	cp "$1" "$t/data.sig" &&
	evmctl ima_verify --sigfile --key "$t/$2.der" "$t/data"
}

by_cosima() {
	"$cosima" policy sign "$t/data" --key "$t/$1.key" --cert "$t/$1.pem" --hash "$2" --out "$t/ours.sig" &&
	evmctl_verifies "$t/ours.sig" "$1" &&
	tail -c +10 "$t/ours.sig" >"$t/raw" &&
	openssl x509 -in "$t/$1.pem" -noout -pubkey >"$t/pub" &&
	openssl dgst "-$2" -verify "$t/pub" -signature "$t/raw" "$t/data"
}

# without_cert KEY: the key id is computed, and is the one that a certificate has.
without_cert() {
	"$cosima" policy sign "$t/data" --key "$t/$1.key" --out "$t/ours.sig" &&
	evmctl_verifies "$t/ours.sig" "$1" &&
	verify "$t/ours.sig" --cert "$t/$1.der"
}

for key in $trust_keys; do
	for hash in $trust_hashes; do
		ok "evmctl signs, cosima verifies: $key $hash" by_evmctl "$key" "$hash"
		ok "cosima signs, evmctl and openssl verify: $key $hash" by_cosima "$key" "$hash"
	done
	ok "cosima signs without a certificate: $key" without_cert "$key"
done

# openssl alone can sign, with the header put before it by hand, which says that we understand the format.
by_openssl() {
	openssl dgst -sha256 -sign "$t/$1.key" -out "$t/raw" "$t/data" &&
	size=$(wc -c <"$t/raw") &&
	{
		printf '\3\2\4'
		skid "$1" | sed 's/../\\x&/g' | xargs -0 printf '%b'
		# shellcheck disable=SC2059 # the two bytes of the size
		printf "\\$(printf %o $((size / 256)))\\$(printf %o $((size % 256)))"
		cat "$t/raw"
	} >"$t/by-hand.sig" &&
	verify "$t/by-hand.sig" --cert "$t/$1.pem" &&
	evmctl_verifies "$t/by-hand.sig" "$1"
}
ok "openssl signs, a header by hand: RSA" by_openssl rsa2048
ok "openssl signs, a header by hand: ECDSA" by_openssl p256

# What an HSM signs comes as a bare signature.
by_hsm() {
	openssl dgst "-$2" -sign "$t/$1.key" -out "$t/raw" "$t/data" &&
	"$cosima" policy sign "$t/data" --raw "$t/raw" --cert "$t/$1.pem" --hash "$2" --out "$t/ours.sig" &&
	evmctl_verifies "$t/ours.sig" "$1"
}
for key in $trust_keys; do
	ok "a bare signature gets its header: $key" by_hsm "$key" sha384
done

# ---- what is refused ----

sig=$t/p256-sha256.sig
broken=$t/broken.sig

# changed OFFSET OCTAL: the good signature with another byte there.
changed() {
	cp "$sig" "$broken"
	# shellcheck disable=SC2059 # a byte
	printf "\\$2" | dd of="$broken" bs=1 seek="$1" conv=notrunc status=none
}

ok "a wrong key is refused" refused 1 "no certificate has the key id" verify "$sig" --cert "$t/p384.pem"
head -c 60 "$sig" >"$broken"
ok "a truncated signature is refused" refused 2 "truncated or has bytes after its end" verify "$broken" --cert "$t/p256.pem"
head -c 5 "$sig" >"$broken"
ok "half a header is refused" refused 2 "shorter than its header" verify "$broken" --cert "$t/p256.pem"
: >"$broken"
ok "an empty signature is refused" refused 2 "shorter than its header" verify "$broken" --cert "$t/p256.pem"
changed 0 1
ok "what is no signature is refused" refused 2 "first byte must be 3" verify "$broken" --cert "$t/p256.pem"
changed 1 1
ok "version 1 is refused" refused 2 "version 2" verify "$broken" --cert "$t/p256.pem"
changed 20 125
ok "a changed byte of the signature is refused" refused 1 "does not belong to this content" verify "$broken" --cert "$t/p256.pem"
sed 's/^version 1$/version 2/' "$t/data" >"$t/other"
ok "a changed byte of the policy is refused" refused 1 "does not belong to this content" \
	"$cosima" policy verify "$t/other" --sig "$sig" --cert "$t/p256.pem"
trust_evmctl "$t" p256 sha1
ok "SHA-1 is refused" refused 2 "signed over a broken hash" verify "$t/p256-sha1.sig" --cert "$t/p256.pem"
ok "SHA-1 is not offered" refused 2 "sha256, sha384 or sha512" \
	"$cosima" policy sign "$t/data" --key "$t/p256.key" --hash sha1 --out "$t/no.sig"
head -c 100 "$t/p256.der" >"$t/cut.der"
ok "a broken certificate is named" refused 2 "$t/cut.der: a certificate is not valid X.509" \
	verify "$sig" --cert "$t/p256.pem" --cert "$t/cut.der"
trust_pair "$t" rsa1024
ok "RSA with 1024 bits is refused" refused 2 "$t/rsa1024.pem: an RSA key has fewer" verify "$sig" --cert "$t/rsa1024.pem"
ok "RSA with 1024 bits does not sign" refused 1 "fewer than 2048" "$cosima" policy sign "$t/data" --key "$t/rsa1024.key" --out "$t/no.sig"
trust_pair "$t" p521
ok "P-521 does not sign" refused 2 "not a private key that can be used" "$cosima" policy sign "$t/data" --key "$t/p521.key" --out "$t/no.sig"
openssl pkey -in "$t/p256.key" -aes256 -passout pass:secret -out "$t/locked.key"
ok "a key with a password is refused" refused 1 "the key has a password" "$cosima" policy sign "$t/data" --key "$t/locked.key" --out "$t/no.sig"
ok "a certificate of another key is refused" refused 1 "not the certificate of" \
	"$cosima" policy sign "$t/data" --key "$t/p256.key" --cert "$t/p384.pem" --out "$t/no.sig"
ok "a bare signature of another key is refused" refused 1 "$t/raw: the signature is not one that a key of this type and size makes" \
	"$cosima" policy sign "$t/data" --raw "$t/raw" --cert "$t/rsa2048.pem" --out "$t/no.sig"
ok "a bare signature over another hash is refused" refused 1 "does not belong to this content" \
	"$cosima" policy sign "$t/data" --raw "$t/raw" --cert "$t/p384.pem" --hash sha512 --out "$t/no.sig"
ok "a bare signature needs its certificate" refused 2 "--raw needs --cert" "$cosima" policy sign "$t/data" --raw "$t/raw" --out "$t/no.sig"
ok "a signature needs a signer" refused 2 "one of --key and --raw" "$cosima" policy sign "$t/data" --out "$t/no.sig"
openssl pkey -in "$t/p256.key" -outform DER -out "$t/p256.key.der"
ok "a key in DER signs" "$cosima" policy sign "$t/data" --key "$t/p256.key.der" --cert "$t/p256.der" --out "$t/ours.sig"
echo 'measure func=PATH obj=/oem' >>"$t/other"
ok "a policy that is refused is not signed" refused 1 "$t/other:$(wc -l <"$t/other"): IMA has no path rules" \
	"$cosima" policy sign "$t/other" --key "$t/p256.key" --out "$t/no.sig"
ok "nothing was written for any of them" [ ! -e "$t/no.sig" ]

# bad REASON TEXT: a policy file with this text, made by printf, is refused with its own reason.
bad() {
	# shellcheck disable=SC2059 # made by printf
	printf "$2" >"$t/bad" && refused 1 "$t/bad$1" "$cosima" policy check "$t/bad"
}
head='cosima 1\nname a\nversion 1\npcr 15\n'
ok "an absent policy is refused" refused 1 "$t/absent: No such file" "$cosima" policy check "$t/absent"
ok "an empty policy is refused" bad ": the policy is empty" ''
ok "comments only are refused" bad ":1: the first line must be: cosima 1" '# only\n'
ok "no rule at all is refused" bad ": no rule at all" "$head"
ok "a carriage return is refused" bad ':5: a carriage return; end lines with a line feed alone: "\r"' "${head}measure\\r\\n"
ok "a NUL is refused" bad ':5: a NUL byte: "\x00"' "${head}measure\\0\\n"
ok "a line of 5000 bytes is refused" bad ":5: a line longer than 4000 bytes" "${head}measure %5000s\\n"
ok "an unknown directive is refused" bad ':5: neither a directive nor an action of IMA: "colour"' "${head}colour red\\n"
ok "PCR 16 is refused" bad ":2: PCRs 16 and 23 can be reset" 'cosima 1\npcr 16\n'
ok "two PCRs are refused" bad ':5: this directive stands twice: "pcr"' "${head}pcr 14\\n"
ok "a path rule is refused" bad ':5: IMA has no path rules; use partition=, fowner= or fgroup=: "func=PATH"' "${head}measure func=PATH obj=/x\\n"
head -c 1048576 /dev/zero | tr '\0' '#' >"$t/large"
ok "a policy of 1 MiB is refused" refused 1 "$t/large: the policy is larger than 262144 bytes" "$cosima" policy check "$t/large"

# ---- rules ----

rules() {
	"$cosima" policy render "$t/data" --uuid COS_OEM=0F3B3C2E-94A1-4B3E-9D4E-5F0D6A8C7B21 >"$t/rules" &&
	"$cosima" policy sign --rules "$t/rules" --key "$t/p256.key" --cert "$t/p256.pem" --out "$t/rules.sig" &&
	"$cosima" policy verify "$t/rules" --cert "$t/p256.pem"
}
ok "rendered rules are signed" rules
ok "the receipt comes first" [ "$(head -n 1 "$t/rules")" = 'measure func=FILE_CHECK mask=MAY_READ fowner=4242424242' ]
ok "no partition= is left" fails grep partition= "$t/rules"
ok "the UUID is there, in lower case" says "measure func=BPRM_CHECK fsuuid=0f3b3c2e-94a1-4b3e-9d4e-5f0d6a8c7b21" "$t/rules"
ok "the unknown UUID is widened" says "measure func=BPRM_CHECK fsname=ext4" "$t/rules"
ok "a policy is not signed as rules" refused 1 "$t/data:1: not rules as policy render prints them" \
	"$cosima" policy sign --rules "$t/data" --key "$t/p256.key" --out "$t/no.sig"

# ---- what programs read ----

# json STATUS MEMBER VALUE COMMAND...: the output is one JSON object with that member.
json() {
	want=$1
	member=$2
	value=$3
	shift 3
	status=0
	"$@" --json >"$work/json" 2>"$work/err" || status=$?
	[ "$status" = "$want" ] && python3 -c 'import json, sys
o = json.load(open(sys.argv[1]))
for key in sys.argv[2].split("."):
    o = o[key]
sys.exit(0 if str(o) == sys.argv[3] else f"{o} instead of {sys.argv[3]}")' "$work/json" "$member" "$value"
}
ok "check --json says what a policy is" json 0 policy.name strict "$cosima" policy check policy/strict
ok "check --json says what is wrong" json 1 error.code RULES_PATH "$cosima" policy check "$t/other"
ok "check --json says where" json 1 error.line "$(wc -l <"$t/other")" "$cosima" policy check "$t/other"
ok "sign --json says the key id" json 0 key_id "$(skid p256)" "$cosima" policy sign "$t/data" --key "$t/p256.key" --out "$t/ours.sig"
ok "verify --json names the certificate" json 0 cert "$t/p256.pem" "$cosima" policy verify "$t/data" --sig "$sig" --cert "$t/p256.pem"
ok "verify --json says what is wrong" json 1 error.code SIG_NO_KEY "$cosima" policy verify "$t/data" --sig "$sig" --cert "$t/p384.pem"
spki() {
	openssl x509 -in "$t/p256.pem" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d ' ' -f 1
}
ok "verify --json has the SPKI's sha256" json 0 spki_sha256 "$(spki)" "$cosima" policy verify "$t/data" --sig "$sig" --cert "$t/p256.pem"
render="$cosima policy render $t/data --uuid COS_OEM=0f3b3c2e-94a1-4b3e-9d4e-5f0d6a8c7b21"
# shellcheck disable=SC2086 # several words
ok "render --json has the sha256 of what render prints" json 0 sha256 "$(sha256sum <"$t/rules" | cut -d ' ' -f 1)" $render

for policy in policy/kairos-grub policy/kairos-uki policy/elemental policy/strict; do
	ok "$policy passes the check, for the oldest kernel" "$cosima" policy check --kernel 6.1 "$policy"
done
# The example is the first indented block; the same must be said of its rendering.
sed -n 's/^    //p' policy/README.md | sed -n '/^cosima 1$/,/^measure func=BPRM_CHECK/p' >"$t/example"
sed -n '/^    \$ cosima policy render/,$ s/^    \(measure.*\)/\1/p' policy/README.md >"$t/example.rules"
example_renders() {
	"$cosima" policy render "$t/example" --uuid COS_OEM=0f3b3c2e-94a1-4b3e-9d4e-5f0d6a8c7b21 | diff "$t/example.rules" -
}
ok "the example of the reference passes the check" "$cosima" policy check "$t/example"
ok "the example of the reference renders as it says" example_renders
sed 's/^pcr .*/&\nkernel 6.12/' policy/strict >"$t/newer"
ok "a policy for newer kernels is refused for an older one" refused 1 "only newer kernels" "$cosima" policy check --kernel 6.1 "$t/newer"
ok "and taken for one that is new enough" "$cosima" policy check --kernel newer "$t/newer"

# ---- keys ----

dev_keys() {
	KEY=$1 keys/make-keys.sh "$work/$1" &&
	openssl verify -CAfile "$work/$1/ca.pem" "$work/$1/leaf.pem" &&
	"$cosima" policy sign policy/strict --key "$work/$1/leaf.key" --cert "$work/$1/leaf.pem" --out "$t/ours.sig" &&
	"$cosima" policy verify policy/strict --sig "$t/ours.sig" --cert "$work/$1/leaf.der" &&
	before=$(sha256sum "$work/$1/leaf.key") &&
	KEY=$1 keys/make-keys.sh "$work/$1" &&
	[ "$(sha256sum "$work/$1/leaf.key")" = "$before" ]
}
ok "development keys sign, and stay: ECDSA" dev_keys ecdsa
ok "development keys sign, and stay: RSA" dev_keys rsa
other_keys() {
	KEY=rsa keys/make-keys.sh "$work/ecdsa" 2>"$work/err"
}
ok "keys of another type are not made over them" fails other_keys
finish
