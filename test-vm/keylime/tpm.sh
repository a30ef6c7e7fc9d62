#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tpm.sh FOLDER CA: manufactures a TPM in FOLDER whose endorsement key has a certificate of a CA of its own in CA, as makers of TPMs have one.
set -eu
. "$(dirname -- "$0")/../paths.sh"

rm -rf "$1" "$2"
mkdir -p "$1" "$2"
state=$(CDPATH='' cd -- "$1" && pwd)
ca=$(CDPATH='' cd -- "$2" && pwd)
cat >"$ca/localca.conf" <<CONFIGURATION
statedir = $ca
signingkey = $ca/signkey.pem
issuercert = $ca/issuercert.pem
certserial = $ca/certserial
CONFIGURATION
printf '%s\n' '--platform-manufacturer cosima' '--platform-version 1' '--platform-model test' >"$ca/localca.options"
cat >"$ca/setup.conf" <<CONFIGURATION
create_certs_tool = $(command -v swtpm_localca)
create_certs_tool_config = $ca/localca.conf
create_certs_tool_options = $ca/localca.options
CONFIGURATION
swtpm_setup --tpm2 --tpmstate "$state" --pcr-banks sha256,sha384 --create-ek-cert --config "$ca/setup.conf" --overwrite >"$ca/setup.log" 2>&1 ||
	die "swtpm_setup: $(cat "$ca/setup.log")"
