# SPDX-License-Identifier: Apache-2.0
"""btrfs, squashfs, LUKS and dm-verity as their own tools print them, and as `blkid -p` names them."""
import base64
import json
import os
import re
import shutil
import tempfile

from oracle_format import output, same
from oracle_fs import blkid, compare_blkid

BTRFS_CSUMS = {"crc32c": "0 (crc32c)", "sha256": "2 (sha256)"}


def named_lines(text, separator=":"):
    """Lines of `name: value`, both stripped, of the first occurrence of each name."""
    fields = {}
    for line in text.splitlines():
        name, found, value = line.partition(separator)
        if found and name.strip() not in fields:
            fields[name.strip()] = value.strip()
    return fields


def words(names):
    return [name.upper() for name in names]


def btrfs_dump(image):
    """Fields of the dump; the names of a flag word, in the lines under it, as a list beside its number."""
    fields = {}
    for line in output("btrfs", "inspect-internal", "dump-super", image).splitlines():
        if line.startswith("\t"):
            fields[last] += re.findall(r"[A-Z_0-9]+", line)
        elif "\t" in line:
            name, value = re.split(r"\t+", line, maxsplit=1)
            fields[name] = value
            if name.endswith("flags"):
                last, fields[name + " names"] = name + " names", []
    return fields


def compare_btrfs(image, found):
    facts = found["signatures"][0]
    config, identity, info, layout = (facts[name] for name in ("config", "identity", "info", "layout"))
    ours = {
        "csum_type": BTRFS_CSUMS[config["csum_type"]], "fsid": identity["uuid"], "metadata_uuid": identity["metadata_uuid"],
        "label": identity["label"], "dev_item.uuid": identity["device_uuid"], "dev_item.devid": str(identity["device_id"]),
        "generation": str(info["generation"]), "total_bytes": str(layout["total_bytes"]),
        "dev_item.total_bytes": str(layout["device_bytes"]), "num_devices": str(config["device_count"]),
        "sectorsize": str(config["sector_bytes"]), "nodesize": str(config["node_bytes"]), "bytenr": "65536",
        "compat_ro_flags names": words(config["features"]["compat_ro"]),
        "incompat_flags names": words(config["features"]["incompat"]), "flags names": words(config["flags"]),
    }
    return same(btrfs_dump(image), ours)


def compare_btrfs_blkid(image, found):
    theirs, identity = blkid(image), found["signatures"][0]["identity"]
    return same({"UUID_SUB": identity["device_uuid"]}, {"UUID_SUB": theirs["UUID_SUB"]}) | compare_blkid(image, found)


def compare_unverified(image, found):
    return same(found["signatures"][0], {"error": "BTRFS_CSUM_UNVERIFIED", "type": blkid(image)["TYPE"]})


def compare_squashfs(image, found):
    facts = found["signatures"][0]
    flags, text = facts["config"]["flags"], output("unsquashfs", "-s", image)
    numbers = dict(re.findall(r"^(Filesystem size|Block size|Number of \w+) (\d+)", text, re.M))
    ours = {
        "Filesystem size": facts["identity"]["bytes_used"], "Block size": facts["config"]["block_bytes"],
        "Number of fragments": facts["layout"]["fragments"], "Number of inodes": facts["identity"]["inodes"],
        "Number of ids": facts["layout"]["ids"],
    }
    said = {
        f"Compression {facts['config']['compression']}": True,
        "Filesystem is exportable via NFS": "exportable" in flags, "Duplicates are removed": "duplicates" in flags,
        "Fragments are not stored": "no_fragments" in flags, "Xattrs are not stored": "no_xattrs" in flags,
        "Always-use-fragments option is specified": "always_fragments" in flags,
    }
    made = output("date", "-u", "-d", f"@{facts['identity']['made_time']}", "+%a %b %e %H:%M:%S %Y").strip()
    said[f"Creation or last append time {made}"] = True
    return same({key: str(value) for key, value in ours.items()}, numbers) | same(said, {line: line in text for line in said})


def compare_verity(image, found):
    facts = found["signatures"][0]
    config, identity = facts["config"], facts["identity"]
    ours = {
        "UUID": identity["uuid"], "Hash type": str(config["hash_type"]), "Data blocks": str(facts["layout"]["data_blocks"]),
        "Data block size": str(config["data_block_bytes"]), "Hash block size": str(config["hash_block_bytes"]),
        "Hash algorithm": config["algorithm"], "Salt": identity["salt"] or "-",
    }
    return same(named_lines(output("veritysetup", "dump", image)), ours)


def without_spaces(text):
    return re.sub(r"\s", "", text)


