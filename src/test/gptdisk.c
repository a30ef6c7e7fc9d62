/* SPDX-License-Identifier: Apache-2.0 */
/* Disks with a GUID partition table for tests (UEFI 2.10 section 5). */
#include "test/gptdisk.h"

#include <stdlib.h>

#include "base/crc.h"
#include "base/reader.h"

static const uint8_t linux_data[16] = { 0xaf, 0x3d, 0xc6, 0x0f, 0x83, 0x84, 0x72, 0x47, 0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4 };

static uint32_t entry_sectors(const struct gptdisk *d)
{
        return (d->slots * 128 + d->sector_bytes - 1) / d->sector_bytes;
}

void gptdisk_put(uint8_t *at, uint64_t value, unsigned bytes)
{
        for (unsigned i = 0; i < bytes; i++)
                at[i] = (uint8_t)(value >> 8 * i);
}

uint64_t gptdisk_first_usable(const struct gptdisk *d)
{
        return 2 + entry_sectors(d);
}

static uint64_t entries_lba(const struct gptdisk *d, bool backup)
{
        return backup ? GPTDISK_SECTORS - 1 - entry_sectors(d) : 2;
}

uint8_t *gptdisk_header(const struct gptdisk *d, bool backup)
{
        return d->bytes + (backup ? GPTDISK_SECTORS - 1 : 1) * d->sector_bytes;
}

uint8_t *gptdisk_entry(const struct gptdisk *d, bool backup, uint32_t slot)
{
        return d->bytes + entries_lba(d, backup) * d->sector_bytes + slot * 128;
}

void gptdisk_seal_header(const struct gptdisk *d, bool backup)
{
        uint8_t *header = gptdisk_header(d, backup);
        uint32_t size = reader_at_u32le(span_of(header, d->sector_bytes), 12);

        gptdisk_put(header + 16, 0, 4);
        gptdisk_put(header + 16, ~crc_update_32(CRC_START, span_of(header, size <= d->sector_bytes ? size : d->sector_bytes)), 4);
}

void gptdisk_seal(const struct gptdisk *d)
{
        for (unsigned backup = 0; backup < 2; backup++) {
                struct span entries = span_of(gptdisk_entry(d, backup, 0), d->slots * 128);

                gptdisk_put(gptdisk_header(d, backup) + 88, ~crc_update_32(CRC_START, entries), 4);
                gptdisk_seal_header(d, backup);
        }
}

static void make_header(const struct gptdisk *d, bool backup)
{
        uint8_t *h = gptdisk_header(d, backup);

        memcpy(h, "EFI PART", 8);
        gptdisk_put(h + 8, 0x10000, 4);
        gptdisk_put(h + 12, 92, 4);
        gptdisk_put(h + 24, backup ? GPTDISK_SECTORS - 1 : 1, 8);
        gptdisk_put(h + 32, backup ? 1 : GPTDISK_SECTORS - 1, 8);
        gptdisk_put(h + 40, gptdisk_first_usable(d), 8);
        gptdisk_put(h + 48, GPTDISK_SECTORS - 2 - entry_sectors(d), 8);
        for (uint8_t i = 0; i < 16; i++)
                h[56 + i] = i;
        gptdisk_put(h + 72, entries_lba(d, backup), 8);
        gptdisk_put(h + 80, d->slots, 4);
        gptdisk_put(h + 84, 128, 4);
}

static void make_entry(const struct gptdisk *d, uint32_t slot, uint64_t first, uint64_t sectors, const char *name)
{
        for (unsigned backup = 0; backup < 2; backup++) {
                uint8_t *e = gptdisk_entry(d, backup, slot);

                memcpy(e, linux_data, 16);
                memset(e + 16, (int)(0x10 + slot), 16);
                gptdisk_put(e + 32, first, 8);
                gptdisk_put(e + 40, first + sectors - 1, 8);
                for (size_t i = 0; name[i]; i++)
                        e[56 + 2 * i] = (uint8_t)name[i];
        }
}

void gptdisk_make(struct gptdisk *d, uint32_t sector_bytes, uint32_t slots)
{
        size_t len = (size_t)GPTDISK_SECTORS * sector_bytes;

        *d = (struct gptdisk){ .bytes = calloc(1, len), .sector_bytes = sector_bytes, .slots = slots };
        if (!d->bytes)
                abort();
        d->span = span_of(d->bytes, len);
        d->bytes[446 + 4] = 0xee;
        d->bytes[446 + 8] = 1;
        d->bytes[510] = 0x55;
        d->bytes[511] = 0xaa;
        make_header(d, false);
        make_header(d, true);
        make_entry(d, 0, gptdisk_first_usable(d), 4, "oem");
        make_entry(d, 2, gptdisk_first_usable(d) + 4, 8, "persistent");
        gptdisk_seal(d);
}

void gptdisk_free(struct gptdisk *d)
{
        free(d->bytes);
        d->bytes = NULL;
}

struct source gptdisk_source(const struct gptdisk *d)
{
        return source_of_span(&d->span, d->sector_bytes);
}
