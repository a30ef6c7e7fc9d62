/* SPDX-License-Identifier: Apache-2.0 */
/* Decodes the five sections of LUKS2 JSON. Nothing is interpreted that need not be: whatever stands there is kept and measured. */
#include "format/luks2_json.h"

#include <mbedtls/sha256.h>

#include "format/luks2_canonical.h"

enum section { CONFIG, DIGESTS, KEYSLOTS, SEGMENTS, TOKENS, SECTIONS };

static const struct {
        char name[12];
        unsigned max; /* 0: the members are not numbered */
        enum err too_many;
} sections[SECTIONS] = {
        [CONFIG] = { "config", 0, ERR_OK },
        [DIGESTS] = { "digests", LUKS2_DIGESTS_MAX, ERR_LUKS2_DIGESTS },
        [KEYSLOTS] = { "keyslots", LUKS2_KEYSLOTS_MAX, ERR_LUKS2_KEYSLOTS },
        [SEGMENTS] = { "segments", LUKS2_SEGMENTS_MAX, ERR_LUKS2_SEGMENTS },
        [TOKENS] = { "tokens", LUKS2_TOKENS_MAX, ERR_LUKS2_TOKENS },
};

struct decoder {
        struct luks2 *luks;
        const struct luks2_json_work *work;
        uint64_t volume_bytes;
        yyjson_val *sections[SECTIONS];
        uint32_t used; /* of luks->text */
};

/* ---- shape ----------------------------------------------------------------------------------------------------------- */

/* "0" to "31" without leading zeros. */
static bool is_number_key(yyjson_val *key, unsigned max)
{
        const char *s = yyjson_get_str(key);
        size_t len = yyjson_get_len(key);
        unsigned value = 0;

        if (len == 0 || len > 2 || (len == 2 && s[0] == '0'))
                return false;
        for (size_t i = 0; i < len; i++) {
                if (s[i] < '0' || s[i] > '9')
                        return false;
                value = value * 10 + (unsigned)(s[i] - '0');
        }
        return value < max;
}

static enum err check_numbered(yyjson_val *section, unsigned max)
{
        yyjson_val *key, *value;
        size_t i, count;
        struct span type;

        yyjson_obj_foreach(section, i, count, key, value) {
                if (!is_number_key(key, max))
                        return ERR_LUKS2_JSON_NUMBERING;
                if (json_get_text(value, "type", &type) != ERR_OK)
                        return ERR_LUKS2_JSON_TYPE;
        }
        return ERR_OK;
}

static enum err find_sections(yyjson_val *root, struct decoder *d)
{
        for (unsigned i = 0; i < SECTIONS; i++) {
                if (json_get(root, sections[i].name, &d->sections[i]) != ERR_OK || !yyjson_is_obj(d->sections[i]))
                        return ERR_LUKS2_JSON_SECTION;
                if (sections[i].max == 0)
                        continue;
                if (yyjson_obj_size(d->sections[i]) > sections[i].max)
                        return sections[i].too_many;
                TRY(check_numbered(d->sections[i], sections[i].max));
        }
        d->luks->digest_count = (unsigned)yyjson_obj_size(d->sections[DIGESTS]);
        d->luks->keyslot_count = (unsigned)yyjson_obj_size(d->sections[KEYSLOTS]);
        d->luks->segment_count = (unsigned)yyjson_obj_size(d->sections[SEGMENTS]);
        d->luks->token_count = (unsigned)yyjson_obj_size(d->sections[TOKENS]);
        if (yyjson_obj_size(root) > SECTIONS)
                d->luks->lints |= LUKS2_LINT_UNKNOWN_SECTION;
        return ERR_OK;
}

/* ---- text ------------------------------------------------------------------------------------------------------------ */

static struct json_writer text_begin(const struct decoder *d)
{
        return json_writer_on(d->luks->text + d->used, LUKS2_TEXT_BYTES_MAX - d->used);
}

static enum err text_end(struct decoder *d, const struct json_writer *w, struct luks2_text *ret_text)
{
        struct span text;

        if (json_writer_result(w, &text) != ERR_OK)
                return ERR_LUKS2_TEXT_BYTES;
        *ret_text = (struct luks2_text){ d->used, (uint32_t)text.len };
        d->used += (uint32_t)text.len;
        return ERR_OK;
}

static enum err keep_section(struct decoder *d, enum section section, struct luks2_text *ret_text)
{
        struct json_writer w = text_begin(d);

        TRY(luks2_canonical_copy(&w, d->sections[section], NULL));
        return text_end(d, &w, ret_text);
}

/* A digest commits to the volume key; which keyslots lead to that key is another matter, and changes with every new passphrase. */
static enum err keep_digests(struct decoder *d)
{
        struct json_writer w = text_begin(d);
        const char *key = NULL;
        yyjson_val *digest, *keyslots;

