/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the JSON of LUKS2. What is kept of it must be canonical JSON, by the reader that verifiers use. */
#include <stdlib.h>

#include "base/canon.h"
#include "format/luks2_json.h"

#define VOLUME_BYTES (UINT64_C(32) << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_section(const struct luks2 *luks, struct luks2_text section)
{
        if (canon_check(span_of(luks->text + section.offset, section.len)) != ERR_OK)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static uint8_t token[LUKS2_JSON_BYTES_MAX], pool[JSON_POOL_BYTES(LUKS2_JSON_BYTES_MAX)];
        static const struct luks2_json_work work = { token, pool, sizeof(pool) };
        static struct luks2 luks;

        if (size > LUKS2_JSON_BYTES_MAX || luks2_json_decode(span_of(data, size), VOLUME_BYTES, &work, &luks) != ERR_OK)
                return 0;
        check_section(&luks, luks.bindings);
        check_section(&luks, luks.config);
        check_section(&luks, luks.digests);
        check_section(&luks, luks.keyslots);
        check_section(&luks, luks.segments);
        check_section(&luks, luks.tokens);
        return 0;
}
