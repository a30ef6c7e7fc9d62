/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the primary superblock of ext2, ext3 and ext4 and refuses what the kernel would refuse to mount. */
#include "format/ext4.h"

#include "base/crc.h"
#include "base/reader.h"

/* Offsets in the superblock (super.rst, struct ext4_super_block). */
enum offset {
        S_INODES_COUNT = 0x0,
        S_BLOCKS_COUNT_LO = 0x4,
        S_R_BLOCKS_COUNT_LO = 0x8,
        S_FREE_BLOCKS_COUNT_LO = 0xc,
        S_FREE_INODES_COUNT = 0x10,
        S_FIRST_DATA_BLOCK = 0x14,
        S_LOG_BLOCK_SIZE = 0x18,
        S_LOG_CLUSTER_SIZE = 0x1c,
        S_BLOCKS_PER_GROUP = 0x20,
        S_CLUSTERS_PER_GROUP = 0x24,
        S_INODES_PER_GROUP = 0x28,
        S_MTIME = 0x2c,
        S_WTIME = 0x30,
        S_MNT_COUNT = 0x34,
        S_MAX_MNT_COUNT = 0x36,
        S_MAGIC = 0x38,
        S_STATE = 0x3a,
        S_ERRORS = 0x3c,
        S_MINOR_REV_LEVEL = 0x3e,
        S_LASTCHECK = 0x40,
        S_CHECKINTERVAL = 0x44,
        S_CREATOR_OS = 0x48,
        S_REV_LEVEL = 0x4c,
        S_DEF_RESUID = 0x50,
        S_DEF_RESGID = 0x52,
        S_FIRST_INO = 0x54,
        S_INODE_SIZE = 0x58,
        S_BLOCK_GROUP_NR = 0x5a,
        S_FEATURE_COMPAT = 0x5c,
        S_FEATURE_INCOMPAT = 0x60,
        S_FEATURE_RO_COMPAT = 0x64,
        S_UUID = 0x68,
        S_VOLUME_NAME = 0x78,
        S_LAST_MOUNTED = 0x88,
        S_RESERVED_GDT_BLOCKS = 0xce,
        S_JOURNAL_UUID = 0xd0,
        S_JOURNAL_INUM = 0xe0,
        S_JOURNAL_DEV = 0xe4,
        S_LAST_ORPHAN = 0xe8,
        S_HASH_SEED = 0xec,
        S_DEF_HASH_VERSION = 0xfc,
        S_DESC_SIZE = 0xfe,
        S_DEFAULT_MOUNT_OPTS = 0x100,
        S_FIRST_META_BG = 0x104,
        S_MKFS_TIME = 0x108,
        S_BLOCKS_COUNT_HI = 0x150,
        S_R_BLOCKS_COUNT_HI = 0x154,
        S_FREE_BLOCKS_COUNT_HI = 0x158,
        S_MIN_EXTRA_ISIZE = 0x15c,
        S_WANT_EXTRA_ISIZE = 0x15e,
        S_FLAGS = 0x160,
        S_RAID_STRIDE = 0x164,
        S_MMP_INTERVAL = 0x166,
        S_MMP_BLOCK = 0x168,
        S_RAID_STRIPE_WIDTH = 0x170,
        S_LOG_GROUPS_PER_FLEX = 0x174,
        S_CHECKSUM_TYPE = 0x175,
        S_KBYTES_WRITTEN = 0x178,
        S_ERROR_COUNT = 0x194,
        S_MOUNT_OPTS = 0x200,
        S_USR_QUOTA_INUM = 0x240,
        S_GRP_QUOTA_INUM = 0x244,
        S_OVERHEAD_CLUSTERS = 0x248,
        S_BACKUP_BGS = 0x24c,
        S_ENCRYPT_ALGOS = 0x254,
        S_ENCRYPT_PW_SALT = 0x258,
        S_PRJ_QUOTA_INUM = 0x26c,
        S_CHECKSUM_SEED = 0x270,
        S_WTIME_HI = 0x274,
        S_MTIME_HI = 0x275,
        S_MKFS_TIME_HI = 0x276,
        S_LASTCHECK_HI = 0x277,
        S_ENCODING = 0x27c,
        S_ENCODING_FLAGS = 0x27e,
        S_ORPHAN_FILE_INUM = 0x280,
        S_CHECKSUM = 0x3fc,
};

