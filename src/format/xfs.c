/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the primary superblock of XFS and refuses what the kernel would refuse to mount. */
#include "format/xfs.h"

#include "base/crc.h"
#include "base/reader.h"

/* Offsets in the superblock (XFS Algorithms & Data Structures, section 13.1.1); big-endian but for the checksum. */
enum offset {
        SB_MAGICNUM = 0,
        SB_BLOCKSIZE = 4,
        SB_DBLOCKS = 8,
        SB_RBLOCKS = 16,
        SB_REXTENTS = 24,
        SB_UUID = 32,
        SB_LOGSTART = 48,
        SB_ROOTINO = 56,
        SB_REXTSIZE = 80,
        SB_AGBLOCKS = 84,
        SB_AGCOUNT = 88,
        SB_LOGBLOCKS = 96,
        SB_VERSIONNUM = 100,
        SB_SECTSIZE = 102,
        SB_INODESIZE = 104,
        SB_INOPBLOCK = 106,
        SB_FNAME = 108,
        SB_BLOCKLOG = 120,
        SB_SECTLOG = 121,
        SB_INODELOG = 122,
        SB_INOPBLOG = 123,
        SB_AGBLKLOG = 124,
        SB_INPROGRESS = 126,
        SB_IMAX_PCT = 127,
        SB_ICOUNT = 128,
        SB_IFREE = 136,
        SB_FDBLOCKS = 144,
        SB_FREXTENTS = 152,
        SB_QFLAGS = 176,
        SB_SHARED_VN = 179,
        SB_INOALIGNMT = 180,
        SB_UNIT = 184,
        SB_WIDTH = 188,
        SB_DIRBLKLOG = 192,
        SB_LOGSECTSIZE = 194,
        SB_LOGSUNIT = 196,
        SB_FEATURES2 = 200,
        SB_FEATURES_COMPAT = 208,
        SB_FEATURES_RO_COMPAT = 212,
        SB_FEATURES_INCOMPAT = 216,
        SB_FEATURES_LOG_INCOMPAT = 220,
        SB_CRC = 224,
        SB_SPINO_ALIGN = 228,
        SB_LSN = 240,
        SB_META_UUID = 248,
};

#define MAGIC 0x58465342u /* "XFSB" */
#define VERSION_MASK 0xfu
#define VERSION_ATTR 0x10u
#define VERSION_QUOTA 0x40u
#define INCOMPAT_META_UUID 0x4u
#define INCOMPAT_NEEDS_REPAIR 0x10u
#define GROUP_BLOCKS_MIN 64

static bool is_power_of_two_in(uint32_t n, uint32_t min, uint32_t max)
{
        return n >= min && n <= max && (n & (n - 1)) == 0;
}

static bool is_logarithm(struct span sb, enum offset log, uint32_t n)
{
        uint8_t bits = reader_at_u8(sb, log);

        return bits < 32 && UINT32_C(1) << bits == n;
}

/* The checksum covers the whole sector and counts its own field as zero. */
static enum err check_checksum(struct span sector)
{
        static const uint8_t zero[4];
        uint32_t crc = crc_update_32c(CRC_START, span_sub(sector, 0, SB_CRC));

        crc = crc_update_32c(crc, span_of(zero, sizeof(zero)));
        crc = crc_update_32c(crc, span_sub(sector, SB_CRC + 4, sector.len - SB_CRC - 4));
        return reader_at_u32le(sector, SB_CRC) == ~crc ? ERR_OK : ERR_XFS_CHECKSUM;
}

/* Everything that says how the rest is to be read, and the checksum. */
static enum err parse_frame(struct span sb, struct xfs *fs)
{
        uint16_t versionnum = reader_at_u16be(sb, SB_VERSIONNUM);

        fs->version = versionnum & VERSION_MASK;
        if (fs->version != 4 && fs->version != 5)
                return ERR_XFS_VERSION;
        fs->sector_bytes = reader_at_u16be(sb, SB_SECTSIZE);
        if (!is_power_of_two_in(fs->sector_bytes, 512, XFS_SECTOR_BYTES_MAX))
                return ERR_XFS_SECTOR_SIZE;
        if (fs->version == 5) {
                if (sb.len < fs->sector_bytes)
                        return ERR_SHORT;
                TRY(check_checksum(span_sub(sb, 0, fs->sector_bytes)));
        }
        fs->version_flags = versionnum & ~(VERSION_MASK | VERSION_ATTR | VERSION_QUOTA);
        fs->has_attributes = versionnum & VERSION_ATTR;
        fs->has_quota = versionnum & VERSION_QUOTA;
        return reader_at_u8(sb, SB_INPROGRESS) == 0 ? ERR_OK : ERR_XFS_IN_PROGRESS;
}

