/* SPDX-License-Identifier: Apache-2.0 */
/* The btrfs superblock: 4096 bytes, little-endian, a checksum over all but its own field. */
#include "format/btrfs.h"

#include <mbedtls/sha256.h>

#include "base/crc.h"
#include "base/reader.h"
#include "format/bits.h"

/* Offsets in the superblock. */
enum {
        OFF_CSUM = 0x00,
        OFF_FSID = 0x20,
        OFF_BYTENR = 0x30,
        OFF_FLAGS = 0x38,
        OFF_MAGIC = 0x40,
        OFF_GENERATION = 0x48,
        OFF_TOTAL_BYTES = 0x70,
        OFF_NUM_DEVICES = 0x88,
        OFF_SECTORSIZE = 0x90,
        OFF_NODESIZE = 0x94,
        OFF_SYS_CHUNK_ARRAY_SIZE = 0xa0,
        OFF_COMPAT_FLAGS = 0xac,
        OFF_COMPAT_RO_FLAGS = 0xb4,
        OFF_INCOMPAT_FLAGS = 0xbc,
        OFF_CSUM_TYPE = 0xc4,
        OFF_DEV_ID = 0xc9,
        OFF_DEV_TOTAL_BYTES = 0xd1,
        OFF_DEV_UUID = 0x10b,
        OFF_DEV_FSID = 0x11b,
        OFF_LABEL = 0x12b,
        OFF_METADATA_UUID = 0x23b,
};

#define CSUM_BYTES 32
#define CHUNK_ARRAY_BYTES_MAX 2048
#define BLOCK_BYTES_MIN 4096u
#define BLOCK_BYTES_MAX (64u * 1024)
#define INCOMPAT_METADATA_UUID (UINT64_C(1) << 10)

#define INCOMPAT_NAMES                                                                                                 \
        "mixed_backref default_subvol mixed_groups compress_lzo compress_zstd big_metadata extended_iref raid56 skinny_metadata no_holes " \
        "metadata_uuid raid1c34 zoned extent_tree_v2 raid_stripe_tree - simple_quota"
#define COMPAT_RO_NAMES "free_space_tree free_space_tree_valid verity block_group_tree"
#define FLAG_NAMES                                                                                                     \
        "written relocated error - - - - - - - - - - - - - - - - - - - - - - - - - - - - - " /* bits 3 to 31 */        \
        "seeding metadump metadump_v2 changing_fsid changing_fsid_v2"

static const char csum_names[][12] = {
        [BTRFS_CSUM_CRC32C] = "crc32c",
        [BTRFS_CSUM_XXHASH64] = "xxhash64",
        [BTRFS_CSUM_SHA256] = "sha256",
        [BTRFS_CSUM_BLAKE2B] = "blake2b",
};

/* The checksum field is compared as wide as the algorithm is; the rest of it is not defined. */
static enum err check_csum(struct span s)
{
        struct span body = span_sub(s, CSUM_BYTES, BTRFS_BYTES - CSUM_BYTES);
        uint8_t hash[CSUM_BYTES];

        switch (reader_at_u16le(s, OFF_CSUM_TYPE)) {
        case BTRFS_CSUM_CRC32C:
                return reader_at_u32le(s, OFF_CSUM) == ~crc_update_32c(CRC_START, body) ? ERR_OK : ERR_BTRFS_CSUM;
        case BTRFS_CSUM_SHA256:
                if (mbedtls_sha256(body.data, body.len, hash, 0) != 0)
                        return ERR_BTRFS_CSUM_UNVERIFIED;
                return memcmp(hash, s.data + OFF_CSUM, CSUM_BYTES) == 0 ? ERR_OK : ERR_BTRFS_CSUM;
        case BTRFS_CSUM_XXHASH64:
        case BTRFS_CSUM_BLAKE2B:
                return ERR_BTRFS_CSUM_UNVERIFIED;
        default:
                return ERR_BTRFS_CSUM_TYPE;
        }
}

static bool is_block_size(uint32_t bytes)
{
        return bytes >= BLOCK_BYTES_MIN && bytes <= BLOCK_BYTES_MAX && (bytes & (bytes - 1)) == 0;
}

/* What the fields say of each other, after the checksum. */
static enum err check_fields(struct span s, const struct btrfs *fs)
{
        if (!is_block_size(fs->sector_bytes))
                return ERR_BTRFS_SECTOR_SIZE;
        if (!is_block_size(fs->node_bytes) || fs->node_bytes < fs->sector_bytes)
                return ERR_BTRFS_NODE_SIZE;
        if (reader_at_u32le(s, OFF_SYS_CHUNK_ARRAY_SIZE) > CHUNK_ARRAY_BYTES_MAX)
                return ERR_BTRFS_CHUNK_ARRAY;
        if (fs->device_count == 0)
                return ERR_BTRFS_DEVICE_COUNT;
        /* The device item is metadata and carries the metadata's UUID. */
        if (memcmp(s.data + OFF_DEV_FSID, fs->metadata_uuid, GUID_BYTES) != 0)
                return ERR_BTRFS_DEVICE_FSID;
        return ERR_OK;
}

enum err btrfs_parse(struct span superblock, struct btrfs *ret_btrfs)
{
        struct span s = span_sub(superblock, 0, BTRFS_BYTES);