        json_object_open(&w);
        for (;;) {
                TRY(luks2_canonical_next(d->sections[DIGESTS], key, &key, &digest));
                if (!key)
                        break;
                json_key(&w, key);
                TRY(luks2_canonical_copy(&w, digest, "keyslots"));
        }
        json_object_close(&w);
        TRY(text_end(d, &w, &d->luks->digests));

        w = text_begin(d);
        json_object_open(&w);
        for (;;) {
                TRY(luks2_canonical_next(d->sections[DIGESTS], key, &key, &digest));
                if (!key)
                        break;
                json_key(&w, key);
                if (json_get(digest, "keyslots", &keyslots) == ERR_OK)
                        TRY(luks2_canonical_copy(&w, keyslots, NULL));
                else
                        json_null(&w);
        }
        json_object_close(&w);
        return text_end(d, &w, &d->luks->bindings);
}

/* ---- tokens ---------------------------------------------------------------------------------------------------------- */

static enum err hash_token(const struct decoder *d, yyjson_val *token, uint8_t *ret_sha256)
{
        struct json_writer w = json_writer_on((char *)d->work->token, LUKS2_JSON_BYTES_MAX);
        struct span text;

        TRY(luks2_canonical_copy(&w, token, NULL));
        if (json_writer_result(&w, &text) != ERR_OK || mbedtls_sha256(text.data, text.len, ret_sha256, 0) != 0)
                return ERR_LUKS2_TEXT_BYTES;
        return ERR_OK;
}

/* The token that says which file system is inside, so that rules can name it before the volume is unlocked. */
static void take_inner_uuid(struct decoder *d, yyjson_val *token)
{
        struct luks2 *luks = d->luks;
        struct span uuid;

        if (json_get_text(token, "fs-uuid", &uuid) != ERR_OK || !guid_is_text(uuid) || luks->inner_uuid[0]) {
                luks->lints |= LUKS2_LINT_COSIMA_TOKEN;
                return;
        }
        for (size_t i = 0; i < uuid.len; i++) {
                char c = (char)uuid.data[i];

                luks->inner_uuid[i] = c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
        }
}

static enum err keep_token(struct decoder *d, struct json_writer *w, yyjson_val *token)
{
        uint8_t sha256[32];
        yyjson_val *keyslots;
        struct span type;

        if (json_get_text(token, "type", &type) != ERR_OK)
                return ERR_LUKS2_JSON_TYPE;
        TRY(hash_token(d, token, sha256));
        json_object_open(w);
        if (json_get(token, "keyslots", &keyslots) == ERR_OK) {
                json_key(w, "keyslots");
                TRY(luks2_canonical_copy(w, keyslots, NULL));
        }
        json_put_hex(w, "sha256", span_of(sha256, sizeof(sha256)));
        json_put_text(w, "type", type);
        json_object_close(w);
        if (span_equal_str(type, "cosima"))
                take_inner_uuid(d, token);
        return ERR_OK;
}

static enum err keep_tokens(struct decoder *d)
{
        struct json_writer w = text_begin(d);
        const char *key = NULL;
        yyjson_val *token;

        json_object_open(&w);
        for (;;) {
                TRY(luks2_canonical_next(d->sections[TOKENS], key, &key, &token));
                if (!key)
                        break;
                json_key(&w, key);
                TRY(keep_token(d, &w, token));
        }
        json_object_close(&w);
        if (d->luks->lints & LUKS2_LINT_COSIMA_TOKEN)
                d->luks->inner_uuid[0] = '\0';
        return text_end(d, &w, &d->luks->tokens);
}

/* ---- segments and findings ------------------------------------------------------------------------------------------- */

/* LUKS2 writes 64-bit numbers as strings of decimal digits. */
static bool read_decimal(yyjson_val *object, const char *key, uint64_t *ret_value)
{
        struct span text;
        uint64_t value = 0;

        if (json_get_text(object, key, &text) != ERR_OK || text.len == 0)
                return false;
        for (size_t i = 0; i < text.len; i++) {
                unsigned digit = (unsigned)(text.data[i] - '0');

                if (digit > 9 || value > (UINT64_MAX - digit) / 10)
                        return false;
                value = value * 10 + digit;
        }
        *ret_value = value;
        return true;
}

static enum err check_segment_range(yyjson_val *segment, uint64_t volume_bytes)
{
        struct span size_text;
        uint64_t offset, size = 0;

        if (!read_decimal(segment, "offset", &offset))
                return ERR_LUKS2_SEGMENT_FIELDS;
        if (json_get_text(segment, "size", &size_text) != ERR_OK)
                return ERR_LUKS2_SEGMENT_FIELDS;
        if (!span_equal_str(size_text, "dynamic") && !read_decimal(segment, "size", &size))
                return ERR_LUKS2_SEGMENT_FIELDS;
        if (offset > volume_bytes || size > volume_bytes - offset)
                return ERR_LUKS2_SEGMENT_BOUNDS;
        return ERR_OK;
}

