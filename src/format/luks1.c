/* SPDX-License-Identifier: Apache-2.0 */
/* The LUKS1 header: 592 bytes, big-endian, without a checksum (LUKS1 On-Disk Format Specification 1.2.3, figure 1 and 2). */
#include "base/reader.h"
#include "format/luks.h"

/* Offsets in the header. */
enum {
        OFF_MAGIC = 0,
        OFF_VERSION = 6,
        OFF_CIPHER_NAME = 8,
        OFF_CIPHER_MODE = 40,
        OFF_HASH_SPEC = 72,
        OFF_PAYLOAD_OFFSET = 104,
        OFF_KEY_BYTES = 108,
        OFF_MK_DIGEST = 112,
        OFF_MK_DIGEST_SALT = 132,
        OFF_MK_DIGEST_ITER = 164,
        OFF_UUID = 168,
        OFF_KEYSLOTS = 208,
};

/* Offsets in a keyslot. */
enum {
        SLOT_ACTIVE = 0,
        SLOT_ITERATIONS = 4,
        SLOT_SALT = 8,
        SLOT_KEY_MATERIAL_OFFSET = 40,
        SLOT_STRIPES = 44,
        SLOT_BYTES = 48,
};

#define NAME_BYTES 32
#define UUID_BYTES 40
#define KEY_BYTES_MAX 512u
#define SECTOR_BYTES 512u
#define KEY_ENABLED UINT32_C(0x00ac71f3)
#define KEY_DISABLED UINT32_C(0x0000dead)
#define STRIPES 4000u /* the only number that was ever written */

/* A name: graphic ASCII, at least one character, its NUL inside the field. */
static bool copy_name(struct span field, char *ret_name)
{
        struct span name = span_until_nul(field);

        if (name.len == 0 || name.len == field.len)
                return false;
        for (size_t i = 0; i < name.len; i++)
                if (name.data[i] <= ' ' || name.data[i] > '~')
                        return false;
        memcpy(ret_name, name.data, name.len);
        ret_name[name.len] = '\0';
        return true;
}

static enum err parse_keyslot(struct span s, const struct luks1 *luks, struct luks1_keyslot *ret_slot)
{
        uint32_t active = reader_at_u32be(s, SLOT_ACTIVE);
        struct luks1_keyslot slot = {
                .active = active == KEY_ENABLED,
                .iterations = reader_at_u32be(s, SLOT_ITERATIONS),
                .material_offset_sectors = reader_at_u32be(s, SLOT_KEY_MATERIAL_OFFSET),
                .stripes = reader_at_u32be(s, SLOT_STRIPES),
        };
        uint64_t material_sectors = ((uint64_t)luks->key_bytes * STRIPES + SECTOR_BYTES - 1) / SECTOR_BYTES;

        if (active != KEY_ENABLED && active != KEY_DISABLED)
                return ERR_LUKS1_KEYSLOT_STATE;
        if (slot.stripes != STRIPES)
                return ERR_LUKS1_KEYSLOT_STRIPES;
        if (slot.material_offset_sectors < (LUKS1_BYTES + SECTOR_BYTES - 1) / SECTOR_BYTES)
                return ERR_LUKS1_KEYSLOT_AREA;
        /* A payload offset of 0 means a detached header: then there is no payload that the key material could run into. */
        if (luks->payload_offset_sectors > 0 && slot.material_offset_sectors + material_sectors > luks->payload_offset_sectors)
                return ERR_LUKS1_KEYSLOT_AREA;
        memcpy(slot.salt, s.data + SLOT_SALT, sizeof(slot.salt));
        *ret_slot = slot;
        return ERR_OK;
}

static enum err parse_names(struct span s, struct luks1 *luks)
{
        struct span uuid = span_until_nul(span_sub(s, OFF_UUID, UUID_BYTES));

        if (!copy_name(span_sub(s, OFF_CIPHER_NAME, NAME_BYTES), luks->cipher))
                return ERR_LUKS1_CIPHER;
        if (!copy_name(span_sub(s, OFF_CIPHER_MODE, NAME_BYTES), luks->mode))
                return ERR_LUKS1_MODE;
        if (!copy_name(span_sub(s, OFF_HASH_SPEC, NAME_BYTES), luks->hash))
                return ERR_LUKS1_HASH;
        if (!guid_is_text(uuid))
                return ERR_LUKS1_UUID;
        memcpy(luks->uuid, uuid.data, uuid.len);
        luks->null_cipher = span_find(span_of_str(luks->cipher), "_null") || span_find(span_of_str(luks->mode), "_null");
        return ERR_OK;
}

