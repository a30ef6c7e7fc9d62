/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a squashfs superblock; what is accepted can be written. */
#include <stdlib.h>

#include "format/squashfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char buf[4096];
        struct json_writer w = json_writer_on(buf, sizeof(buf));
        struct span text;
        struct squashfs fs;

        if (squashfs_parse(span_of(data, size), UINT64_C(1) << 40, &fs) != ERR_OK)
                return 0;
        json_object_open(&w);
        squashfs_write(&w, &fs, CLASS_ALL);
        json_object_close(&w);
        if (json_writer_result(&w, &text) != ERR_OK)
                abort();
        return 0;
}
