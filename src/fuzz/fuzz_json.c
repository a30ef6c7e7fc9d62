/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as JSON: the pool that json.h promises is enough, and text written as a string is read back as it was. */
#include <stdlib.h>

#include "base/hex.h"
#include "base/json.h"

#define TEXT_BYTES_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes as one JSON value, parsed again: a string, or the object {"hex":…} when they are no UTF-8. */
static void check_round_trip(struct span bytes, void *pool, size_t pool_size)
{
        static char text[6 * TEXT_BYTES_MAX + 64];
        static uint8_t again[TEXT_BYTES_MAX];
        struct json_writer w = json_writer_on(text, sizeof(text));
        struct span written, back;
        yyjson_val *root;

        json_object_open(&w);
        json_put_text(&w, "text", bytes);
        json_object_close(&w);
        if (json_writer_result(&w, &written) != ERR_OK || json_parse(written, pool, pool_size, &root) != ERR_OK)
                abort();
        if (json_is_utf8(bytes)) {
                if (json_get_text(root, "text", &back) != ERR_OK || !span_equal(back, bytes))
                        abort();
                return;
        }
        yyjson_val *inner;

        if (json_get(root, "text", &inner) != ERR_OK || json_get_hex(inner, "hex", bytes.len, again) != ERR_OK ||
            !span_equal(span_of(again, bytes.len), bytes))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        /* An escaped control character is six bytes in text. */
        static uint64_t pool[JSON_POOL_BYTES(6 * TEXT_BYTES_MAX + 64) / 8];
        struct span bytes = span_of(data, size < TEXT_BYTES_MAX ? size : TEXT_BYTES_MAX);
        struct span text;
        uint64_t number;
        yyjson_val *root;

        enum err e = json_parse(bytes, pool, JSON_POOL_BYTES(bytes.len), &root);

        if (e == ERR_JSON_TOO_LARGE) {
                if (json_parse(bytes, pool, sizeof(pool), &root) == ERR_OK)
                        abort();
        } else if (e != ERR_OK && e != ERR_JSON_SYNTAX) {
                abort();
        }
        if (e == ERR_OK && (json_get_text(root, "a", &text) == ERR_OK) + (json_get_u64(root, "a", &number) == ERR_OK) > 1)
                abort();
        check_round_trip(bytes, pool, sizeof(pool));
        return 0;
}
