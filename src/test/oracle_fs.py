# SPDX-License-Identifier: Apache-2.0
"""Every volume as `blkid -p` names it; XFS as `xfs_db` prints it; FAT as `fsck.fat -vn` prints it."""
import re

from oracle_format import output, same

# Names of feature bits, lowest first, as cosima writes them.
XFS_VERSION = "- - - - attr nlink quota align dalign shared logv2 sector extflg dirv2 borg morebits".split()
XFS_FEATURES2 = "- lazysbcount - attr2 parent - - projid32bit crc ftype".split()
XFS_RO_COMPAT = "finobt rmapbt reflink inobtcount".split()
XFS_INCOMPAT = "ftype sparse_inodes meta_uuid bigtime needsrepair nrext64".split()
NO_UUID = "00000000-0000-0000-0000-000000000000"


def mask(words, table):
    return sum(1 << table.index(word) for word in words)


def blkid(image, *arguments):
    lines = output("blkid", "-p", "-o", "export", *arguments, image, statuses=(0, 2)).splitlines()
    return {key: re.sub(r"\\(.)", r"\1", value) for key, value in (line.split("=", 1) for line in lines)}


def blkid_of(facts):
    """What blkid prints of a signature, of those fields that both have."""
    identity = facts.get("identity", {})
    ours = {"TYPE": facts["type"]}
    for key, name in (("UUID", "uuid"), ("LABEL", "label")):
        if identity.get(name):
            ours[key] = identity[name].rstrip()
    return ours


def compare_blkid(image, found):
    theirs = {key: value for key, value in blkid(image).items() if key in ("TYPE", "UUID", "LABEL")}
    if len(found["signatures"]) != 1:
        return {"signatures": (len(found["signatures"]), 1)}
    ours = blkid_of(found["signatures"][0])
    return same(ours, theirs) | same(theirs, ours)


def xfs_db(image):
    fields = dict(line.split(" = ", 1) for line in output("xfs_db", "-r", "-c", "sb 0", "-c", "p", image).splitlines())
    fields["fname"] = fields["fname"].strip('"').replace("\\000", "")
    for key, value in fields.items():
        if re.fullmatch(r"0x[0-9a-f]+", value):
            fields[key] = str(int(value, 16))
    # Not kept: derived from others, quota inodes and realtime maps that the kernel makes, and the checksum, which was checked.
    for key in ("rbmino", "rsumino", "rbmblocks", "rextslog", "uquotino", "gquotino", "pquotino", "flags", "bad_features2", "crc"):
        fields.pop(key, None)
    return fields


def log2(n):
    return n.bit_length() - 1


def compare_xfs(image, found):
    facts = found["signatures"][0]
    config, identity, info, layout = (facts[name] for name in ("config", "identity", "info", "layout"))
    features = config["features"]
    block = config["block_bytes"]
    in_meta_uuid = "meta_uuid" in features["incompat"]
    version = config["version"] + mask(features["version"], XFS_VERSION)
    ours = {
        "magicnum": 0x58465342, "blocksize": block, "dblocks": layout["data_blocks"], "rblocks": layout["realtime_blocks"],
        "rextents": layout["realtime_extents"], "uuid": identity["uuid"], "logstart": layout["log_start_block"],
        "rootino": config["root_inode"], "rextsize": layout["realtime_extent_blocks"], "agblocks": layout["group_blocks"],
        "agcount": layout["group_count"], "logblocks": layout["log_blocks"],
        "versionnum": version + 0x10 * info["has_attributes"] + 0x40 * info["has_quota"],
        "sectsize": config["sector_bytes"], "inodesize": config["inode_bytes"], "inopblock": block // config["inode_bytes"],
        "fname": identity["label"], "blocklog": log2(block), "sectlog": log2(config["sector_bytes"]),
        "inodelog": log2(config["inode_bytes"]), "inopblog": log2(block // config["inode_bytes"]),
        "agblklog": (layout["group_blocks"] - 1).bit_length(), "inprogress": 0, "imax_pct": config["inode_max_percent"],
        "icount": info["inodes"], "ifree": info["free_inodes"], "fdblocks": info["free_blocks"],
        "frextents": info["free_realtime_extents"], "qflags": info["quota_flags"], "shared_vn": config["shared_version"],
        "inoalignmt": config["inode_alignment_blocks"], "unit": layout["stripe_unit_blocks"],
        "width": layout["stripe_width_blocks"], "dirblklog": log2(config["directory_block_bytes"] // block),
        "logsectlog": log2(config["log_sector_bytes"]) if config["log_sector_bytes"] else 0,
        "logsectsize": config["log_sector_bytes"], "logsunit": layout["log_stripe_bytes"],
        "features2": mask(features["features2"], XFS_FEATURES2), "features_compat": mask(features["compat"], []),
        "features_ro_compat": mask(features["ro_compat"], XFS_RO_COMPAT),
        "features_incompat": mask(features["incompat"], XFS_INCOMPAT) + 0x10 * info["needs_repair"],
        "features_log_incompat": mask(info["features_log_incompat"], ["xattrs"]),
        "spino_align": config["sparse_inode_alignment_blocks"], "lsn": info["log_sequence"],
        "meta_uuid": identity["meta_uuid"] if in_meta_uuid else NO_UUID,
    }
    return same({key: str(value) for key, value in ours.items()}, xfs_db(image))


FSCK_FAT = {
    "oem_name": r'System ID "(.*)"',
    "media": r"Media byte 0x(\w+)",
    "sector_bytes": r"(\d+) bytes per logical sector",
    "cluster_bytes": r"(\d+) bytes per cluster",
    "reserved_sectors": r"(\d+) reserved sectors?",
    "fats": r"(\d+) FATs?,",
    "fat_bits": r"(\d+) bit entries",
    "fat_sectors": r"bytes per FAT \(= (\d+) sectors?",
    "root_entries": r"(\d+) root directory entries",
    "root_cluster": r"Root directory start at cluster (\d+)",
    "clusters": r"(\d+) data clusters",
    "hidden_sectors": r"(\d+) hidden sectors",
    "sectors": r"(\d+) sectors total",
}


def compare_vfat(image, found):
    text = output("fsck.fat", "-vn", image)
    facts = found["signatures"][0]
    ours = {key: str(value) for key, value in (facts["config"] | facts["layout"]).items()}
    ours["media"] = f"{facts['config']['media']:02x}"
    theirs = {key: match.group(1) for key, pattern in FSCK_FAT.items() if (match := re.search(pattern, text))}
    return same(ours, theirs) | same({"fields": len(theirs)}, {"fields": len(FSCK_FAT) - 1})


def compare_vfat_blkid(image, found):
    config = found["signatures"][0]["config"]
    theirs = blkid(image)
    label = "" if config["boot_label"] == "NO NAME" else config["boot_label"]
    ours = {"VERSION": f"FAT{config['fat_bits']}", "LABEL_FATBOOT": label, "BLOCK_SIZE": str(config["sector_bytes"])}
    return same(ours, {key: theirs.get(key, "") for key in ours})


CHECKS = [
    ("ext*.img", "blkid -p", compare_blkid),
    ("jbd.img", "blkid -p", compare_blkid),
    ("xfs*.img", "blkid -p", compare_blkid),
    ("vfat*.img", "blkid -p", compare_blkid),
    ("vfat*.img", "blkid -p (type and boot sector)", compare_vfat_blkid),
    ("xfs*.img", "xfs_db", compare_xfs),
    ("vfat*.img", "fsck.fat -vn", compare_vfat),
]
