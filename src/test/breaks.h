/* SPDX-License-Identifier: Apache-2.0 */
/* One field of a valid input broken, and the one code that must come of it. */
#ifndef TEST_BREAKS_H
#define TEST_BREAKS_H

#include "base/err.h"
#include "base/span.h"

struct breaks {
        const char *what;
        size_t offset;
        size_t len;
        const char *bytes; /* len bytes that replace those at offset */
        enum err expected;
};

#define BREAKS_AT(what, offset, bytes, expected) { what, offset, sizeof(bytes) - 1, bytes, expected }

/* Write the broken bytes of b over data. */
static inline void breaks_apply(const struct breaks *b, uint8_t *data)
{
        memcpy(data + b->offset, b->bytes, b->len);
}

/* Whether an out-parameter still holds what breaks_fill() put there. */
static inline void breaks_fill(void *ret, size_t len)
{
        memset(ret, 0xa5, len);
}

static inline bool breaks_untouched(const void *ret, size_t len)
{
        const uint8_t *bytes = ret;

        /* each is as the one before, by the fast functions of the library */
        return len == 0 || (bytes[0] == 0xa5 && memcmp(bytes, bytes + 1, len - 1) == 0);
}

#endif
