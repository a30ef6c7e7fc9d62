/* SPDX-License-Identifier: Apache-2.0 */
/* Software keys for tests. */
#include "signer.h"

#include <assert.h>
#include <mbedtls/ecdsa.h>

#define SPKI_BYTES 91
#define POINT_AT 26 /* of the uncompressed point in the SubjectPublicKeyInfo */

/* The random numbers of a test need to be the same each time. */
static int count_up(void *state, unsigned char *out, size_t len)
{
        unsigned char *next = state;

        for (size_t i = 0; i < len; i++)
                out[i] = (*next)++;
        return 0;
}

static void load_key(const char *seed, mbedtls_ecp_group *group, mbedtls_mpi *secret)
{
        struct digest digest;

        digest_of(ALG_SHA256, span_of_str(seed), &digest);
        assert(mbedtls_ecp_group_load(group, MBEDTLS_ECP_DP_SECP256R1) == 0);
        assert(mbedtls_mpi_read_binary(secret, digest.bytes, 32) == 0);
}

void signer_sign(const char *seed, const uint8_t *sha256, uint8_t *ret_r, uint8_t *ret_s)
{
        mbedtls_ecp_group group;
        mbedtls_mpi secret, r, s;
        unsigned char random = 1;

        mbedtls_ecp_group_init(&group);
        mbedtls_mpi_init(&secret);
        mbedtls_mpi_init(&r);
        mbedtls_mpi_init(&s);
        load_key(seed, &group, &secret);
        assert(mbedtls_ecdsa_sign(&group, &r, &s, &secret, sha256, 32, count_up, &random) == 0);
        assert(mbedtls_mpi_write_binary(&r, ret_r, 32) == 0 && mbedtls_mpi_write_binary(&s, ret_s, 32) == 0);
        mbedtls_mpi_free(&s);
        mbedtls_mpi_free(&r);
        mbedtls_mpi_free(&secret);
        mbedtls_ecp_group_free(&group);
}

void signer_public(const char *seed, uint8_t *ret_spki)
{
        /* SubjectPublicKeyInfo of a P-256 key up to its point (RFC 5480). */
        static const uint8_t head[POINT_AT] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                                                0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00 };
        mbedtls_ecp_group group;
        mbedtls_ecp_point point;
        mbedtls_mpi secret;
        unsigned char random = 1;
        size_t len;

        mbedtls_ecp_group_init(&group);
        mbedtls_ecp_point_init(&point);
        mbedtls_mpi_init(&secret);
        load_key(seed, &group, &secret);
        memcpy(ret_spki, head, sizeof(head));
        assert(mbedtls_ecp_mul(&group, &point, &secret, &group.G, count_up, &random) == 0);
        assert(mbedtls_ecp_point_write_binary(&group, &point, MBEDTLS_ECP_PF_UNCOMPRESSED, &len, ret_spki + POINT_AT, 65) == 0);
        mbedtls_mpi_free(&secret);
        mbedtls_ecp_point_free(&point);
        mbedtls_ecp_group_free(&group);
}

static void append(struct signer *s, const void *bytes, size_t len)
{
        memcpy(s->cert + s->cert_len, bytes, len);
        s->cert_len += len;
}

/* A version 1 certificate (RFC 5280 section 4.1) whose own signature nobody looks at. */
static void write_cert(struct signer *s, const uint8_t *spki)
{
        static const uint8_t ecdsa_sha256[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };
        static const uint8_t name[] = { 0x30, 0x0f, 0x31, 0x0d, 0x30, 0x0b, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0c, 0x04, 't', 'e', 's', 't' };
        static const uint8_t validity[] = "\x30\x1e\x17\x0d" "200101000000Z" "\x17\x0d" "491231235959Z";
        static const uint8_t serial[] = { 0x02, 0x01, 0x01 };
        static const uint8_t signature[] = { 0x03, 0x09, 0x00, 0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01 };
        size_t tbs = sizeof(serial) + sizeof(ecdsa_sha256) + 2 * sizeof(name) + sizeof(validity) - 1 + SPKI_BYTES;
        size_t whole = 3 + tbs + sizeof(ecdsa_sha256) + sizeof(signature);
        uint8_t outer[] = { 0x30, 0x82, (uint8_t)(whole >> 8), (uint8_t)whole };
        uint8_t inner[] = { 0x30, 0x81, (uint8_t)tbs };

        assert(tbs >= 128 && tbs < 256);
        s->cert_len = 0;
        append(s, outer, sizeof(outer));
        append(s, inner, sizeof(inner));
        append(s, serial, sizeof(serial));
        append(s, ecdsa_sha256, sizeof(ecdsa_sha256));
        append(s, name, sizeof(name));
        append(s, validity, sizeof(validity) - 1);
        append(s, name, sizeof(name));
        append(s, spki, SPKI_BYTES);
        append(s, ecdsa_sha256, sizeof(ecdsa_sha256));
        append(s, signature, sizeof(signature));
}

/* An INTEGER of 32 big-endian bytes, shortest form. */
static size_t put_integer(uint8_t *out, const uint8_t *number)
{
        size_t skip = 0, pad;

        while (skip < 31 && number[skip] == 0)
                skip++;
        pad = number[skip] >> 7;
        out[0] = 0x02;
        out[1] = (uint8_t)(32 - skip + pad);
        out[2] = 0;
        memcpy(out + 2 + pad, number + skip, 32 - skip);
        return 2 + pad + 32 - skip;
}

void signer_make(struct signer *s, const char *seed, struct span text)
{
        uint8_t spki[SPKI_BYTES], r[32], sig_s[32];
        uint8_t *der = s->sig + 9;
        struct digest digest, key_id;
        size_t len = 2;

        signer_public(seed, spki);
        digest_of(ALG_SHA256, span_of(spki, sizeof(spki)), &digest);
        memcpy(s->spki_sha256, digest.bytes, 32);
        write_cert(s, spki);
        digest_of(ALG_SHA1, span_of(spki + POINT_AT, 65), &key_id);
        digest_of(ALG_SHA256, text, &digest);
        signer_sign(seed, digest.bytes, r, sig_s);
        len += put_integer(der + len, r);
        len += put_integer(der + len, sig_s);
        der[0] = 0x30;
        der[1] = (uint8_t)(len - 2);
        s->sig[0] = 3;
        s->sig[1] = 2;
        s->sig[2] = alg_info(ALG_SHA256)->ima_id;
        memcpy(s->sig + 3, key_id.bytes + 16, 4);
        s->sig[7] = 0;
        s->sig[8] = (uint8_t)len;
        s->sig_len = 9 + len;
}
