/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Knows which functions of mbedtls compute which digest, and that ours computes SHA-1. Their results are not looked at: in software they
 * cannot fail. In the programs that hash much, digest_nettle.c stands in for this file.
 */
#include "event/digest.h"

static void begin_sha1(struct digest_state *s)
{
        sha1_begin(&s->u.sha1);
}

static void add_sha1(struct digest_state *s, struct span bytes)
{
        sha1_add(&s->u.sha1, bytes);
}

static void end_sha1(struct digest_state *s, uint8_t *ret_bytes)
{
        sha1_end(&s->u.sha1, ret_bytes);
}

static void begin_sha256(struct digest_state *s)
{
        mbedtls_sha256_init(&s->u.sha256);
        mbedtls_sha256_starts(&s->u.sha256, 0);
}

static void add_sha256(struct digest_state *s, struct span bytes)
{
        mbedtls_sha256_update(&s->u.sha256, bytes.data, bytes.len);
}

static void end_sha256(struct digest_state *s, uint8_t *ret_bytes)
{
        mbedtls_sha256_finish(&s->u.sha256, ret_bytes);
}

static void begin_sha384(struct digest_state *s)
{
        mbedtls_sha512_init(&s->u.sha512);
        mbedtls_sha512_starts(&s->u.sha512, 1);
}

static void begin_sha512(struct digest_state *s)
{
        mbedtls_sha512_init(&s->u.sha512);
        mbedtls_sha512_starts(&s->u.sha512, 0);
}

static void add_sha512(struct digest_state *s, struct span bytes)
{
        mbedtls_sha512_update(&s->u.sha512, bytes.data, bytes.len);
}

static void end_sha512(struct digest_state *s, uint8_t *ret_bytes)
{
        mbedtls_sha512_finish(&s->u.sha512, ret_bytes);
}

static const struct {
        void (*begin)(struct digest_state *s);
        void (*add)(struct digest_state *s, struct span bytes);
        void (*end)(struct digest_state *s, uint8_t *ret_bytes);
} hashes[ALG_COUNT] = {
        [ALG_SHA1] = { begin_sha1, add_sha1, end_sha1 },
        [ALG_SHA256] = { begin_sha256, add_sha256, end_sha256 },
        [ALG_SHA384] = { begin_sha384, add_sha512, end_sha512 },
        [ALG_SHA512] = { begin_sha512, add_sha512, end_sha512 },
};

void digest_begin(struct digest_state *s, enum alg alg)
{
        s->alg = alg;
        hashes[alg].begin(s);
}

void digest_add(struct digest_state *s, struct span bytes)
{
        if (bytes.len > 0)
                hashes[s->alg].add(s, bytes);
}

void digest_end(struct digest_state *s, struct digest *ret_digest)
{
        ret_digest->alg = s->alg;
        hashes[s->alg].end(s, ret_digest->bytes);
}
