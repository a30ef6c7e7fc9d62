/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a btrfs superblock, as they are and with the checksum made right, so that the fields behind it are reached. */
#include <stdlib.h>

#include "base/crc.h"
#include "format/btrfs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse_and_write(struct span superblock)
{
        char buf[8192];
        struct json_writer w = json_writer_on(buf, sizeof(buf));
        struct span text;
        struct btrfs fs;

        if (btrfs_parse(superblock, &fs) != ERR_OK)
                return;
        json_object_open(&w);
        btrfs_write(&w, &fs, CLASS_ALL);
        json_object_close(&w);
        if (json_writer_result(&w, &text) != ERR_OK)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        uint8_t superblock[BTRFS_BYTES] = { 0 };

        parse_and_write(span_of(data, size));
        memcpy(superblock, data, size < sizeof(superblock) ? size : sizeof(superblock));

        uint32_t crc = ~crc_update_32c(CRC_START, span_of(superblock + 32, sizeof(superblock) - 32));

        for (unsigned i = 0; i < 4; i++)
                superblock[i] = (uint8_t)(crc >> 8 * i);
        parse_and_write(span_of(superblock, sizeof(superblock)));
        return 0;
}
