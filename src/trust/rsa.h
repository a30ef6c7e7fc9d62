/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RSA signatures with PKCS #1 v1.5 padding, verified (RFC 8017 sections 5.2.2, 8.2.2 and 9.2). Nothing here is secret, so nothing is done in
 * constant time, and nothing in the padding is parsed: what must have been signed is made and compared whole.
 *
 * A library's numbers of any size, signs and divisions are three times this code and twice its time; both are scarce while a machine boots.
 */
#ifndef TRUST_RSA_H
#define TRUST_RSA_H

#include "base/err.h"
#include "event/digest.h"

#define RSA_BYTES_MAX 512 /* of a modulus: 4096 bits */

/* A public key: big-endian numbers without leading zeros, as a certificate has them. */
struct rsa {
        struct span modulus, exponent;
};

/* Whether these can be a key's numbers: both odd and positive, the exponent between 1 and the modulus, the modulus not too long. */
bool rsa_is_key(const struct rsa *key);

/* number to the power of the exponent modulo the modulus, in as many bytes as that has; key is one, and number is less than its modulus. */
void rsa_power(const struct rsa *key, struct span number, uint8_t *ret_block);

/*
 * key is one (rsa_is_key). ERR_SIG_ENCODING when the signature has not the length of the modulus or is not less than it, ERR_SIG_MISMATCH when it is
 * of another digest or key. The digest is of the SHA-2 family.
 */
MUST_CHECK enum err rsa_verify(const struct rsa *key, struct span signature, const struct digest *digest);

#endif
