#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cosima predict: its values are those of its events; a boot that fails is refused, and told with its failures when that is asked for.
# That they are what a TPM then holds is shown by the cases of test-vm.
set -eu
cd "$(dirname "$0")/../.."
. src/build/tap.sh
. src/test/lib-trust.sh
make -s build/cosima >&2
PATH=$PATH:/usr/sbin:/sbin
cosima=$PWD/build/cosima
cd "$work"

# predict STATUS TEXT OPTION...: the prediction in out, what is said beside it in said.
predict() {
	wanted=$1 text=$2 status=0
	shift 2
	"$cosima" predict --policy policy --cert p256.pem --disk disk.img --tree COS_OEM=oem "$@" >out 2>said || status=$?
	[ "$status" = "$wanted" ] || {
		echo "exit status $status"
		cat said
		return 1
	}
	[ -z "$text" ] || says "$text" said
}

# fails_with FAILURES OPTION...: refused without --failing, for a reason in why; with it, the events hold these failures, STAGE:CODE separated by blanks.
fails_with() {
	failures=$1
	shift
	predict 1 '' "$@" && [ ! -s out ] && mv said why && predict 0 '' --failing --json "$@" && holds failures "$failures" && values
}

# holds KEY VALUE: of the JSON in out; failures as above.
holds() {
	python3 - "$@" <<'PYTHON'
import json, sys
plan = json.load(open("out"))
failures = [f"{e['stage']}:{e['error']}" for e in plan["events"] if e["event"] == "failure"]
said = " ".join(failures) if sys.argv[1] == "failures" else json.dumps(plan.get(sys.argv[1]))
if said != sys.argv[2] or plan["failures"] != len(failures):
    sys.exit(f"{said}, and {plan['failures']} failures")
PYTHON
}

# values: the last of the PCR values is what the events give, computed by python.
values() {
	python3 - <<'PYTHON'
import hashlib, json, sys
plan = json.load(open("out"))
for bank, value in plan.get("handover", plan["measure"]).items():
    pcr = bytes(hashlib.new(bank).digest_size)
    for event in plan["events"]:
        text = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        pcr = hashlib.new(bank, pcr + hashlib.new(bank, text).digest()).digest()
    if pcr.hex() != value:
        sys.exit(f"{bank}: {value}, the events give {pcr.hex()}")
PYTHON
}

# policy LINE...: the shipped policy with these lines, signed.
policy() {
	sed '/^pcr /d; /^on-failure /d' "$shipped" >policy
	printf '%s\n' "$@" | sed -i '/^version /r /dev/stdin' policy
	"$cosima" policy sign policy --key p256.key --cert p256.pem --out policy.sig >said
}

# partition LABEL NAME START: an ext4 of 8 MiB in the disk.
partition() {
	truncate -s 8M part
	mkfs.ext4 -q -F -L "$1" -U "c05a0000-0000-4000-8000-00000000000$3" -d oem part
	dd if=part of=disk.img bs=1M seek="$3" conv=notrunc,sparse status=none
}

shipped=$OLDPWD/policy/kairos-grub
trust_pair . p256
mkdir oem
echo 'stages: {}' >oem/90_custom.yaml
truncate -s 24M disk.img
sfdisk -q disk.img <<'TABLE'
label: gpt
start=1MiB, size=8MiB, name=oem, type=L
start=9MiB, size=8MiB, name=persistent, type=L
TABLE
partition COS_OEM oem 1
partition COS_PERSISTENT persistent 9
policy 'pcr 14'

ok "a boot without failures" predict 0 '' --json
ok "  has none" holds failures ''
ok "  in the policy's PCR" holds pcr 14
ok "  its values are those of its events" values
cp out good
ok "  --failing does not change it" predict 0 '' --json --failing
ok "  to the byte" cmp out good
ok "people are told that a value must not be pinned" predict 0 '' --failing --ima absent
ok "  before they see one" says 'never to be pinned' out
ok "IMA that is absent" fails_with 'rules:IMA_ABSENT' --ima absent
ok "  is said in words" says 'rules: the kernel has no IMA' why
ok "IMA with other rules" fails_with 'rules:IMA_LOADED' --ima loaded
ok "signed rules that are missing" fails_with 'rules:BOOT_NO_RULES' --loaded path
"$cosima" policy render policy --uuid COS_OEM=c05a0000-0000-4000-8000-000000000001 \
	--uuid COS_PERSISTENT=c05a0000-0000-4000-8000-000000000009 >rules
ok "signed rules that have no signature" fails_with 'rules:BOOT_RULES_UNSIGNED' --loaded path
"$cosima" policy sign --rules rules --key p256.key --cert p256.pem --out rules.sig >said
ok "signed rules" predict 0 '' --loaded path --json
ok "  give other values" fails cmp out good
ok "signed rules that the kernel refuses" fails_with 'rules:BOOT_RULES_REFUSED' --loaded none
echo >>rules
ok "signed rules that are others" fails_with 'rules:BOOT_RULES_DIFFER' --loaded path
echo 'dont_measure fsname=ext4' >earlier
ok "earlier rules that leave out a part" fails_with 'rules:BOOT_EARLIER_RULES' --earlier earlier
ok "a tree for each partition that is walked is needed" predict 0 '' --tree COS_OEM=missing
truncate -s 50M oem/hole1 oem/hole2 oem/hole3
ok "files that are too large for their partition" fails_with 'content:TREE_HOLLOW'
rm oem/hole1 oem/hole2 oem/hole3
ok "a second disk with the same labels" fails_with 'storage:SURVEY_AMBIGUOUS handover:BOOT_NOT_MOUNTED' --disk disk.img
dd if=/dev/zero of=disk.img bs=512 count=1 seek=1 conv=notrunc status=none
ok "a primary table that is gone" predict 0 '' --json
ok "  gives other values" fails cmp out good
truncate -s 16M disk.img
ok "both tables gone" fails_with 'storage:SURVEY_ABSENT handover:BOOT_NOT_MOUNTED'
policy 'pcr 14' 'on-failure halt'
ok "a boot that halts" fails_with 'storage:SURVEY_ABSENT'
ok "  never gets to the handover" holds handover null
echo '# more' >>policy
ok "a policy that was changed" fails_with 'policy:SIG_MISMATCH'
ok "  is measured into the PCR that it names" holds pcr 14
rm policy.sig
ok "a policy without a signature" fails_with 'policy:BOOT_NO_SIGNATURE'
rm policy
ok "no policy" fails_with 'policy:BOOT_NO_POLICY'
ok "  goes into PCR 15" holds pcr 15
finish
