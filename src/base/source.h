/* SPDX-License-Identifier: Apache-2.0 */
/* Where the parsers get device bytes from: a function given by the caller, so that they do no I/O of their own. */
#ifndef BASE_SOURCE_H
#define BASE_SOURCE_H

#include "base/err.h"
#include "base/span.h"

struct source {
        void *context;         /* the reader's own */
        uint64_t size_bytes;   /* of the whole device or image */
        uint32_t sector_bytes; /* logical sector: 512 or 4096 */
        /* Read exactly len bytes at offset into ret_bytes. ERR_SHORT past the end, ERR_BLOCKDEV_READ when the device fails. */
        enum err (*read)(void *context, uint64_t offset, size_t len, uint8_t *ret_bytes);
        /* Told that these bytes will be read next, so that a slow device can fetch several parts at a time. NULL: no use for it. */
        void (*expect)(void *context, uint64_t offset, size_t len);
};

/* Bounds-checked read: ERR_SHORT when the range is not wholly inside the source. */
MUST_CHECK enum err source_read(const struct source *s, uint64_t offset, size_t len, uint8_t *ret_bytes);

/* The range may reach past the end. */
void source_expect(const struct source *s, uint64_t offset, size_t len);

/* The part [offset, offset + size) of another source, for partitions inside a disk image. */
struct source_window {
        const struct source *whole;
        uint64_t offset;
};
struct source source_window_on(struct source_window *window, uint64_t size_bytes);

/* A source over bytes in memory; context points to the span, which must stay alive. */
struct source source_of_span(const struct span *bytes, uint32_t sector_bytes);

#endif
