#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What cosima reads from logs, replays and exports agrees with tpm2_eventlog, evmctl and Python, on logs that Python made.
set -eu
cd "$(dirname "$0")/../.."
make -s build/cosima >&2
. src/build/tap.sh
python3 src/test/logs.py "$work"
logs=$work/logs

judge() {
	python3 src/test/oracle_log.py "$@"
}

# show NAME OPTION...: cosima's account of logs as $work/NAME.json and $work/NAME.txt.
show() {
	name=$1
	shift
	build/cosima log "$@" --json >"$work/$name.json" && build/cosima log "$@" >"$work/$name.txt"
}

# print_eventlog NAME: tpm2_eventlog prints $work/NAME.bin without a word of warning.
print_eventlog() {
	tpm2_eventlog "$work/$1.bin" >"$work/$1.yaml" 2>"$work/$1.err" || return 1
	cat "$work/$1.err"
	! [ -s "$work/$1.err" ]
}

# evmctl_agrees NAME LOG [OPTION]: evmctl replays LOG to the values that cosima showed as NAME, in both banks.
evmctl_agrees() {
	judge evmctl-pcrs "$work/$1.json" sha1 >"$work/$1.sha1"
	judge evmctl-pcrs "$work/$1.json" sha256 >"$work/$1.sha256"
	for bank in sha1 sha256; do
		evmctl ima_measurement --pcrs "$bank,$work/$1.$bank" "--verify-bank=$bank" ${3:+"$3"} "$2" || return 1
	done
}

# spoil FILE OFFSET: another byte there.
spoil() {
	cp "$1" "$work/spoilt"
	printf '\377' | dd of="$work/spoilt" bs=1 seek="$2" conv=notrunc status=none
}

# pack FILE...: an evidence archive of files of $logs; the members that must be there say nothing.
pack() {
	for name in quote.msg quote.sig ak.pem; do
		echo none >"$logs/$name"
	done
	tar -c -f "$work/evidence.tar" --format=ustar -C "$logs" quote.msg quote.sig ak.pem "$@"
}

# refused STATUS TEXT COMMAND...: it ends with that status and says that.
refused() {
	want=$1 text=$2 status=0
	shift 2
	"$@" >"$work/refused" 2>&1 || status=$?
	[ "$status" = "$want" ] && says "$text" "$work/refused"
}

ok "the firmware log and our events are shown" show boot --events "$logs/events.cel" --firmware "$logs/firmware.bin"
ok "their PCR values are those that Python computed" judge pcrs "$work/boot.json" "$logs/pcrs.json" boot
ok "what is shown is harmless on a terminal" judge harmless "$work/boot.txt"
ok "Python reads the event log and computes its digests" judge cel "$logs/events.cel"
ok "the JSON shows each event as it stands in the log" judge same-events "$logs/events.cel" "$work/boot.json"

ok "export behind the firmware log" \
	build/cosima export tcg --events "$logs/events.cel" --firmware "$logs/firmware.bin" --out "$work/combined.bin"
ok "tpm2_eventlog prints it without a warning" print_eventlog combined
ok "tpm2_eventlog replays it to the values that we show" judge eventlog "$work/combined.yaml" "$work/boot.json"
ok "cosima shows the export" show combined --firmware "$work/combined.bin"
ok "cosima replays the export to the same values" judge eventlog "$work/combined.yaml" "$work/combined.json"
ok "cosima names the firmware's events as tpm2_eventlog does" judge names "$work/combined.yaml" "$work/combined.json"
ok "export without a firmware log" build/cosima export tcg --events "$logs/events.cel" --out "$work/own.bin"
ok "tpm2_eventlog prints our own header without a warning" print_eventlog own
ok "our events alone are shown" show own --events "$logs/events.cel"
ok "tpm2_eventlog replays them to the values that we show" judge eventlog "$work/own.yaml" "$work/own.json"

ok "an IMA log is shown" show ima --ima "$logs/ima.bin"
ok "its PCR values are those that Python computed" judge pcrs "$work/ima.json" "$logs/pcrs.json" ima
ok "so are those of a kernel that extends SHA-1" judge padded "$work/ima.json" "$logs/pcrs.json" ima
ok "evmctl replays it to the same values" evmctl_agrees ima "$logs/ima.bin"
ok "an IMA log in the oldest template is shown" show old --ima "$logs/old.bin"
ok "its PCR values are those that Python computed" judge pcrs "$work/old.json" "$logs/pcrs.json" old
ok "so are those of a kernel that extends SHA-1" judge padded "$work/old.json" "$logs/pcrs.json" old
ok "evmctl replays it to the same values" evmctl_agrees old "$logs/old.bin"
ok "an IMA log with a violation is shown" show violations --ima "$logs/violations.bin"
ok "the violation is named" says "/var/log/busy  [VIOLATION]" "$work/violations.txt"
ok "its PCR values are those that Python computed" judge pcrs "$work/violations.json" "$logs/pcrs.json" violations
ok "so are those of a kernel that extends SHA-1" judge padded "$work/violations.json" "$logs/pcrs.json" violations
ok "evmctl replays it to the same values" evmctl_agrees violations "$logs/violations.bin" --ignore-violations
ok "evmctl does not agree with the values of another log" fails evmctl_agrees ima "$logs/violations.bin" --ignore-violations

pack events.cel firmware.bin ima.bin
show all --events "$logs/events.cel" --firmware "$logs/firmware.bin" --ima "$logs/ima.bin"
ok "the logs of an evidence archive are shown" show archive "$work/evidence.tar"
ok "they are the same as from files" cmp "$work/archive.json" "$work/all.json"
ok "export from an evidence archive" build/cosima export tcg "$work/evidence.tar" --out "$work/packed.bin"
ok "it is the same as from files" cmp "$work/packed.bin" "$work/combined.bin"
pack pcrs.json
ok "an archive without a log is refused" refused 1 "the archive holds no log" build/cosima log "$work/evidence.tar"
ok "nothing can be exported from it" refused 2 "the firmware event log is empty" build/cosima export tcg "$work/evidence.tar" --out "$work/none"
printf x >>"$work/evidence.tar"
ok "a malformed archive is refused" refused 2 "evidence.tar, byte" build/cosima log "$work/evidence.tar"

ok "hostile file names are shown" show hostile --ima "$logs/hostile.bin"
ok "they cannot steer a terminal" judge harmless "$work/hostile.txt"
ok "they cannot add a line" judge lines "$work/hostile.txt" 13
ok "a wrong template digest is named" says "/oem/wrong  [template digest is wrong]" "$work/hostile.txt"

spoil "$logs/events.cel" 0
ok "a malformed event log ends with status 2 and says where" \
	refused 2 "/spoilt, entry 0, byte 0: an event log record does not begin" build/cosima log --events "$work/spoilt"
spoil "$logs/events.cel" 40
ok "an event whose content was changed is no longer that of its digest" \
	refused 2 "/spoilt, entry 0, byte 0:" build/cosima log --events "$work/spoilt"
ok "nothing is exported from it" refused 2 "canonical JSON" build/cosima export tcg --events "$work/spoilt" --out "$work/none"
ok "no file is left then" fails test -e "$work/none"
spoil "$logs/ima.bin" 0
ok "a malformed IMA log ends with status 2 and says where" \
	refused 2 "/spoilt, entry 0, byte 0: IMA log entry for a PCR" build/cosima log --ima "$work/spoilt"
head -c 1000 "$logs/firmware.bin" >"$work/cut"
ok "a cut firmware log ends with status 2 and says where" \
	refused 2 "/cut, entry 12, byte 971:" build/cosima log --firmware "$work/cut"
finish
