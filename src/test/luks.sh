#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cosima luks: the token is made by us, written by cryptsetup, read by both; the volume still opens.
set -eu
cd "$(dirname "$0")/../.."
. src/build/tap.sh
make -s build/cosima >&2
PATH=$PATH:/usr/sbin:/sbin
cosima=$PWD/build/cosima
cd "$work"
uuid=c05a0000-0000-4000-8000-000000000005

# exits STATUS TEXT ARGUMENT...: `cosima luks` ends with this status and says TEXT.
exits() {
	wanted=$1 text=$2 status=0
	shift 2
	"$cosima" luks "$@" >said 2>&1 || status=$?
	[ "$status" = "$wanted" ] || {
		echo "exit status $status"
		cat said
		return 1
	}
	says "$text" said
}

import() { # VOLUME OPTION...
	volume=$1
	shift
	"$cosima" luks token "$volume" "$@" >token.json && cryptsetup token import --json-file token.json "$volume"
}

cryptsetup_reads() { # VOLUME EXPRESSION
	cryptsetup luksDump --dump-json-metadata "$1" >metadata
	python3 -c 'import json, sys; m = json.load(open("metadata")); sys.exit(not eval(sys.argv[1]))' "$2"
}

opens() {
	cryptsetup open --test-passphrase --key-file key "$1"
}

head -c 32 /dev/urandom >key
format() { # NAME TYPE
	truncate -s 24M "$1"
	cryptsetup luksFormat --batch-mode --key-file key --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --type "$2" "$1"
}
format volume luks2
format luks1 luks1
truncate -s 8M plain other
mkfs.ext4 -q -F -U "$uuid" plain
mkfs.ext4 -q -F other

ok "a volume without a token" exits 1 'inner     none' show volume
ok "  its rules will widen" says 'widen' said
ok "the token is written by cryptsetup" import volume --inner C05A0000-0000-4000-8000-000000000005
ok "  which reads it back" cryptsetup_reads volume "m['tokens'] == {'0': {'fs-uuid': '$uuid', 'keyslots': [], 'type': 'cosima'}}"
ok "  and opens the volume" opens volume
ok "  we read it" exits 0 "inner     $uuid" show volume
ok "  and both headers" says 'headers   both' said
ok "  as JSON" exits 0 "\"inner_uuid\":\"$uuid\"" show --json volume
ok "it is what is inside" exits 0 "inner     $uuid" show volume --from plain
ok "another file system is inside" exits 1 'but the token names' show volume --from other
ok "a second token is refused" exits 1 'cryptsetup token remove --token-id 0 volume' token volume --inner "$uuid"
ok "cryptsetup removes it" cryptsetup token remove --token-id 0 volume
ok "  we see it gone" exits 1 'inner     none' show volume
ok "a UUID read from the file system" import volume --from plain
ok "  is the same" exits 0 "inner     $uuid" show volume
"$cosima" luks token --inner c05a0000-0000-4000-8000-000000000006 >token.json
ok "a second token past our back" cryptsetup token import --json-file token.json volume
ok "  makes both worthless" exits 1 '!         cosima-token' show volume
ok "  and the volume opens still" opens volume
ok "no UUID" exits 2 'not a UUID' token --inner c05a
ok "the null UUID" exits 2 'every file system without a UUID' token --inner 00000000-0000-0000-0000-000000000000
ok "neither option" exits 2 'one of --inner and --from' token volume
ok "both options" exits 2 'one of --inner and --from' token --inner "$uuid" --from plain
ok "the volume instead of its mapping" exits 1 'this is the LUKS volume itself' token --from volume
ok "a mapping without a file system" exits 1 'no file system' token --from key
ok "LUKS1" exits 1 'LUKS1, whose headers hold no tokens' show luks1
ok "no LUKS at all" exits 1 'no LUKS2 volume' show plain
ok "no such device" exits 1 'nowhere: No such file' show nowhere
for offset in 200 16600; do # one byte in each binary header
	printf X | dd of=volume bs=1 seek=$offset conv=notrunc status=none
done
ok "both headers broken" exits 2 'LUKS2' show volume
finish
