#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: logs.py DIR
Makes event logs from the formats' descriptions alone, without any code of cosima: seeds in DIR/cel, DIR/ima and DIR/tcg, and in
DIR/logs a firmware log, an event log and IMA logs that belong together, with pcrs.json, the PCR values that they add up to."""
import hashlib
import json
import os
import struct
import sys

BANKS = ("sha1", "sha256")
TPM_IDS = {"sha1": 4, "sha256": 11, "sha384": 12, "sha512": 13, "sm3_256": 18}
SIZES = {"sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64, "sm3_256": 32}


def digest(alg, data):
    return hashlib.new(alg, data).digest()


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Pcrs:
    def __init__(self, banks):
        self.values = {bank: {} for bank in banks}

    def extend(self, bank, pcr, value):
        old = self.values[bank].get(pcr, bytes(SIZES[bank]))
        self.values[bank][pcr] = digest(bank, old + value)

    def extend_data(self, pcr, data):
        for bank in self.values:
            self.extend(bank, pcr, digest(bank, data))

    def extend_padded(self, pcr, data):
        for bank in self.values:
            self.extend(bank, pcr, digest("sha1", data).ljust(SIZES[bank], b"\0"))

    def as_json(self):
        return {bank: {str(pcr): value.hex() for pcr, value in pcrs.items()} for bank, pcrs in self.values.items()}


# ---- the firmware's log ------------------------------------------------------------------------------------------------------------

def sha1_event(pcr, kind, data, zero=False):
    return struct.pack("<II", pcr, kind) + (bytes(20) if zero else digest("sha1", data)) + struct.pack("<I", len(data)) + data


def spec_id(algs):
    data = b"Spec ID Event03\0" + struct.pack("<IBBBBI", 0, 0, 2, 0, 2, len(algs))
    data += b"".join(struct.pack("<HH", TPM_IDS[alg], SIZES[alg]) for alg in algs) + b"\0"
    return sha1_event(0, 3, data, zero=True)


def agile_event(algs, pcr, kind, data, zero=False):
    digests = b"".join(struct.pack("<H", TPM_IDS[alg]) + (bytes(SIZES[alg]) if zero else digest(alg, data)) for alg in algs)
    return struct.pack("<III", pcr, kind, len(algs)) + digests + struct.pack("<I", len(data)) + data


FIRMWARE = [(0, 8, "v1\0".encode("utf-16le")), (7, 0x80000007, b"Entering ROM Based Setup"), (4, 0x80000007, b"Calling EFI Application"),
            (5, 0x80000007, b"Exit Boot Services Invocation")] + [(pcr, 4, bytes(4)) for pcr in range(8)]


def firmware_log(algs):
    return spec_id(algs) + b"".join(agile_event(algs, *event) for event in FIRMWARE)


# ---- our events --------------------------------------------------------------------------------------------------------------------

EVENTS = [
    {"event": "policy", "format": 1, "ima": "active", "name": "kairos-grub", "pcr": 15, "sha256": "11" * 32, "signer": "22" * 32, "version": 7},
    {"event": "info", "topic": "tpm", "values": {"resets": 3, "vendor": "SW"}},
    {"event": "storage", "partitions": [{"name": "COS_OEM", "state": "present", "label": "caf\u00e9 \u202e\x07\n\"\\", "size": 1 << 50},
                                        {"name": "COS_PERSISTENT", "state": "absent", "label": {"hex": "ff00"}}]},
    {"event": "ima-policy", "loaded": "text", "result": "OK", "sha256": "33" * 32},
    {"event": "content", "bytes": 12345, "files": 3, "partition": "COS_OEM", "sha256": "44" * 32},
    {"event": "handover", "partitions": [{"matches": True, "name": "COS_OEM"}]},
]


def cel_log(events, banks):
    lines = []
    for number, event in enumerate(events):
        info = event["event"] == "info"
        content = canonical(event)
        lines.append(b"\x1e" + canonical({
            "content": event, "content_type": "cosima-info" if info else "cosima", "pcr": 15, "recnum": number,
            "digests": [] if info else [{"digest": digest(bank, content).hex(), "hashAlg": bank} for bank in banks]}) + b"\n")
    return b"".join(lines)


# ---- the kernel's log --------------------------------------------------------------------------------------------------------------

def field(data):
    return struct.pack("<I", len(data)) + data


def hash_field(data, alg="sha256", kind=""):
    return field((kind + alg + ":").encode() + b"\0" + digest(alg, data))


def path_field(path):
    return field(path + b"\0")


class Ima:
    """A log with the SHA-1 column, and what the kernel extends for it."""

    def __init__(self, banks=BANKS):
        self.log = b""
        self.pcrs = Pcrs(banks)
        self.padded = Pcrs([bank for bank in banks if bank != "sha1"])

    def add(self, template, data, pcr=10, violation=False, column=b""):
        self.log += struct.pack("<I", pcr) + (bytes(20) if violation else column or digest("sha1", data))
        self.log += field(template.encode()) + field(data)
        for bank in self.pcrs.values:
            self.pcrs.extend(bank, pcr, b"\xff" * SIZES[bank] if violation else digest(bank, data))
        for bank in self.padded.values:
            self.padded.extend(bank, pcr, b"\xff" * SIZES[bank] if violation else digest("sha1", data).ljust(SIZES[bank], b"\0"))

    def add_old(self, path, content):
        hashed = digest("sha1", content) + path.ljust(256, b"\0")
        self.log += struct.pack("<I", 10) + digest("sha1", hashed) + field(b"ima") + digest("sha1", content) + field(path)
        self.pcrs.extend_data(10, hashed)
        self.padded.extend_padded(10, hashed)


def aggregate(banks=BANKS):
    ima = Ima(banks)
    ima.add("ima-sig", hash_field(b"aggregate") + path_field(b"boot_aggregate") + field(b""))
    return ima


def mixed_log(violation):
    ima = aggregate()
    for i in range(200):
        ima.add("ima-ng", hash_field(b"%d" % i) + path_field(b"/usr/bin/program%d" % i))
    ima.add("ima-sig", hash_field(b"signed", "sha512") + path_field(b"/oem/90_custom.yaml") + field(b"\3\2\4" + bytes(70)))
    ima.add("ima-buf", hash_field(b"buffer") + path_field(b"dm_table_load") + field(b"buffer"))
    ima.add("ima-ng", hash_field(b"other pcr") + path_field(b"/oem/pcr12"), pcr=12)
    if violation:
        ima.add("ima-ng", field(b"sha256:\0" + bytes(32)) + path_field(b"/var/log/busy"), violation=True)
    ima.add("ima-ng", hash_field(b"last") + path_field(b"/last"))
    return ima


def old_log():
    """evmctl replays the oldest template in a log of its own only."""
    ima = Ima()
    for path in (b"boot_aggregate", b"/sbin/init", b"/bin/" + b"x" * 200):
        ima.add_old(path, path)
    return ima


def hostile_log():
    ima = aggregate()
    for path in (b"/oem/\x1b[31mred", b"/oem/line\n     99  PCR 10  forged", b"/oem/\xe2\x80\xaexcod.exe", b"/oem/\xff\xfe", b"/oem/back\\slash"):
        ima.add("ima-ng", hash_field(path) + path_field(path))
    ima.add("\x1b[2Jtemplate", b"\0\1\2")
    ima.add("ima-ng", hash_field(b"wrong") + path_field(b"/oem/wrong"), column=b"\1" * 20)
    return ima


def ima_seeds():
    parts = {
        "ng": ("ima-ng", hash_field(b"a") + path_field(b"/a")),
        "sig": ("ima-sig", hash_field(b"a", "sha1") + path_field(b"/oem/a_b") + field(b"\3\2\4\1\2\3\4\0\4abcd")),
        "buf": ("ima-buf", hash_field(b"buffer") + path_field(b"kexec-cmdline") + field(b"quiet")),
        "ngv2": ("ima-ngv2", hash_field(b"a", "sha256", "verity:") + path_field(b"/v")),
        "sigv2": ("ima-sigv2", hash_field(b"a", "sha384", "ima:") + path_field(b"/v") + field(b"")),
        "modsig": ("ima-modsig", hash_field(b"a") + path_field(b"/lib/m.ko") + field(b"") + hash_field(b"m") + field(b"modsig")),
        "evm": ("evm-sig", hash_field(b"a") + path_field(b"/e") + field(b"\5") + 6 * field(b"xxxx")),
        "unknown": ("d-ng|n-ng|unknown", b"anything"),
    }
    for name, (template, data) in parts.items():
        ima = aggregate()
        ima.add(template, data)
        yield name, ima.log
    yield "old", old_log().log
    small = aggregate()
    small.add("ima-ng", field(b"sha256:\0" + bytes(32)) + path_field(b"/busy"), violation=True)
    yield "violation", small.log


# ---- files -------------------------------------------------------------------------------------------------------------------------

def main():
    top = sys.argv[1]

    def write(path, data):
        os.makedirs(os.path.dirname(os.path.join(top, path)), exist_ok=True)
        with open(os.path.join(top, path), "wb") as out:
            out.write(data)

    for name, log in ima_seeds():
        write("ima/" + name, log)
    write("cel/all", cel_log(EVENTS, BANKS))
    write("cel/failure", cel_log([{"event": "failure", "error": "HEX", "stage": "policy"}], ("sha384",)))
    write("cel/info", cel_log(EVENTS[1:2], BANKS))
    write("tcg/two", firmware_log(BANKS))
    write("tcg/one", firmware_log(("sha384",)))
    write("tcg/unknown", spec_id(("sm3_256",)) + agile_event(("sm3_256",), 0, 4, bytes(4), zero=True))
    write("tcg/locality", spec_id(BANKS) + agile_event(BANKS, 0, 3, b"StartupLocality\0\3", zero=True))
    write("tcg/gpt", spec_id(BANKS) + agile_event(BANKS, 5, 0x80000006, b"EFI PART" + bytes(84) + struct.pack("<Q", 0)))
    write("tcg/old", b"".join(sha1_event(*event) for event in FIRMWARE))

    boot = Pcrs(BANKS)
    for pcr, _, data in FIRMWARE:
        boot.extend_data(pcr, data)
    for event in EVENTS:
        if event["event"] != "info":
            boot.extend_data(15, canonical(event))
    clean, violated, old = mixed_log(False), mixed_log(True), old_log()
    write("logs/firmware.bin", firmware_log(BANKS))
    write("logs/events.cel", cel_log(EVENTS, BANKS))
    write("logs/ima.bin", clean.log)
    write("logs/violations.bin", violated.log)
    write("logs/old.bin", old.log)
    write("logs/hostile.bin", hostile_log().log)
    pcrs = {"boot": boot, "ima": clean.pcrs, "violations": violated.pcrs, "old": old.pcrs,
            "ima-padded": clean.padded, "violations-padded": violated.padded, "old-padded": old.padded}
    write("logs/pcrs.json", json.dumps({name: values.as_json() for name, values in pcrs.items()}).encode())


main()
