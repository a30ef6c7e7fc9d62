/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests, whole or in pieces, without allocation.
 *
 * Two libraries can compute them, and a program is linked with one: digest_mbedtls.c for cosima-boot, where size counts, and for the tests;
 * digest_nettle.c for cosima on x86-64, where millions of log entries are hashed: SHA-256 of long data goes at 430 MB/s by mbedtls and at about
 * 2 GB/s by nettle with the SHA extensions of the processor. nettle was taken since three of its C files and five of assembly are all that is
 * needed; OpenSSL's libcrypto is as fast and would bring its configuration and 4 MB. `make bench` shows what comes of it.
 */
#ifndef EVENT_DIGEST_H
#define EVENT_DIGEST_H

#include <mbedtls/sha256.h>
#include <mbedtls/sha512.h>

#include "event/alg.h"
#include "event/sha1.h"

struct digest {
        enum alg alg;
        uint8_t bytes[ALG_DIGEST_MAX]; /* alg_info(alg)->size of them count */
};

/* One digest for each of several banks. */
struct digest_set {
        unsigned count;
        struct digest digests[ALG_COUNT];
};

struct digest_state {
        enum alg alg;
        union {
                struct sha1 sha1;
                mbedtls_sha256_context sha256;
                mbedtls_sha512_context sha512;
                uint64_t other[32]; /* room for those of another library */
        } u;
};

void digest_begin(struct digest_state *s, enum alg alg);
void digest_add(struct digest_state *s, struct span bytes);
void digest_end(struct digest_state *s, struct digest *ret_digest);

void digest_of(enum alg alg, struct span bytes, struct digest *ret_digest);
/* The digests of the same bytes in each of the algorithms in algs[0..count). */
void digest_set_of(const enum alg *algs, unsigned count, struct span bytes, struct digest_set *ret_set);

struct span digest_span(const struct digest *d);
/* The digest of an algorithm in a set, or NULL. */
const struct digest *digest_find(const struct digest_set *set, enum alg alg);

/* pcr := H(pcr || value), the PCR extend of TPM 2.0 part 1 section 17.3. value has the algorithm's size. */
void digest_extend(struct digest *pcr, struct span value);

#endif