#define MAGIC 0xef53
#define CHECKSUM_CRC32C 1

#define COMPAT_HAS_JOURNAL 0x4u
#define INCOMPAT_FILETYPE 0x2u
#define INCOMPAT_RECOVER 0x4u
#define INCOMPAT_JOURNAL_DEV 0x8u
#define INCOMPAT_META_BG 0x10u
#define INCOMPAT_64BIT 0x80u
#define RO_COMPAT_SPARSE_SUPER 0x1u
#define RO_COMPAT_LARGE_FILE 0x2u
#define RO_COMPAT_BTREE_DIR 0x4u
#define RO_COMPAT_BIGALLOC 0x200u
#define RO_COMPAT_METADATA_CSUM 0x400u
#define RO_COMPAT_ORPHAN_PRESENT 0x10000u
#define FLAGS_TEST_FILESYS 0x4u

static bool is_power_of_two(uint32_t n)
{
        return n != 0 && (n & (n - 1)) == 0;
}

static bool is_journal_device(const struct ext4 *fs)
{
        return fs->features_incompat & INCOMPAT_JOURNAL_DEV;
}

static enum err check_checksum(struct span sb)
{
        if (reader_at_u8(sb, S_CHECKSUM_TYPE) != CHECKSUM_CRC32C)
                return ERR_EXT4_CHECKSUM_TYPE;
        if (reader_at_u32le(sb, S_CHECKSUM) != crc_update_32c(CRC_START, span_sub(sb, 0, S_CHECKSUM)))
                return ERR_EXT4_CHECKSUM;
        return ERR_OK;
}

/* Revision 0 has no features; what its bytes there mean is not defined. */
static enum err parse_features(struct span sb, struct ext4 *fs)
{
        fs->revision = reader_at_u32le(sb, S_REV_LEVEL);
        fs->minor_revision = reader_at_u16le(sb, S_MINOR_REV_LEVEL);
        if (fs->revision > 1)
                return ERR_EXT4_REVISION;
        if (fs->revision == 0)
                return ERR_OK;
        fs->features_compat = reader_at_u32le(sb, S_FEATURE_COMPAT);
        fs->features_incompat = reader_at_u32le(sb, S_FEATURE_INCOMPAT);
        fs->features_ro_compat = reader_at_u32le(sb, S_FEATURE_RO_COMPAT);
        fs->needs_recovery = fs->features_incompat & INCOMPAT_RECOVER;
        fs->orphan_present = fs->features_ro_compat & RO_COMPAT_ORPHAN_PRESENT;
        fs->features_incompat &= ~INCOMPAT_RECOVER;
        fs->features_ro_compat &= ~RO_COMPAT_ORPHAN_PRESENT;
        return fs->features_ro_compat & RO_COMPAT_METADATA_CSUM ? check_checksum(sb) : ERR_OK;
}

static enum err parse_sizes(struct span sb, struct ext4 *fs)
{
        uint32_t log_block = reader_at_u32le(sb, S_LOG_BLOCK_SIZE);
        uint32_t log_cluster = reader_at_u32le(sb, S_LOG_CLUSTER_SIZE);
        bool bigalloc = fs->features_ro_compat & RO_COMPAT_BIGALLOC;

