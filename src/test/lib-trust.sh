# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# Sourced: keys, certificates and signatures made by openssl and evmctl, for seeds, unit tests and the comparison of signatures.

trust_keys='rsa2048 rsa3072 rsa4096 p256 p384'
trust_hashes='sha256 sha384 sha512'

trust_genpkey() {
	case $1 in
	rsa4104) openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:4104 -pkeyopt rsa_keygen_primes:4 -out "$2" ;; # soon made
	rsa*) openssl genpkey -quiet -algorithm RSA -pkeyopt "rsa_keygen_bits:${1#rsa}" -out "$2" ;;
	p*) openssl genpkey -quiet -algorithm EC -pkeyopt "ec_paramgen_curve:P-${1#p}" -pkeyopt ec_param_enc:named_curve -out "$2" ;;
	*) openssl genpkey -quiet -algorithm "$1" -out "$2" ;;
	esac
}

# trust_cert FOLDER NAME [SKID]: FOLDER/NAME.pem and .der for FOLDER/NAME.key; SKID is hash (the default), none, or hex digits.
trust_cert() {
	cat >"$1/$2.cnf" <<-EOF
		[req]
		prompt = no
		distinguished_name = name
		x509_extensions = extensions
		[name]
		CN = $2
		[extensions]
		basicConstraints = critical,CA:FALSE
		keyUsage = critical,digitalSignature
		subjectKeyIdentifier = ${3:-hash}
	EOF
	openssl req -new -x509 -days 3650 -key "$1/$2.key" -config "$1/$2.cnf" -out "$1/$2.pem"
	openssl x509 -in "$1/$2.pem" -outform DER -out "$1/$2.der"
	rm "$1/$2.cnf"
}

# trust_pair FOLDER NAME [SKID]: a new key of the type that NAME begins with, and its certificate.
trust_pair() {
	trust_genpkey "${2%%-*}" "$1/$2.key"
	trust_cert "$@"
}

# trust_evmctl FOLDER KEY HASH: FOLDER/KEY-HASH.sig, made by evmctl over FOLDER/data.
trust_evmctl() {
	evmctl ima_sign --sigfile --hashalgo "$3" --key "$1/$2.key" "$1/data" >"$1/said" 2>&1 || {
		cat "$1/said" >&2
		return 1
	}
	mv "$1/data.sig" "$1/$2-$3.sig"
}

# trust_corpus FOLDER: everything that src/test/test_sig.c reads.
trust_corpus() {
	cp policy/kairos-grub "$1/data"
	for trust_key in $trust_keys; do
		trust_pair "$1" "$trust_key"
		for trust_hash in $trust_hashes; do
			trust_evmctl "$1" "$trust_key" "$trust_hash"
		done
	done
	trust_evmctl "$1" p256 sha1
	for trust_key in rsa1024 rsa4104 p521 ed25519; do
		trust_pair "$1" "$trust_key"
	done
	trust_pair "$1" p256-impostor "$(openssl x509 -in "$1/p256.pem" -noout -ext subjectKeyIdentifier | sed -n 's/^ *\([0-9A-F:]*\)$/\1/p')"
	cp "$1/p256.key" "$1/p256-noskid.key"
	trust_cert "$1" p256-noskid none
	cp "$1/p256.key" "$1/p256-shortskid.key"
	trust_cert "$1" p256-shortskid 01:02:03
	rm "$1/said" "$1"/*.key
}
