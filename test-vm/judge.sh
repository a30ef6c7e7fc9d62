# SPDX-License-Identifier: Apache-2.0
# Sourced: what cosima and other people's tools say of a case's evidence.
# shellcheck shell=sh disable=SC2154 # paths.sh and case.sh set them

# said: what cosima said in the guest, on the console, without the kernel's times, what the kernel wrote into the same line, and the name of the key.
said() {
	tr -d '\r' <"$case/console.log" |
		sed -n 's/^\[ *[0-9.]*\] cosima: /cosima: /; s/^vm: \(cosima\|no \)/\1/; s/\(.\)\[ *[0-9]*\.[0-9]*\] .*/\1/; s/signed by [0-9a-f]*/signed by KEY/; s/ *$//; /^\(cosima\|no \)/p'
}

# later: what the case's own script in the guest found.
later() {
	tr -d '\r' <"$case/console.log" | grep -a '^later: '
}

# which_kernel: the version of the kernel that booted, without Debian's ABI number.
which_kernel() {
	sed -nE 's/^(\[ *[0-9.]*\] )?Linux version ([0-9]*\.[0-9]*).*/Linux \2/p' "$case/console.log"
}

# probe: what is wrong with the machine's disk.
probe() {
	"$cosima" probe "$case/disk.img" 2>&1 >"$case/probe" | sed "s#$case/##"
}

# verdict [OPTION...]: the verifier's answer for people, by $baseline where a case has its own; hashes, which depend on the compiler and the keys, are
# shortened away.
verdict() {
	status=0
	"$cosima" verify "$case/evidence.tar" --baseline "${baseline:-$out/baseline.json}" --nonce "$(cat "$case/nonce")" "$@" \
		>"$case/verdict" || status=$?
	echo "cosima verify${1+ $*}: status $status"
	sed -E 's/[0-9a-f]{40,}/HEX/g' "$case/verdict"
}

# enroll: this boot is the one that later verdicts of the case are held against, instead of the stock machine's.
enroll() {
	baseline=$case/baseline.json enrolled=$case
	"$cosima" enroll --evidence "$case/evidence.tar" --nonce "$(cat "$case/nonce")" --out "$baseline" >&2
}

# witnesses [changed=PCR,...]: predicted, replayed and quoted PCRs are equal, and other people's tools accept the evidence. The boot chain's PCRs
# that a case changes are named. With "unpredicted" something outside of cosima happens, which it cannot predict of its own PCR.
witnesses() {
	"$here/replay" "$case" "${enrolled:-$out/enroll}" "$@"
	mkdir -p "$case/evidence"
	tar -m -xf "$case/evidence.tar" -C "$case/evidence"
	quote_accepted
	ima_log_matches
	export_readable
}

quote_accepted() {
	tpm2_checkquote -u "$case/evidence/ak.pem" -m "$case/evidence/quote.msg" -s "$case/evidence/quote.sig" \
		-q "$(cat "$case/nonce")" >"$case/checkquote" 2>&1 || die "tpm2_checkquote: $(cat "$case/checkquote")"
	echo 'tpm2_checkquote: accepted'
}

# evmctl takes the PCRs as the lines PCR-00: to PCR-23: of a file.
ima_log_matches() {
	python3 -c 'import json, sys
for pcr, value in json.load(open(sys.argv[1]))["sha256"].items(): print(f"PCR-{int(pcr):02}: {value}")' "$case/pcrs.json" >"$case/pcrs.sha256"
	evmctl ima_measurement --ignore-violations --pcrs "sha256,$case/pcrs.sha256" "$case/evidence/ima.bin" >"$case/evmctl" 2>&1 ||
		die "evmctl: $(cat "$case/evmctl")"
	echo 'evmctl ima_measurement: matched'
}

# firmware_replayed: the firmware's log adds up to the PCRs of the boot chain, said by somebody else than cosima.
firmware_replayed() {
	tpm2_eventlog "$case/evidence/firmware.bin" 2>/dev/null | sed '1,/^pcrs:/d' | "$here/firmware-pcrs" "$case/pcrs.json"
}

# image_judged: systemd-measure, which knows what systemd's stub does, has predicted the same of PCR 11.
image_judged() {
	set --
	for section in linux osrel cmdline initrd; do
		objcopy -O binary --only-section=".$section" "$case/uki.efi" "$case/uki.$section"
		set -- "$@" "--$section=$case/uki.$section"
	done
	/usr/lib/systemd/systemd-measure calculate "$@" --bank=sha256 --bank=sha384 --phase=: 2>/dev/null | sed -n 's/^11://p' >"$case/measure"
	python3 -c 'import json, sys
for bank, pcrs in json.load(open(sys.argv[1])).items(): print(bank + "=" + pcrs["11"])' "$case/chain.json" | diff - "$case/measure"
	echo "systemd-measure: has predicted the same PCR 11 in $(wc -l <"$case/measure") banks"
}

export_readable() {
	"$cosima" export tcg "$case/evidence.tar" --out "$case/cosima.tcg"
	tpm2_eventlog "$case/cosima.tcg" >"$case/eventlog" || die "tpm2_eventlog cannot read cosima's export"
	echo "tpm2_eventlog: $(grep -c '^ *- EventNum:' "$case/eventlog") events"
}