enum err luks1_parse(struct span header, uint64_t volume_bytes, struct luks1 *ret_luks)
{
        struct luks1 luks = { 0 };
        struct span s = span_sub(header, 0, LUKS1_BYTES);

        if (!s.data)
                return ERR_SHORT;
        if (!span_equal(span_sub(s, OFF_MAGIC, 6), span_of("LUKS\xba\xbe", 6)) || reader_at_u16be(s, OFF_VERSION) != 1)
                return ERR_LUKS1_NONE;
        TRY(parse_names(s, &luks));
        luks.payload_offset_sectors = reader_at_u32be(s, OFF_PAYLOAD_OFFSET);
        if (luks.payload_offset_sectors > volume_bytes / SECTOR_BYTES)
                return ERR_LUKS1_PAYLOAD;
        luks.key_bytes = reader_at_u32be(s, OFF_KEY_BYTES);
        if (luks.key_bytes == 0 || luks.key_bytes > KEY_BYTES_MAX)
                return ERR_LUKS1_KEY_BYTES;
        memcpy(luks.mk_digest, s.data + OFF_MK_DIGEST, sizeof(luks.mk_digest));
        memcpy(luks.mk_digest_salt, s.data + OFF_MK_DIGEST_SALT, sizeof(luks.mk_digest_salt));
        luks.mk_digest_iterations = reader_at_u32be(s, OFF_MK_DIGEST_ITER);
        for (unsigned i = 0; i < LUKS1_KEYSLOTS; i++)
                TRY(parse_keyslot(span_sub(s, OFF_KEYSLOTS + i * SLOT_BYTES, SLOT_BYTES), &luks, &luks.keyslots[i]));
        *ret_luks = luks;
        return ERR_OK;
}

enum err luks1_read(const struct source *volume, uint8_t *work, struct luks1 *ret_luks)
{
        if (volume->size_bytes < LUKS1_BYTES)
                return ERR_LUKS1_NONE;
        TRY(source_read(volume, 0, LUKS1_BYTES, work));
        return luks1_parse(span_of(work, LUKS1_BYTES), volume->size_bytes, ret_luks);
}

static void write_config(struct json_writer *w, const struct luks1 *luks)
{
        json_put_object(w, "config");
        json_put_str(w, "cipher", luks->cipher);
        json_put_str(w, "hash", luks->hash);
        json_put_u64(w, "key_bytes", luks->key_bytes);
        json_key(w, "keyslots");
        json_array_open(w);
        for (unsigned i = 0; i < LUKS1_KEYSLOTS; i++) {
                const struct luks1_keyslot *slot = &luks->keyslots[i];

                if (!slot->active)
                        continue;
                json_object_open(w);
                json_put_u64(w, "iterations", slot->iterations);
                json_put_u64(w, "number", i);
                json_put_hex(w, "salt", span_of(slot->salt, sizeof(slot->salt)));
                json_object_close(w);
        }
        json_array_close(w);
        json_key(w, "lints");
        json_array_open(w);
        if (luks->null_cipher)
                json_str(w, "null-cipher");
        json_array_close(w);
        json_put_str(w, "mode", luks->mode);
        json_object_close(w);
}

void luks1_write(struct json_writer *w, const struct luks1 *luks, unsigned classes)
{
        if (classes & CLASS_CONFIG)
                write_config(w, luks);
        if (classes & CLASS_IDENTITY) {
                json_put_object(w, "identity");
                json_put_hex(w, "mk_digest", span_of(luks->mk_digest, sizeof(luks->mk_digest)));
                json_put_u64(w, "mk_digest_iterations", luks->mk_digest_iterations);
                json_put_hex(w, "mk_digest_salt", span_of(luks->mk_digest_salt, sizeof(luks->mk_digest_salt)));
                json_put_str(w, "uuid", luks->uuid);
                json_put_u64(w, "version", 1);
                json_object_close(w);
        }
        if (classes & CLASS_INFO) {
                json_put_object(w, "info");
                json_object_close(w);
        }
        if (classes & CLASS_LAYOUT) {
                json_put_object(w, "layout");
                json_put_u64(w, "payload_offset_sectors", luks->payload_offset_sectors);
                json_object_close(w);
        }
}

void luks1_uuid(const struct luks1 *luks, char *ret_text)
{
        memcpy(ret_text, luks->uuid, GUID_TEXT_SIZE);
}
