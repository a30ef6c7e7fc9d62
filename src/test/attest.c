/* SPDX-License-Identifier: Apache-2.0 */
/* Makes quotes without a TPM. */
#include "attest.h"

#include <assert.h>
#include <mbedtls/base64.h>
#include <stdio.h>

#include "signer.h"

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

void attest_sign_by(struct attest *a, const char *seed)
{
        uint8_t spki[91], r[32], s[32];
        unsigned char text[160];
        struct digest digest;
        size_t len;

        digest_of(ALG_SHA256, attest_message(a), &digest);
        signer_sign(seed, digest.bytes, r, s);
        a->signature_len = 0;
        put(a->signature, &a->signature_len, 0x0018, 2); /* TPM_ALG_ECDSA */
        put(a->signature, &a->signature_len, 0x000b, 2); /* TPM_ALG_SHA256 */
        put_sized(a->signature, &a->signature_len, span_of(r, sizeof(r)));
        put_sized(a->signature, &a->signature_len, span_of(s, sizeof(s)));
        signer_public(seed, spki);
        assert(mbedtls_base64_encode(text, sizeof(text), &len, spki, sizeof(spki)) == 0);
        snprintf(a->ak_pem, sizeof(a->ak_pem), "-----BEGIN PUBLIC KEY-----\n%.64s\n%s\n-----END PUBLIC KEY-----\n", (char *)text,
                 (char *)text + 64);
}

void attest_sign(struct attest *a)
{
        attest_sign_by(a, "attestation key of the tests");
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
