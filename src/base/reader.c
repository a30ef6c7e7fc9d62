/* SPDX-License-Identifier: Apache-2.0 */
/* Bounds-checked reading of integers and byte ranges. */
#include "base/reader.h"

struct reader reader_on(struct span bytes)
{
        return (struct reader){ .bytes = bytes };
}

struct span reader_bytes(struct reader *r, uint64_t len)
{
        /* The length may come from the bytes themselves: compare with what is left, never add. */
        if (r->failed || len > r->bytes.len - r->pos) {
                r->failed = true;
                return (struct span){ NULL, 0 };
        }
        struct span s = { r->bytes.data + r->pos, (size_t)len };
        r->pos += (size_t)len;
        return s;
}

void reader_skip(struct reader *r, uint64_t len)
{
        (void)reader_bytes(r, len);
}

static uint64_t little_endian(struct span s)
{
        uint64_t v = 0;

        for (size_t i = s.len; i-- > 0;)
                v = v << 8 | s.data[i];
        return v;
}

static uint64_t big_endian(struct span s)
{
        uint64_t v = 0;

        for (size_t i = 0; i < s.len; i++)
                v = v << 8 | s.data[i];
        return v;
}

uint8_t reader_u8(struct reader *r)
{
        return (uint8_t)little_endian(reader_bytes(r, 1));
}

uint16_t reader_u16le(struct reader *r)
{
        return (uint16_t)little_endian(reader_bytes(r, 2));
}

uint32_t reader_u32le(struct reader *r)
{
        return (uint32_t)little_endian(reader_bytes(r, 4));
}

uint64_t reader_u64le(struct reader *r)
{
        return little_endian(reader_bytes(r, 8));
}

uint16_t reader_u16be(struct reader *r)
{
        return (uint16_t)big_endian(reader_bytes(r, 2));
}

uint32_t reader_u32be(struct reader *r)
{
        return (uint32_t)big_endian(reader_bytes(r, 4));
}

uint64_t reader_u64be(struct reader *r)
{
        return big_endian(reader_bytes(r, 8));
}

uint8_t reader_at_u8(struct span s, size_t offset)
{
        return (uint8_t)little_endian(span_sub(s, offset, 1));
}

uint16_t reader_at_u16le(struct span s, size_t offset)
{
        return (uint16_t)little_endian(span_sub(s, offset, 2));
}

uint32_t reader_at_u32le(struct span s, size_t offset)
{
        return (uint32_t)little_endian(span_sub(s, offset, 4));
}

uint64_t reader_at_u64le(struct span s, size_t offset)
{
        return little_endian(span_sub(s, offset, 8));
}

uint16_t reader_at_u16be(struct span s, size_t offset)
{
        return (uint16_t)big_endian(span_sub(s, offset, 2));
}

uint32_t reader_at_u32be(struct span s, size_t offset)
{
        return (uint32_t)big_endian(span_sub(s, offset, 4));
}

uint64_t reader_at_u64be(struct span s, size_t offset)
{
        return big_endian(span_sub(s, offset, 8));
}
