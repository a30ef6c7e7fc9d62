/* SPDX-License-Identifier: Apache-2.0 */
/* The quote: what the TPM signed, and whether the pinned key signed it (TPM 2.0 part 2, sections 10.12 and 11.3). */
#ifndef VERIFY_QUOTE_H
#define VERIFY_QUOTE_H

#include "event/digest.h"

#define QUOTE_SELECTIONS_MAX 8
#define QUOTE_PCRS 24
#define QUOTE_PEM_BYTES_MAX 4096

/* The PCRs of one bank that are quoted: bit n of pcrs is PCR n. */
struct quote_selection {
        uint16_t tpm_id; /* TPM_ALG_ID, perhaps one that we cannot compute */
        uint32_t pcrs;
};

/* TPMS_ATTEST of type TPM_ST_ATTEST_QUOTE. Spans point into the message. */
struct quote {
        struct span signer;     /* qualified name of the key */
        struct span extra_data; /* the nonce */
        uint64_t clock_ms;
        uint32_t reset_count, restart_count;
        bool clock_safe;
        uint64_t firmware_version;
        unsigned selection_count;
        struct quote_selection selections[QUOTE_SELECTIONS_MAX];
        struct span pcr_digest; /* by the hash of the key's signing scheme, over the selected values in order */
};

/*
 * Parse a TPMS_ATTEST. ERR_QUOTE_ENDS, ERR_QUOTE_MAGIC (not TPM_GENERATED_VALUE: made outside a TPM), ERR_QUOTE_TYPE (another attestation
 * than a quote), ERR_QUOTE_CLOCK (safe is neither 0 nor 1), ERR_QUOTE_SELECTION (none, too many, one bank twice, a PCR above 23, no PCR
 * at all), ERR_QUOTE_TRAILING (bytes behind the end).
 */
MUST_CHECK enum err quote_parse(struct span message, struct quote *ret_quote);

/* The hash by which the signature was made, which also hashed the PCR values. */
struct quote_signature {
        enum alg alg;
        bool rsa;          /* RSASSA (PKCS#1 v1.5), else ECDSA */
        struct span r, s;  /* big-endian; of ECDSA */
        struct span value; /* of RSASSA */
};

/*
 * Parse a TPMT_SIGNATURE. ERR_QUOTE_SIG_ENDS, ERR_QUOTE_SIG_SCHEME (neither RSASSA nor ECDSA), ERR_QUOTE_SIG_HASH (SHA-1, or unknown),
 * ERR_QUOTE_SIG_TRAILING.
 */
MUST_CHECK enum err quote_parse_signature(struct span signature, struct quote_signature *ret_signature);

/*
 * Whether the key in ak_pem (a PEM "PUBLIC KEY") signed message. ERR_QUOTE_AK (not such a key), ERR_QUOTE_AK_WEAK (RSA below 2048 bits, a
 * curve other than P-256 or P-384), ERR_QUOTE_AK_KIND (an RSA signature and an EC key, or the other way round), ERR_QUOTE_SIGNATURE.
 */
MUST_CHECK enum err quote_verify(struct span message, const struct quote_signature *signature, struct span ak_pem);

/* By what an attestation key is pinned: SHA-256 of its SubjectPublicKeyInfo (DER). ERR_QUOTE_AK. */
MUST_CHECK enum err quote_ak_sha256(struct span ak_pem, uint8_t *ret_sha256);

/* PCR values of one bank. */
struct quote_bank {
        uint32_t pcrs; /* set: which are known */
        struct digest values[QUOTE_PCRS];
};

/*
 * Whether these values, one bank for each enum alg, are those that were quoted: the digest over the selected ones, by the hash of the signature
 * (TPM 2.0 part 3, section 18.4), is the signed one. False also when one of them is not known.
 */
bool quote_has_values(const struct quote *quote, enum alg alg, const struct quote_bank *banks);

/* Whether the quote answers this nonce: same length, compared in constant time. */
bool quote_has_nonce(const struct quote *quote, struct span nonce);

#endif
