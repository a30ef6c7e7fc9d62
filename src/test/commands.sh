#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What every command of cosima must do: help with an example, exit statuses, errors that name the file and the reason, nothing left half written.
set -eu
cd "$(dirname "$0")/../.."
make -s build/cosima >/dev/null
. src/build/tap.sh
cosima=build/cosima
evidence=src/fuzz/corpus/evidence/boot.tar
baseline=src/fuzz/corpus/baseline/boot.json
nonce=00112233445566778899aabbccddeeff

# ends STATUS TEXT COMMAND...: it ends with that status and says TEXT on standard error or output.
ends() {
	want=$1 text=$2 status=0
	shift 2
	"$@" >"$work/said" 2>&1 </dev/null || status=$?
	[ "$status" = "$want" ] || {
		echo "status $status"
		cat "$work/said"
		return 1
	}
	says "$text" "$work/said"
}

has_help() {
	"$cosima" "$@" --help >"$work/help" && says 'usage: cosima' "$work/help" && says 'example' "$work/help" && says "cosima $1" "$work/help"
}

first_line() {
	status=0
	"$cosima" verify "$1" --baseline "$baseline" --nonce "$nonce" >"$work/said" 2>&1 || status=$?
	[ "$status $(head -n 1 "$work/said")" = "$2 $3" ] || {
		cat "$work/said"
		return 1
	}
}

is_json() {
	"$cosima" verify "$1" --baseline "$baseline" --nonce "$nonce" --json >"$work/json" 2>"$work/err" || :
	python3 -c 'import json, sys; v = json.load(sys.stdin); sys.exit(v["verdict"] != sys.argv[1] or not v["reasons"])' "$2" <"$work/json"
}

# The writer meets a reader that has gone away.
closed_pipe() {
	python3 -c '
import os, subprocess, sys
reader, writer = os.pipe()
os.close(reader)
done = subprocess.run(sys.argv[1:], stdout=writer, stderr=subprocess.PIPE, text=True)
print(done)
sys.exit(done.returncode != 1 or "standard output: Broken pipe" not in done.stderr)' "$cosima" --help
}

# colours YES|NO VARIABLE=VALUE: whether there are any, on a terminal and with that in the environment.
colours() {
	env "$2" python3 -c '
import os, pty, sys
shown = b""
def read(fd):
    global shown
    data = os.read(fd, 65536)
    shown += data
    return data
pty.spawn(sys.argv[2:], read)
print(shown)
sys.exit((b"\x1b[" in shown) != (sys.argv[1] == "yes"))' "$1" "$cosima" log "$evidence" </dev/null
}

no_colours() {
	"$cosima" log "$evidence" >"$work/log" && ! grep -q "$(printf '\033')" "$work/log"
}

# A file that cannot be made leaves nothing behind.
leaves_nothing() {
	mkdir "$work/out"
	ends 1 'nothing enrolled' "$cosima" enroll --evidence "$evidence" --out "$work/out/baseline.json" && [ -z "$(ls "$work/out")" ]
}

# with tail of GNU tar's own padding, and what is inside a folder
repacked() {
	mkdir "$work/unpacked"
	tar -x -f "$evidence" -C "$work/unpacked"
	tar -c -f "$work/gnu.tar" -C "$work/unpacked" .
	is_json "$work/gnu.tar" untrusted && is_json "$evidence" untrusted
}

mkdir "$work/damaged"
echo torn >"$work/damaged/events.cel"
python3 -m json.tool "$baseline" >"$work/pretty.json"
head -c 100 "$baseline" >"$work/cut.json"
for command in 'policy check' 'policy sign' 'policy verify' 'policy render' probe 'luks token' 'luks show' predict status quote enroll 'baseline merge' 'baseline part' 'baseline sign' verify explain report watch log 'export tcg' 'export keylime' 'export sha256sums'; do
	# shellcheck disable=SC2086 # a sub-command is two words
	ok "$command --help shows an example" has_help $command