        if (log_block > 6)
                return ERR_EXT4_BLOCK_SIZE;
        if (log_cluster < log_block || log_cluster > 20 || (!bigalloc && log_cluster != log_block))
                return ERR_EXT4_CLUSTER_SIZE;
        fs->block_bytes = 1024u << log_block;
        fs->cluster_bytes = 1024u << log_cluster;
        fs->inode_bytes = fs->revision == 0 ? 128 : reader_at_u16le(sb, S_INODE_SIZE);
        if (fs->inode_bytes < 128 || fs->inode_bytes > fs->block_bytes || !is_power_of_two(fs->inode_bytes))
                return ERR_EXT4_INODE_SIZE;
        fs->descriptor_bytes = fs->features_incompat & INCOMPAT_64BIT ? reader_at_u16le(sb, S_DESC_SIZE) : 32;
        if (fs->features_incompat & INCOMPAT_64BIT &&
            (fs->descriptor_bytes < 64 || fs->descriptor_bytes > 1024 || !is_power_of_two(fs->descriptor_bytes)))
                return ERR_EXT4_DESCRIPTOR_SIZE;
        fs->first_inode = fs->revision == 0 ? 11 : reader_at_u32le(sb, S_FIRST_INO);
        return ERR_OK;
}

static uint64_t block_count(struct span sb, enum offset lo, enum offset hi)
{
        return (uint64_t)reader_at_u32le(sb, hi) << 32 | reader_at_u32le(sb, lo);
}

static enum err parse_blocks(struct span sb, struct ext4 *fs)
{
        fs->blocks = block_count(sb, S_BLOCKS_COUNT_LO, S_BLOCKS_COUNT_HI);
        fs->reserved_blocks = block_count(sb, S_R_BLOCKS_COUNT_LO, S_R_BLOCKS_COUNT_HI);
        fs->free_blocks = block_count(sb, S_FREE_BLOCKS_COUNT_LO, S_FREE_BLOCKS_COUNT_HI);
        fs->first_data_block = reader_at_u32le(sb, S_FIRST_DATA_BLOCK);
        /* The kernel counts the high half in any case, e2fsprogs only with the feature: they must not see different sizes. */
        if (!(fs->features_incompat & INCOMPAT_64BIT) && fs->blocks > UINT32_MAX)
                return ERR_EXT4_BLOCKS;
        if (fs->blocks == 0 || fs->reserved_blocks > fs->blocks || fs->free_blocks > fs->blocks)
                return ERR_EXT4_BLOCKS;
        if (fs->first_data_block != (fs->cluster_bytes == 1024 ? 1 : 0) || fs->first_data_block >= fs->blocks)
                return ERR_EXT4_FIRST_BLOCK;
        return ERR_OK;
}

/* One bitmap block describes the clusters of a group, another its inodes. A journal device has no inodes. */
static enum err parse_groups(struct span sb, struct ext4 *fs)
{
        uint32_t bits = fs->block_bytes * 8;
        uint32_t clusters_per_group = reader_at_u32le(sb, S_CLUSTERS_PER_GROUP);

        fs->blocks_per_group = reader_at_u32le(sb, S_BLOCKS_PER_GROUP);
        fs->inodes_per_group = reader_at_u32le(sb, S_INODES_PER_GROUP);
        fs->inodes = reader_at_u32le(sb, S_INODES_COUNT);
        fs->free_inodes = reader_at_u32le(sb, S_FREE_INODES_COUNT);
        if (is_journal_device(fs))
                return ERR_OK;
        if (clusters_per_group == 0 || clusters_per_group > bits ||
            fs->blocks_per_group != (uint64_t)clusters_per_group * (fs->cluster_bytes / fs->block_bytes))
                return ERR_EXT4_GROUP_SIZE;
        if (fs->inodes_per_group < fs->block_bytes / fs->inode_bytes || fs->inodes_per_group > bits)
                return ERR_EXT4_GROUP_SIZE;
        uint64_t groups = (fs->blocks - fs->first_data_block - 1) / fs->blocks_per_group + 1;

        /* groups is at most 2^64 / 1, so divide instead of multiplying. */
        if (fs->inodes % fs->inodes_per_group != 0 || fs->inodes / fs->inodes_per_group != groups || fs->free_inodes > fs->inodes)
                return ERR_EXT4_INODES;
        return ERR_OK;
}

static void copy(struct span sb, enum offset offset, size_t len, uint8_t *ret_bytes)
{
        memcpy(ret_bytes, sb.data + offset, len);
}

