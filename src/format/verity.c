/* SPDX-License-Identifier: Apache-2.0 */
/* The dm-verity superblock: 512 bytes, little-endian, without a checksum; all of it is stable. */
#include "format/verity.h"

#include "base/reader.h"

/* Offsets in the superblock. */
enum {
        OFF_SIGNATURE = 0,
        OFF_VERSION = 8,
        OFF_HASH_TYPE = 12,
        OFF_UUID = 16,
        OFF_ALGORITHM = 32,
        OFF_DATA_BLOCK_SIZE = 64,
        OFF_HASH_BLOCK_SIZE = 68,
        OFF_DATA_BLOCKS = 72,
        OFF_SALT_SIZE = 80,
        OFF_SALT = 88,
};

#define SIGNATURE "verity\0\0"
#define ALGORITHM_BYTES 32
#define BLOCK_BYTES_MIN 512u
#define BLOCK_BYTES_MAX (512u * 1024)

static bool is_block_size(uint32_t bytes)
{
        return bytes >= BLOCK_BYTES_MIN && bytes <= BLOCK_BYTES_MAX && (bytes & (bytes - 1)) == 0;
}

static bool is_algorithm(struct span name)
{
        for (size_t i = 0; i < name.len; i++)
                if (name.data[i] <= ' ' || name.data[i] > '~')
                        return false;
        return name.len > 0 && name.len < ALGORITHM_BYTES;
}

enum err verity_parse(struct span superblock, struct verity *ret_verity)
{
        struct verity v = { 0 };
        struct span s = span_sub(superblock, 0, VERITY_BYTES);

        if (!s.data)
                return ERR_SHORT;
        if (!span_equal(span_sub(s, OFF_SIGNATURE, 8), span_of(SIGNATURE, 8)))
                return ERR_VERITY_NONE;
        if (reader_at_u32le(s, OFF_VERSION) != 1)
                return ERR_VERITY_VERSION;
        v.hash_type = reader_at_u32le(s, OFF_HASH_TYPE);
        if (v.hash_type > 1)
                return ERR_VERITY_HASH_TYPE;

        struct span algorithm = span_until_nul(span_sub(s, OFF_ALGORITHM, ALGORITHM_BYTES));

        if (!is_algorithm(algorithm))
                return ERR_VERITY_ALGORITHM;
        memcpy(v.algorithm, algorithm.data, algorithm.len);
        v.data_block_bytes = reader_at_u32le(s, OFF_DATA_BLOCK_SIZE);
        v.hash_block_bytes = reader_at_u32le(s, OFF_HASH_BLOCK_SIZE);
        if (!is_block_size(v.data_block_bytes) || !is_block_size(v.hash_block_bytes))
                return ERR_VERITY_BLOCK_SIZE;
        v.data_blocks = reader_at_u64le(s, OFF_DATA_BLOCKS);
        if (v.data_blocks == 0 || v.data_blocks > UINT64_MAX / v.data_block_bytes)
                return ERR_VERITY_DATA_BLOCKS;
        v.salt_bytes = reader_at_u16le(s, OFF_SALT_SIZE);
        if (v.salt_bytes > VERITY_SALT_MAX)
                return ERR_VERITY_SALT;
        memcpy(v.salt, s.data + OFF_SALT, v.salt_bytes);
        memcpy(v.uuid, s.data + OFF_UUID, GUID_BYTES);
        *ret_verity = v;
        return ERR_OK;
}

enum err verity_read(const struct source *volume, uint8_t *work, struct verity *ret_verity)
{
        if (volume->size_bytes < VERITY_BYTES)
                return ERR_VERITY_NONE;
        TRY(source_read(volume, 0, VERITY_BYTES, work));
        return verity_parse(span_of(work, VERITY_BYTES), ret_verity);
}

void verity_write(struct json_writer *w, const struct verity *verity, unsigned classes)
{
        if (classes & CLASS_CONFIG) {
                json_put_object(w, "config");
                json_put_str(w, "algorithm", verity->algorithm);
                json_put_u64(w, "data_block_bytes", verity->data_block_bytes);
                json_put_u64(w, "hash_block_bytes", verity->hash_block_bytes);
                json_put_u64(w, "hash_type", verity->hash_type);
                json_object_close(w);
        }
        if (classes & CLASS_IDENTITY) {
                json_put_object(w, "identity");
                json_put_hex(w, "salt", span_of(verity->salt, verity->salt_bytes));
                guid_put_uuid(w, "uuid", verity->uuid);
                json_object_close(w);
        }
        if (classes & CLASS_INFO) {
                json_put_object(w, "info");
                json_object_close(w);
        }
        if (classes & CLASS_LAYOUT) {
                json_put_object(w, "layout");
                json_put_u64(w, "data_blocks", verity->data_blocks);
                json_object_close(w);
        }
}

void verity_uuid(const struct verity *verity, char *ret_text)
{
        guid_format_uuid(span_of(verity->uuid, GUID_BYTES), ret_text);
}