done
ok "--version" ends 0 'cosima ' "$cosima" --version
ok "no command" ends 2 'a command is needed' "$cosima"
ok "an unknown command" ends 2 'unknown command pray' "$cosima" pray
ok "an unknown option" ends 2 'unknown option --fast' "$cosima" verify --fast
ok "an option without its value" ends 2 'needs a value: --nonce' "$cosima" verify --nonce
ok "an option that is missing" ends 2 'this option is needed: --baseline' "$cosima" verify --nonce "$nonce" x
ok "an argument that is missing" ends 2 'missing argument' "$cosima" verify --nonce "$nonce" --baseline x
ok "an argument too many" ends 2 'unexpected argument: b' "$cosima" verify --nonce "$nonce" --baseline x a b
ok "an option given twice" ends 2 'given twice: --nonce' "$cosima" verify --nonce "$nonce" --nonce "$nonce"
ok "a nonce that is not hex" ends 2 'not a hexadecimal' "$cosima" verify "$evidence" --baseline "$baseline" --nonce xyz
ok "a nonce that is short" ends 2 'takes 8 to 64' "$cosima" verify "$evidence" --baseline "$baseline" --nonce 0011
ok "no evidence" ends 1 'nowhere.tar: No such file' "$cosima" verify nowhere.tar --baseline "$baseline" --nonce "$nonce"
ok "no baseline" ends 1 'nowhere.json: No such file' "$cosima" verify "$evidence" --baseline nowhere.json --nonce "$nonce"
ok "a folder as evidence" ends 1 'Is a directory' "$cosima" verify src --baseline "$baseline" --nonce "$nonce"
ok "a baseline that is none" ends 2 'Makefile, byte 0: not canonical JSON' "$cosima" verify "$evidence" --baseline Makefile --nonce "$nonce"
ok "a pretty-printed baseline" ends 2 'jq -cS' "$cosima" verify "$evidence" --baseline "$work/pretty.json" --nonce "$nonce"
ok "a baseline that is cut off" ends 2 'cut.json, byte 100: not canonical JSON' "$cosima" verify "$evidence" --baseline "$work/cut.json" --nonce "$nonce"
ok "a log that an option names, by its name" ends 2 'Makefile, entry 0, byte 0' "$cosima" log --events Makefile
ok "malformed evidence explained" ends 2 'Makefile: is no evidence' "$cosima" explain Makefile --baseline "$baseline"
ok "changed evidence explained" ends 0 'boot chain' "$cosima" explain "$evidence" --baseline "$baseline"
ok "evidence with another nonce is untrusted" first_line "$evidence" 1 untrusted
ok "a file that is no archive is malformed" first_line Makefile 2 malformed
ok "an empty file is malformed" first_line /dev/null 2 malformed
ok "JSON of an untrusted verdict" is_json "$evidence" untrusted
ok "JSON of a malformed verdict" is_json Makefile malformed
ok "an archive that GNU tar made again" repacked
ok "evidence that does not hold is not enrolled" leaves_nothing
ok "colours on a terminal" colours yes TERM=xterm
ok "none on a terminal where nobody wants them" colours no NO_COLOR=1
ok "none elsewhere" no_colours
ok "a full disk" ends 1 'No space left' sh -c "$cosima --help >/dev/full"
ok "a closed pipe" closed_pipe
ok "a list of PCRs that is none" ends 2 'not like 0-15' "$cosima" quote --nonce "$nonce" --out "$work/x" --pcrs 0-24
ok "SHA-1 is not quoted" ends 2 'not like 0-15' "$cosima" quote --nonce "$nonce" --out "$work/x" --pcrs sha1:0
truncate -s 8G "$work/huge"
ok "a baseline of 8 GB" ends 2 'huge: larger than' "$cosima" verify "$evidence" --baseline "$work/huge" --nonce "$nonce"
ok "an event log without end" ends 2 '/dev/zero: larger than' "$cosima" log --events /dev/zero
ok "a node without cosima" ends 1 'Nothing was measured' "$cosima" status --run "$work"
ok "a node's folder that is a file" ends 1 'Makefile: Not a directory' "$cosima" status --run Makefile
ok "a node whose log is damaged" ends 2 MALFORMED "$cosima" status --run "$work/damaged"
ok "no TPM" ends 1 'TPM' "$cosima" quote --nonce "$nonce" --out "$work/x"
finish
