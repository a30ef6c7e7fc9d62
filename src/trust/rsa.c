/* SPDX-License-Identifier: Apache-2.0 */
/* Montgomery multiplication (Handbook of Applied Cryptography, 14.36) on limbs from the least on, and square and multiply above it. */
#include "trust/rsa.h"

/* clang, which only checks this file and runs it under a fuzzer, has no such attribute. */
#if __has_attribute(optimize)
#define FAST_HERE __attribute__((optimize("O2")))
#else
#define FAST_HERE
#endif

#ifdef __SIZEOF_INT128__
typedef uint64_t limb;
__extension__ typedef unsigned __int128 wide;
#else
typedef uint32_t limb;
typedef uint64_t wide;
#endif

#define LIMB_BYTES sizeof(limb)
#define LIMB_BITS (8 * LIMB_BYTES)
#define STEP 4 /* limbs; every number is made of whole steps */
#define LIMBS_MAX (RSA_BYTES_MAX / LIMB_BYTES)

/* The modulus, R being 2 to the power of LIMB_BITS * count. */
struct ring {
        size_t count; /* limbs of every number */
        limb modulus[LIMBS_MAX];
        limb inverse; /* -1 / modulus, modulo 2 to the power of LIMB_BITS */
        limb r2[LIMBS_MAX]; /* R * R */
};

/* ---- numbers --------------------------------------------------------------------------------------------------------------- */

static void load(limb *number, size_t count, struct span bytes)
{
        memset(number, 0, count * LIMB_BYTES);
        for (size_t i = 0; i < bytes.len; i++)
                number[i / LIMB_BYTES] |= (limb)bytes.data[bytes.len - 1 - i] << 8 * (i % LIMB_BYTES);
}

static void store(uint8_t *bytes, size_t len, const limb *number)
{
        for (size_t i = 0; i < len; i++)
                bytes[len - 1 - i] = (uint8_t)(number[i / LIMB_BYTES] >> 8 * (i % LIMB_BYTES));
}

/* a - b into result, which may be a; the borrow. */
static limb subtract(limb *result, const limb *a, const limb *b, size_t count)
{
        limb borrow = 0;

        for (size_t i = 0; i < count; i++) {
                wide difference = (wide)a[i] - b[i] - borrow;

                result[i] = (limb)difference;
                borrow = (limb)(difference >> LIMB_BITS) & 1;
        }
        return borrow;
}

/* number, of which carry is the limb above the others, modulo the modulus; it is less than twice that. */
static void reduce(const struct ring *r, limb *number, limb carry)
{
        limb rest[LIMBS_MAX];

        if (subtract(rest, number, r->modulus, r->count) <= carry)
                memcpy(number, rest, r->count * LIMB_BYTES);
}

static void twice(const struct ring *r, limb *number)
{
        limb carry = 0;

        for (size_t i = 0; i < r->count; i++) {
                limb high = number[i] >> (LIMB_BITS - 1);

                number[i] = number[i] << 1 | carry;
                carry = high;
        }
        reduce(r, number, carry);
}

static inline __attribute__((always_inline)) limb add_one(limb *sum, limb a, limb factor, limb carry)
{
        wide w = (wide)a * factor + *sum + carry;

        *sum = (limb)w;
        return (limb)(w >> LIMB_BITS);
}

/*
 * sum[0..count] += a * factor; what does not fit into the last of these, which is 0 or 1. A verification goes through some hundred thousand limbs
 * here, and nothing in the boot program is run so often: here alone code is made for speed, a whole STEP without a jump.
 */
static FAST_HERE __attribute__((noinline)) limb add_product(limb *sum, const limb *a, limb factor, size_t count)
{
        limb carry = 0;
        wide last;

        for (size_t i = 0; i < count; i += STEP) {
                carry = add_one(sum + i, a[i], factor, carry);
                carry = add_one(sum + i + 1, a[i + 1], factor, carry);
                carry = add_one(sum + i + 2, a[i + 2], factor, carry);
                carry = add_one(sum + i + 3, a[i + 3], factor, carry);
        }
        last = (wide)sum[count] + carry;
        sum[count] = (limb)last;
        return (limb)(last >> LIMB_BITS);
}

/* a * b / R into result, which may be either. Both are less than the modulus, and so is what comes out. */
static void multiply(const struct ring *r, limb *result, const limb *a, const limb *b)
{
        limb sum[2 * LIMBS_MAX + 1] = { 0 };

        for (size_t i = 0; i < r->count; i++) {
                limb *at = sum + i, over = add_product(at, a, b[i], r->count);

                /* as many times the modulus as make the lowest limb 0 */
                at[r->count + 1] = over + add_product(at, r->modulus, at[0] * r->inverse, r->count);
        }
        memcpy(result, sum + r->count, r->count * LIMB_BYTES);
        reduce(r, result, sum[2 * r->count]);
}

