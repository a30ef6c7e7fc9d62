#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cosima watch: what it says of a node again and again, when it runs the hook, and that it reads no more than what is new.
set -eu
cd "$(dirname "$0")/../.."
. src/build/tap.sh

nonce=0102030405060708090a0b0c0d0e0f10
logs=$work/logs
mkdir "$logs"
# The same boot with a log that grows; and one with a file that the baseline of the first does not have.
build/bench/make-logs "$logs/first" 600 500
build/bench/make-logs "$logs/grown" 700 500
build/bench/make-logs "$logs/other" 700 700
cat >"$work/hook" <<'EOF'
#!/bin/sh
cat >>"$1"
echo >>"$1"
EOF
chmod +x "$work/hook"

# look EVIDENCE STATUS [OPTION...]: a look at it ends with STATUS.
look() {
	evidence=$1 expected=$2 status=0
	shift 2
	build/cosima watch "$logs/$evidence.tar" --baseline "$logs/first.json" --nonce "$nonce" --state "$work/state" \
		--hook "$work/hook $work/hooked" --once "$@" >"$work/said" 2>"$work/errors" || status=$?
	[ "$status" = "$expected" ]
}

hooked() {
	[ "$(wc -l <"$work/hooked")" = "$1" ]
}

# spoil: other bytes at the beginning of the IMA log, as if it were another one.
spoil() {
	python3 - "$logs/grown.tar" "$logs/spoilt.tar" <<'EOF'
import sys, tarfile
with tarfile.open(sys.argv[1]) as tar:
    offset = tar.getmember("ima.bin").offset_data
data = bytearray(open(sys.argv[1], "rb").read())
data[offset:offset + 5000] = b"\xff" * 5000
open(sys.argv[2], "wb").write(data)
EOF
}

: >"$work/hooked"
ok "the first look judges everything" look first 0
ok "a node that is trusted from the first look on is no reason to call the hook" hooked 0
ok "the second look finds nothing new" look first 0
ok "and says so" says "nothing new" "$work/said"
spoil
ok "new entries are judged from where the last look ended, and what is before them is not read again" look spoilt 0
ok "a log that grew is trusted" look grown 0
ok "nor has the hook been called" hooked 0
ok "a log with files that are not enrolled is not" look other 1
ok "the hook was called" hooked 1
ok "with the reasons" says '"code":"FILE_UNKNOWN"' "$work/hooked"
ok "the same again is nothing new" look other 1
ok "the hook was not called again" hooked 1
ok "a log that is another one is judged from its beginning" look first 0
ok "the hook was called when all was well again" hooked 2
rm "$work/state"
ok "without the state the spoilt log is malformed" look spoilt 2
ok "which the hook is told" says '"code":"IMA_MALFORMED"' "$work/hooked"
ok "back to the good one" look first 0

# remembers MEMBER: the last look saw a later clock, or a higher count, than this evidence shows.
remembers() {
	sed -i "1s/\"$1\":[0-9]*/\"$1\":999999999/" "$work/state"
}
only_reason() {
	[ "$(grep -o '"code":"[A-Z_]*"' "$work/said" | grep -v -e IMA_BEYOND -e BANK | sort -u)" = "\"code\":\"$1\"" ]
}
put_back() {
	cp "$work/state" "$work/state.kept"
	remembers "$1"
	look first 1 --json && only_reason "$2" && grep -q "\"$1\":999999999" "$work/state"
}
for member in clock resets restarts; do
	case $member in
	clock) code=LOOK_CLOCK_BACK words='clock is behind what the last look saw' ;;
	resets) code=LOOK_RESETS_BACK words='was reset fewer times than the last look saw' ;;
	restarts) code=LOOK_RESTARTS_BACK words='was restarted fewer times than the last look saw' ;;
	esac
	ok "$member that went back are a reason, the only one, and what was seen is kept" put_back "$member" "$code"
	ok "the hook was told" says "\"code\":\"$code\"" "$work/hooked"
	ok "the next look at the same says so again" look first 1
	ok "in words" says "$words" "$work/said"
	mv "$work/state.kept" "$work/state"
	ok "without it all is well" look first 0
done

nonce=0102030405060708090a0b0c0d0e0f11
ok "an old quote is not trusted" look first 1
nonce=0102030405060708090a0b0c0d0e0f10
ok "and the next good one is, with what was judged before" look first 0

ok "a hook that fails is an error" sh -c "! build/cosima watch '$logs/other.tar' --baseline '$logs/first.json' --nonce $nonce \
	--state '$work/state' --hook false --once >'$work/said' 2>'$work/errors'"
ok "which is named" says "false: exit status 1" "$work/errors"
: >"$work/hooked"
ok "the next look calls it again" look other 1
ok "with the verdict" hooked 1

# The node sends only what was asked for.
cat >"$work/node" <<'EOF'
import io, json, os, sys, tarfile
offset = int(os.environ["COSIMA_IMA_OFFSET"])
source, asked = sys.argv[1:]
with open(asked, "a") as f:
    print(offset, file=f)
with tarfile.open(source) as old, tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.USTAR_FORMAT) as new:
    for member in old:
        data = old.extractfile(member).read()
        if member.name == "ima.bin":
            data = data[offset:]
        if member.name == "meta.json" and offset:
            data = json.dumps({**json.loads(data), "ima_offset": offset}, sort_keys=True, separators=(",", ":")).encode()
        member.size = len(data)
        new.addfile(member, io.BytesIO(data))
EOF
# fetch EVIDENCE STATUS: likewise from a command. It cannot sign for our nonce, so the last look is what is asked about.
fetch() {
	status=0
	build/cosima watch --fetch "python3 '$work/node' '$logs/$1.tar' '$work/asked'" --baseline "$logs/first.json" --state "$work/state" \
		--once >"$work/said" 2>"$work/errors" || status=$?
	[ "$status" = "$2" ]
}
rm -f "$work/state"
ok "a fetch without a state asks for the whole log" fetch first 1
ok "from its beginning" says 0 "$work/asked"
ok "what it brings was not made for our nonce" says "does not answer the nonce" "$work/said"
ok "then a look at good evidence" look first 0
: >"$work/asked"
ok "a fetch after it asks for what is new" fetch grown 1
ok "from the end of what was judged" says "$(stat -c %s "$logs/first.ima")" "$work/asked"
ok "a fetch that fails is an error" sh -c "! build/cosima watch --fetch 'exit 3' --baseline '$logs/first.json' --state '$work/state' --once 2>'$work/errors'"
ok "which is named" says "exit 3: exit status 3" "$work/errors"
ok "a fetch that brings nothing is malformed" sh -c "build/cosima watch --fetch true --baseline '$logs/first.json' --state '$work/state' --once \
	>'$work/said' || [ \$? = 2 ]"
ok "a state that is none is an error" sh -c "echo no >'$work/state.bad'; ! build/cosima watch '$logs/first.tar' --baseline '$logs/first.json' \
	--nonce $nonce --state '$work/state.bad' --once 2>'$work/errors'"
ok "which names the file" says "state.bad" "$work/errors"
ok "a state that cannot be written is an error" sh -c "! build/cosima watch '$logs/first.tar' --baseline '$logs/first.json' \
	--nonce $nonce --state /dev/full --once >'$work/said' 2>'$work/errors'"

finish
