/* SPDX-License-Identifier: Apache-2.0 */
/* The squashfs 4.0 superblock: 96 bytes, little-endian, without identity or checksum. */
#include "format/squashfs.h"

#include "base/reader.h"
#include "format/bits.h"

/* Offsets in the superblock. */
enum {
        OFF_MAGIC = 0,
        OFF_INODES = 4,
        OFF_MKFS_TIME = 8,
        OFF_BLOCK_SIZE = 12,
        OFF_FRAGMENTS = 16,
        OFF_COMPRESSION = 20,
        OFF_BLOCK_LOG = 22,
        OFF_FLAGS = 24,
        OFF_NO_IDS = 26,
        OFF_MAJOR = 28,
        OFF_MINOR = 30,
        OFF_ROOT_INODE = 32,
        OFF_BYTES_USED = 40,
        OFF_ID_TABLE = 48,
        OFF_XATTR_TABLE = 56,
        OFF_INODE_TABLE = 64,
        OFF_DIRECTORY_TABLE = 72,
        OFF_FRAGMENT_TABLE = 80,
        OFF_EXPORT_TABLE = 88,
};

#define FLAG_NAMES                                                                                                     \
        "uncompressed_inodes uncompressed_data check uncompressed_fragments no_fragments always_fragments duplicates exportable " \
        "uncompressed_xattrs no_xattrs compressor_options uncompressed_ids"

#define BLOCK_LOG_MIN 12
#define BLOCK_LOG_MAX 20

static const char compression_names[][8] = { "", "gzip", "lzma", "lzo", "xz", "lz4", "zstd" };

const char *squashfs_compression_name(uint16_t compression)
{
        return compression > 0 && compression < sizeof(compression_names) / sizeof(compression_names[0]) ? compression_names[compression] : NULL;
}

/* Every table starts behind the superblock and before the end; optional ones say all ones when they are not there. */
static bool tables_are_inside(struct span s, uint64_t bytes_used)
{
        static const struct {
                uint8_t offset;
                bool optional;
        } tables[] = {
                { OFF_ID_TABLE, false },        { OFF_XATTR_TABLE, true },    { OFF_INODE_TABLE, false },
                { OFF_DIRECTORY_TABLE, false }, { OFF_FRAGMENT_TABLE, true }, { OFF_EXPORT_TABLE, true },
        };

        for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
                uint64_t start = reader_at_u64le(s, tables[i].offset);

                if (tables[i].optional && start == UINT64_MAX)
                        continue;
                if (start < SQUASHFS_BYTES || start >= bytes_used)
                        return false;
        }
        return reader_at_u64le(s, OFF_INODE_TABLE) < reader_at_u64le(s, OFF_DIRECTORY_TABLE);
}

enum err squashfs_parse(struct span superblock, uint64_t volume_bytes, struct squashfs *ret_squashfs)
{
        struct span s = span_sub(superblock, 0, SQUASHFS_BYTES);

        if (!s.data)
                return ERR_SHORT;
        if (!span_equal(span_sub(s, OFF_MAGIC, 4), span_of("hsqs", 4)))
                return ERR_SQUASHFS_NONE;
        if (reader_at_u16le(s, OFF_MAJOR) != 4 || reader_at_u16le(s, OFF_MINOR) != 0)
                return ERR_SQUASHFS_VERSION;

        struct squashfs fs = {
                .inodes = reader_at_u32le(s, OFF_INODES),
                .made_time = reader_at_u32le(s, OFF_MKFS_TIME),
                .block_bytes = reader_at_u32le(s, OFF_BLOCK_SIZE),
                .fragments = reader_at_u32le(s, OFF_FRAGMENTS),
                .compression = reader_at_u16le(s, OFF_COMPRESSION),
                .flags = reader_at_u16le(s, OFF_FLAGS),
                .ids = reader_at_u16le(s, OFF_NO_IDS),
                .root_inode = reader_at_u64le(s, OFF_ROOT_INODE),
                .bytes_used = reader_at_u64le(s, OFF_BYTES_USED),
        };
        uint16_t block_log = reader_at_u16le(s, OFF_BLOCK_LOG);

        if (block_log < BLOCK_LOG_MIN || block_log > BLOCK_LOG_MAX || fs.block_bytes != UINT32_C(1) << block_log)
                return ERR_SQUASHFS_BLOCK_SIZE;
        if (!squashfs_compression_name(fs.compression))
                return ERR_SQUASHFS_COMPRESSION;
        if (fs.inodes == 0 || fs.ids == 0)
                return ERR_SQUASHFS_EMPTY;
        if (fs.bytes_used < SQUASHFS_BYTES || fs.bytes_used > volume_bytes)
                return ERR_SQUASHFS_SIZE;
        if (!tables_are_inside(s, fs.bytes_used))
                return ERR_SQUASHFS_TABLE;
        *ret_squashfs = fs;
        return ERR_OK;
}

enum err squashfs_read(const struct source *volume, uint8_t *work, struct squashfs *ret_squashfs)
{
        if (volume->size_bytes < SQUASHFS_BYTES)
                return ERR_SQUASHFS_NONE;
        TRY(source_read(volume, 0, SQUASHFS_BYTES, work));
        return squashfs_parse(span_of(work, SQUASHFS_BYTES), volume->size_bytes, ret_squashfs);
}

void squashfs_write(struct json_writer *w, const struct squashfs *squashfs, unsigned classes)
{
        if (classes & CLASS_CONFIG) {
                json_put_object(w, "config");
                json_put_u64(w, "block_bytes", squashfs->block_bytes);
                json_put_str(w, "compression", squashfs_compression_name(squashfs->compression));
                bits_put(w, "flags", squashfs->flags, FLAG_NAMES);
                json_object_close(w);
        }
        if (classes & CLASS_IDENTITY) {
                json_put_object(w, "identity");
                json_put_u64(w, "bytes_used", squashfs->bytes_used);
                json_put_u64(w, "inodes", squashfs->inodes);
                json_put_u64(w, "made_time", squashfs->made_time);
                json_put_u64(w, "root_inode", squashfs->root_inode);
                json_object_close(w);
        }
        if (classes & CLASS_INFO) {
                json_put_object(w, "info");
                json_object_close(w);
        }
        if (classes & CLASS_LAYOUT) {
                json_put_object(w, "layout");
                json_put_u64(w, "fragments", squashfs->fragments);
                json_put_u64(w, "ids", squashfs->ids);
                json_object_close(w);
        }
}
