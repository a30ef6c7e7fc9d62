/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical JSON out (RFC 8785), strict JSON in (yyjson with a fixed pool). */
#include "base/json.h"

#include "base/hex.h"

/*
 * What yyjson calls for strtod(). Nothing that we read holds a number that is no integer, and whoever asks for an integer must not be given one
 * that was rounded; so a real number is only passed over. libc's strtod() would be a twentieth of the boot program.
 */
double json_real(const char *text, char **ret_end)
{
        *ret_end = (char *)(uintptr_t)(text + strspn(text, "+-.0123456789Ee"));
        return 0.5;
}

struct json_writer json_writer_on(char *buf, size_t cap)
{
        return (struct json_writer){ .buf = buf, .cap = cap, .error = ERR_OK };
}

static void set_error(struct json_writer *w, enum err e)
{
        if (w->error == ERR_OK)
                w->error = e;
}

static void put(struct json_writer *w, const char *data, size_t len)
{
        if (w->error != ERR_OK)
                return;
        if (len > w->cap - w->len) {
                set_error(w, ERR_NO_SPACE);
                return;
        }
        if (len > 0)
                memcpy(w->buf + w->len, data, len);
        w->len += len;
}

static void put_char(struct json_writer *w, char c)
{
        put(w, &c, 1);
}

/* The comma before a value or a key, when something stands before it. */
static void separate(struct json_writer *w)
{
        if (w->comma[w->depth])
                put_char(w, ',');
        w->comma[w->depth] = true;
}

static void open_with(struct json_writer *w, char c)
{
        separate(w);
        put_char(w, c);
        if (w->depth + 1 >= JSON_DEPTH_MAX) {
                set_error(w, ERR_JSON_DEPTH);
                return;
        }
        w->depth++;
        w->comma[w->depth] = false;
        w->last_key[w->depth] = NULL;
}

static void close_with(struct json_writer *w, char c)
{
        if (w->depth == 0) {
                set_error(w, ERR_JSON_DEPTH);
                return;
        }
        w->depth--;
        put_char(w, c);
}

void json_object_open(struct json_writer *w)
{
        open_with(w, '{');
}

void json_object_close(struct json_writer *w)
{
        close_with(w, '}');
}

void json_array_open(struct json_writer *w)
{
        open_with(w, '[');
}

void json_array_close(struct json_writer *w)
{
        close_with(w, ']');
}

void json_key(struct json_writer *w, const char *key)
{
        const char *last = w->last_key[w->depth];

        if (last && strcmp(last, key) >= 0)
                set_error(w, ERR_JSON_ORDER);
        w->last_key[w->depth] = key;
        separate(w);
        put_char(w, '"');
        put(w, key, strlen(key));
        put(w, "\":", 2);
        /* The value that follows takes no comma. */
        w->comma[w->depth] = false;
}

/* RFC 8785 section 3.2.2.2: two-character escapes where JSON has them, \u00xx for the other controls, all else as it is. */
static void put_escaped(struct json_writer *w, uint8_t c)
{
        static const char short_escapes[] = "\"\"\\\\\bb\ff\nn\rr\tt";
        char hex[3];

        for (size_t i = 0; short_escapes[i]; i += 2)
                if (c == (uint8_t)short_escapes[i]) {
                        put_char(w, '\\');
                        put_char(w, short_escapes[i + 1]);
                        return;
                }
        if (c >= 0x20) {
                put_char(w, (char)c);
                return;
        }
        hex_encode(span_of(&c, 1), hex);
        put(w, "\\u00", 4);
        put(w, hex, 2);
}

void json_text(struct json_writer *w, struct span text)
{
        if (!json_is_utf8(text)) {
                json_object_open(w);
                json_put_hex(w, "hex", text);
                json_object_close(w);
                return;
        }
        separate(w);
        put_char(w, '"');
        for (size_t i = 0; i < text.len; i++)
                put_escaped(w, text.data[i]);
        put_char(w, '"');
}

void json_str(struct json_writer *w, const char *text)
{
        json_text(w, span_of_str(text));
}

void json_hex(struct json_writer *w, struct span bytes)
{
        char pair[3];

        separate(w);
        put_char(w, '"');
        for (size_t i = 0; i < bytes.len; i++) {
                hex_encode(span_of(bytes.data + i, 1), pair);
                put(w, pair, 2);
        }
        put_char(w, '"');
}

void json_u64(struct json_writer *w, uint64_t value)
{
        char digits[20];
        size_t at = sizeof(digits);
        bool large = value > UINT64_C(9007199254740991);

        do {
                digits[--at] = (char)('0' + value % 10);
                value /= 10;
        } while (value > 0);
        separate(w);
        if (large)
                put_char(w, '"');
        put(w, digits + at, sizeof(digits) - at);
        if (large)
                put_char(w, '"');
}

