/* SPDX-License-Identifier: Apache-2.0 */
/* Compares a dm-crypt table with the LUKS2 header that was measured before the volume was unlocked. */
#include "log/dm.h"

#include "base/canon.h"

#define UUID_PREFIX "CRYPT-LUKS2-"
#define SECTOR_BYTES 512

/* What the measured header says of its one segment. */
struct segment {
        struct span encryption;
        uint64_t sector_bytes;
        uint64_t offset_bytes;
        uint64_t size_bytes; /* 0: up to the end of the device */
        bool authenticated;
};

bool dm_is_of(const struct dm_table *table, const char *kind, struct span uuid)
{
        struct span rest = table->uuid;
        size_t prefix = strlen(kind);

        if (!span_equal(span_sub(rest, 0, prefix), span_of_str(kind)))
                return false;
        rest = span_sub(rest, prefix, rest.len - prefix);
        for (size_t i = 0; i < uuid.len; i++) {
                if (uuid.data[i] == '-')
                        continue;
                if (rest.len == 0 || rest.data[0] != uuid.data[i])
                        return false;
                rest = span_sub(rest, 1, rest.len - 1);
        }
        return uuid.len > 0 && rest.len > 0 && rest.data[0] == '-';
}

bool dm_is_of_luks2(const struct dm_table *table, struct span uuid)
{
        return dm_is_of(table, UUID_PREFIX, uuid);
}

/* ---- the measured header --------------------------------------------------------------------------------------------- */

static enum err get_text(struct span object, const char *key, struct span *ret_text)
{
        struct span value;

        TRY(canon_member(object, key, &value));
        return canon_plain_string(value, ret_text);
}

/* LUKS2 writes 64-bit numbers as strings of decimal digits. */
static enum err get_decimal(struct span object, const char *key, uint64_t *ret_number)
{
        uint64_t number = 0;
        struct span text;

        TRY(get_text(object, key, &text));
        for (size_t i = 0; i < text.len; i++) {
                unsigned digit = (unsigned)(text.data[i] - '0');

                if (digit > 9 || number > (UINT64_MAX - digit) / 10)
                        return ERR_DM_VOLUME;
                number = number * 10 + digit;
        }
        *ret_number = number;
        return ERR_OK;
}

static enum err read_segment(struct span json, struct segment *ret_segment)
{
        struct segment s = { 0 };
        struct span type, sector, size, integrity;

        TRY(get_text(json, "type", &type));
        if (!span_equal_str(type, "crypt"))
                return ERR_DM_VOLUME;
        TRY(get_text(json, "encryption", &s.encryption));
        TRY(canon_member(json, "sector_size", &sector));
        TRY(canon_u64(sector, &s.sector_bytes));
        TRY(get_decimal(json, "offset", &s.offset_bytes));
        TRY(get_text(json, "size", &size));
        if (!span_equal_str(size, "dynamic"))
                TRY(get_decimal(json, "size", &s.size_bytes));
        s.authenticated = canon_member(json, "integrity", &integrity) == ERR_OK;
        *ret_segment = s;
        return ERR_OK;
}

static enum err find_segment(struct span config, struct segment *ret_segment)
{
        struct span segments, key, json, other;
        struct canon_walk walk;

        if (canon_member(config, "segments", &segments) != ERR_OK || canon_open_object(segments, &walk) != ERR_OK ||
            !canon_next_member(&walk, &key, &json) || canon_next_member(&walk, &key, &other) || read_segment(json, ret_segment) != ERR_OK)
                return ERR_DM_VOLUME;
        return ERR_OK;
}

/* Whether a keyslot holds a key of that size; a volume without keyslots, opened by its volume key, has any. */
static bool has_key_size(struct span config, uint64_t key_bytes)
{
        struct span keyslots, key, json, value;
        struct canon_walk walk;
        bool none = true;

        if (canon_member(config, "keyslots", &keyslots) != ERR_OK || canon_open_object(keyslots, &walk) != ERR_OK)
                return false;
        for (; canon_next_member(&walk, &key, &json); none = false) {
                uint64_t size;

                if (canon_member(json, "key_size", &value) == ERR_OK && canon_u64(value, &size) == ERR_OK && size == key_bytes)
                        return true;
        }
        return none;
}

/* ---- comparison ------------------------------------------------------------------------------------------------------ */

static enum err only_target(const struct dm_table *table, struct dm_target *ret_target)
{
        struct span targets = table->targets;
        struct dm_target t;

        if (table->target_count != 1 || targets.len == 0)
                return ERR_DM_TARGETS;
        TRY(dm_next_target(&targets, &t));
        if (targets.len > 0 || t.index != 0 || t.begin_sectors != 0 || !span_equal_str(t.type, "crypt"))
                return ERR_DM_TARGETS;
        *ret_target = t;
        return ERR_OK;
}

static enum err number_field(struct span fields, const char *key, uint64_t absent, uint64_t *ret_number)
{
        uint64_t number = absent;
        struct span text;

        if (dm_field(fields, key, &text) == ERR_OK && canon_u64(text, &number) != ERR_OK)
                return ERR_DM_FIELD;
        *ret_number = number;
        return ERR_OK;
}

static enum err check_length(const struct segment *s, uint64_t len_sectors, uint64_t volume_bytes)
{
        uint64_t bytes = s->size_bytes;

        if (bytes == 0 && (volume_bytes == 0 || s->authenticated))
                return ERR_OK; /* not known; tags take room of the device */
        if (bytes == 0 && s->offset_bytes > volume_bytes)
                return ERR_DM_LENGTH;
        if (bytes == 0)
                bytes = volume_bytes - s->offset_bytes;
        if (s->sector_bytes >= SECTOR_BYTES)
                bytes -= bytes % s->sector_bytes;
        return len_sectors == bytes / SECTOR_BYTES ? ERR_OK : ERR_DM_LENGTH;
}

static enum err check_fields(const struct dm_target *target, struct span cipher, struct span config, uint64_t volume_bytes)
{
        struct segment segment;
        uint64_t sector_bytes, key_bytes, tag_bytes;

        TRY(find_segment(config, &segment));
        if (!span_equal(cipher, segment.encryption))
                return ERR_DM_CIPHER;
        TRY(number_field(target->fields, "sector_size", SECTOR_BYTES, &sector_bytes));
        TRY(number_field(target->fields, "key_size", 0, &key_bytes));
        TRY(number_field(target->fields, "integrity_tag_size", 0, &tag_bytes));
        if (sector_bytes != segment.sector_bytes)
                return ERR_DM_SECTOR;
        if (!has_key_size(config, key_bytes))
                return ERR_DM_KEY;
        if ((tag_bytes > 0) != segment.authenticated)
                return ERR_DM_INTEGRITY;
        return check_length(&segment, target->len_sectors, volume_bytes);
}

enum err dm_match_luks2(const struct dm_table *table, struct span volume, uint64_t volume_bytes)
{
        struct span identity, uuid, config, cipher;
        struct dm_target target;

        if (canon_member(volume, "identity", &identity) != ERR_OK || get_text(identity, "uuid", &uuid) != ERR_OK)
                return ERR_DM_VOLUME;
        if (!dm_is_of_luks2(table, uuid))
                return ERR_DM_UUID;
        TRY(only_target(table, &target));
        TRY(dm_field(target.fields, "cipher_string", &cipher));
        if (span_find(cipher, "cipher_null"))
                return ERR_DM_NULL;
        if (canon_member(volume, "config", &config) != ERR_OK)
                return ERR_OK;
        return check_fields(&target, cipher, config, volume_bytes);
}
