/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a quote, as its signature, and as a key: what is accepted has used up all bytes and stays within its bounds. */
#include <stdlib.h>

#include "verify/quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_inside(struct span part, struct span whole)
{
        return part.len == 0 || (part.data >= whole.data && part.data + part.len <= whole.data + whole.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct span bytes = span_of(data, size);
        struct quote_signature signature;
        struct quote quote;
        uint8_t sha256[32];

        if (quote_parse(bytes, &quote) == ERR_OK) {
                if (quote.selection_count == 0 || quote.selection_count > QUOTE_SELECTIONS_MAX || !is_inside(quote.pcr_digest, bytes) ||
                    !is_inside(quote.extra_data, bytes) || quote_has_nonce(&quote, span_of(NULL, 0)))
                        abort();
        }
        if (quote_parse_signature(bytes, &signature) == ERR_OK)
                if (signature.alg == ALG_SHA1 || !is_inside(signature.rsa ? signature.value : signature.s, bytes))
                        abort();
        (void)!quote_ak_sha256(bytes, sha256);
        return 0;
}
