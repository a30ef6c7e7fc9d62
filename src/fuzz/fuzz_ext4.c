/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a superblock of ext4, with the checksum made right so that the fields behind it are reached. */
#include <stdlib.h>

#include "base/crc.h"
#include "format/ext4.h"

#define CHECKSUM 0x3fc

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read must be writable in full, and its parts stay within each other. */
static void check(const struct ext4 *fs)
{
        static char text[16384];
        struct json_writer w = json_writer_on(text, sizeof(text));
        struct span result;

        json_object_open(&w);
        ext4_write(&w, fs, CLASS_ALL);
        json_object_close(&w);
        if (json_writer_result(&w, &result) != ERR_OK || !json_is_utf8(result))
                abort();
        if (fs->blocks == 0 || fs->first_data_block >= fs->blocks || fs->inode_bytes > fs->block_bytes || ext4_label(fs).len > EXT4_LABEL_BYTES)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static uint8_t superblock[EXT4_SUPERBLOCK_BYTES];
        struct ext4 fs;

        if (ext4_parse(span_of(data, size), &fs) == ERR_OK)
                check(&fs);
        if (size < sizeof(superblock))
                return 0;
        memcpy(superblock, data, sizeof(superblock));
        uint32_t crc = crc_update_32c(CRC_START, span_of(superblock, CHECKSUM));

        for (unsigned i = 0; i < 4; i++)
                superblock[CHECKSUM + i] = (uint8_t)(crc >> 8 * i);
        if (ext4_parse(span_of(superblock, sizeof(superblock)), &fs) == ERR_OK)
                check(&fs);
        return 0;
}
