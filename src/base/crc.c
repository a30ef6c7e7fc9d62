/* SPDX-License-Identifier: Apache-2.0 */
/* Table-driven CRC-32 and CRC-32C, half a byte at a time: constant tables for whole bytes would be a hundredth of the boot program. */
#include "base/crc.h"

/* Remainders of each half byte for the reflected polynomial 0xedb88320. */
static const uint32_t ieee[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
};

/* Likewise for 0x82f63b78. */
static const uint32_t castagnoli[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
        0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

#define LONG_BYTES 4096 /* from here on a table for whole bytes is worth being made, on the stack */

/* The state after one byte that was added to it already. */
static uint32_t step(const uint32_t *table, uint32_t state)
{
        state = state >> 4 ^ table[state & 15];
        return state >> 4 ^ table[state & 15];
}

static __attribute__((noinline)) uint32_t update(const uint32_t *table, uint32_t state, struct span bytes)
{
        bool is_long = bytes.len >= LONG_BYTES;
        uint32_t remainders[256];

        for (uint32_t i = 0; is_long && i < 256; i++)
                remainders[i] = step(table, i);
        for (size_t i = 0; i < bytes.len; i++) {
                state ^= bytes.data[i];
                state = is_long ? state >> 8 ^ remainders[state & 0xff] : step(table, state);
        }
        return state;
}

uint32_t crc_update_32(uint32_t state, struct span bytes)
{
        return update(ieee, state, bytes);
}

uint32_t crc_update_32c(uint32_t state, struct span bytes)
{
        return update(castagnoli, state, bytes);
}