static void fill_identity(struct span sb, struct ext4 *fs)
{
        copy(sb, S_UUID, GUID_BYTES, fs->uuid);
        copy(sb, S_VOLUME_NAME, EXT4_LABEL_BYTES, fs->label);
        fs->created_s = (uint64_t)reader_at_u8(sb, S_MKFS_TIME_HI) << 32 | reader_at_u32le(sb, S_MKFS_TIME);
}

static void fill_config(struct span sb, struct ext4 *fs)
{
        fs->creator_os = reader_at_u32le(sb, S_CREATOR_OS);
        fs->flags = reader_at_u32le(sb, S_FLAGS);
        fs->errors_behaviour = reader_at_u16le(sb, S_ERRORS);
        fs->default_mount_options = reader_at_u32le(sb, S_DEFAULT_MOUNT_OPTS);
        copy(sb, S_MOUNT_OPTS, EXT4_MOUNT_OPTIONS_BYTES, fs->mount_options);
        fs->reserved_uid = reader_at_u16le(sb, S_DEF_RESUID);
        fs->reserved_gid = reader_at_u16le(sb, S_DEF_RESGID);
        fs->max_mount_count = reader_at_u16le(sb, S_MAX_MNT_COUNT);
        fs->check_interval_s = reader_at_u32le(sb, S_CHECKINTERVAL);
        fs->checksum_type = reader_at_u8(sb, S_CHECKSUM_TYPE);
        fs->checksum_seed = reader_at_u32le(sb, S_CHECKSUM_SEED);
        fs->hash_version = reader_at_u8(sb, S_DEF_HASH_VERSION);
        copy(sb, S_HASH_SEED, sizeof(fs->hash_seed), fs->hash_seed);
        fs->journal_inode = reader_at_u32le(sb, S_JOURNAL_INUM);
        fs->journal_device = reader_at_u32le(sb, S_JOURNAL_DEV);
        copy(sb, S_JOURNAL_UUID, GUID_BYTES, fs->journal_uuid);
        fs->orphan_file_inode = reader_at_u32le(sb, S_ORPHAN_FILE_INUM);
        fs->min_extra_isize = reader_at_u16le(sb, S_MIN_EXTRA_ISIZE);
        fs->want_extra_isize = reader_at_u16le(sb, S_WANT_EXTRA_ISIZE);
        fs->quota_inodes[0] = reader_at_u32le(sb, S_USR_QUOTA_INUM);
        fs->quota_inodes[1] = reader_at_u32le(sb, S_GRP_QUOTA_INUM);
        fs->quota_inodes[2] = reader_at_u32le(sb, S_PRJ_QUOTA_INUM);
        fs->raid_stride = reader_at_u16le(sb, S_RAID_STRIDE);
        fs->raid_stripe_width = reader_at_u32le(sb, S_RAID_STRIPE_WIDTH);
        fs->mmp_interval_s = reader_at_u16le(sb, S_MMP_INTERVAL);
        fs->flex_group_bits = reader_at_u8(sb, S_LOG_GROUPS_PER_FLEX);
        copy(sb, S_ENCRYPT_ALGOS, sizeof(fs->encryption_algorithms), fs->encryption_algorithms);
        copy(sb, S_ENCRYPT_PW_SALT, sizeof(fs->encryption_salt), fs->encryption_salt);
        fs->encoding = reader_at_u16le(sb, S_ENCODING);
        fs->encoding_flags = reader_at_u16le(sb, S_ENCODING_FLAGS);
}

static void fill_layout(struct span sb, struct ext4 *fs)
{
        fs->reserved_gdt_blocks = reader_at_u16le(sb, S_RESERVED_GDT_BLOCKS);
        fs->first_meta_group = reader_at_u32le(sb, S_FIRST_META_BG);
        fs->backup_groups[0] = reader_at_u32le(sb, S_BACKUP_BGS);
        fs->backup_groups[1] = reader_at_u32le(sb, S_BACKUP_BGS + 4);
        fs->mmp_block = reader_at_u64le(sb, S_MMP_BLOCK);
}