void json_bool(struct json_writer *w, bool value)
{
        json_raw(w, span_of_str(value ? "true" : "false"));
}

void json_null(struct json_writer *w)
{
        json_raw(w, span_of_str("null"));
}

void json_raw(struct json_writer *w, struct span value)
{
        separate(w);
        put(w, (const char *)value.data, value.len);
}

void json_put_text(struct json_writer *w, const char *key, struct span text)
{
        json_key(w, key);
        json_text(w, text);
}

void json_put_str(struct json_writer *w, const char *key, const char *text)
{
        json_key(w, key);
        json_str(w, text);
}

void json_put_hex(struct json_writer *w, const char *key, struct span bytes)
{
        json_key(w, key);
        json_hex(w, bytes);
}

void json_put_u64(struct json_writer *w, const char *key, uint64_t value)
{
        json_key(w, key);
        json_u64(w, value);
}

void json_put_bool(struct json_writer *w, const char *key, bool value)
{
        json_key(w, key);
        json_bool(w, value);
}

void json_put_object(struct json_writer *w, const char *key)
{
        json_key(w, key);
        json_object_open(w);
}

enum err json_writer_result(const struct json_writer *w, struct span *ret_text)
{
        TRY(w->error);
        if (w->depth != 0)
                return ERR_JSON_DEPTH;
        *ret_text = span_of(w->buf, w->len);
        return ERR_OK;
}

enum err json_parse(struct span text, void *pool, size_t pool_size, yyjson_val **ret_root)
{
        yyjson_alc alc;
        yyjson_read_err why;

        if (!yyjson_alc_pool_init(&alc, pool, pool_size))
                return ERR_JSON_TOO_LARGE;
        /* Without the in-situ flag yyjson copies the text and leaves the input as it is, hence the cast. */
        yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)text.data, text.len, YYJSON_READ_NOFLAG, &alc, &why);

        if (!doc)
                return why.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION ? ERR_JSON_TOO_LARGE : ERR_JSON_SYNTAX;
        *ret_root = yyjson_doc_get_root(doc);
        return ERR_OK;
}

enum err json_get(yyjson_val *obj, const char *key, yyjson_val **ret_value)
{
        yyjson_val *found = NULL;
        yyjson_val *name;
        size_t i, count;
        yyjson_val *value;

        if (!yyjson_is_obj(obj))
                return ERR_JSON_SHAPE;
        yyjson_obj_foreach(obj, i, count, name, value) {
                if (!yyjson_equals_str(name, key))
                        continue;
                if (found)
                        return ERR_JSON_SHAPE;
                found = value;
        }
        if (!found)
                return ERR_JSON_SHAPE;
        *ret_value = found;
        return ERR_OK;
}

enum err json_get_text(yyjson_val *obj, const char *key, struct span *ret_text)
{
        yyjson_val *value;

        TRY(json_get(obj, key, &value));
        if (!yyjson_is_str(value))
                return ERR_JSON_SHAPE;
        *ret_text = span_of(yyjson_get_str(value), yyjson_get_len(value));
        return ERR_OK;
}

enum err json_get_u64(yyjson_val *obj, const char *key, uint64_t *ret_value)
{
        yyjson_val *value;

        TRY(json_get(obj, key, &value));
        if (!yyjson_is_uint(value))
                return ERR_JSON_SHAPE;
        *ret_value = yyjson_get_uint(value);
        return ERR_OK;
}

enum err json_get_hex(yyjson_val *obj, const char *key, size_t len, uint8_t *ret_bytes)
{
        struct span text;

        TRY(json_get_text(obj, key, &text));
        return hex_decode(text, len, ret_bytes);
}

/* The length of the well-formed sequence at s, 0 when there is none (Unicode 15, table 3-7). */
static size_t utf8_sequence(struct span s)
{
        static const struct {
                uint8_t lead_from, lead_to, second_from, second_to, len;
        } forms[] = {
                { 0x00, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
                { 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
                { 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
        };

        for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
                if (s.data[0] < forms[i].lead_from || s.data[0] > forms[i].lead_to)
                        continue;
                if (forms[i].len > s.len)
                        return 0;
                if (forms[i].len > 1 && (s.data[1] < forms[i].second_from || s.data[1] > forms[i].second_to))
                        return 0;
                for (size_t k = 2; k < forms[i].len; k++)
                        if ((s.data[k] & 0xc0) != 0x80)
                                return 0;
                return forms[i].len;
        }
        return 0;
}

bool json_is_utf8(struct span text)
{
        for (size_t i = 0; i < text.len;) {
                size_t len = utf8_sequence(span_of(text.data + i, text.len - i));

                if (len == 0)
                        return false;
                i += len;
        }
        return true;
}
