/* SPDX-License-Identifier: Apache-2.0 */
/* Knows which nettle functions compute which digest, and which of nettle's assembly suits the processor. */
#include "event/digest.h"

#include <nettle/sha1.h>
#include <nettle/sha2.h>

/* ---- choice of the compression function ------------------------------------------------------------------------------ */

/* nettle chooses in its own start-up code, which brings all its ciphers; these are the two functions that its SHA-1 and SHA-256 call. */
void _nettle_sha1_compress_sha_ni(uint32_t *state, const uint8_t *block);
void _nettle_sha1_compress_x86_64(uint32_t *state, const uint8_t *block);
const uint8_t *_nettle_sha256_compress_n(uint32_t *state, const uint32_t *k, size_t blocks, const uint8_t *data);
const uint8_t *_nettle_sha256_compress_n_sha_ni(uint32_t *state, const uint32_t *k, size_t blocks, const uint8_t *data);
const uint8_t *_nettle_sha256_compress_n_x86_64(uint32_t *state, const uint32_t *k, size_t blocks, const uint8_t *data);

/* The compiler's library asked the processor once, before main(). */
static bool has_sha_instructions(void)
{
        return __builtin_cpu_supports("sha") && __builtin_cpu_supports("ssse3");
}

void nettle_sha1_compress(uint32_t *state, const uint8_t *block)
{
        if (has_sha_instructions())
                _nettle_sha1_compress_sha_ni(state, block);
        else
                _nettle_sha1_compress_x86_64(state, block);
}

const uint8_t *_nettle_sha256_compress_n(uint32_t *state, const uint32_t *k, size_t blocks, const uint8_t *data)
{
        return has_sha_instructions() ? _nettle_sha256_compress_n_sha_ni(state, k, blocks, data)
                                      : _nettle_sha256_compress_n_x86_64(state, k, blocks, data);
}

/* ---- the table ------------------------------------------------------------------------------------------------------- */

_Static_assert(sizeof(struct sha1_ctx) <= sizeof(((struct digest_state *)0)->u.other), "room for SHA-1");
_Static_assert(sizeof(struct sha256_ctx) <= sizeof(((struct digest_state *)0)->u.other), "room for SHA-256");
_Static_assert(sizeof(struct sha512_ctx) <= sizeof(((struct digest_state *)0)->u.other), "room for SHA-512");

static void begin_sha1(void *s)
{
        sha1_init(s);
}

static void add_sha1(void *s, struct span bytes)
{
        sha1_update(s, bytes.len, bytes.data);
}

static void end_sha1(void *s, uint8_t *ret_bytes)
{
        sha1_digest(s, SHA1_DIGEST_SIZE, ret_bytes);
}

static void begin_sha256(void *s)
{
        sha256_init(s);
}

static void add_sha256(void *s, struct span bytes)
{
        sha256_update(s, bytes.len, bytes.data);
}

static void end_sha256(void *s, uint8_t *ret_bytes)
{
        sha256_digest(s, SHA256_DIGEST_SIZE, ret_bytes);
}

static void begin_sha384(void *s)
{
        sha384_init(s);
}

static void end_sha384(void *s, uint8_t *ret_bytes)
{
        sha384_digest(s, SHA384_DIGEST_SIZE, ret_bytes);
}

static void begin_sha512(void *s)
{
        sha512_init(s);
}

static void add_sha512(void *s, struct span bytes)
{
        sha512_update(s, bytes.len, bytes.data);
}

static void end_sha512(void *s, uint8_t *ret_bytes)
{
        sha512_digest(s, SHA512_DIGEST_SIZE, ret_bytes);
}

static const struct {
        void (*begin)(void *s);
        void (*add)(void *s, struct span bytes);
        void (*end)(void *s, uint8_t *ret_bytes);
} hashes[ALG_COUNT] = {
        [ALG_SHA1] = { begin_sha1, add_sha1, end_sha1 },
        [ALG_SHA256] = { begin_sha256, add_sha256, end_sha256 },
        [ALG_SHA384] = { begin_sha384, add_sha512, end_sha384 },
        [ALG_SHA512] = { begin_sha512, add_sha512, end_sha512 },
};

void digest_begin(struct digest_state *s, enum alg alg)
{
        s->alg = alg;
        hashes[alg].begin(s->u.other);
}

void digest_add(struct digest_state *s, struct span bytes)
{
        if (bytes.len > 0)
                hashes[s->alg].add(s->u.other, bytes);
}

void digest_end(struct digest_state *s, struct digest *ret_digest)
{
        ret_digest->alg = s->alg;
        hashes[s->alg].end(s->u.other, ret_digest->bytes);
}
