/* SPDX-License-Identifier: Apache-2.0 */
/* The superblock of ext2, ext3 and ext4 (Linux Documentation/filesystems/ext4/super.rst). */
#ifndef FORMAT_EXT4_H
#define FORMAT_EXT4_H

#include "base/json.h"
#include "base/source.h"
#include "format/class.h"
#include "format/guid.h"

#define EXT4_SUPERBLOCK_OFFSET 1024
#define EXT4_SUPERBLOCK_BYTES 1024
#define EXT4_LABEL_BYTES 16
#define EXT4_MOUNT_OPTIONS_BYTES 64
#define EXT4_LAST_MOUNTED_BYTES 64

struct ext4 {
        /* identity */
        uint8_t uuid[GUID_BYTES];
        uint8_t label[EXT4_LABEL_BYTES]; /* up to the first NUL */
        uint64_t created_s;              /* seconds since 1970, as all times here */

        /* config; of features_incompat and features_ro_compat without the two bits that change by use, which are in info */
        uint32_t revision, minor_revision;
        uint32_t features_compat, features_incompat, features_ro_compat;
        uint32_t block_bytes, cluster_bytes, inode_bytes, descriptor_bytes;
        uint32_t first_inode;
        uint32_t creator_os;
        uint32_t flags; /* signed or unsigned hash, test_filesystem */
        uint16_t errors_behaviour;
        uint32_t default_mount_options;
        uint8_t mount_options[EXT4_MOUNT_OPTIONS_BYTES]; /* text that the kernel parses at every mount, up to the first NUL */
        uint16_t reserved_uid, reserved_gid;
        uint16_t max_mount_count; /* 65535: never checked */
        uint32_t check_interval_s;
        uint8_t checksum_type;
        uint32_t checksum_seed;
        uint8_t hash_version;
        uint8_t hash_seed[16]; /* as a UUID, by dumpe2fs */
        uint32_t journal_inode, journal_device;
        uint8_t journal_uuid[GUID_BYTES];
        uint32_t orphan_file_inode;
        uint16_t min_extra_isize, want_extra_isize;
        uint32_t quota_inodes[3]; /* user, group, project */
        uint16_t raid_stride;
        uint32_t raid_stripe_width;
        uint16_t mmp_interval_s;
        uint8_t flex_group_bits;
        uint8_t encryption_algorithms[4];
        uint8_t encryption_salt[16];
        uint16_t encoding, encoding_flags;

        /* layout */
        uint64_t blocks;
        uint64_t reserved_blocks;
        uint32_t inodes;
        uint32_t first_data_block;
        uint32_t blocks_per_group, inodes_per_group;
        uint16_t reserved_gdt_blocks;
        uint32_t first_meta_group;
        uint32_t backup_groups[2];
        uint64_t mmp_block;

        /* info */
        uint16_t state;
        bool needs_recovery, orphan_present;
        uint64_t free_blocks;
        uint32_t free_inodes;
        uint16_t mount_count;
        uint64_t mounted_s, written_s, checked_s;
        uint64_t written_kib;
        uint32_t overhead_clusters;
        uint32_t error_count;
        uint32_t last_orphan_inode;
        uint8_t last_mounted[EXT4_LAST_MOUNTED_BYTES]; /* directory, up to the first NUL */
};

/*
 * The facts in the EXT4_SUPERBLOCK_BYTES bytes of a superblock. ERR_EXT4_NONE without the magic, ERR_SHORT when the span is shorter, another
 * ERR_EXT4_* when the magic is there and a check fails: the checksum first (with metadata_csum), then what the fields say of each other.
 */
MUST_CHECK enum err ext4_parse(struct span superblock, struct ext4 *ret_ext4);

/* Read and parse. Also ERR_EXT4_DEVICE_SIZE when the file system claims more than the volume has, and the errors of the source; a volume too
 * short is ERR_EXT4_NONE. */
MUST_CHECK enum err ext4_read(const struct source *volume, uint8_t *work, struct ext4 *ret_ext4);

/* libblkid's name: "ext2", "ext3", "ext4", "ext4dev", or "jbd" for an external journal. */
const char *ext4_type_name(const struct ext4 *fs);

struct span ext4_label(const struct ext4 *fs);
/* As text; ret_text has room for GUID_TEXT_SIZE. */
void ext4_uuid(const struct ext4 *fs, char *ret_text);

/* Write the members "config", "identity", "info", "layout" that classes asks for into the JSON object that is open. */
void ext4_write(struct json_writer *w, const struct ext4 *fs, unsigned classes);

#endif
