#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Evidence of whoever wants to do harm: truncated, reordered, concatenated, gigantic, random. cosima verify calls it malformed or untrusted, in
# no more memory than for good evidence, and it reads what comes from a pipe as it reads files.
set -eu
cd "$(dirname "$0")/../.."
. src/build/tap.sh

nonce=0102030405060708090a0b0c0d0e0f10
memory_kib=32768
build/bench/make-logs "$work/good" 3000 2000
good=$work/good.tar

# verify STATUS FILE [WORD]: the exit status, within the memory; the verdict's reasons have WORD in them.
verify() {
	expected=$1 file=$2 status=0
	prlimit "--as=$((memory_kib * 4 * 1024))" build/cosima verify "$file" --baseline "$work/good.json" --nonce "$nonce" >"$work/said" \
		2>"$work/errors" || status=$?
	[ "$status" = "$expected" ] || {
		echo "exit status $status"
		cat "$work/said" "$work/errors"
		return 1
	}
	[ $# -lt 3 ] || says "$3" "$work/said"
}

piped() {
	status=0
	build/cosima verify - --baseline "$work/good.json" --nonce "$nonce" <"$2" >"$work/said" 2>"$work/errors" || status=$?
	[ "$status" = "$1" ]
}

ok "the evidence is good" verify 0 "$good"
ok "from a pipe, too" sh -c "cat '$good' | build/cosima verify - --baseline '$work/good.json' --nonce $nonce"

# Truncated anywhere: in a header, in a small member, in the IMA log, before the end blocks.
size=$(stat -c %s "$good")
for cut in 0 1 511 512 700 1500 4096 $((size / 2)) $((size - 1024)) $((size - 513)) $((size - 1)); do
	head -c "$cut" "$good" >"$work/cut"
	ok "cut after $cut bytes it is malformed" verify 2 "$work/cut" malformed
done
ok "so it is from a pipe" piped 2 "$work/cut"

cat "$good" "$good" >"$work/twice"
ok "two archives, one behind the other" verify 2 "$work/twice" "data behind the end"
head -c $((size - 1024)) "$good" >"$work/doubled"
cat "$good" >>"$work/doubled"
ok "each member twice" verify 2 "$work/doubled" "there twice"
head -c 100000 /dev/urandom >"$work/random"
ok "random bytes" verify 2 "$work/random" malformed
head -c 100000 /dev/zero >"$work/zeros"
ok "nothing but zeros" verify 2 "$work/zeros" "is missing"
: >"$work/empty"
ok "an empty file" verify 2 "$work/empty" malformed

# change PYTHON: the archive with one thing changed; `members` is a list of [name, bytes], `out` what is written.
change() {
	python3 - "$good" "$work/changed" "$1" <<'EOF'
import io, sys, tarfile
with tarfile.open(sys.argv[1]) as tar:
    members = [[m.name, tar.extractfile(m).read()] for m in tar]
by_name = {name: i for i, (name, _) in enumerate(members)}
exec(sys.argv[3])
with tarfile.open(sys.argv[2], "w", format=tarfile.USTAR_FORMAT) as tar:
    for name, data in members:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
EOF
}

change 'members.reverse()'
ok "members in another order are as good" verify 0 "$work/changed"
change 'del members[by_name["quote.sig"]]'
ok "no signature" verify 2 "$work/changed" "is missing"
change 'members.append(["core", b""])'
ok "a member that evidence does not have" verify 2 "$work/changed" core
change 'members.append(["meta.json", b" " * 5000000])
del members[by_name["meta.json"]]'
ok "a member of 5 MB that is read as a whole" verify 2 "$work/changed" "too large"
change 'members[by_name["ima.bin"]][1] = members[by_name["ima.bin"]][1][:-7]'
ok "an IMA log that ends inside an entry" verify 2 "$work/changed" "IMA"
change 'log = members[by_name["ima.bin"]]; log[1] = log[1][:5000] + b"\xff" * 8 + log[1][5000:]'
ok "bytes in the middle of it" verify 2 "$work/changed" malformed
change 'log = members[by_name["ima.bin"]]; log[1] = log[1] + log[1]'
ok "the log twice: what follows the quote is a second boot" verify 1 "$work/changed" boot_aggregate
change 'log = members[by_name["ima.bin"]]; log[1] = b""'
ok "no log at all" verify 1 "$work/changed" "does not give the value of PCR 10"
change 'import struct
e = struct.pack("<I", 10) + b"\1" * 20 + struct.pack("<I", 6) + b"ima-ng" + struct.pack("<I", 0xfffffff0)
members[by_name["ima.bin"]][1] = e + b"\0" * 100'
ok "an entry of 4 GB" verify 2 "$work/changed" malformed
change 'import struct
e = struct.pack("<I", 10) + b"\1" * 20 + struct.pack("<I", 6) + b"ima-ng" + struct.pack("<I", 1 << 20) + b"\0" * (1 << 20)
members[by_name["ima.bin"]][1] = e * 60'
ok "sixty entries of 1 MB" verify 1 "$work/changed" "ima.bin"

# Gigantic: a log of 3 GB that is a hole in the file.
python3 - "$good" "$work/huge" <<'EOF'
import sys, tarfile
with tarfile.open(sys.argv[1]) as tar, open(sys.argv[2], "wb") as out:
    for m in tar:
        data = tar.extractfile(m).read()
        m.size = 3 << 30 if m.name == "ima.bin" else len(data)
        out.write(m.tobuf(tarfile.USTAR_FORMAT))
        if m.name == "ima.bin":
            out.seek(m.size, 1)
        else:
            out.write(data + b"\0" * (-len(data) % 512))
    out.truncate(out.tell() + 1024)
EOF
ok "a log of 3 GB" verify 2 "$work/huge" malformed

# resident COMMAND...: whether it stays below the limit.
resident() {
	python3 -c 'import os, sys
pid = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
sys.exit(os.wait4(pid, 0)[2].ru_maxrss > int(sys.argv[1]))' "$memory_kib" "$@"
}
ok "takes no more memory than any" resident build/cosima verify "$work/huge" --baseline "$work/good.json" --nonce "$nonce"

ok "a file that is not there is named" sh -c "! build/cosima verify '$work/nowhere' --baseline '$work/good.json' --nonce $nonce 2>'$work/errors' &&
	grep -qF nowhere '$work/errors'"
ok "no place for a copy of what comes from a pipe is an error" sh -c "! cat '$good' | TMPDIR='$work/nowhere' build/cosima verify - \
	--baseline '$work/good.json' --nonce $nonce 2>'$work/errors' && grep -qF nowhere '$work/errors'"
ok "a verdict that cannot be written is an error" sh -c "! build/cosima verify '$good' --baseline '$work/good.json' --nonce $nonce >/dev/full 2>'$work/errors' &&
	grep -qF 'standard output' '$work/errors'"
finish
