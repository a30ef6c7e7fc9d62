/* SPDX-License-Identifier: Apache-2.0 */
/* The table that cosima probe prints: one line a partition, as wide as its contents need. */
#ifndef CLI_PROBE_TABLE_H
#define CLI_PROBE_TABLE_H

#include "format/gpt.h"
#include "format/probe.h"

#define PROBE_TABLE_COLUMNS 7
#define PROBE_TABLE_SIZE_TEXT 32

struct probe_row {
        char *cells[PROBE_TABLE_COLUMNS];
        char *notes; /* lines that follow the row: what is odd */
};

struct probe_table {
        unsigned count;
        struct probe_row rows[GPT_ENTRIES_MAX + 1];
};

/* A partition; probe counts only when e is ERR_OK. */
void probe_table_add(struct probe_table *t, const struct gpt_entry *entry, uint32_t sector_bytes, const struct probe *probe, enum err e);
/* What stands on the whole disk itself. */
void probe_table_add_whole(struct probe_table *t, uint64_t size_bytes, const struct probe *probe, enum err e);
void probe_table_print(const struct probe_table *t);

/* "64.0 MiB"; ret_text has room for PROBE_TABLE_SIZE_TEXT. */
void probe_table_size(uint64_t bytes, char *ret_text);

#endif
