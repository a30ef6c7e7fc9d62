#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Quotes that tpm2-tools take from a swtpm: tpm2_checkquote and cosima verify accept and refuse alike.
set -eu
cd "$(dirname "$0")/../.."
make -s build/cosima >&2
. src/build/tap.sh
PATH=$PATH:/usr/sbin:/sbin
nonce=00112233445566778899aabbccddeeff
pcrs=sha256:0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
swtpm_pid=
stop() {
	[ -z "$swtpm_pid" ] || kill "$swtpm_pid" 2>/dev/null || :
	rm -rf "$work"
}
trap stop EXIT

# A port of its own above those that the system hands out, so that a taken one only means trying the next.
start_tpm() {
	mkdir "$work/tpm"
	port=61000
	while [ "$port" -lt 61200 ]; do
		swtpm socket --tpm2 --tpmstate "dir=$work/tpm" --server "type=tcp,bindaddr=127.0.0.1,port=$port" \
			--ctrl "type=tcp,bindaddr=127.0.0.1,port=$((port + 1))" --flags not-need-init,startup-clear \
			--pid "file=$work/tpm.pid" --daemon 2>"$work/tpm.err" && break
		port=$((port + 2))
	done
	swtpm_pid=$(cat "$work/tpm.pid")
	export TPM2TOOLS_TCTI="swtpm:host=127.0.0.1,port=$port"
}

# make_ak NAME ALGORITHM SCHEME HASH: $work/NAME.ctx and $work/NAME.pem.
make_ak() {
	tpm2_createek -Q -c "$work/ek.ctx" -G rsa &&
		tpm2_createak -Q -C "$work/ek.ctx" -c "$work/$1.ctx" -G "$2" -s "$3" -g "$4" -u "$work/$1.pem" -f pem &&
		tpm2_flushcontext -t && tpm2_flushcontext -s && tpm2_flushcontext -l
}

# take_quote NAME HASH [KEY]
take_quote() {
	tpm2_quote -Q -c "$work/${3:-$1}.ctx" -l "$pcrs" -q "$nonce" -g "$2" -m "$work/$1.msg" -s "$work/$1.sig" -o "$work/$1.pcrs" &&
		tpm2_flushcontext -t
}

# The PCRs as cosima quote writes them.
write_pcrs() {
	tpm2_pcrread "$pcrs" | python3 -c '
import json, re, sys
banks, bank = {}, None
for line in sys.stdin:
    if name := re.match(r" *(sha\d+):", line):
        bank = banks.setdefault(name[1], {})
    elif value := re.match(r" *(\d+) *: 0x([0-9A-F]+)", line):
        bank[value[1]] = value[2].lower()
print(json.dumps(banks, sort_keys=True, separators=(",", ":")), end="")' >"$work/pcrs.json"
}

# pack MESSAGE SIGNATURE KEY: evidence of a boot that left no logs.
pack() {
	rm -rf "$work/evidence"
	mkdir "$work/evidence"
	cp "$1" "$work/evidence/quote.msg"
	cp "$2" "$work/evidence/quote.sig"
	cp "$3" "$work/evidence/ak.pem"
	cp "$work/pcrs.json" "$work/evidence/pcrs.json"
	tar -c --format=ustar -C "$work/evidence" -f "$work/evidence.tar" .
}

# A baseline that pins the key in PEM.
pin() {
	ak=$(openssl pkey -pubin -in "$1" -outform DER | sha256sum | cut -d ' ' -f 1)
	sed "s/^{\"ak\":\"[0-9a-f]*\"/{\"ak\":\"$ak\"/" src/fuzz/corpus/baseline/boot.json >"$work/baseline.json"
}

about_the_quote='"code":"\(NONCE\|SIGNATURE[A-Z_]*\|QUOTE_[A-Z]*\|AK_[A-Z_]*\|SELECTION[A-Z_]*\|PCRS_[A-Z_]*\|EVIDENCE\)"'

# ours NONCE: the codes that are about the quote, one a line.
ours() {
	build/cosima verify "$work/evidence.tar" --baseline "$work/baseline.json" --nonce "$1" --json >"$work/verdict.json" || :
	[ -s "$work/verdict.json" ]
	grep -o "$about_the_quote" "$work/verdict.json" | cut -d '"' -f 4 || :
}

theirs() {
	tpm2_checkquote -Q -u "$1" -m "$2" -s "$3" -q "$4" -g "$5"
}

# both_accept NAME HASH
both_accept() {
	pack "$work/$1.msg" "$work/$1.sig" "$work/$1.pem"
	pin "$work/$1.pem"
	theirs "$work/$1.pem" "$work/$1.msg" "$work/$1.sig" "$nonce" "$2" && [ -z "$(ours "$nonce")" ]
}

