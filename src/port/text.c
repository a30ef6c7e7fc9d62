/* SPDX-License-Identifier: Apache-2.0 */
/* Appending to a short text. */
#include "port/text.h"

void text_begin(struct text *t)
{
        t->len = 0;
        t->buf[0] = '\0';
}

void text_add_span(struct text *t, struct span part)
{
        size_t room = sizeof(t->buf) - 1 - t->len;
        size_t len = part.len < room ? part.len : room;

        if (len > 0)
                memcpy(t->buf + t->len, part.data, len);
        t->len += len;
        t->buf[t->len] = '\0';
}

void text_add(struct text *t, const char *part)
{
        text_add_span(t, span_of_str(part));
}

void text_add_u64(struct text *t, uint64_t number)
{
        char digits[20];
        size_t at = sizeof(digits);

        do {
                digits[--at] = (char)('0' + number % 10);
                number /= 10;
        } while (number > 0);
        text_add_span(t, span_of(digits + at, sizeof(digits) - at));
}