        if (!s.data)
                return ERR_SHORT;
        if (!span_equal(span_sub(s, OFF_MAGIC, 8), span_of("_BHRfS_M", 8)))
                return ERR_BTRFS_NONE;
        TRY(check_csum(s));
        if (reader_at_u64le(s, OFF_BYTENR) != BTRFS_OFFSET)
                return ERR_BTRFS_BYTENR;

        struct btrfs fs = {
                .csum_type = (enum btrfs_csum)reader_at_u16le(s, OFF_CSUM_TYPE),
                .flags = reader_at_u64le(s, OFF_FLAGS),
                .compat_flags = reader_at_u64le(s, OFF_COMPAT_FLAGS),
                .compat_ro_flags = reader_at_u64le(s, OFF_COMPAT_RO_FLAGS),
                .incompat_flags = reader_at_u64le(s, OFF_INCOMPAT_FLAGS),
                .generation = reader_at_u64le(s, OFF_GENERATION),
                .total_bytes = reader_at_u64le(s, OFF_TOTAL_BYTES),
                .device_id = reader_at_u64le(s, OFF_DEV_ID),
                .device_bytes = reader_at_u64le(s, OFF_DEV_TOTAL_BYTES),
                .device_count = reader_at_u64le(s, OFF_NUM_DEVICES),
                .sector_bytes = reader_at_u32le(s, OFF_SECTORSIZE),
                .node_bytes = reader_at_u32le(s, OFF_NODESIZE),
        };
        struct span label = span_until_nul(span_sub(s, OFF_LABEL, BTRFS_LABEL_SIZE));

        if (label.len == BTRFS_LABEL_SIZE)
                return ERR_BTRFS_LABEL;
        memcpy(fs.label, label.data, label.len);
        memcpy(fs.fsid, s.data + OFF_FSID, GUID_BYTES);
        memcpy(fs.metadata_uuid, s.data + (fs.incompat_flags & INCOMPAT_METADATA_UUID ? OFF_METADATA_UUID : OFF_FSID), GUID_BYTES);
        memcpy(fs.device_uuid, s.data + OFF_DEV_UUID, GUID_BYTES);
        TRY(check_fields(s, &fs));
        *ret_btrfs = fs;
        return ERR_OK;
}

enum err btrfs_read(const struct source *volume, uint8_t *work, struct btrfs *ret_btrfs)
{
        struct btrfs fs;

        if (volume->size_bytes < BTRFS_OFFSET + BTRFS_BYTES)
                return ERR_BTRFS_NONE;
        TRY(source_read(volume, BTRFS_OFFSET, BTRFS_BYTES, work));
        TRY(btrfs_parse(span_of(work, BTRFS_BYTES), &fs));
        if (fs.device_bytes > volume->size_bytes)
                return ERR_BTRFS_DEVICE_SIZE;
        *ret_btrfs = fs;
        return ERR_OK;
}

static void write_config(struct json_writer *w, const struct btrfs *btrfs)
{
        json_put_object(w, "config");
        json_put_str(w, "csum_type", csum_names[btrfs->csum_type]);
        json_put_u64(w, "device_count", btrfs->device_count);
        json_put_object(w, "features");
        bits_put(w, "compat", btrfs->compat_flags, "");
        bits_put(w, "compat_ro", btrfs->compat_ro_flags, COMPAT_RO_NAMES);
        bits_put(w, "incompat", btrfs->incompat_flags, INCOMPAT_NAMES);
        json_object_close(w);
        bits_put(w, "flags", btrfs->flags, FLAG_NAMES);
        json_put_u64(w, "node_bytes", btrfs->node_bytes);
        json_put_u64(w, "sector_bytes", btrfs->sector_bytes);
        json_object_close(w);
}

static void write_identity(struct json_writer *w, const struct btrfs *btrfs)
{
        json_put_object(w, "identity");
        json_put_u64(w, "device_id", btrfs->device_id);
        guid_put_uuid(w, "device_uuid", btrfs->device_uuid);
        json_put_text(w, "label", btrfs_label(btrfs));
        guid_put_uuid(w, "metadata_uuid", btrfs->metadata_uuid);
        guid_put_uuid(w, "uuid", btrfs->fsid);
        json_object_close(w);
}

void btrfs_write(struct json_writer *w, const struct btrfs *btrfs, unsigned classes)
{
        if (classes & CLASS_CONFIG)
                write_config(w, btrfs);
        if (classes & CLASS_IDENTITY)
                write_identity(w, btrfs);
        if (classes & CLASS_INFO) {
                json_put_object(w, "info");
                json_put_u64(w, "generation", btrfs->generation);
                json_object_close(w);
        }
        if (classes & CLASS_LAYOUT) {
                json_put_object(w, "layout");
                json_put_u64(w, "device_bytes", btrfs->device_bytes);
                json_put_u64(w, "total_bytes", btrfs->total_bytes);
                json_object_close(w);
        }
}

struct span btrfs_label(const struct btrfs *btrfs)
{
        return span_of_str(btrfs->label);
}

void btrfs_uuid(const struct btrfs *btrfs, char *ret_text)
{
        guid_format_uuid(span_of(btrfs->fsid, GUID_BYTES), ret_text);
}
