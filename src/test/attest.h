/* SPDX-License-Identifier: Apache-2.0 */
/* A TPM's quote made in software: an attestation key that is the same in every run, messages and signatures marshalled as a TPM does. */
#ifndef TEST_ATTEST_H
#define TEST_ATTEST_H

#include "verify/quote.h"

struct attest {
        char ak_pem[256];
        uint8_t message[1024];
        size_t message_len;
        uint8_t signature[256];
        size_t signature_len;
};

/* What the message says; magic and type as they should be. */
struct attest_facts {
        struct span nonce;
        uint64_t clock_ms;
        uint32_t reset_count, restart_count;
        bool clock_safe;
        uint64_t firmware_version;
        unsigned selection_count;
        struct quote_selection selections[QUOTE_SELECTIONS_MAX];
        struct span pcr_digest;
};

/* Write the message and sign it by ECDSA P-256 with SHA-256. */
void attest_make(struct attest *a, const struct attest_facts *facts);
/* Sign the message again after it was changed. */
void attest_sign(struct attest *a);

/* Likewise by the key that another seed gives (signer.h). */
void attest_sign_by(struct attest *a, const char *seed);

struct span attest_message(const struct attest *a);
struct span attest_signature(const struct attest *a);
struct span attest_pem(const struct attest *a);

#endif
