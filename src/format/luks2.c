/* SPDX-License-Identifier: Apache-2.0 */
/* LUKS2 as a whole: which of the two headers counts, whether they agree, and what is written of them. */
#include "format/luks2_header.h"
#include "format/luks2_json.h"

/* LUKS_WORK_BYTES of scratch memory, by use. */
struct areas {
        uint8_t *binary;
        uint8_t *primary_text;
        uint8_t *secondary_text;
        struct luks2_json_work json;
};

static struct areas areas_in(uint8_t *work)
{
        uint8_t *texts = work + LUKS2_HEADER_BYTES;

        return (struct areas){
                .binary = work,
                .primary_text = texts,
                .secondary_text = texts + LUKS2_JSON_BYTES_MAX,
                .json = { texts + 2 * LUKS2_JSON_BYTES_MAX, texts + 3 * LUKS2_JSON_BYTES_MAX, JSON_POOL_BYTES(LUKS2_JSON_BYTES_MAX) },
        };
}

/* Both headers as far as their checksums go; the errors say which to believe. */
struct pair {
        struct luks2_header primary, secondary;
        enum err primary_error, secondary_error;
};

/* The secondary stands where a good primary ends, else at one of the places where any header may end. */
static enum err read_pair(const struct source *volume, const struct areas *areas, struct pair *pair)
{
        static const char magic[] = "LUKS\xba\xbe";

        pair->primary_error = luks2_header_read(volume, 0, areas->binary, areas->primary_text, &pair->primary);
        if (pair->primary_error == ERR_BLOCKDEV_READ)
                return ERR_BLOCKDEV_READ;
        if (pair->primary_error == ERR_LUKS2_NONE && volume->size_bytes >= LUKS2_HEADER_BYTES && memcmp(areas->binary, magic, 6) == 0)
                return ERR_LUKS2_NONE; /* LUKS1: cryptsetup does not look further, so neither do we */
        if (pair->primary_error == ERR_OK)
                pair->secondary_error = luks2_header_read(volume, pair->primary.header_bytes, areas->binary, areas->secondary_text,
                                                          &pair->secondary);
        else
                pair->secondary_error = luks2_header_scan(volume, areas->binary, areas->secondary_text, &pair->secondary);
        return pair->secondary_error == ERR_BLOCKDEV_READ ? ERR_BLOCKDEV_READ : ERR_OK;
}

static bool same_header(const struct luks2_header *a, const struct luks2_header *b)
{
        return a->seqid == b->seqid && strcmp(a->uuid, b->uuid) == 0 && strcmp(a->label, b->label) == 0 &&
               strcmp(a->subsystem, b->subsystem) == 0 && span_equal(a->json, b->json);
}

static enum luks2_state state_of(const struct pair *pair)
{
        if (pair->primary_error != ERR_OK)
                return LUKS2_PRIMARY_BAD;
        if (pair->secondary_error != ERR_OK)
                return LUKS2_SECONDARY_BAD;
        return same_header(&pair->primary, &pair->secondary) ? LUKS2_BOTH : LUKS2_DIFFER;
}

/* A header is good when its JSON is too. The primary is decoded last, so that luks holds it when it is good. */
static void decode_pair(uint64_t volume_bytes, const struct areas *areas, struct pair *pair, struct luks2 *luks)
{
        if (pair->secondary_error == ERR_OK)
                pair->secondary_error = luks2_json_decode(pair->secondary.json, volume_bytes, &areas->json, luks);
        if (pair->primary_error == ERR_OK)
                pair->primary_error = luks2_json_decode(pair->primary.json, volume_bytes, &areas->json, luks);
}

static void take_header(const struct luks2_header *header, struct luks2 *luks)
{
        luks->header_bytes = header->header_bytes;
        luks->seqid = header->seqid;
        memcpy(luks->checksum_alg, header->checksum_alg, sizeof(luks->checksum_alg));
        memcpy(luks->uuid, header->uuid, sizeof(luks->uuid));
        memcpy(luks->label, header->label, sizeof(luks->label));
        memcpy(luks->subsystem, header->subsystem, sizeof(luks->subsystem));
}

enum err luks2_read(const struct source *volume, uint8_t *work, struct luks2 *ret_luks)
{
        struct areas areas = areas_in(work);
        struct luks2 luks = { 0 };
        struct pair pair = { 0 };

        TRY(read_pair(volume, &areas, &pair));
        if (pair.primary_error != ERR_OK && pair.secondary_error != ERR_OK)
                return pair.primary_error != ERR_LUKS2_NONE ? pair.primary_error : pair.secondary_error;
        decode_pair(volume->size_bytes, &areas, &pair, &luks);
        if (pair.primary_error != ERR_OK && pair.secondary_error != ERR_OK)
                return pair.primary_error != ERR_LUKS2_NONE ? pair.primary_error : pair.secondary_error;
        luks.state = state_of(&pair);
        luks.primary_error = pair.primary_error;
        luks.secondary_error = pair.secondary_error;
        luks.secondary_used = luks.state == LUKS2_PRIMARY_BAD ||
                              (luks.state == LUKS2_DIFFER && pair.secondary.seqid > pair.primary.seqid);
        if (luks.secondary_used)
                TRY(luks2_json_decode(pair.secondary.json, volume->size_bytes, &areas.json, &luks));
        take_header(luks.secondary_used ? &pair.secondary : &pair.primary, &luks);
        *ret_luks = luks;
        return ERR_OK;
}

