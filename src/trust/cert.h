/* SPDX-License-Identifier: Apache-2.0 */
/*
 * X.509 certificates (RFC 5280 section 4.1), as far as a key is taken from them: the subject's public key and its identifier.
 *
 * Nothing else is judged, so nothing else is understood: names, dates, usage and the certificate's own signature are passed over. A whole X.509
 * and PK library would be an eighth of the boot program.
 */
#ifndef TRUST_CERT_H
#define TRUST_CERT_H

#include "base/err.h"
#include "base/span.h"

#define CERT_BYTES_MAX 16384 /* of a certificate file */
#define CERT_POINT_BYTES_MAX 97

enum cert_key { CERT_RSA, CERT_P256, CERT_P384, CERT_KEY_COUNT };

/* All spans point into the DER. */
struct cert {
        struct span spki;       /* SubjectPublicKeyInfo */
        struct span public_key; /* the bits of its subjectPublicKey */
        struct span key_id;     /* subject key identifier extension; data NULL when there is none */
        enum cert_key key;
        struct span modulus, exponent; /* RSA, without leading zeros */
        struct span point;             /* ECDSA: 4 | x | y */
};

/*
 * The DER of a certificate file, which is DER or PEM (with text around it, as openssl writes). der has CERT_BYTES_MAX bytes and is used for PEM only.
 * ERR_SIG_CERT (empty), ERR_SIG_CERT_LONG, ERR_SIG_CERT_PEM, ERR_SIG_CERT_SEVERAL.
 */
MUST_CHECK enum err cert_to_der(struct span file, uint8_t *der, struct span *ret_der);

/*
 * Read a certificate. ERR_SIG_CERT when it is not DER of the right shape, ERR_SIG_CERT_SEVERAL when bytes follow it, ERR_SIG_KEY_TYPE for
 * keys other than RSA and ECDSA on P-256 or P-384 in uncompressed form. Whether the key's numbers are good is not looked at.
 */
MUST_CHECK enum err cert_parse(struct span der, struct cert *ret_cert);

#endif