def compare_luks1(image, found):
    facts = found["signatures"][0]
    config, identity = facts["config"], facts["identity"]
    head, *slots = re.split(r"^Key Slot ", output("cryptsetup", "luksDump", image), flags=re.M)
    # A salt goes on in the next line.
    theirs = named_lines(re.sub(r"\n\s+\t", " ", head))
    ours = {
        "Version": str(identity["version"]), "Cipher name": config["cipher"], "Cipher mode": config["mode"], "Hash spec": config["hash"],
        "Payload offset": str(facts["layout"]["payload_offset_sectors"]), "MK bits": str(8 * config["key_bytes"]),
        "MK digest": identity["mk_digest"], "MK salt": identity["mk_digest_salt"], "MK iterations": str(identity["mk_digest_iterations"]),
        "UUID": identity["uuid"],
    }
    theirs |= {key: without_spaces(theirs[key]) for key in ("MK digest", "MK salt")}
    active = {slot["number"]: slot for slot in config["keyslots"]}
    for number, text in enumerate(slots):
        if "ENABLED" in text:
            fields = named_lines(re.sub(r"\n\t\s+\t", " ", text))
            theirs[f"slot {number}"] = (fields["Iterations"], without_spaces(fields["Salt"]))
        if number in active:
            ours[f"slot {number}"] = (str(active[number]["iterations"]), active[number]["salt"])
    slot_names = {key for key in theirs if key.startswith("slot")}
    return same(theirs, ours) | same(ours, {key: theirs[key] for key in slot_names})


def compare_luks2_json(image, found):
    """Every member of cryptsetup's JSON is somewhere in ours, as it is; of tokens, the digest of the whole."""
    theirs = json.loads(output("cryptsetup", "luksDump", "--dump-json-metadata", image))
    facts = found["signatures"][0]
    config, digests = facts["config"], facts["identity"]["digests"]
    ours = {name: config[name] for name in ("config", "keyslots", "segments")}
    ours["digests"] = {key: digest | {"keyslots": config["bindings"][key]} for key, digest in digests.items()}
    ours["tokens"] = config["tokens"]
    for key, token in theirs["tokens"].items():
        canonical = json.dumps(token, sort_keys=True, separators=(",", ":"))
        theirs["tokens"][key] = {"keyslots": token["keyslots"], "sha256": sha256(canonical), "type": token["type"]}
    return same(ours, theirs) | same(theirs, ours)


def sha256(text):
    with tempfile.NamedTemporaryFile() as f:
        f.write(text.encode())
        f.flush()
        return output("sha256sum", f.name).split()[0]


def compare_luks2(image, found):
    """The header that cryptsetup goes by; of a copy, because it repairs what it finds broken."""
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copy(image, os.path.join(folder, "copy"))
        theirs = named_lines(output("cryptsetup", "luksDump", copy))
    facts = found["signatures"][0]
    identity, digest = facts["identity"], facts["identity"]["digests"]["0"]
    ours = {
        "Version": str(identity["version"]), "Epoch": str(facts["info"]["seqid"]),
        "Metadata area": f"{facts['layout']['header_bytes']} [bytes]", "UUID": identity["uuid"],
        "Label": identity["label"] or "(no label)", "Subsystem": identity["subsystem"] or "(no subsystem)",
        "Keyslots area": f"{facts['config']['config']['keyslots_size']} [bytes]", "0": facts["config"]["segments"]["0"]["type"],
    }
    return same(theirs, ours) | same({"salt": len(base64.b64decode(digest["salt"]))}, {"salt": 32})


def compare_luks2_blkid(image, found):
    theirs, identity = blkid(image), found["signatures"][0]["identity"]
    ours = {"VERSION": str(identity["version"]), "UUID": identity["uuid"], "LABEL": identity["label"], "SUBSYSTEM": identity["subsystem"]}
    return same({key: theirs.get(key, "") for key in ours}, ours)


CHECKS = [
    ("btrfs-[!bx]*.img", "btrfs inspect-internal dump-super", compare_btrfs),
    ("btrfs-[!bx]*.img", "blkid -p", compare_btrfs_blkid),
    ("btrfs-[bx]*.img", "blkid -p (the type alone, the checksum cannot be verified)", compare_unverified),
    ("squashfs*.img", "unsquashfs -s", compare_squashfs),
    ("squashfs*.img", "blkid -p", compare_blkid),
    ("verity*.img", "veritysetup dump", compare_verity),
    ("verity*.img", "blkid -p", compare_blkid),
    # blkid believes the first header without a look at its checksum, so it is asked only about those where that one counts.
    ("luks1*.img", "blkid -p", compare_blkid),
    ("luks2.img", "blkid -p", compare_blkid),
    ("luks2-plain.img", "blkid -p", compare_blkid),
    ("luks2-wide.img", "blkid -p", compare_blkid),
    ("luks1*.img", "cryptsetup luksDump", compare_luks1),
    ("luks2*.img", "cryptsetup luksDump", compare_luks2),
    ("luks2.img", "blkid -p (label and subsystem)", compare_luks2_blkid),
    ("luks2-wide.img", "blkid -p (label and subsystem)", compare_luks2_blkid),
    ("luks2.img", "cryptsetup luksDump --dump-json-metadata", compare_luks2_json),
    ("luks2-plain.img", "cryptsetup luksDump --dump-json-metadata", compare_luks2_json),
    ("luks2-wide.img", "cryptsetup luksDump --dump-json-metadata", compare_luks2_json),
]