/* ---- writing --------------------------------------------------------------------------------------------------------- */

static const struct {
        enum luks2_lint lint;
        char name[20];
} lint_names[] = {
        { LUKS2_LINT_COSIMA_TOKEN, "cosima-token" },
        { LUKS2_LINT_LINEAR_SEGMENT, "linear-segment" },
        { LUKS2_LINT_MANY_SEGMENTS, "many-segments" },
        { LUKS2_LINT_NULL_CIPHER, "null-cipher" },
        { LUKS2_LINT_REENCRYPT, "reencrypt" },
        { LUKS2_LINT_UNBOUND_SEGMENT, "unbound-segment" },
        { LUKS2_LINT_UNKNOWN_REQUIREMENT, "unknown-requirement" },
        { LUKS2_LINT_UNKNOWN_SECTION, "unknown-section" },
        { LUKS2_LINT_UNKNOWN_SEGMENT, "unknown-segment" },
};

const char *luks2_lint_name(enum luks2_lint lint)
{
        for (size_t i = 0; i < sizeof(lint_names) / sizeof(lint_names[0]); i++)
                if (lint_names[i].lint == lint)
                        return lint_names[i].name;
        return "";
}

static void put_section(struct json_writer *w, const char *key, const struct luks2 *luks, struct luks2_text text)
{
        json_key(w, key);
        json_raw(w, span_of(luks->text + text.offset, text.len));
}

static void write_config(struct json_writer *w, const struct luks2 *luks)
{
        json_put_object(w, "config");
        put_section(w, "bindings", luks, luks->bindings);
        put_section(w, "config", luks, luks->config);
        json_put_str(w, "inner_uuid", luks->inner_uuid);
        put_section(w, "keyslots", luks, luks->keyslots);
        json_key(w, "lints");
        json_array_open(w);
        for (size_t i = 0; i < sizeof(lint_names) / sizeof(lint_names[0]); i++)
                if (luks->lints & lint_names[i].lint)
                        json_str(w, lint_names[i].name);
        json_array_close(w);
        put_section(w, "segments", luks, luks->segments);
        put_section(w, "tokens", luks, luks->tokens);
        json_object_close(w);
}

static void write_identity(struct json_writer *w, const struct luks2 *luks)
{
        json_put_object(w, "identity");
        put_section(w, "digests", luks, luks->digests);
        json_put_text(w, "label", luks2_label(luks));
        json_put_str(w, "state", luks2_state_name(luks->state));
        json_put_text(w, "subsystem", span_of_str(luks->subsystem));
        json_put_str(w, "uuid", luks->uuid);
        json_put_u64(w, "version", 2);
        json_object_close(w);
}

static void write_info(struct json_writer *w, const struct luks2 *luks)
{
        json_put_object(w, "info");
        json_put_str(w, "checksum", luks->checksum_alg);
        json_put_str(w, "primary", err_name(luks->primary_error));
        json_put_str(w, "secondary", err_name(luks->secondary_error));
        json_put_u64(w, "seqid", luks->seqid);
        json_put_str(w, "used", luks->secondary_used ? "secondary" : "primary");
        json_object_close(w);
}

void luks2_write(struct json_writer *w, const struct luks2 *luks, unsigned classes)
{
        if (classes & CLASS_CONFIG)
                write_config(w, luks);
        if (classes & CLASS_IDENTITY)
                write_identity(w, luks);
        if (classes & CLASS_INFO)
                write_info(w, luks);
        if (classes & CLASS_LAYOUT) {
                json_put_object(w, "layout");
                json_put_u64(w, "header_bytes", luks->header_bytes);
                json_object_close(w);
        }
}

struct span luks2_label(const struct luks2 *luks)
{
        return span_of_str(luks->label);
}

void luks2_uuid(const struct luks2 *luks, char *ret_text)
{
        memcpy(ret_text, luks->uuid, GUID_TEXT_SIZE);
}

void luks2_inner_uuid(const struct luks2 *luks, char *ret_text)
{
        memcpy(ret_text, luks->inner_uuid, GUID_TEXT_SIZE);
}

const char *luks2_state_name(enum luks2_state state)
{
        static const char names[][16] = {
                [LUKS2_BOTH] = "both",
                [LUKS2_PRIMARY_BAD] = "primary-bad",
                [LUKS2_SECONDARY_BAD] = "secondary-bad",
                [LUKS2_DIFFER] = "differ",
        };

        return names[state];
}
