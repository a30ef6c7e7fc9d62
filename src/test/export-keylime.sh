#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What cosima export keylime and sha256sums write: read by other people's tools, and refused where Keylime could not carry it.
set -eu
cd "$(dirname "$0")/../.."
make -s build/cosima >/dev/null
. src/build/tap.sh
cosima=build/cosima
baseline=src/fuzz/corpus/baseline/boot.json
evidence=src/fuzz/corpus/evidence/boot.tar
out=$work/out

export_it() {
	"$cosima" export keylime "$baseline" --sign-key "$work/key.pem" --exclude /oem/grubenv --out "$out" "$@" >"$work/said" 2>&1
}

# python EXPRESSION FILE: true of the JSON in FILE, called p.
python() {
	python3 -c 'import base64, json, re, sys
p = json.load(open(sys.argv[2]))
assert eval(sys.argv[1]), (sys.argv[1], p)' "$1" "$2"
}

# DSSE's pre-authentication encoding, verified by openssl.
signature_verifies() {
	python3 -c 'import base64, json, sys
e = json.load(open(sys.argv[1] + "/runtime-policy.dsse.json"))
payload, kind = base64.b64decode(e["payload"]), e["payloadType"].encode()
assert payload == open(sys.argv[1] + "/runtime-policy.json", "rb").read()
open(sys.argv[2] + "/pae", "wb").write(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload))
open(sys.argv[2] + "/sig", "wb").write(base64.b64decode(e["signatures"][0]["sig"]))' "$out" "$work"
	openssl dgst -sha256 -verify "$out/runtime-policy.pub" -signature "$work/sig" "$work/pae"
}

sums_verify() {
	mkdir -p "$work/oem"
	printf 'one\n' >"$work/oem/a"
	printf 'two\n' >"$work/oem/back\\slash"
	python3 - "$baseline" "$work" <<'PYTHON'
import hashlib, json, sys
baseline = json.load(open(sys.argv[1]))
names = ["/oem/a", "/oem/back\\slash"]
baseline["files"] = [[f"{sys.argv[2]}{n}", "sha256:" + hashlib.sha256(open(sys.argv[2] + n, "rb").read()).hexdigest()] for n in names]
json.dump(baseline, open(sys.argv[2] + "/sums.json", "w"), sort_keys=True, separators=(",", ":"))
PYTHON
	"$cosima" export sha256sums "$work/sums.json" >"$work/sums" && sha256sum -c --quiet --strict "$work/sums"
}