# both_refuse CODE MESSAGE SIGNATURE KEY NONCE HASH
both_refuse() {
	pack "$2" "$3" "$4"
	pin "$4"
	if theirs "$4" "$2" "$3" "$5" "$6"; then
		echo "tpm2_checkquote accepts"
		return 1
	fi
	codes=$(ours "$5")
	[ "$codes" = "$1" ] || {
		echo "cosima says: $codes"
		return 1
	}
}

# spoil FILE OFFSET: $work/spoilt is FILE with that byte flipped.
spoil() {
	python3 -c '
import sys
data = bytearray(open(sys.argv[1], "rb").read())
data[int(sys.argv[2])] ^= 1
open(sys.argv[3], "wb").write(data)' "$1" "$2" "$work/spoilt"
}

# A key certified by the TPM is signed by the same key, but says nothing of PCRs.
certificate_is_no_quote() {
	tpm2_certify -Q -c "$work/ecc.ctx" -C "$work/ecc.ctx" -g sha256 -o "$work/certify.msg" -s "$work/certify.sig" &&
		tpm2_flushcontext -t && pack "$work/certify.msg" "$work/certify.sig" "$work/ecc.pem" && pin "$work/ecc.pem" &&
		[ "$(ours "$nonce")" = QUOTE_TYPE ]
}

other_key_is_not_enrolled() {
	pack "$work/ecc.msg" "$work/ecc.sig" "$work/ecc.pem"
	pin "$work/rsa.pem"
	[ "$(ours "$nonce")" = AK_NOT_ENROLLED ]
}

# The digest is over both banks, in the order of the selection.
two_banks() {
	pcrs=sha384:7,10,15+sha256:0,7,10,15
	cp "$work/ecc.pem" "$work/banks.pem"
	take_quote banks sha256 ecc
	write_pcrs
	pack "$work/banks.msg" "$work/banks.sig" "$work/banks.pem"
	pin "$work/banks.pem"
	theirs "$work/banks.pem" "$work/banks.msg" "$work/banks.sig" "$nonce" sha256 && [ "$(ours "$nonce")" = SELECTION ]
}

changed_values_are_noticed() {
	pack "$work/ecc.msg" "$work/ecc.sig" "$work/ecc.pem"
	pin "$work/ecc.pem"
	sed 's/\("7":"\)./\1f/' "$work/pcrs.json" >"$work/evidence/pcrs.json"
	tar -c --format=ustar -C "$work/evidence" -f "$work/evidence.tar" .
	ours "$nonce" | grep -qx PCRS_NOT_QUOTED
}

start_tpm
tpm2_pcrextend "7:sha256=$(printf 'secure boot' | sha256sum | cut -d ' ' -f 1)"
tpm2_pcrextend "10:sha256=$(printf 'a file' | sha256sum | cut -d ' ' -f 1)"
write_pcrs
while read -r name algorithm scheme hash; do
	ok "$name: tpm2-tools make a key" make_ak "$name" "$algorithm" "$scheme" "$hash" </dev/null
	ok "$name: tpm2-tools quote" take_quote "$name" "$hash" </dev/null
	ok "$name: both accept the quote" both_accept "$name" "$hash"
	ok "$name: both refuse another nonce" both_refuse NONCE "$work/$name.msg" "$work/$name.sig" "$work/$name.pem" 11112233445566778899aabbccddeeff "$hash"
	spoil "$work/$name.msg" 60
	ok "$name: both refuse a changed message" both_refuse SIGNATURE "$work/spoilt" "$work/$name.sig" "$work/$name.pem" "$nonce" "$hash"
	spoil "$work/$name.sig" 30
	ok "$name: both refuse a changed signature" both_refuse SIGNATURE "$work/$name.msg" "$work/spoilt" "$work/$name.pem" "$nonce" "$hash"
done <<-EOF
	ecc ecc ecdsa sha256
	rsa rsa rsassa sha256
	ecc384 ecc384 ecdsa sha384
EOF
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 | openssl pkey -pubout -out "$work/other.pem"
ok "both refuse the key of another" both_refuse SIGNATURE "$work/rsa.msg" "$work/rsa.sig" "$work/other.pem" "$nonce" sha256
ok "a key that is not enrolled is named" other_key_is_not_enrolled
ok "an attestation that is no quote is refused" certificate_is_no_quote
ok "values that were not quoted are noticed" changed_values_are_noticed
ok "a quote over two banks, which is not what was enrolled" two_banks
finish
