/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the names and numbers of the hash algorithms. */
#include "event/alg.h"

/* ima_id: include/uapi/linux/hash_info.h, enum hash_algo. */
static const struct alg_info algs[ALG_COUNT] = {
        [ALG_SHA1] = { ALG_SHA1, "sha1", 0x0004, 20, 2 },
        [ALG_SHA256] = { ALG_SHA256, "sha256", 0x000b, 32, 4 },
        [ALG_SHA384] = { ALG_SHA384, "sha384", 0x000c, 48, 5 },
        [ALG_SHA512] = { ALG_SHA512, "sha512", 0x000d, 64, 6 },
};

const struct alg_info *alg_info(enum alg alg)
{
        return &algs[alg];
}

enum err alg_by_name(struct span name, enum alg *ret_alg)
{
        for (unsigned i = 0; i < ALG_COUNT; i++)
                if (span_equal_str(name, algs[i].name)) {
                        *ret_alg = algs[i].alg;
                        return ERR_OK;
                }
        return ERR_ALG_UNKNOWN;
}

enum err alg_by_tpm_id(uint16_t tpm_id, enum alg *ret_alg)
{
        for (unsigned i = 0; i < ALG_COUNT; i++)
                if (algs[i].tpm_id == tpm_id) {
                        *ret_alg = algs[i].alg;
                        return ERR_OK;
                }
        return ERR_ALG_UNKNOWN;
}

enum err alg_by_ima_id(uint8_t ima_id, enum alg *ret_alg)
{
        for (unsigned i = 0; i < ALG_COUNT; i++)
                if (algs[i].ima_id == ima_id) {
                        *ret_alg = algs[i].alg;
                        return ERR_OK;
                }
        return ERR_ALG_UNKNOWN;
}