# with_file NAME: the baseline with one file more, NAME as JSON.
with_file() {
	python3 - "$baseline" "$1" "$work/other.json" <<'PYTHON'
import json, sys
baseline = json.load(open(sys.argv[1]))
baseline["files"].append([json.loads(sys.argv[2]), "sha256:" + 64 * "0"])
key = lambda f: json.dumps(f[0], ensure_ascii=False, separators=(",", ":")).encode()
baseline["files"].sort(key=key)
json.dump(baseline, open(sys.argv[3], "w"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
PYTHON
}

refuses_name() { # NAME TEXT
	with_file "$1"
	status=0
	"$cosima" export keylime "$work/other.json" --out "$work/none" >"$work/said" 2>&1 || status=$?
	[ "$status" = 1 ] && says "$2" "$work/said" && [ ! -e "$work/none" ]
	status=0
	"$cosima" export keylime "$work/other.json" --check >"$work/said" 2>&1 || status=$?
	[ "$status" = 1 ] && says 'error: 1 names cannot be carried' "$work/said"
}

carries_blanks() {
	with_file '"/oem/with blanks"'
	"$cosima" export keylime "$work/other.json" --out "$work/blanks" >"$work/said" 2>&1 || return 1
	python '"/oem/with_blanks" in p["digests"] and "/oem/with blanks" not in p["digests"]' "$work/blanks/runtime-policy.json"
}

check_says() { # STATUS TEXT OPTION...
	want=$1 text=$2 status=0
	shift 2
	"$cosima" export keylime "$baseline" --check "$@" >"$work/said" 2>&1 || status=$?
	[ "$status" = "$want" ] && says "$text" "$work/said"
}

openssl ecparam -name prime256v1 -genkey -noout -out "$work/key.pem" 2>"$work/said"
openssl ecparam -name secp384r1 -genkey -noout -out "$work/p384.pem" 2>"$work/said"
printf 'new\n' >"$work/new"
new=$(sha256sum <"$work/new" | cut -d' ' -f1)

ok "it exports" export_it
ok "each file by its two names" python '{"/oem/90_custom.yaml", "/sysroot/oem/90_custom.yaml"} <= set(p["digests"])' "$out/runtime-policy.json"
ok "digests are bare hex in lower case" python 'all(re.fullmatch("[0-9a-f]{64}", d) for ds in p["digests"].values() for d in ds)' "$out/runtime-policy.json"
ok "the policy counts as one" python 'p["meta"]["generator"] == 3 and p["ima"]["dm_policy"] is None and p["ima"]["log_hash_alg"] == "sha1"' "$out/runtime-policy.json"
ok "excludes match what they say and no more" python '(lambda r: r.match("/oem/grubenv") and not r.match("/oem/grubenv2") and not r.match("/oem/grub.env"))(re.compile("|".join("(%s)" % e for e in p["excludes"])))' "$out/runtime-policy.json"
ok "the TPM policy has our PCR in bare hex" python 'set(p) == {"15"} and all(re.fullmatch("[0-9a-f]{64,128}", v) for v in p["15"])' "$out/tpm-policy.json"
ok "the signature verifies" signature_verifies
ok "enroll.sh is a shell script" sh -n "$out/enroll.sh"
ok "shellcheck has nothing to say of it" shellcheck "$out/enroll.sh"
ok "--add allows both" export_it --add "/usr/local/bin/agent=$work/new"
ok "by every name" python "all('$new' in p['digests'][n] and len(p['digests'][n]) == 2 for n in ('/usr/local/bin/agent', '/sysroot/usr/local/bin/agent'))" "$out/runtime-policy.json"
ok "--replace withdraws the old" export_it --replace "/usr/local/bin/agent=$work/new"
ok "by every name" python "all(p['digests'][n] == ['$new'] for n in ('/usr/local/bin/agent', '/sysroot/usr/local/bin/agent'))" "$out/runtime-policy.json"
allows_patterns() {
	python3 -c 'import json, sys
p = json.load(open(sys.argv[1]))
p["allowed"] = ["/oem/log-*", "/usr/local/cache/**"]
json.dump(p, open(sys.argv[2], "w"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)' "$baseline" "$work/allowed.json"
	"$cosima" export keylime "$work/allowed.json" --out "$work/patterns" && python '(lambda r: r.match("/sysroot/oem/log-1") and
r.match("/usr/local/cache/a/b") and not r.match("/oem/log-1/x") and not r.match("/usr/local/cached"))(re.compile("|".join("(%s)" % e for e in p["excludes"])))' \
		"$work/patterns/runtime-policy.json"
}

ok "files that may have any content are excluded" allows_patterns
ok "a key on another curve is refused" check_says 2 'p384.pem: not an EC key on P-256' --sign-key "$work/p384.pem" --out "$work/none"
ok "an exclude that is a pattern is refused" check_says 2 'exclude oem/.*: not a path' --exclude 'oem/.*' --out "$work/none"
ok "a name with a line feed is refused" refuses_name '"/oem/a\nb"' 'holds a line feed'
ok "a name that is not UTF-8 is refused" refuses_name '{"hex":"2f6fff"}' 'not UTF-8'
ok "a blank becomes what the kernel makes of it" carries_blanks
ok "an interval that is no number" check_says 2 'interval 2s: not a number of seconds' --interval 2s
ok "an interval of nothing" check_says 2 'interval 0: not a number of seconds' --interval 0
ok "the check names the PCR" check_says 0 'note: PCR 15: keylime_tenant refuses it'
printf '[verifier]\nignore_tomtou_errors = False\n' >"$work/verifier.conf"
ok "the check sees the inverted option" check_says 1 'error: verifier.conf: ignore_tomtou_errors = False' --verifier-conf "$work/verifier.conf"
printf '[verifier]\nignore_tomtou_errors = True # fails it\n' >"$work/verifier.conf"
ok "and a comment that Keylime takes for the value" check_says 1 'error: verifier.conf: ignore_tomtou_errors = True # fails it' --verifier-conf "$work/verifier.conf"
printf '[verifier]\nignore_tomtou_errors = True\n[revocations]\nwebhook_url = http://alerts\n' >"$work/verifier.conf"
ok "the check sees an alert without TLS" check_says 1 'error: verifier.conf: webhook_url' --verifier-conf "$work/verifier.conf"
printf '[agent]\ntpm_hash_alg = "sha1"\n' >"$work/agent.conf"
ok "the check sees the agent's hash" check_says 1 "error: the agent's tpm_hash_alg = sha1" --agent-conf "$work/agent.conf"
printf '[agent]\ntpm_hash_alg = "sha512"\n' >"$work/agent.conf"
ok "and a bank that was not enrolled" check_says 1 'the baseline has no value of PCR 15 in that bank' --agent-conf "$work/agent.conf"
ok "the check says what a poll costs" check_says 0 "ms of the verifier's CPU each poll"
ok "sha256sum accepts the sums" sums_verify
ok "evidence becomes a request" export_it --evidence "$evidence"
ok "with quote, key and log" python 'p["type"] == "tpm" and p["data"]["quote"][0] == "r" and "boot_aggregate" in p["data"]["ima_measurement_list"] and p["data"]["tpm_ak"]' "$out/verify-evidence.json"
ok "and policies as texts" python 'json.loads(p["data"]["runtime_policy"])["release"] == 0 and json.loads(p["data"]["tpm_policy"])' "$out/verify-evidence.json"
ok "the boot log is one for tpm2_eventlog" tpm2_eventlog "$out/boot-log.bin"
finish
