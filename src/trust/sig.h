/* SPDX-License-Identifier: Apache-2.0 */
/* Detached signatures in the format of IMA's version 2: the bytes of security.ima, as evmctl ima_sign --sigfile writes them. */
#ifndef TRUST_SIG_H
#define TRUST_SIG_H

#include "event/digest.h"

#define SIG_BYTES_MAX 1024
#define SIG_CERTS_MAX 16

/*
 * Header (linux security/integrity/integrity.h, struct signature_v2_hdr):
 *   0 type 0x03 (EVM_IMA_XATTR_DIGSIG) | 1 version 0x02 | 2 hash_algo | 3..6 key id, big-endian | 7..8 signature size, big-endian | 9.. signature
 */
struct sig {
        enum alg alg; /* SHA-256, SHA-384 or SHA-512; others are refused */
        uint32_t key_id;
        struct span signature; /* RSA PKCS#1 v1.5 or ECDSA as DER */
};

MUST_CHECK enum err sig_parse(struct span file, struct sig *ret_sig);

/* Who signed: SHA-256 of the signer's SubjectPublicKeyInfo (DER). */
struct sig_signer {
        uint8_t spki_sha256[32];
        unsigned cert_index; /* which of the certificates */
};

/*
 * Verify sig_file over data with the certificates (X.509, DER or PEM, one a span). The certificate is chosen by key id: the last four bytes
 * of its subject key identifier extension, or of SHA-1 over its public key (RFC 5280 section 4.2.1.2 method 1), as kernel and evmctl do.
 * Errors: ERR_SIG_* for each check; ERR_SIG_NO_KEY when no certificate has the key id; ERR_SIG_CERT when one cannot be parsed.
 */
MUST_CHECK enum err sig_verify(struct span sig_file, struct span data, const struct span *certs, unsigned cert_count,
                               struct sig_signer *ret_signer);

#endif
