/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the first sector of XFS, with the checksum made right so that the fields behind it are reached. */
#include <stdlib.h>

#include "base/crc.h"
#include "base/reader.h"
#include "format/xfs.h"

#define SECTSIZE 102
#define CRC 224

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct xfs *fs)
{
        static char text[16384];
        struct json_writer w = json_writer_on(text, sizeof(text));
        struct span result;

        json_object_open(&w);
        xfs_write(&w, fs, CLASS_ALL);
        json_object_close(&w);
        if (json_writer_result(&w, &result) != ERR_OK || !json_is_utf8(result))
                abort();
        if (fs->data_blocks == 0 || fs->inode_bytes > fs->block_bytes || xfs_label(fs).len > XFS_LABEL_BYTES)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static uint8_t sector[XFS_SECTOR_BYTES_MAX];
        static uint8_t work[XFS_WORK_BYTES];
        size_t len = size < sizeof(sector) ? size : sizeof(sector);
        struct span volume = span_of(sector, len);
        struct source source = source_of_span(&volume, 512);
        struct xfs fs;

        if (xfs_parse(span_of(data, size), &fs) == ERR_OK)
                check(&fs);
        memcpy(sector, data, len);
        size_t summed = reader_at_u16be(volume, SECTSIZE);

        if (len >= XFS_SUPERBLOCK_BYTES && summed >= XFS_SUPERBLOCK_BYTES && summed <= len) {
                memset(sector + CRC, 0, 4);
                uint32_t crc = ~crc_update_32c(CRC_START, span_of(sector, summed));

                for (unsigned i = 0; i < 4; i++)
                        sector[CRC + i] = (uint8_t)(crc >> 8 * i);
        }
        if (xfs_parse(volume, &fs) == ERR_OK)
                check(&fs);
        /* A volume of one sector holds no file system. */
        if (xfs_read(&source, work, &fs) == ERR_OK)
                abort();
        return 0;
}
