/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Knows which mbedtls functions compute which digest. Their results are not looked at: in software they cannot fail. In the programs that
 * hash much, digest_nettle.c stands in for this file.
 */
#include "event/digest.h"

static void sha1_begin(struct digest_state *s)
{
        mbedtls_sha1_init(&s->u.sha1);
        mbedtls_sha1_starts(&s->u.sha1);
}

static void sha1_add(struct digest_state *s, struct span bytes)
{
        mbedtls_sha1_update(&s->u.sha1, bytes.data, bytes.len);
}

static void sha1_end(struct digest_state *s, uint8_t *ret_bytes)
{
        mbedtls_sha1_finish(&s->u.sha1, ret_bytes);
}

static void sha256_begin(struct digest_state *s)
{
        mbedtls_sha256_init(&s->u.sha256);
        mbedtls_sha256_starts(&s->u.sha256, 0);
}

static void sha256_add(struct digest_state *s, struct span bytes)
{
        mbedtls_sha256_update(&s->u.sha256, bytes.data, bytes.len);
}

static void sha256_end(struct digest_state *s, uint8_t *ret_bytes)
{
        mbedtls_sha256_finish(&s->u.sha256, ret_bytes);
}

static void sha384_begin(struct digest_state *s)
{
        mbedtls_sha512_init(&s->u.sha512);
        mbedtls_sha512_starts(&s->u.sha512, 1);
}

static void sha512_begin(struct digest_state *s)
{
        mbedtls_sha512_init(&s->u.sha512);
        mbedtls_sha512_starts(&s->u.sha512, 0);
}

static void sha512_add(struct digest_state *s, struct span bytes)
{
        mbedtls_sha512_update(&s->u.sha512, bytes.data, bytes.len);
}

static void sha512_end(struct digest_state *s, uint8_t *ret_bytes)
{
        mbedtls_sha512_finish(&s->u.sha512, ret_bytes);
}

static const struct {
        void (*begin)(struct digest_state *s);
        void (*add)(struct digest_state *s, struct span bytes);
        void (*end)(struct digest_state *s, uint8_t *ret_bytes);
} hashes[ALG_COUNT] = {
        [ALG_SHA1] = { sha1_begin, sha1_add, sha1_end },
        [ALG_SHA256] = { sha256_begin, sha256_add, sha256_end },
        [ALG_SHA384] = { sha384_begin, sha512_add, sha512_end },
        [ALG_SHA512] = { sha512_begin, sha512_add, sha512_end },
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
