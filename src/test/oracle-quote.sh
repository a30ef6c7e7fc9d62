#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cosima quote on an swtpm: tpm2_checkquote accepts both kinds of keys, and the TPM keeps them.
set -eu
cd "$(dirname "$0")/../.."
make -s build/bench/cosima >&2
. src/build/tap.sh
PATH=$PATH:/usr/sbin:/sbin
nonce=00112233445566778899aabbccddeeff
swtpm_pid=
stop() {
	[ -z "$swtpm_pid" ] || kill "$swtpm_pid" 2>/dev/null || :
	rm -rf "$work"
}
trap stop EXIT

# An swtpm serves one connection at a time, and each tool makes its own.
start_tpm() {
	mkdir -p "$work/tpm" "$work/root"
	swtpm socket --tpm2 --tpmstate "dir=$work/tpm" --server "type=unixio,path=$work/socket" --ctrl "type=unixio,path=$work/socket.ctrl" \
		--flags not-need-init,startup-clear --pid "file=$work/tpm.pid" --daemon
	swtpm_pid=$(cat "$work/tpm.pid")
	export COSIMA_SWTPM="$work/socket" COSIMA_ROOT="$work/root" TPM2TOOLS_TCTI="swtpm:path=$work/socket"
}

# take NAME OPTION...
take() {
	as=$1
	shift
	build/bench/cosima quote --nonce "$nonce" --out "$work/$as.tar" "$@" 2>"$work/$as.err" || {
		cat "$work/$as.err"
		return 1
	}
	mkdir -p "$work/$as"
	tar -x -f "$work/$as.tar" -C "$work/$as"
}

# checks NAME [NONCE]
checks() {
	tpm2_checkquote -Q -u "$work/$1/ak.pem" -m "$work/$1/quote.msg" -s "$work/$1/quote.sig" -q "${2:-$nonce}" -g sha256
}

# key_is NAME TEXT: openssl reads the key as of this kind.
key_is() {
	openssl pkey -pubin -in "$work/$1/ak.pem" -noout -text >"$work/text" && says "$2" "$work/text"
}

# kept HANDLE
kept() {
	tpm2_getcap handles-persistent >"$work/handles" && says "$1" "$work/handles"
}

# kept_is HANDLE NAME: the key that the TPM keeps is the one that signed, and is restricted to what the TPM made.
kept_is() {
	tpm2_readpublic -c "$1" -f pem -o "$work/kept.pem" >"$work/public" && cmp "$work/kept.pem" "$work/$2/ak.pem" &&
		says 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|sign' "$work/public"
}

none_is_left() {
	tpm2_getcap handles-transient >"$work/handles" && [ ! -s "$work/handles" ]
}

refuses() {
	if "$@"; then
		echo 'accepted'
		return 1
	fi
}

start_tpm
tpm2_pcrextend "10:sha256=$(printf 'a file' | sha256sum | cut -d ' ' -f 1)"
while read -r name handle text option; do
	ok "$name: a quote" take "$name" ${option:+"$option"} </dev/null
	ok "$name: tpm2_checkquote accepts it" checks "$name"
	ok "$name: tpm2_checkquote refuses another nonce" refuses checks "$name" 11112233445566778899aabbccddeeff
	ok "$name: openssl reads the key" key_is "$name" "$text"
	ok "$name: the TPM keeps the key" kept "$handle"
	ok "$name: it is the one that signed" kept_is "$handle" "$name"
	ok "$name: a second quote is by the same key" take "$name-again" ${option:+"$option"} </dev/null
	ok "$name: indeed" cmp "$work/$name/ak.pem" "$work/$name-again/ak.pem"
	ok "$name: nothing else is left in the TPM" none_is_left
done <<-EOF
	ecc 0x810C0501 P-256
	rsa 0x810C0502 2048 --rsa
EOF

# An owner who has a password does not let us keep keys.
tpm2_evictcontrol -Q -C o -c 0x810c0501
tpm2_changeauth -Q -c owner secret
ok "with an owner's password: a quote" take owned
ok "with an owner's password: by the same key" cmp "$work/ecc/ak.pem" "$work/owned/ak.pem"
ok "with an owner's password: nothing is left in the TPM" none_is_left

# A key of another kind under our handle is left alone.
tpm2_createprimary -Q -C o -P secret -G ecc -c "$work/other.ctx"
tpm2_evictcontrol -Q -C o -P secret -c "$work/other.ctx" 0x810c0501
tpm2_flushcontext -t
ok "with somebody's key under our handle: a quote" take taken
ok "with somebody's key under our handle: by the same key" cmp "$work/ecc/ak.pem" "$work/taken/ak.pem"
finish
