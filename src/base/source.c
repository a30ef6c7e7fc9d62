/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds-checked reads from a source, and the sources that need no I/O. */
#include "base/source.h"

enum err source_read(const struct source *s, uint64_t offset, size_t len, uint8_t *ret_bytes)
{
        if (offset > s->size_bytes || len > s->size_bytes - offset)
                return ERR_SHORT;
        return s->read(s->context, offset, len, ret_bytes);
}

void source_expect(const struct source *s, uint64_t offset, size_t len)
{
        if (s->expect && offset < s->size_bytes)
                s->expect(s->context, offset, len);
}

static enum err read_window(void *context, uint64_t offset, size_t len, uint8_t *ret_bytes)
{
        const struct source_window *window = context;

        if (offset > UINT64_MAX - window->offset)
                return ERR_SHORT;
        return source_read(window->whole, window->offset + offset, len, ret_bytes);
}

struct source source_window_on(struct source_window *window, uint64_t size_bytes)
{
        return (struct source){ window, size_bytes, window->whole->sector_bytes, read_window, NULL };
}

static enum err read_span(void *context, uint64_t offset, size_t len, uint8_t *ret_bytes)
{
        struct span part = span_sub(*(const struct span *)context, offset, len);

        if (part.len != len)
                return ERR_SHORT;
        if (len > 0)
                memcpy(ret_bytes, part.data, len);
        return ERR_OK;
}

struct source source_of_span(const struct span *bytes, uint32_t sector_bytes)
{
        return (struct source){ (void *)(uintptr_t)bytes, bytes->len, sector_bytes, read_span, NULL };
}
