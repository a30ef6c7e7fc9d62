# SPDX-License-Identifier: Apache-2.0
"""ext2, ext3 and ext4: every field that `dumpe2fs -h` prints."""
import calendar
import time

from oracle_format import output, same

ERRORS = {"continue": "Continue", "remount-ro": "Remount read-only", "panic": "Panic"}


def date(seconds):
    return time.strftime("%c", time.gmtime(seconds)) if seconds else "n/a"


def names(words):
    return " ".join(words) or "(none)"


def dumpe2fs(image):
    fields = {}
    for line in output("dumpe2fs", "-h", image).splitlines():
        key, colon, value = line.partition(":")
        if not colon or key == "Journal features":
            break
        fields[key] = " ".join(value.split())
    # The text of a period or of a user behind a number is not a value.
    for key in ("Check interval", "Reserved blocks uid", "Reserved blocks gid", "Filesystem revision #"):
        fields[key] = fields[key].split()[0]
    for key in ("Last mount time", "Last write time", "Last checked", "Filesystem created"):
        if fields[key] != "n/a":
            fields[key] = date(calendar.timegm(time.strptime(fields[key], "%a %b %d %H:%M:%S %Y")))
    fields["Filesystem features"] = names(sorted(fields["Filesystem features"].split()))
    for key in ("Checksum", "Journal backup", "Inode blocks per group", "Fragments per group", "Lifetime writes"):
        fields.pop(key, None)
    return fields


def state(info):
    text = "clean" if "clean" in info["state"] else "not clean"
    return text + (" with errors" if "errors" in info["state"] else "")


def features(config, info):
    all_names = [name for kind in config["features"].values() for name in kind]
    return all_names + ["needs_recovery"] * info["needs_recovery"] + ["orphan_present"] * info["orphan_present"]


def words(config, identity, info, layout):
    journal_mode = [] if config["default_journal_mode"] == "unset" else [config["default_journal_mode"]]
    maximum = config["max_mount_count"]
    return {
        "Filesystem volume name": identity["label"] or "<none>",
        "Last mounted on": info["last_mounted"] or "<not available>",
        "Filesystem UUID": identity["uuid"],
        "Filesystem magic number": "0xEF53",
        "Filesystem features": names(sorted(features(config, info))),
        "Filesystem flags": names(config["flags"]),
        "Default mount options": names(sorted(config["default_mount_options"]) + journal_mode),
        "Mount options": config["mount_options"],
        "Filesystem state": state(info),
        "Errors behavior": ERRORS[config["errors"]],
        "Filesystem OS type": config["creator_os"],
        "Filesystem created": date(identity["created_s"]),
        "Last mount time": date(info["mounted_s"]),
        "Last write time": date(info["written_s"]),
        "Last checked": date(info["checked_s"]),
        "Default directory hash": config["hash"],
        "Directory Hash Seed": config["hash_seed"],
        "Checksum type": config["checksum_type"],
        "Checksum seed": f"0x{config['checksum_seed']:08x}",
        "Maximum mount count": -1 if maximum == 65535 else maximum,
        "Character encoding": {0: "none", 1: "utf8-12.1"}[config["encoding"]],
        "Journal UUID": config["journal"]["uuid"],
        "Journal device": f"0x{config['journal']['device']:04x}",
    }


def numbers(config, info, layout):
    return {
        "Filesystem revision #": config["revision"],
        "Inode count": layout["inodes"],
        "Block count": layout["blocks"],
        "Reserved block count": layout["reserved_blocks"],
        "Overhead clusters": info["overhead_clusters"],
        "Free blocks": info["free_blocks"],
        "Free inodes": info["free_inodes"],
        "First block": layout["first_data_block"],
        "Block size": config["block_bytes"],
        "Cluster size": config["cluster_bytes"],
        "Fragment size": config["cluster_bytes"],
        "Group descriptor size": config["descriptor_bytes"],
        "Reserved GDT blocks": layout["reserved_gdt_blocks"],
        "Blocks per group": layout["blocks_per_group"],
        "Clusters per group": layout["blocks_per_group"] * config["block_bytes"] // config["cluster_bytes"],
        "Inodes per group": layout["inodes_per_group"],
        "First meta block group": layout["first_meta_group"],
        "RAID stride": config["raid_stride_blocks"],
        "RAID stripe width": config["raid_stripe_width_blocks"],
        "Flex block group size": 1 << config["flex_group_bits"],
        "Mount count": info["mount_count"],
        "Check interval": config["check_interval_s"],
        "Reserved blocks uid": config["reserved_uid"],
        "Reserved blocks gid": config["reserved_gid"],
        "First inode": config["first_inode"],
        "Inode size": config["inode_bytes"],
        "Required extra isize": config["min_extra_isize"],
        "Desired extra isize": config["want_extra_isize"],
        "Journal inode": config["journal"]["inode"],
        "Orphan file inode": config["orphan_file_inode"],
        "MMP block number": layout["mmp_block"],
        "MMP update interval": config["mmp_interval_s"],
        "User quota inode": config["quota_inodes"]["user"],
        "Group quota inode": config["quota_inodes"]["group"],
        "Project quota inode": config["quota_inodes"]["project"],
    }


def compare(image, found):
    facts = found["signatures"][0]
    config, identity, info, layout = (facts[name] for name in ("config", "identity", "info", "layout"))
    theirs = dumpe2fs(image)
    theirs["Default mount options"] = names(sorted(theirs["Default mount options"].split()))
    ours = {key: str(value) for key, value in (words(config, identity, info, layout) | numbers(config, info, layout)).items()}
    return same(ours, theirs)


CHECKS = [("ext*.img", "dumpe2fs -h", compare)]
