/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a FAT volume that goes on with them again and again, so that tables and directories are found wherever they are looked for. */
#include <stdlib.h>

#include "format/vfat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define READS_MAX (1 + 99 * (1 + 128)) /* the boot sector, and for each of 99 clusters its entry in the table and its pieces, 512 KiB at most */

struct volume {
        struct span pattern;
        unsigned reads;
};

static enum err read_pattern(void *context, uint64_t offset, size_t len, uint8_t *ret_bytes)
{
        struct volume *v = context;

        if (++v->reads > READS_MAX)
                abort();
        for (size_t i = 0; i < len; i++)
                ret_bytes[i] = v->pattern.data[(offset + i) % v->pattern.len];
        return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static char text[4096];
        uint8_t work[VFAT_WORK_BYTES];
        struct volume v = { .pattern = span_of(data, size) };
        struct source source = { &v, UINT64_C(1) << 45, 512, read_pattern, NULL };
        struct json_writer w = json_writer_on(text, sizeof(text));
        struct span result;
        uint8_t label[VFAT_LABEL_BYTES];
        struct vfat fs;

        if (size == 0)
                return 0;
        if (vfat_read_label(&source, work, label) == ERR_VFAT_DEVICE_SIZE)
                abort(); /* what it is for */
        v.reads = 0;
        if (vfat_read(&source, work, &fs) != ERR_OK)
                return 0;
        json_object_open(&w);
        vfat_write(&w, &fs, CLASS_ALL);
        json_object_close(&w);
        if (json_writer_result(&w, &result) != ERR_OK || !json_is_utf8(result))
                abort();
        if (fs.clusters > fs.sectors || (fs.fat_bits != 12 && fs.fat_bits != 16 && fs.fat_bits != 32))
                abort();
        return 0;
}