static enum err parse_sizes(struct span sb, struct xfs *fs)
{
        uint8_t blocklog = reader_at_u8(sb, SB_BLOCKLOG);
        uint8_t dirblklog = reader_at_u8(sb, SB_DIRBLKLOG);

        fs->block_bytes = reader_at_u32be(sb, SB_BLOCKSIZE);
        fs->inode_bytes = reader_at_u16be(sb, SB_INODESIZE);
        if (!is_power_of_two_in(fs->block_bytes, 512, 65536))
                return ERR_XFS_BLOCK_SIZE;
        if (!is_power_of_two_in(fs->inode_bytes, 256, 2048) || fs->inode_bytes > fs->block_bytes)
                return ERR_XFS_INODE_SIZE;
        uint32_t inodes_per_block = fs->block_bytes / fs->inode_bytes;

        if (!is_logarithm(sb, SB_BLOCKLOG, fs->block_bytes) || !is_logarithm(sb, SB_SECTLOG, fs->sector_bytes) ||
            !is_logarithm(sb, SB_INODELOG, fs->inode_bytes) || !is_logarithm(sb, SB_INOPBLOG, inodes_per_block) ||
            reader_at_u16be(sb, SB_INOPBLOCK) != inodes_per_block)
                return ERR_XFS_LOGARITHM;
        if (dirblklog > 16 || blocklog + dirblklog > 16)
                return ERR_XFS_DIRECTORY_SIZE;
        fs->directory_block_bytes = fs->block_bytes << dirblklog;
        return ERR_OK;
}

/* All groups but the last are full; the last has at least GROUP_BLOCKS_MIN. */
static enum err parse_groups(struct span sb, struct xfs *fs)
{
        uint8_t agblklog = reader_at_u8(sb, SB_AGBLKLOG);

        fs->data_blocks = reader_at_u64be(sb, SB_DBLOCKS);
        fs->group_blocks = reader_at_u32be(sb, SB_AGBLOCKS);
        fs->group_count = reader_at_u32be(sb, SB_AGCOUNT);
        if (fs->group_count == 0 || fs->group_blocks < GROUP_BLOCKS_MIN || agblklog > 31 ||
            fs->group_blocks > UINT32_C(1) << agblklog)
                return ERR_XFS_GROUPS;
        if (fs->data_blocks > (uint64_t)fs->group_count * fs->group_blocks ||
            fs->data_blocks < (uint64_t)(fs->group_count - 1) * fs->group_blocks + GROUP_BLOCKS_MIN)
                return ERR_XFS_GROUPS;
        fs->log_start_block = reader_at_u64be(sb, SB_LOGSTART);
        fs->log_blocks = reader_at_u32be(sb, SB_LOGBLOCKS);
        fs->log_internal = fs->log_start_block != 0;
        uint64_t log_group = fs->log_start_block >> agblklog;
        uint64_t log_block = fs->log_start_block & ((UINT64_C(1) << agblklog) - 1);

        if (fs->log_internal && (fs->log_blocks == 0 || log_group >= fs->group_count || log_block >= fs->group_blocks ||
                                 fs->log_blocks > fs->group_blocks - log_block))
                return ERR_XFS_LOG;
        return ERR_OK;
}

static void fill_identity(struct span sb, struct xfs *fs)
{
        memcpy(fs->uuid, sb.data + SB_UUID, GUID_BYTES);
        memcpy(fs->meta_uuid, sb.data + (fs->features_incompat & INCOMPAT_META_UUID ? SB_META_UUID : SB_UUID), GUID_BYTES);
        memcpy(fs->label, sb.data + SB_FNAME, XFS_LABEL_BYTES);
}

