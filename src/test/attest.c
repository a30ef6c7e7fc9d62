/* SPDX-License-Identifier: Apache-2.0 */
/* Makes quotes without a TPM. The key is derived from a constant, so nothing secret is kept anywhere. */
#include "attest.h"

#include <assert.h>
#include <mbedtls/base64.h>
#include <mbedtls/ecdsa.h>
#include <stdio.h>

static void put(uint8_t *buf, size_t *len, uint64_t value, unsigned bytes)
{
        while (bytes-- > 0)
                buf[(*len)++] = (uint8_t)(value >> (8 * bytes));
}

static void put_sized(uint8_t *buf, size_t *len, struct span bytes)
{
        put(buf, len, bytes.len, 2);
        if (bytes.len > 0)
                memcpy(buf + *len, bytes.data, bytes.len);
        *len += bytes.len;
}

/* The random numbers of a test need to be the same each time. */
static int count_up(void *state, unsigned char *out, size_t len)
{
        unsigned char *next = state;

        for (size_t i = 0; i < len; i++)
                out[i] = (*next)++;
        return 0;
}

static void load_key(mbedtls_ecp_group *group, mbedtls_mpi *secret)
{
        struct digest seed;

        digest_of(ALG_SHA256, span_of_str("attestation key of the tests"), &seed);
        assert(mbedtls_ecp_group_load(group, MBEDTLS_ECP_DP_SECP256R1) == 0);
        assert(mbedtls_mpi_read_binary(secret, seed.bytes, 32) == 0);
}

void attest_sign(struct attest *a)
{
        mbedtls_ecp_group group;
        mbedtls_mpi secret, r, s;
        struct digest digest;
        unsigned char random = 1;
        uint8_t number[32];

        mbedtls_ecp_group_init(&group);
        mbedtls_mpi_init(&secret);
        mbedtls_mpi_init(&r);
        mbedtls_mpi_init(&s);
        load_key(&group, &secret);
        digest_of(ALG_SHA256, attest_message(a), &digest);
        assert(mbedtls_ecdsa_sign(&group, &r, &s, &secret, digest.bytes, 32, count_up, &random) == 0);
        a->signature_len = 0;
        put(a->signature, &a->signature_len, 0x0018, 2); /* TPM_ALG_ECDSA */
        put(a->signature, &a->signature_len, 0x000b, 2); /* TPM_ALG_SHA256 */
        assert(mbedtls_mpi_write_binary(&r, number, sizeof(number)) == 0);
        put_sized(a->signature, &a->signature_len, span_of(number, sizeof(number)));
        assert(mbedtls_mpi_write_binary(&s, number, sizeof(number)) == 0);
        put_sized(a->signature, &a->signature_len, span_of(number, sizeof(number)));
        mbedtls_mpi_free(&s);
        mbedtls_mpi_free(&r);
        mbedtls_mpi_free(&secret);
        mbedtls_ecp_group_free(&group);
}

static void write_pem(struct attest *a)
{
        /* SubjectPublicKeyInfo of an uncompressed P-256 point, up to the point (RFC 5480). */
        uint8_t der[26 + 65] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
                                 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00 };
        mbedtls_ecp_group group;
        mbedtls_ecp_point point;
        mbedtls_mpi secret;
        unsigned char random = 1;
        unsigned char text[160];
        size_t len;

        mbedtls_ecp_group_init(&group);
        mbedtls_ecp_point_init(&point);
        mbedtls_mpi_init(&secret);
        load_key(&group, &secret);
        assert(mbedtls_ecp_mul(&group, &point, &secret, &group.G, count_up, &random) == 0);
        assert(mbedtls_ecp_point_write_binary(&group, &point, MBEDTLS_ECP_PF_UNCOMPRESSED, &len, der + 26, 65) == 0);
        assert(mbedtls_base64_encode(text, sizeof(text), &len, der, sizeof(der)) == 0);
        snprintf(a->ak_pem, sizeof(a->ak_pem), "-----BEGIN PUBLIC KEY-----\n%.64s\n%s\n-----END PUBLIC KEY-----\n", (char *)text,
                 (char *)text + 64);
        mbedtls_mpi_free(&secret);
        mbedtls_ecp_point_free(&point);
        mbedtls_ecp_group_free(&group);
}

void attest_make(struct attest *a, const struct attest_facts *facts)
{
        size_t len = 0;

        put(a->message, &len, 0xff544347, 4);
        put(a->message, &len, 0x8018, 2);
        put_sized(a->message, &len, span_of_str("qualified signer"));
        put_sized(a->message, &len, facts->nonce);
        put(a->message, &len, facts->clock_ms, 8);
        put(a->message, &len, facts->reset_count, 4);
        put(a->message, &len, facts->restart_count, 4);
        put(a->message, &len, facts->clock_safe, 1);
        put(a->message, &len, facts->firmware_version, 8);
        put(a->message, &len, facts->selection_count, 4);
        for (unsigned i = 0; i < facts->selection_count; i++) {
                put(a->message, &len, facts->selections[i].tpm_id, 2);
                put(a->message, &len, 3, 1);
                for (unsigned k = 0; k < 3; k++)
                        put(a->message, &len, facts->selections[i].pcrs >> (8 * k) & 0xff, 1);
        }
        put_sized(a->message, &len, facts->pcr_digest);
        a->message_len = len;
        attest_sign(a);
        write_pem(a);
}

struct span attest_message(const struct attest *a)
{
        return span_of(a->message, a->message_len);
}

struct span attest_signature(const struct attest *a)
{
        return span_of(a->signature, a->signature_len);
}

struct span attest_pem(const struct attest *a)
{
        return span_of_str(a->ak_pem);
}
