/* SPDX-License-Identifier: Apache-2.0 */
/* A span: borrowed bytes with their length. Whoever makes a span keeps the bytes alive. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
        const uint8_t *data;
        size_t len;
};

static inline struct span span_of(const void *data, size_t len)
{
        return (struct span){ data, len };
}

static inline struct span span_of_str(const char *s)
{
        return (struct span){ (const uint8_t *)s, strlen(s) };
}

static inline bool span_equal(struct span a, struct span b)
{
        return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool span_equal_str(struct span a, const char *s)
{
        return span_equal(a, span_of_str(s));
}

/* Whether [offset, offset + len) lies inside s; safe for any values. */
static inline bool span_has(struct span s, uint64_t offset, uint64_t len)
{
        return offset <= s.len && len <= s.len - offset;
}

/* The part [offset, offset + len) of s, or an empty span with data NULL when it is not wholly inside. */
static inline struct span span_sub(struct span s, uint64_t offset, uint64_t len)
{
        if (!span_has(s, offset, len))
                return (struct span){ NULL, 0 };
        return (struct span){ s.data + offset, (size_t)len };
}

/* Whether all bytes are zero (true for an empty span). */
static inline bool span_is_zero(struct span s)
{
        uint8_t any = 0;

        for (size_t i = 0; i < s.len; i++)
                any |= s.data[i];
        return any == 0;
}

/* Where needle stands in s first, NULL when nowhere; an empty needle is nowhere. */
static inline const uint8_t *span_find(struct span s, const char *needle)
{
        size_t len = strlen(needle);

        for (size_t i = 0; len > 0 && span_has(s, i, len); i++)
                if (memcmp(s.data + i, needle, len) == 0)
                        return s.data + i;
        return NULL;
}

/* A fixed-size text field of a disk format: the bytes up to the first NUL. */
static inline struct span span_until_nul(struct span s)
{
        const uint8_t *end = s.len ? memchr(s.data, 0, s.len) : NULL;

        return end ? (struct span){ s.data, (size_t)(end - s.data) } : s;
}

#endif
