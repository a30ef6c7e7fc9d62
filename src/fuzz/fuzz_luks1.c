/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a LUKS1 header; what is accepted can be written. */
#include <stdlib.h>

#include "format/luks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char buf[4096];
        struct json_writer w = json_writer_on(buf, sizeof(buf));
        struct span text;
        struct luks1 luks;

        if (luks1_parse(span_of(data, size), UINT64_C(1) << 40, &luks) != ERR_OK)
                return 0;
        json_object_open(&w);
        luks1_write(&w, &luks, CLASS_ALL);
        json_object_close(&w);
        if (json_writer_result(&w, &text) != ERR_OK)
                abort();
        return 0;
}
