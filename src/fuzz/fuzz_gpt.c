/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a disk with a partition table, with the checksums made right so that the fields behind them are reached. */
#include <stdlib.h>

#include "base/crc.h"
#include "base/reader.h"
#include "format/gpt.h"

#define DISK_BYTES_MAX (160u * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_u32(uint8_t *at, uint32_t value)
{
        for (unsigned i = 0; i < 4; i++)
                at[i] = (uint8_t)(value >> 8 * i);
}

/* Make the checksums of one copy right, as far as what it says of itself lies inside the disk. */
static void seal(uint8_t *disk, size_t len, size_t header, uint32_t sector_bytes)
{
        struct span all = span_of(disk, len);
        uint32_t size = reader_at_u32le(all, header + 12);
        uint64_t entries_lba = reader_at_u64le(all, header + 72);
        uint64_t entries_bytes = (uint64_t)reader_at_u32le(all, header + 80) * GPT_ENTRY_BYTES;

        if (entries_lba < len / sector_bytes && span_has(all, entries_lba * sector_bytes, entries_bytes))
                put_u32(disk + header + 88, ~crc_update_32(CRC_START, span_sub(all, entries_lba * sector_bytes, entries_bytes)));
        if (size < 92 || size > sector_bytes)
                return;
        put_u32(disk + header + 16, 0);
        put_u32(disk + header + 16, ~crc_update_32(CRC_START, span_sub(all, header, size)));
}

static void check(const struct gpt *gpt)
{
        static char text[256 * 1024];
        struct json_writer w = json_writer_on(text, sizeof(text));
        struct span result;

        if (gpt->table.count > gpt->table.entry_slots || gpt->table.entry_slots > GPT_ENTRIES_MAX)
                abort();
        json_array_open(&w);
        gpt_write_table(&w, &gpt->table, CLASS_ALL);
        for (uint32_t i = 0; i < gpt->table.count; i++) {
                const struct gpt_entry *e = &gpt->entries[i];

                if (e->first_lba > e->last_lba || e->first_lba < gpt->table.first_usable_lba || e->last_lba > gpt->table.last_usable_lba)
                        abort();
                gpt_write_entry(&w, e, CLASS_ALL);
        }
        json_array_close(&w);
        if (json_writer_result(&w, &result) != ERR_OK || !json_is_utf8(result))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static uint8_t disk[DISK_BYTES_MAX];
        static uint8_t work[GPT_WORK_BYTES];
        static struct gpt gpt;
        size_t len = size < sizeof(disk) ? size : sizeof(disk);

        for (uint32_t sector_bytes = 512; sector_bytes <= 4096; sector_bytes *= 8) {
                struct span bytes = span_of(disk, len);
                struct source source = source_of_span(&bytes, sector_bytes);

                memcpy(disk, data, len);
                if (gpt_read(&source, work, &gpt) == ERR_OK)
                        check(&gpt);
                if (len < 3 * sector_bytes)
                        continue;
                seal(disk, len, sector_bytes, sector_bytes);
                seal(disk, len, (len / sector_bytes - 1) * sector_bytes, sector_bytes);
                if (gpt_read(&source, work, &gpt) == ERR_OK)
                        check(&gpt);
        }
        return 0;
}
