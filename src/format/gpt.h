/* SPDX-License-Identifier: Apache-2.0 */
/* The GUID partition table: primary, backup and protective MBR, read without trust (UEFI 2.10 section 5). */
#ifndef FORMAT_GPT_H
#define FORMAT_GPT_H

#include "base/json.h"
#include "base/source.h"
#include "format/class.h"
#include "format/guid.h"

#define GPT_ENTRY_BYTES 128 /* other entry sizes are refused */
#define GPT_ENTRIES_MAX 256 /* the largest table we read; a larger one is an error, never cut */
#define GPT_NAME_BYTES 109  /* 36 UTF-16 units as UTF-8, and a NUL */

/* LBA 0 (UEFI 2.10 section 5.2). The kernel looks at a GPT only when this is protective or hybrid, unless it was booted with "gpt". */
enum gpt_mbr {
        GPT_MBR_NONE,       /* no boot signature, or no entries */
        GPT_MBR_PROTECTIVE, /* one entry of type 0xEE from LBA 1, nothing else */
        GPT_MBR_HYBRID,     /* an entry of type 0xEE from LBA 1, and others */
        GPT_MBR_FOREIGN,    /* entries, none of type 0xEE from LBA 1 */
};

/* Which of the two tables were good and whether they agree. */
enum gpt_state {
        GPT_BOTH,          /* both good, same contents */
        GPT_BACKUP_BAD,    /* primary used */
        GPT_PRIMARY_BAD,   /* backup used; the kernel does so only when booted with "gpt" */
        GPT_BACKUP_DIFFERS /* both good by themselves, contents differ: primary used, as the kernel does */
};

struct gpt_entry {
        uint32_t number; /* from 1, as the kernel counts partitions */
        uint8_t type[GUID_BYTES];
        uint8_t unique[GUID_BYTES];
        uint64_t first_lba;
        uint64_t last_lba;
        uint64_t attributes;
        char name[GPT_NAME_BYTES]; /* UTF-8; an unpaired surrogate becomes U+FFFD */
        bool name_odd;             /* that, or something stands behind the terminating NUL */
};

/* The table without its entries. */
struct gpt_table {
        enum gpt_mbr mbr;
        enum gpt_state state;
        enum err primary_error; /* why the primary is bad, ERR_OK when good */
        enum err backup_error;
        uint8_t disk_guid[GUID_BYTES];
        uint32_t sector_bytes;
        uint64_t first_usable_lba;
        uint64_t last_usable_lba;
        uint64_t backup_lba;
        uint32_t entry_slots;
        uint32_t count; /* used entries */
        bool overlaps;  /* two used entries share sectors */
        bool duplicate_guids;
};

struct gpt {
        struct gpt_table table;
        struct gpt_entry entries[GPT_ENTRIES_MAX]; /* table.count of them, in slot order */
};

/*
 * Read the table of a disk. ERR_GPT_NONE when there is no sign of a GPT: no signature at either end, no MBR entry of type 0xEE (absent).
 * Another ERR_GPT_* when there is one but neither copy is good (malformed; the primary's reason), or when an entry of the copy that is used
 * makes no sense. ERR_BLOCKDEV_READ when neither copy can be had because of the device (unreadable). work is scratch memory of at least GPT_WORK_BYTES.
 */
#define GPT_SECTOR_BYTES_MAX 4096
#define GPT_WORK_BYTES (2 * (GPT_SECTOR_BYTES_MAX + GPT_ENTRIES_MAX * GPT_ENTRY_BYTES))
MUST_CHECK enum err gpt_read(const struct source *disk, uint8_t *work, struct gpt *ret_gpt);

/* One entry as a JSON object, one member for each class asked for: "config" (attributes), "identity" (GUIDs, name), "info", "layout" (number, blocks). */
void gpt_write_entry(struct json_writer *w, const struct gpt_entry *entry, unsigned classes);
/* The table without its entries, likewise: "config", "identity" (disk GUID, MBR class, state, oddities), "info", "layout" (geometry). */
void gpt_write_table(struct json_writer *w, const struct gpt_table *table, unsigned classes);

const char *gpt_mbr_name(enum gpt_mbr mbr);
const char *gpt_state_name(enum gpt_state state);

#endif