static bool array_has(yyjson_val *array, yyjson_val *text)
{
        yyjson_val *item;
        size_t i, count;

        yyjson_arr_foreach(array, i, count, item) {
                if (yyjson_equals_strn(item, yyjson_get_str(text), yyjson_get_len(text)))
                        return true;
        }
        return false;
}

static bool is_bound(const struct decoder *d, yyjson_val *segment_key)
{
        yyjson_val *key, *digest, *segments;
        size_t i, count;

        yyjson_obj_foreach(d->sections[DIGESTS], i, count, key, digest) {
                if (json_get(digest, "segments", &segments) == ERR_OK && array_has(segments, segment_key))
                        return true;
        }
        return false;
}

static unsigned lint_segment_type(struct span type)
{
        if (span_equal_str(type, "linear"))
                return LUKS2_LINT_LINEAR_SEGMENT;
        if (span_equal_str(type, "crypt") || span_equal_str(type, "hw-opal") || span_equal_str(type, "hw-opal-crypt"))
                return 0;
        return LUKS2_LINT_UNKNOWN_SEGMENT;
}

static enum err check_segments(struct decoder *d)
{
        yyjson_val *key, *segment;
        size_t i, count;
        struct span type;

        yyjson_obj_foreach(d->sections[SEGMENTS], i, count, key, segment) {
                TRY(check_segment_range(segment, d->volume_bytes));
                if (json_get_text(segment, "type", &type) != ERR_OK)
                        return ERR_LUKS2_JSON_TYPE;

                unsigned lints = lint_segment_type(type);

                if (!(lints & LUKS2_LINT_LINEAR_SEGMENT) && !is_bound(d, key))
                        lints |= LUKS2_LINT_UNBOUND_SEGMENT;
                d->luks->lints |= lints;
        }
        return ERR_OK;
}

/* Whether the canonical text holds a word. Coarse on purpose: a word in an unexpected place is as worth a finding as in the usual one. */
static bool text_has(const struct luks2 *luks, struct luks2_text text, const char *word)
{
        size_t len = strlen(word);

        for (size_t i = 0; i + len <= text.len; i++)
                if (memcmp(luks->text + text.offset + i, word, len) == 0)
                        return true;
        return false;
}

static void lint_requirements(struct decoder *d)
{
        static const char known[][20] = {
                "offline-reencrypt", "online-reencrypt", "online-reencrypt-v2", "online-reencrypt-v3", "inline-hw-tags", "opal",
        };
        yyjson_val *requirements, *mandatory, *item;
        size_t i, count;

        if (json_get(d->sections[CONFIG], "requirements", &requirements) != ERR_OK)
                return;
        if (json_get(requirements, "mandatory", &mandatory) != ERR_OK || !yyjson_is_arr(mandatory)) {
                d->luks->lints |= yyjson_obj_size(requirements) > 0 ? LUKS2_LINT_UNKNOWN_REQUIREMENT : 0;
                return;
        }
        yyjson_arr_foreach(mandatory, i, count, item) {
                bool is_known = false;

                for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
                        is_known |= yyjson_equals_str(item, known[k]);
                if (!is_known)
                        d->luks->lints |= LUKS2_LINT_UNKNOWN_REQUIREMENT;
        }
}

static void lint_texts(struct luks2 *luks)
{
        if (text_has(luks, luks->segments, "_null") || text_has(luks, luks->keyslots, "_null"))
                luks->lints |= LUKS2_LINT_NULL_CIPHER;
        if (text_has(luks, luks->config, "reencrypt") || text_has(luks, luks->keyslots, "reencrypt") ||
            text_has(luks, luks->segments, "reencrypt"))
                luks->lints |= LUKS2_LINT_REENCRYPT;
        if (luks->segment_count > 1 && !(luks->lints & LUKS2_LINT_REENCRYPT))
                luks->lints |= LUKS2_LINT_MANY_SEGMENTS;
}

enum err luks2_json_decode(struct span json, uint64_t volume_bytes, const struct luks2_json_work *work, struct luks2 *luks)
{
        struct decoder d = { .luks = luks, .work = work, .volume_bytes = volume_bytes };
        yyjson_val *root;
        enum err e = json_parse(json, work->pool, work->pool_bytes, &root);

        if (e != ERR_OK)
                return e == ERR_JSON_TOO_LARGE ? ERR_LUKS2_JSON_BYTES : ERR_LUKS2_JSON_SYNTAX;
        luks->lints = 0;
        luks->inner_uuid[0] = '\0';
        TRY(find_sections(root, &d));
        TRY(check_segments(&d));
        TRY(keep_digests(&d));
        TRY(keep_section(&d, CONFIG, &luks->config));
        TRY(keep_section(&d, KEYSLOTS, &luks->keyslots));
        TRY(keep_section(&d, SEGMENTS, &luks->segments));
        TRY(keep_tokens(&d));
        lint_requirements(&d);
        lint_texts(luks);
        return ERR_OK;
}
