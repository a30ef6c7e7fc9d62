/* SPDX-License-Identifier: Apache-2.0 */
/* The hash algorithms of TPM banks (TCG Algorithm Registry 01.34 section 6.10), in one table. */
#ifndef EVENT_ALG_H
#define EVENT_ALG_H

#include "base/err.h"
#include "base/span.h"

#define ALG_DIGEST_MAX 64

enum alg { ALG_SHA1, ALG_SHA256, ALG_SHA384, ALG_SHA512, ALG_COUNT };

struct alg_info {
        enum alg alg;
        char name[8];    /* as the kernel, IMA and CEL-JSON spell it: "sha256" */
        uint16_t tpm_id; /* TPM_ALG_ID */
        uint8_t size;    /* digest bytes */
        uint8_t ima_id;  /* enum hash_algo of the kernel, as in a signature header of IMA version 2 */
};

/* The row of an algorithm, never NULL for a valid enum alg. */
const struct alg_info *alg_info(enum alg alg);
/* ERR_ALG_UNKNOWN when there is no such row. */
MUST_CHECK enum err alg_by_name(struct span name, enum alg *ret_alg);
MUST_CHECK enum err alg_by_tpm_id(uint16_t tpm_id, enum alg *ret_alg);
MUST_CHECK enum err alg_by_ima_id(uint8_t ima_id, enum alg *ret_alg);

#endif
