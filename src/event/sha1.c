/* SPDX-License-Identifier: Apache-2.0 */
/* Knows SHA-1, in as few bytes of code as it takes. */
#include "event/sha1.h"

#define ROUNDS 80
#define LENGTH_BYTES 8 /* at the end of the last block */

static uint32_t rotate(uint32_t x, unsigned bits)
{
        return x << bits | x >> (32 - bits);
}

/* Sections 4.1.1 and 4.2.1: the function of round t with its constant. */
static uint32_t mix(unsigned t, uint32_t x, uint32_t y, uint32_t z)
{
        switch (t / 20) {
        case 0:
                return (z ^ (x & (y ^ z))) + 0x5a827999;
        case 1:
                return (x ^ y ^ z) + 0x6ed9eba1;
        case 2:
                return ((x & y) | (z & (x | y))) + 0x8f1bbcdc;
        default:
                return (x ^ y ^ z) + 0xca62c1d6;
        }
}

static void compress(struct sha1 *s)
{
        uint32_t w[ROUNDS], v[5];

        for (unsigned t = 0; t < 16; t++)
                w[t] = (uint32_t)s->block[4 * t] << 24 | (uint32_t)s->block[4 * t + 1] << 16 | (uint32_t)s->block[4 * t + 2] << 8 |
                       s->block[4 * t + 3];
        for (unsigned t = 16; t < ROUNDS; t++)
                w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
        memcpy(v, s->h, sizeof(v));
        for (unsigned t = 0; t < ROUNDS; t++) {
                uint32_t next = rotate(v[0], 5) + mix(t, v[1], v[2], v[3]) + v[4] + w[t];

                memmove(v + 1, v, 4 * sizeof(v[0]));
                v[2] = rotate(v[2], 30);
                v[0] = next;
        }
        for (unsigned i = 0; i < 5; i++)
                s->h[i] += v[i];
}

void sha1_begin(struct sha1 *s)
{
        *s = (struct sha1){ .h = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 } };
}

void sha1_add(struct sha1 *s, struct span bytes)
{
        for (size_t i = 0; i < bytes.len; i++) {
                s->block[s->len++ % SHA1_BLOCK_BYTES] = bytes.data[i];
                if (s->len % SHA1_BLOCK_BYTES == 0)
                        compress(s);
        }
}

/* Section 5.1.1: a one bit, zeros, and the length in bits, which ends a block. */
void sha1_end(struct sha1 *s, uint8_t *ret_bytes)
{
        uint64_t bits = s->len * 8;
        uint8_t end[LENGTH_BYTES];

        for (unsigned i = 0; i < LENGTH_BYTES; i++)
                end[i] = (uint8_t)(bits >> (56 - 8 * i));
        sha1_add(s, span_of("\x80", 1));
        while (s->len % SHA1_BLOCK_BYTES != SHA1_BLOCK_BYTES - LENGTH_BYTES)
                sha1_add(s, span_of("", 1));
        sha1_add(s, span_of(end, sizeof(end)));
        for (unsigned i = 0; i < SHA1_BYTES; i++)
                ret_bytes[i] = (uint8_t)(s->h[i / 4] >> (24 - 8 * (i % 4)));
}
