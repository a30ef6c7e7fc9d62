/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical JSON (RFC 8785) written into a caller's buffer, and JSON read by yyjson inside a caller's memory. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <yyjson.h>

#include "base/err.h"
#include "base/span.h"

#define JSON_DEPTH_MAX 16

/*
 * The writer emits no white space and checks what RFC 8785 section 3.2.3 asks of us: the keys of an object must be written in ascending
 * order (keys are ASCII). It fails sticky: ERR_NO_SPACE, ERR_JSON_ORDER (our bug), ERR_JSON_DEPTH; json_writer_result() tells at the end.
 */
struct json_writer {
        char *buf;
        size_t cap;
        size_t len;
        enum err error;
        unsigned depth;
        bool comma[JSON_DEPTH_MAX];
        const char *last_key[JSON_DEPTH_MAX];
};

/* Write into buf[0..cap); both stay owned by the caller. */
struct json_writer json_writer_on(char *buf, size_t cap);

void json_object_open(struct json_writer *w);
void json_object_close(struct json_writer *w);
void json_array_open(struct json_writer *w);
void json_array_close(struct json_writer *w);
/* The key of the next value; ASCII without characters that need escapes; the string must live as long as the object is open. */
void json_key(struct json_writer *w, const char *key);

/* Text from anywhere: a JSON string when it is valid UTF-8, else the object {"hex":"…"}; so no two byte strings look alike. */
void json_text(struct json_writer *w, struct span text);
void json_str(struct json_writer *w, const char *text);
/* Bytes as a string of lower-case hex digits. */
void json_hex(struct json_writer *w, struct span bytes);
/* A number up to 2^53 - 1 (RFC 8785 section 3.2.2.3), else a string of decimal digits. */
void json_u64(struct json_writer *w, uint64_t value);
void json_bool(struct json_writer *w, bool value);
void json_null(struct json_writer *w);
/* A value that is canonical JSON already. */
void json_raw(struct json_writer *w, struct span value);

/* json_key() and a value in one call. */
void json_put_text(struct json_writer *w, const char *key, struct span text);
void json_put_str(struct json_writer *w, const char *key, const char *text);
void json_put_hex(struct json_writer *w, const char *key, struct span bytes);
void json_put_u64(struct json_writer *w, const char *key, uint64_t value);
void json_put_bool(struct json_writer *w, const char *key, bool value);
/* json_key() and json_object_open(). */
void json_put_object(struct json_writer *w, const char *key);

/* The text written, inside the caller's buffer. ERR_JSON_DEPTH also when something is still open. */
MUST_CHECK enum err json_writer_result(const struct json_writer *w, struct span *ret_text);

/* Not to be called: yyjson's own way to read a number that is no integer (the Makefile names it). Such a number is kept as 0.5. */
double json_real(const char *text, char **ret_end);

/* Pool that is enough for any valid text of len bytes: yyjson's own bound. One that is not valid may be found too large instead. */
#define JSON_POOL_BYTES(len) (13 * (len) + 256)

/*
 * Parse text strictly (RFC 8259; no comments, no trailing commas; duplicate keys are refused by json_get()). All memory is taken from
 * pool, which must stay alive and untouched as long as the document is used; there is nothing to free.
 * ERR_JSON_SYNTAX, ERR_JSON_TOO_LARGE when pool is too small.
 */
MUST_CHECK enum err json_parse(struct span text, void *pool, size_t pool_size, yyjson_val **ret_root);

/* Members of an object, by type. ERR_JSON_SHAPE when obj is no object, the key is missing or there twice, or the type differs. */
MUST_CHECK enum err json_get(yyjson_val *obj, const char *key, yyjson_val **ret_value);
MUST_CHECK enum err json_get_text(yyjson_val *obj, const char *key, struct span *ret_text);
MUST_CHECK enum err json_get_u64(yyjson_val *obj, const char *key, uint64_t *ret_value);
/* Exactly len bytes of hex; ERR_HEX when it is a string but not that. */
MUST_CHECK enum err json_get_hex(yyjson_val *obj, const char *key, size_t len, uint8_t *ret_bytes);

/* Whether the bytes are well-formed UTF-8 (Unicode table 3-7: no surrogates, no overlong forms). */
bool json_is_utf8(struct span text);

#endif
