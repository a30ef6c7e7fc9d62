/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-1 (FIPS 180-4 section 6.1), which IMA's log and the sha1 bank of a TPM still use; nothing relies on its strength. Our own because that of
 * mbedtls is unrolled and takes 4.5 KB more, out of the 160 of cosima-boot.
 */
#ifndef EVENT_SHA1_H
#define EVENT_SHA1_H

#include "base/span.h"

#define SHA1_BYTES 20
#define SHA1_BLOCK_BYTES 64

struct sha1 {
        uint32_t h[SHA1_BYTES / 4];
        uint64_t len; /* bytes so far; what does not fill a block waits in block */
        uint8_t block[SHA1_BLOCK_BYTES];
};

void sha1_begin(struct sha1 *s);
void sha1_add(struct sha1 *s, struct span bytes);
/* The digest of all that was added, SHA1_BYTES long. */
void sha1_end(struct sha1 *s, uint8_t *ret_bytes);

#endif
