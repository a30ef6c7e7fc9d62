/* SPDX-License-Identifier: Apache-2.0 */
/* What is made of digests, whichever library computes them. */
#include "event/digest.h"

void digest_of(enum alg alg, struct span bytes, struct digest *ret_digest)
{
        struct digest_state s;

        digest_begin(&s, alg);
        digest_add(&s, bytes);
        digest_end(&s, ret_digest);
}

void digest_set_of(const enum alg *algs, unsigned count, struct span bytes, struct digest_set *ret_set)
{
        for (unsigned i = 0; i < count; i++)
                digest_of(algs[i], bytes, &ret_set->digests[i]);
        ret_set->count = count;
}

struct span digest_span(const struct digest *d)
{
        return span_of(d->bytes, alg_info(d->alg)->size);
}

const struct digest *digest_find(const struct digest_set *set, enum alg alg)
{
        for (unsigned i = 0; i < set->count; i++)
                if (set->digests[i].alg == alg)
                        return &set->digests[i];
        return NULL;
}

void digest_extend(struct digest *pcr, struct span value)
{
        struct digest_state s;

        digest_begin(&s, pcr->alg);
        digest_add(&s, digest_span(pcr));
        digest_add(&s, value);
        digest_end(&s, pcr);
}
