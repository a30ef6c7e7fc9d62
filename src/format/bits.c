/* SPDX-License-Identifier: Apache-2.0 */
/* Names of flags and of enumerated values. */
#include "format/bits.h"

/* The word number index of names, empty when there is none. */
static struct span word_at(const char *names, uint32_t index)
{
        struct span rest = span_of_str(names);

        for (;; index--) {
                const uint8_t *space = rest.len > 0 ? memchr(rest.data, ' ', rest.len) : NULL;
                size_t len = space ? (size_t)(space - rest.data) : rest.len;

                if (index == 0)
                        return span_equal_str(span_of(rest.data, len), "-") ? span_of(NULL, 0) : span_of(rest.data, len);
                if (!space)
                        return span_of(NULL, 0);
                rest = span_of(space + 1, rest.len - len - 1);
        }
}

static void write_hex_word(struct json_writer *w, uint64_t bits)
{
        static const char digits[] = "0123456789abcdef";
        char text[] = "0x0000000000000000";
        size_t len = 2;

        for (unsigned shift = 60;; shift -= 4) {
                if (bits >> shift != 0 || shift == 0)
                        text[len++] = digits[bits >> shift & 15];
                if (shift == 0)
                        break;
        }
        json_text(w, span_of(text, len));
}

void bits_put(struct json_writer *w, const char *key, uint64_t bits, const char *names)
{
        json_key(w, key);
        json_array_open(w);
        for (uint32_t i = 0; i < 64; i++) {
                struct span name;

                if (!(bits >> i & 1))
                        continue;
                name = word_at(names, i);
                if (name.len > 0)
                        json_text(w, name);
                else
                        write_hex_word(w, UINT64_C(1) << i);
        }
        json_array_close(w);
}

void bits_put_name(struct json_writer *w, const char *key, uint32_t value, const char *names)
{
        struct span name = word_at(names, value);

        if (name.len > 0)
                json_put_text(w, key, name);
        else
                json_put_u64(w, key, value);
}