/* ---- the ring ---------------------------------------------------------------------------------------------------------------- */

static unsigned top_bit(uint8_t byte)
{
        unsigned bit = 7;

        while (bit > 0 && byte >> bit == 0)
                bit--;
        return bit;
}

/*
 * From the highest power of two below the modulus by doubling: first R, then 2 to the power of count times R. As squaring x * R gives x * x * R, some
 * squarings make R times R of that.
 */
static void make_r2(struct ring *r, struct span modulus)
{
        size_t bit = 8 * (modulus.len - 1) + top_bit(modulus.data[0]);

        memset(r->r2, 0, sizeof(r->r2));
        r->r2[bit / LIMB_BITS] = (limb)1 << bit % LIMB_BITS;
        for (; bit < LIMB_BITS * r->count + r->count; bit++)
                twice(r, r->r2);
        for (size_t done = 1; done < LIMB_BITS; done *= 2)
                multiply(r, r->r2, r->r2, r->r2);
}

static void make_ring(struct ring *r, struct span modulus)
{
        limb x = 1;

        r->count = (modulus.len + STEP * LIMB_BYTES - 1) / (STEP * LIMB_BYTES) * STEP;
        load(r->modulus, r->count, modulus);
        for (size_t right = 1; right < LIMB_BITS; right *= 2) /* Newton's iteration doubles the bits that are right */
                x *= 2 - r->modulus[0] * x;
        r->inverse = 0 - x;
        make_r2(r, modulus);
}

/* base to the power of an odd exponent above 1. The last factor is not multiplied by R, which takes R out of the result. */
static void power(const struct ring *r, limb *result, const limb *base, struct span exponent)
{
        size_t bit = 8 * (exponent.len - 1) + top_bit(exponent.data[0]);
        limb factor[LIMBS_MAX];

        multiply(r, factor, base, r->r2);
        memcpy(result, factor, sizeof(factor));
        while (bit-- > 0) {
                multiply(r, result, result, result);
                if (exponent.data[exponent.len - 1 - bit / 8] >> bit % 8 & 1)
                        multiply(r, result, result, bit > 0 ? factor : base);
        }
}

void rsa_power(const struct rsa *key, struct span number, uint8_t *ret_block)
{
        limb base[LIMBS_MAX], result[LIMBS_MAX];
        struct ring r;

        make_ring(&r, key->modulus);
        load(base, r.count, number);
        power(&r, result, base, key->exponent);
        store(ret_block, key->modulus.len, result);
}

/* ---- signatures ---------------------------------------------------------------------------------------------------------------- */

static bool is_odd(struct span number)
{
        return number.len > 0 && number.data[0] != 0 && (number.data[number.len - 1] & 1) != 0;
}

static bool is_less(struct span a, struct span b)
{
        return a.len < b.len || (a.len == b.len && memcmp(a.data, b.data, a.len) < 0);
}

bool rsa_is_key(const struct rsa *key)
{
        const uint8_t one[] = { 1 };

        return is_odd(key->modulus) && key->modulus.len <= RSA_BYTES_MAX && is_odd(key->exponent) &&
               !span_equal(key->exponent, span_of(one, 1)) && is_less(key->exponent, key->modulus);
}

#define BLOCK_BYTES_MIN 128

/* 0 | 1 | 0xff ... | 0 | DigestInfo, which is DER of the hash's name, 2.16.840.1.101.3.4.2.id, and of the digest (RFC 8017 section 9.2). */
static void encode(uint8_t *block, size_t len, const struct digest *digest)
{
        static const uint8_t ids[ALG_COUNT] = { [ALG_SHA256] = 1, [ALG_SHA384] = 2, [ALG_SHA512] = 3 };
        uint8_t info[] = { 0x30, 17, 0x30, 13, 0x06, 9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, ids[digest->alg], 0x05, 0, 0x04, 0 };
        struct span hash = digest_span(digest);
        size_t start = len - sizeof(info) - hash.len;

        info[1] += (uint8_t)hash.len;
        info[sizeof(info) - 1] = (uint8_t)hash.len;
        memset(block, 0xff, start);
        block[0] = block[start - 1] = 0;
        block[1] = 1;
        memcpy(block + start, info, sizeof(info));
        memcpy(block + start + sizeof(info), hash.data, hash.len);
}

enum err rsa_verify(const struct rsa *key, struct span signature, const struct digest *digest)
{
        uint8_t block[RSA_BYTES_MAX], expected[RSA_BYTES_MAX];

        /* a key with no room for the padding is refused before */
        if (signature.len < BLOCK_BYTES_MIN || signature.len != key->modulus.len || !is_less(signature, key->modulus))
                return ERR_SIG_ENCODING;
        encode(expected, signature.len, digest);
        rsa_power(key, signature, block);
        return memcmp(block, expected, signature.len) == 0 ? ERR_OK : ERR_SIG_MISMATCH;
}
