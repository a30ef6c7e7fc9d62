/* SPDX-License-Identifier: Apache-2.0 */
/* Detached signatures in the format of IMA's version 2: the bytes of security.ima, as evmctl ima_sign --sigfile writes them. */
#ifndef TRUST_SIG_H
#define TRUST_SIG_H

#include "event/digest.h"
#include "trust/cert.h"

#define SIG_BYTES_MAX 1024
#define SIG_HEADER_BYTES 9
#define SIG_CERTS_MAX 16
#define SIG_CERT_BYTES_MAX CERT_BYTES_MAX

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

/* The header and the signature as a file; buf has SIG_BYTES_MAX bytes. ERR_SIG_LONG when it is longer, ERR_SIG_HASH_WEAK for SHA-1. */
MUST_CHECK enum err sig_write(const struct sig *sig, uint8_t *buf, struct span *ret_file);

/* The key id of a public key (the bits of a subjectPublicKey): the last four bytes of their SHA-1 (RFC 5280 section 4.2.1.2, method 1). */
uint32_t sig_key_id(struct span public_key);

/* What a certificate says of its key. */
struct sig_cert {
        uint32_t key_id; /* last four bytes of the subject key identifier extension, sig_key_id() when there is none */
        const char *key_type; /* "rsa" or "ecdsa" */
        unsigned key_bits;
        uint8_t spki_sha256[32]; /* SHA-256 of the SubjectPublicKeyInfo (DER) */
};

/*
 * Look at one certificate (X.509, DER or PEM). Its own signature, issuer, validity dates and usage are not judged: a certificate in the
 * initrd is trusted because the boot chain measures the initrd, and there is no clock to trust before the network is up.
 * Errors: ERR_SIG_CERT* when it cannot be read, ERR_SIG_KEY_* when its key is not one that we take.
 */
MUST_CHECK enum err sig_read_cert(struct span file, struct sig_cert *ret_cert);

/* Who signed. */
struct sig_signer {
        uint8_t spki_sha256[32]; /* of the signer's SubjectPublicKeyInfo (DER) */
        unsigned cert_index;     /* which of the certificates */
};

/*
 * Verify sig_file over data with the certificates (one a span). A certificate is chosen by the key id, as kernel and evmctl do; when several
 * have it, each is tried. Errors: those of sig_parse() and sig_read_cert() (one bad certificate makes all fail: nothing is skipped in
 * silence); ERR_SIG_CERTS for none or too many; ERR_SIG_NO_KEY when none has the key id; ERR_SIG_ENCODING, ERR_SIG_MISMATCH.
 */
MUST_CHECK enum err sig_verify(struct span sig_file, struct span data, const struct span *certs, unsigned cert_count,
                               struct sig_signer *ret_signer);
/* Likewise over what has this digest. ERR_SIG_HASH_KIND besides when the signature is by another hash. */
MUST_CHECK enum err sig_verify_digest(struct span sig_file, const struct digest *digest, const struct span *certs, unsigned cert_count,
                                      struct sig_signer *ret_signer);

#endif
