/* SPDX-License-Identifier: Apache-2.0 */
/* Small disks with a GUID partition table, made byte by byte so that tests can break any field and make the checksums right again. */
#ifndef TEST_GPTDISK_H
#define TEST_GPTDISK_H

#include "base/source.h"

#define GPTDISK_SECTORS 160

struct gptdisk {
        uint8_t *bytes; /* exactly as long as the disk, so that one byte too far is noticed */
        struct span span;
        uint32_t sector_bytes;
        uint32_t slots;
};

/*
 * A protective MBR, both tables, and two partitions: slot 0 "oem" of 4 sectors from the first usable one, and slot 2 "persistent" of 8 behind
 * it. To be freed with gptdisk_free().
 */
void gptdisk_make(struct gptdisk *d, uint32_t sector_bytes, uint32_t slots);
void gptdisk_free(struct gptdisk *d);

uint8_t *gptdisk_header(const struct gptdisk *d, bool backup);
uint8_t *gptdisk_entry(const struct gptdisk *d, bool backup, uint32_t slot);
uint64_t gptdisk_first_usable(const struct gptdisk *d);

/* Make the checksum of a header right, over as many bytes as it says it has, and before that the one of the slots. */
void gptdisk_seal_header(const struct gptdisk *d, bool backup);
void gptdisk_seal(const struct gptdisk *d);

struct source gptdisk_source(const struct gptdisk *d);

void gptdisk_put(uint8_t *at, uint64_t value, unsigned bytes);

#endif
