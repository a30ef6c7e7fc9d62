/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the SubjectPublicKeyInfo of the two kinds of attestation keys. */
#include "cli/pem.h"

#include <mbedtls/base64.h>
#include <stdio.h>

#include "cli/cli.h"

#define LINE 64 /* characters, RFC 7468 section 2 */
#define DER_BYTES_MAX 512
#define PEM_BYTES_MAX 1024

/* RFC 5480 section 2: id-ecPublicKey, secp256r1; an uncompressed point follows. */
static const uint8_t ecc_head[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
                                    0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04 };
/* RFC 8017 appendix A.1.1: rsaEncryption; a modulus of 2048 bits with a zero before its highest bit follows, and the exponent. */
static const uint8_t rsa_head[] = { 0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01,
                                    0x05, 0x00, 0x03, 0x82, 0x01, 0x0f, 0x00, 0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01, 0x00 };
static const uint8_t rsa_tail[] = { 0x02, 0x03, 0x01, 0x00, 0x01 };

static void put(uint8_t *der, size_t *len, const void *bytes, size_t count)
{
        memcpy(der + *len, bytes, count);
        *len += count;
}

static size_t write_der(const struct ports_key *key, uint8_t *der)
{
        size_t len = 0;

        if (key->rsa) {
                put(der, &len, rsa_head, sizeof(rsa_head));
                put(der, &len, key->modulus, sizeof(key->modulus));
                put(der, &len, rsa_tail, sizeof(rsa_tail));
        } else {
                put(der, &len, ecc_head, sizeof(ecc_head));
                put(der, &len, key->x, sizeof(key->x));
                put(der, &len, key->y, sizeof(key->y));
        }
        return len;
}

struct span pem_of_key(const struct ports_key *key)
{
        uint8_t der[DER_BYTES_MAX];
        unsigned char text[PEM_BYTES_MAX];
        char *pem = cli_alloc(PEM_BYTES_MAX);
        size_t len, at = 0;

        if (mbedtls_base64_encode(text, sizeof(text), &len, der, write_der(key, der)) != 0)
                return span_of(NULL, 0);
        at += (size_t)snprintf(pem, PEM_BYTES_MAX, "-----BEGIN PUBLIC KEY-----\n");
        for (size_t i = 0; i < len; i += LINE)
                at += (size_t)snprintf(pem + at, PEM_BYTES_MAX - at, "%.*s\n", (int)(len - i < LINE ? len - i : LINE), (char *)text + i);
        at += (size_t)snprintf(pem + at, PEM_BYTES_MAX - at, "-----END PUBLIC KEY-----\n");
        return span_of(pem, at);
}
