/* SPDX-License-Identifier: Apache-2.0 */
/* A policy signer made in software: key, certificate and signatures from a constant seed, so nothing secret is kept anywhere. */
#ifndef TEST_SIGNER_H
#define TEST_SIGNER_H

#include "trust/sig.h"

struct signer {
        uint8_t cert[512];
        size_t cert_len;
        uint8_t sig[SIG_BYTES_MAX];
        size_t sig_len;
        uint8_t spki_sha256[32];
};

/* The certificate of the key that seed gives, and that key's signature over text (IMA version 2, ECDSA P-256, SHA-256). */
void signer_make(struct signer *s, const char *seed, struct span text);

/* The key that seed gives: its public point (65 bytes) and DER SubjectPublicKeyInfo (91 bytes). */
void signer_public(const char *seed, uint8_t *ret_spki);
/* Sign a SHA-256 digest; r and s have 32 bytes each. */
void signer_sign(const char *seed, const uint8_t *sha256, uint8_t *ret_r, uint8_t *ret_s);

#endif