/* The feature words exist in version 5 only. */
static void fill_features(struct span sb, struct xfs *fs)
{
        fs->features2 = reader_at_u32be(sb, SB_FEATURES2);
        if (fs->version < 5)
                return;
        fs->features_compat = reader_at_u32be(sb, SB_FEATURES_COMPAT);
        fs->features_ro_compat = reader_at_u32be(sb, SB_FEATURES_RO_COMPAT);
        fs->features_incompat = reader_at_u32be(sb, SB_FEATURES_INCOMPAT);
        fs->needs_repair = fs->features_incompat & INCOMPAT_NEEDS_REPAIR;
        fs->features_incompat &= ~INCOMPAT_NEEDS_REPAIR;
        fs->features_log_incompat = reader_at_u32be(sb, SB_FEATURES_LOG_INCOMPAT);
        fs->sparse_inode_alignment_blocks = reader_at_u32be(sb, SB_SPINO_ALIGN);
        fs->log_sequence = reader_at_u64be(sb, SB_LSN);
}

static void fill_rest(struct span sb, struct xfs *fs)
{
        fs->log_sector_bytes = reader_at_u16be(sb, SB_LOGSECTSIZE);
        fs->inode_alignment_blocks = reader_at_u32be(sb, SB_INOALIGNMT);
        fs->shared_version = reader_at_u8(sb, SB_SHARED_VN);
        fs->realtime_blocks = reader_at_u64be(sb, SB_RBLOCKS);
        fs->realtime_extents = reader_at_u64be(sb, SB_REXTENTS);
        fs->realtime_extent_blocks = reader_at_u32be(sb, SB_REXTSIZE);
        fs->stripe_unit_blocks = reader_at_u32be(sb, SB_UNIT);
        fs->stripe_width_blocks = reader_at_u32be(sb, SB_WIDTH);
        fs->log_stripe_bytes = reader_at_u32be(sb, SB_LOGSUNIT);
        fs->inodes = reader_at_u64be(sb, SB_ICOUNT);
        fs->free_inodes = reader_at_u64be(sb, SB_IFREE);
        fs->free_blocks = reader_at_u64be(sb, SB_FDBLOCKS);
        fs->free_realtime_extents = reader_at_u64be(sb, SB_FREXTENTS);
        fs->quota_flags = reader_at_u16be(sb, SB_QFLAGS);
}

enum err xfs_parse(struct span superblock, struct xfs *ret_xfs)
{
        struct xfs fs = { 0 };

        if (superblock.len < XFS_SUPERBLOCK_BYTES)
                return ERR_SHORT;
        if (reader_at_u32be(superblock, SB_MAGICNUM) != MAGIC)
                return ERR_XFS_NONE;
        TRY(parse_frame(superblock, &fs));
        TRY(parse_sizes(superblock, &fs));
        TRY(parse_groups(superblock, &fs));
        fs.root_inode = reader_at_u64be(superblock, SB_ROOTINO);
        if (fs.root_inode == 0 || fs.root_inode == UINT64_MAX)
                return ERR_XFS_ROOT_INODE;
        fs.inode_max_percent = reader_at_u8(superblock, SB_IMAX_PCT);
        if (fs.inode_max_percent > 100)
                return ERR_XFS_INODE_PERCENT;
        fill_features(superblock, &fs);
        fill_identity(superblock, &fs);
        fill_rest(superblock, &fs);
        *ret_xfs = fs;
        return ERR_OK;
}

enum err xfs_read(const struct source *volume, uint8_t *work, struct xfs *ret_xfs)
{
        struct span sb = span_of(work, XFS_SUPERBLOCK_BYTES);
        struct xfs fs;

        if (volume->size_bytes < XFS_SUPERBLOCK_BYTES)
                return ERR_XFS_NONE;
        TRY(source_read(volume, 0, XFS_SUPERBLOCK_BYTES, work));
        uint32_t sector_bytes = reader_at_u16be(sb, SB_SECTSIZE);

        if (reader_at_u32be(sb, SB_MAGICNUM) == MAGIC && is_power_of_two_in(sector_bytes, 512, XFS_SECTOR_BYTES_MAX)) {
                TRY(source_read(volume, 0, sector_bytes, work));
                sb = span_of(work, sector_bytes);
        }
        TRY(xfs_parse(sb, &fs));
        if (fs.data_blocks > volume->size_bytes / fs.block_bytes)
                return ERR_XFS_DEVICE_SIZE;
        *ret_xfs = fs;
        return ERR_OK;
}

struct span xfs_label(const struct xfs *fs)
{
        return span_until_nul(span_of(fs->label, XFS_LABEL_BYTES));
}

void xfs_uuid(const struct xfs *fs, char *ret_text)
{
        guid_format_uuid(span_of(fs->uuid, GUID_BYTES), ret_text);
}
