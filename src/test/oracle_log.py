#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What oracle-log.sh asks of `cosima log --json` and of other people's tools. Each command ends with status 0 when the answer is yes."""
import hashlib
import json
import re
import sys


def load(path):
    with open(path, encoding="utf-8") as text:
        return json.load(text)


def records(path):
    with open(path, "rb") as log:
        for line in log.read().split(b"\n")[:-1]:
            if line[:1] != b"\x1e":
                sys.exit("a record does not begin with 0x1E")
            yield line[1:]


def differ(left, right):
    if left != right:
        sys.exit("%s\ndiffers from\n%s" % (left, right))


def pcrs(shown, wanted, key):
    """The PCR values of a shown log are those that were computed when it was made."""
    differ(load(shown)["pcrs"], load(wanted)[key])


def padded(shown, wanted, key):
    """So are those of a kernel that extends SHA-1 into every bank."""
    differ({bank: values for bank, values in load(shown)["pcrs-padded"].items() if bank != "sha1"}, load(wanted)[key + "-padded"])


def evmctl_pcrs(shown, bank):
    """The file that evmctl takes in place of a TPM."""
    values = load(shown)["pcrs"][bank]
    size = len(next(iter(values.values())))
    for pcr in range(24):
        print("PCR-%02d: %s" % (pcr, values.get(str(pcr), "0" * size)))


def eventlog(yaml, shown):
    """tpm2_eventlog computed the PCR values that we show, and counted as many events."""
    with open(yaml, encoding="utf-8") as text:
        lines = text.read()
    found = {}
    for line in lines[lines.index("\npcrs:"):].splitlines():
        if bank := re.fullmatch(r"  (\w+):", line):
            values = found.setdefault(bank[1], {})
        elif value := re.fullmatch(r" +(\d+) *: 0x([0-9a-f]+)", line):
            values[value[1]] = value[2]
    differ(found, load(shown)["pcrs"])


def names(yaml, shown):
    """tpm2_eventlog calls each firmware event as we do."""
    with open(yaml, encoding="utf-8") as text:
        found = re.findall(r"EventType: (\w+)", text.read())
    differ(found[1:], [event["name"] for event in load(shown)["firmware"]])


def cel(log):
    """Python reads every record, writes it canonically with the same bytes, and computes the same digests."""
    for number, line in enumerate(records(log)):
        record = json.loads(line)
        differ(line, json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())
        differ(record["recnum"], number)
        content = json.dumps(record["content"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        for entry in record["digests"]:
            differ(entry["digest"], hashlib.new(entry["hashAlg"], content).hexdigest())


def same_events(log, shown):
    differ([json.loads(line)["content"] for line in records(log)], [event["content"] for event in load(shown)["events"]])


def harmless(path):
    """Nothing in a text can steer a terminal or turn the order of what is shown."""
    with open(path, "rb") as text:
        shown = text.read().decode("utf-8")
    if bad := re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", shown):
        sys.exit("shows %r" % bad[0])


def lines(path, count):
    with open(path, "rb") as text:
        differ(len(text.read().splitlines()), int(count))


globals()[sys.argv[1].replace("-", "_")](*sys.argv[2:])