static void fill_info(struct span sb, struct ext4 *fs)
{
        fs->state = reader_at_u16le(sb, S_STATE);
        fs->mount_count = reader_at_u16le(sb, S_MNT_COUNT);
        fs->mounted_s = (uint64_t)reader_at_u8(sb, S_MTIME_HI) << 32 | reader_at_u32le(sb, S_MTIME);
        fs->written_s = (uint64_t)reader_at_u8(sb, S_WTIME_HI) << 32 | reader_at_u32le(sb, S_WTIME);
        fs->checked_s = (uint64_t)reader_at_u8(sb, S_LASTCHECK_HI) << 32 | reader_at_u32le(sb, S_LASTCHECK);
        fs->written_kib = reader_at_u64le(sb, S_KBYTES_WRITTEN);
        fs->overhead_clusters = reader_at_u32le(sb, S_OVERHEAD_CLUSTERS);
        fs->error_count = reader_at_u32le(sb, S_ERROR_COUNT);
        fs->last_orphan_inode = reader_at_u32le(sb, S_LAST_ORPHAN);
        copy(sb, S_LAST_MOUNTED, EXT4_LAST_MOUNTED_BYTES, fs->last_mounted);
}

enum err ext4_parse(struct span superblock, struct ext4 *ret_ext4)
{
        struct ext4 fs = { 0 };

        if (superblock.len < EXT4_SUPERBLOCK_BYTES)
                return ERR_SHORT;
        if (reader_at_u16le(superblock, S_MAGIC) != MAGIC)
                return ERR_EXT4_NONE;
        TRY(parse_features(superblock, &fs));
        if (reader_at_u16le(superblock, S_BLOCK_GROUP_NR) != 0)
                return ERR_EXT4_GROUP;
        TRY(parse_sizes(superblock, &fs));
        TRY(parse_blocks(superblock, &fs));
        TRY(parse_groups(superblock, &fs));
        fill_identity(superblock, &fs);
        fill_config(superblock, &fs);
        fill_layout(superblock, &fs);
        fill_info(superblock, &fs);
        *ret_ext4 = fs;
        return ERR_OK;
}

enum err ext4_read(const struct source *volume, uint8_t *work, struct ext4 *ret_ext4)
{
        struct ext4 fs;

        if (volume->size_bytes < EXT4_SUPERBLOCK_OFFSET + EXT4_SUPERBLOCK_BYTES)
                return ERR_EXT4_NONE;
        TRY(source_read(volume, EXT4_SUPERBLOCK_OFFSET, EXT4_SUPERBLOCK_BYTES, work));
        TRY(ext4_parse(span_of(work, EXT4_SUPERBLOCK_BYTES), &fs));
        if (fs.blocks > volume->size_bytes / fs.block_bytes)
                return ERR_EXT4_DEVICE_SIZE;
        *ret_ext4 = fs;
        return ERR_OK;
}

const char *ext4_type_name(const struct ext4 *fs)
{
        uint32_t ro_compat_ext3 = RO_COMPAT_SPARSE_SUPER | RO_COMPAT_LARGE_FILE | RO_COMPAT_BTREE_DIR;
        uint32_t incompat_ext3 = INCOMPAT_FILETYPE | INCOMPAT_META_BG;
        bool beyond_ext3 = fs->features_ro_compat & ~ro_compat_ext3 || fs->features_incompat & ~incompat_ext3;

        if (is_journal_device(fs))
                return "jbd";
        if (beyond_ext3)
                return fs->flags & FLAGS_TEST_FILESYS ? "ext4dev" : "ext4";
        return fs->features_compat & COMPAT_HAS_JOURNAL ? "ext3" : "ext2";
}

struct span ext4_label(const struct ext4 *fs)
{
        return span_until_nul(span_of(fs->label, EXT4_LABEL_BYTES));
}

void ext4_uuid(const struct ext4 *fs, char *ret_text)
{
        guid_format_uuid(span_of(fs->uuid, GUID_BYTES), ret_text);
}
