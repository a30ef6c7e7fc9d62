/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the JSON of LUKS2. What is kept of it must be JSON that, decoded again, is kept as the same bytes. */
#include <stdlib.h>

#include "format/luks2_canonical.h"
#include "format/luks2_json.h"

#define VOLUME_BYTES (UINT64_C(32) << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_section(const struct luks2 *luks, struct luks2_text section)
{
        static uint8_t pool[16 * LUKS2_TEXT_BYTES_MAX];
        static char again[LUKS2_TEXT_BYTES_MAX];
        struct span kept = span_of(luks->text + section.offset, section.len);
        struct json_writer w = json_writer_on(again, sizeof(again));
        struct span text;
        yyjson_val *root;

        if (json_parse(kept, pool, sizeof(pool), &root) != ERR_OK || luks2_canonical_copy(&w, root, NULL) != ERR_OK ||
            json_writer_result(&w, &text) != ERR_OK || !span_equal(text, kept))
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
