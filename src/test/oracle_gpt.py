# SPDX-License-Identifier: Apache-2.0
"""Partition tables as `sfdisk --json` and `gdisk -l` read them, and what the partitions hold as `blkid -p` sees it."""
import json

from oracle_format import output, same
from oracle_fs import blkid, blkid_of

ATTRIBUTES = {0: "RequiredPartition", 1: "NoBlockIOProtocol", 2: "LegacyBIOSBootable"}


def attributes(text):
    bits = [bit for bit in range(64) if int(text, 16) >> bit & 1]
    words = [ATTRIBUTES[bit] for bit in bits if bit in ATTRIBUTES]
    own = [str(bit) for bit in bits if bit not in ATTRIBUTES]
    return " ".join(words + (["GUID:" + ",".join(own)] if own else []))


def partition(entry):
    layout = entry["layout"]
    return {
        "number": layout["number"],
        "start": layout["first_lba"],
        "size": layout["last_lba"] - layout["first_lba"] + 1,
        "type": entry["identity"]["type"].upper(),
        "uuid": entry["identity"]["guid"].upper(),
        "name": entry["identity"]["name"],
        "attrs": attributes(entry["config"]["attributes"]),
    }


def compare_sfdisk(image, found):
    sector = ["--sector-size", str(found["sector_bytes"])] if found["sector_bytes"] != 512 else []
    table = json.loads(output("sfdisk", "--json", *sector, image))["partitiontable"]
    if table["label"] != "gpt":
        return same({"label": {"GPT_NONE": "dos"}.get(found["gpt"])}, {"label": table["label"]})
    identity, layout = found["table"]["identity"], found["table"]["layout"]
    differences = same(
        {"id": identity["disk_guid"].upper(), "firstlba": layout["first_usable_lba"], "lastlba": layout["last_usable_lba"],
         "sectorsize": layout["sector_bytes"], "partitions": len(found["partitions"])},
        {"id": table["id"], "firstlba": table["firstlba"], "lastlba": table["lastlba"], "sectorsize": table["sectorsize"],
         "partitions": len(table.get("partitions", []))})
    for ours, theirs in zip(found["partitions"], table.get("partitions", [])):
        number = int(theirs.pop("node")[len(image):].lstrip("p"))
        theirs = {"name": "", "attrs": ""} | theirs | {"number": number}
        for field, values in same(partition(ours["entry"]), theirs).items():
            differences[f"partition {number} {field}"] = values
    return differences


def gdisk_state(text):
    """Which table gdisk finds wanting, in cosima's words. Of two tables that differ it calls the entries of the backup wrong."""
    wrong = [line.split(":")[0] for line in text.splitlines() if line.endswith(": ERROR")]
    if "GPT: not present" in text:
        return None
    if any(part.startswith("Main") for part in wrong):
        return "primary-bad"
    if "Main and backup partition tables differ" in text:
        return "backup-differs"
    return "backup-bad" if wrong else "ok"


def compare_gdisk(image, found):
    text = output("gdisk", "-l", image, warnings=True)
    mbr = {"MBR: protective": "protective", "MBR: hybrid": "hybrid", "MBR: MBR only": "foreign"}
    identity = found.get("table", {}).get("identity", {})
    theirs = {"state": gdisk_state(text)}
    if identity:
        theirs["mbr"] = [name for line, name in mbr.items() if line in text][0]
    return same(identity | {"state": identity.get("state")}, theirs)


def compare_contents(image, found):
    differences = {}
    for part in found["partitions"]:
        entry = partition(part["entry"])
        unit = found["sector_bytes"]
        theirs = blkid(image, "-O", str(entry["start"] * unit), "-S", str(entry["size"] * unit))
        theirs = {key: value for key, value in theirs.items() if key in ("TYPE", "UUID", "LABEL")}
        ours = blkid_of(part["signatures"][0]) if part["signatures"] else {}
        for field, values in (same(ours, theirs) | same(theirs, ours)).items():
            differences[f"partition {entry['number']} {field}"] = values
    return differences


CHECKS = [
    ("disk-[!b]*.img", "sfdisk --json", compare_sfdisk),
    ("disk-backup-bad.img", "sfdisk --json", compare_sfdisk),
    ("disk-*.img", "gdisk -l", compare_gdisk),
    ("disk-cos*.img", "blkid -p (contents)", compare_contents),
]
