/* SPDX-License-Identifier: Apache-2.0 */
/* The superblock of XFS, versions 4 and 5 (XFS Algorithms & Data Structures, 3rd edition, section 13.1). */
#ifndef FORMAT_XFS_H
#define FORMAT_XFS_H

#include "base/json.h"
#include "base/source.h"
#include "format/class.h"
#include "format/guid.h"

#define XFS_SUPERBLOCK_BYTES 512 /* the fields; the checksum of version 5 covers a whole sector */
#define XFS_SECTOR_BYTES_MAX 32768
#define XFS_LABEL_BYTES 12

struct xfs {
        /* identity */
        uint8_t uuid[GUID_BYTES];      /* what users and udev see */
        uint8_t meta_uuid[GUID_BYTES]; /* what the metadata carries: differs from uuid after a change of UUID */
        uint8_t label[XFS_LABEL_BYTES];

        /* config; features_incompat and version_flags without the bits that change by use */
        uint8_t version;        /* 4 or 5 */
        uint16_t version_flags; /* sb_versionnum without the version */
        uint32_t features2;
        uint32_t features_compat, features_ro_compat, features_incompat;
        uint32_t block_bytes;
        uint32_t sector_bytes, log_sector_bytes;
        uint32_t inode_bytes;
        uint32_t directory_block_bytes;
        uint32_t inode_alignment_blocks, sparse_inode_alignment_blocks;
        uint64_t root_inode;
        uint8_t inode_max_percent;
        uint8_t shared_version;
        bool log_internal;

        /* layout */
        uint64_t data_blocks;
        uint64_t realtime_blocks, realtime_extents;
        uint32_t realtime_extent_blocks;
        uint64_t log_start_block;
        uint32_t log_blocks;
        uint32_t group_blocks, group_count;
        uint32_t stripe_unit_blocks, stripe_width_blocks;
        uint32_t log_stripe_bytes;

        /* info */
        bool needs_repair;
        bool has_attributes, has_quota; /* set by the kernel at the first use */
        uint64_t inodes, free_inodes, free_blocks, free_realtime_extents;
        uint16_t quota_flags;
        uint32_t features_log_incompat;
        uint64_t log_sequence;
};

/*
 * The facts in a superblock; the span holds at least the sector it stands in (512 bytes do for version 4). ERR_XFS_NONE without the magic,
 * ERR_SHORT when the span is too short, another ERR_XFS_* when the magic is there and a check fails, the checksum first (version 5).
 */
MUST_CHECK enum err xfs_parse(struct span superblock, struct xfs *ret_xfs);

/* Read and parse. Also ERR_XFS_DEVICE_SIZE when the file system claims more than the volume has, and the errors of the source; a volume too
 * short is ERR_XFS_NONE. */
#define XFS_WORK_BYTES XFS_SECTOR_BYTES_MAX
MUST_CHECK enum err xfs_read(const struct source *volume, uint8_t *work, struct xfs *ret_xfs);

struct span xfs_label(const struct xfs *fs);
/* As text; ret_text has room for GUID_TEXT_SIZE. */
void xfs_uuid(const struct xfs *fs, char *ret_text);

/* Write the members "config", "identity", "info", "layout" that classes asks for into the JSON object that is open. */
void xfs_write(struct json_writer *w, const struct xfs *fs, unsigned classes);

#endif
