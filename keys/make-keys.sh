#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# usage: [KEY=rsa|ecdsa] keys/make-keys.sh [FOLDER]
# Makes a development CA and a leaf that signs policies: ca.key, ca.pem, leaf.key, leaf.pem, and leaf.der, which is leaf.pem as a
# kernel keyring and an initramfs take it. Keys that are there already stay, so a signature stays good until `make clean`.
set -eu
[ $# -gt 0 ] || cd -- "$(dirname -- "$0")/.."
folder=${1:-build/keys}
key=${KEY:-rsa}
days=3650

case $key in
ecdsa) set -- -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:named_curve ;;
rsa) set -- -algorithm RSA -pkeyopt rsa_keygen_bits:3072 ;;
*)
	echo "make-keys: KEY is rsa or ecdsa, not $key" >&2
	exit 2
	;;
esac

if [ -e "$folder/type" ] && [ "$(cat "$folder/type")" = "${KEY:-$(cat "$folder/type")}" ]; then
	exit 0
fi
if [ -e "$folder/leaf.key" ]; then
	echo "make-keys: $folder holds other keys; remove it first, and with it what they signed" >&2
	exit 1
fi

umask 077
mkdir -p "$folder"
new=$(mktemp -d "$folder/new.XXXXXX")
trap 'rm -rf "$new"' EXIT

# A CA that may sign leaves only.
cat >"$new/ca.cnf" <<'CONFIG'
[req]
prompt = no
distinguished_name = name
x509_extensions = extensions
[name]
CN = cosima development CA
[extensions]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
CONFIG

# What .ima and _ima ask of a leaf: no CA, digitalSignature, and both key identifiers; a signature names its key by the subject's.
cat >"$new/leaf.cnf" <<'CONFIG'
[req]
prompt = no
distinguished_name = name
[name]
CN = cosima development policy key
[extensions]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
CONFIG

openssl genpkey "$@" -out "$new/ca.key" 2>"$new/log"
openssl genpkey "$@" -out "$new/leaf.key" 2>"$new/log"
openssl req -new -x509 -sha256 -days "$days" -key "$new/ca.key" -config "$new/ca.cnf" -out "$new/ca.pem"
openssl req -new -sha256 -key "$new/leaf.key" -config "$new/leaf.cnf" -out "$new/leaf.csr"
openssl x509 -req -sha256 -days "$days" -in "$new/leaf.csr" -CA "$new/ca.pem" -CAkey "$new/ca.key" -set_serial 0x02 \
	-extfile "$new/leaf.cnf" -extensions extensions -out "$new/leaf.pem" 2>"$new/log"
openssl x509 -in "$new/leaf.pem" -outform DER -out "$new/leaf.der"
openssl verify -CAfile "$new/ca.pem" "$new/leaf.pem" >"$new/log"

chmod 644 "$new/ca.pem" "$new/leaf.pem" "$new/leaf.der"
for file in ca.key ca.pem leaf.key leaf.pem leaf.der; do
	mv "$new/$file" "$folder/$file"
done
echo "$key" >"$folder/type"
echo "made $folder/leaf.key and leaf.pem ($key), for development only: see keys/README.md"
