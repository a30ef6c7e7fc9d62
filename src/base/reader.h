/* SPDX-License-Identifier: Apache-2.0 */
/* A cursor over untrusted bytes that fails sticky: read everything, then ask reader_ok() once. */
#ifndef BASE_READER_H
#define BASE_READER_H

#include "base/err.h"
#include "base/span.h"

struct reader {
        struct span bytes;
        size_t pos;
        bool failed;
};

struct reader reader_on(struct span bytes);

/* Each getter returns 0 (or an empty span) and marks the reader failed when the bytes end too early. */
uint8_t reader_u8(struct reader *r);
uint16_t reader_u16le(struct reader *r);
uint32_t reader_u32le(struct reader *r);
uint64_t reader_u64le(struct reader *r);
uint16_t reader_u16be(struct reader *r);
uint32_t reader_u32be(struct reader *r);
uint64_t reader_u64be(struct reader *r);
struct span reader_bytes(struct reader *r, uint64_t len);
void reader_skip(struct reader *r, uint64_t len);

static inline size_t reader_left(const struct reader *r)
{
        return r->failed ? 0 : r->bytes.len - r->pos;
}

static inline bool reader_ok(const struct reader *r)
{
        return !r->failed;
}

/* Fields at fixed offsets of a structure whose size was checked before; an offset outside is a bug of ours and reads as 0. */
uint16_t reader_at_u16le(struct span s, size_t offset);
uint32_t reader_at_u32le(struct span s, size_t offset);
uint64_t reader_at_u64le(struct span s, size_t offset);
uint16_t reader_at_u16be(struct span s, size_t offset);
uint32_t reader_at_u32be(struct span s, size_t offset);
uint64_t reader_at_u64be(struct span s, size_t offset);
uint8_t reader_at_u8(struct span s, size_t offset);

#endif
