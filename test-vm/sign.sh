# SPDX-License-Identifier: Apache-2.0
# Sourced: signing, and keys that nobody trusts.
# shellcheck shell=sh disable=SC2154 # paths.sh sets them

# sign_with KEY FILE: writes FILE.sig with KEY.key and KEY.pem.
sign_with() {
	"$cosima" policy sign "$2" --key "$1.key" --cert "$1.pem" --out "$2.sig" >&2
}

# sign_rules FOLDER: signs the policy in FOLDER and the rules it will become, with the key of trust.sh that a kernel without ECDSA can use, and
# trusts that.
sign_rules() {
	rm "$1"/certs/*
	cp "$vm/keys-rsa/leaf.pem" "$1/certs/"
	sign_with "$vm/keys-rsa/leaf" "$1/policy"
	"$cosima" policy render --uuid "COS_OEM=$uuid_oem" --uuid "COS_PERSISTENT=$uuid_persistent" "$1/policy" >"$1/rules"
	"$cosima" policy sign --rules "$1/rules" --key "$vm/keys-rsa/leaf.key" --cert "$vm/keys-rsa/leaf.pem" --out "$1/rules.sig" >&2
}

# stranger KEY [rsa]: makes KEY.key and KEY.pem, known to nobody.
stranger() {
	algorithm='ec -pkeyopt ec_paramgen_curve:P-256'
	[ "${2-}" != rsa ] || algorithm=rsa:2048
	# shellcheck disable=SC2086 # several words
	openssl req -x509 -newkey $algorithm -nodes -subj /CN=stranger -days 1 \
		-keyout "$1.key" -out "$1.pem" 2>/dev/null
}
