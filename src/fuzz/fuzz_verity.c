/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a dm-verity superblock; what is accepted can be written. */
#include <stdlib.h>

#include "format/verity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char buf[4096];
        struct json_writer w = json_writer_on(buf, sizeof(buf));
        struct span text;
        struct verity v;

        if (verity_parse(span_of(data, size), &v) != ERR_OK)
                return 0;
        json_object_open(&w);
        verity_write(&w, &v, CLASS_ALL);
        json_object_close(&w);
        if (json_writer_result(&w, &text) != ERR_OK)
                abort();
        return 0;
}
