/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The primary superblock of btrfs at 64 KiB, the only one that the kernel mounts from by itself.
 * Source: btrfs on-disk format documentation, "Superblock".
 */
#ifndef FORMAT_BTRFS_H
#define FORMAT_BTRFS_H

#include "base/json.h"
#include "base/source.h"
#include "format/class.h"
#include "format/guid.h"

#define BTRFS_OFFSET (64u * 1024) /* of the superblock */
#define BTRFS_BYTES 4096
#define BTRFS_LABEL_SIZE 256

/* csum_type of the superblock. */
enum btrfs_csum {
        BTRFS_CSUM_CRC32C = 0,
        BTRFS_CSUM_XXHASH64 = 1,
        BTRFS_CSUM_SHA256 = 2,
        BTRFS_CSUM_BLAKE2B = 3,
};

struct btrfs {
        uint8_t fsid[GUID_BYTES];
        uint8_t metadata_uuid[GUID_BYTES]; /* what the blocks carry; the fsid unless it was changed with btrfstune -m */
        uint8_t device_uuid[GUID_BYTES];
        char label[BTRFS_LABEL_SIZE]; /* with NUL */
        enum btrfs_csum csum_type;
        uint64_t flags;
        uint64_t compat_flags;
        uint64_t compat_ro_flags;
        uint64_t incompat_flags;
        uint64_t generation;
        uint64_t total_bytes;  /* of all devices */
        uint64_t device_id;
        uint64_t device_bytes; /* of this one */
        uint64_t device_count; /* more than one: this superblock tells only a part of the file system */
        uint32_t sector_bytes;
        uint32_t node_bytes;
};

/*
 * The superblock as read at offset. ERR_BTRFS_NONE without the magic; ERR_SHORT below BTRFS_BYTES; ERR_BTRFS_CSUM_UNVERIFIED for
 * xxhash64 and blake2b, which we cannot compute; else the ERR_BTRFS_* of the first check that fails.
 */
MUST_CHECK enum err btrfs_parse(struct span superblock, struct btrfs *ret_btrfs);
/* The same from a device, with ERR_BLOCKDEV_READ besides; a volume too short is ERR_BTRFS_NONE. work: BTRFS_BYTES. */
MUST_CHECK enum err btrfs_read(const struct source *volume, uint8_t *work, struct btrfs *ret_btrfs);

/* Write the members "config", "identity", "info", "layout" that classes asks for into the JSON object that is open. */
void btrfs_write(struct json_writer *w, const struct btrfs *btrfs, unsigned classes);

/* Borrowed from btrfs. */
struct span btrfs_label(const struct btrfs *btrfs);
/* The fsid as text; ret_text has room for GUID_TEXT_SIZE. */
void btrfs_uuid(const struct btrfs *btrfs, char *ret_text);

#endif
