/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as evidence: reading ends, what is read can be written and read again, and the judge comes to a verdict that is not "trusted". */
#include <stdlib.h>

#include "verify/judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct evidence *e)
{
        struct evidence_error why;
        struct evidence again;
        struct span tar;
        size_t size = evidence_size(e);
        uint8_t *buf = malloc(size);

        if (evidence_write(e, 0, buf, size, &tar) != ERR_OK || evidence_read(tar, &again, &why) != ERR_OK)
                abort();
        for (unsigned i = 0; i < EVIDENCE_MEMBERS; i++)
                if (!span_equal(e->members[i], again.members[i]) || !e->members[i].data != !again.members[i].data)
                        abort();
        free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const uint8_t nonce[16] = { 1 };
        static struct judge j;
        struct evidence_error why;

        if (evidence_read(span_of(data, size), &j.evidence, &why) != ERR_OK)
                return 0;
        check_again(&j.evidence);
        j.baseline = NULL;
        j.nonce = span_of(nonce, sizeof(nonce));
        if (judge_evidence(&j) == JUDGE_TRUSTED)
                abort();
        return 0;
}
