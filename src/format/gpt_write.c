/* SPDX-License-Identifier: Apache-2.0 */
/* A GUID partition table as canonical JSON. */
#include "format/gpt.h"

const char *gpt_mbr_name(enum gpt_mbr mbr)
{
        static const char names[][16] = { [GPT_MBR_NONE] = "none", [GPT_MBR_PROTECTIVE] = "protective",
                                          [GPT_MBR_HYBRID] = "hybrid", [GPT_MBR_FOREIGN] = "foreign" };

        return names[mbr];
}

const char *gpt_state_name(enum gpt_state state)
{
        static const char names[][16] = { [GPT_BOTH] = "ok", [GPT_BACKUP_BAD] = "backup-bad", [GPT_PRIMARY_BAD] = "primary-bad",
                                          [GPT_BACKUP_DIFFERS] = "backup-differs" };

        return names[state];
}

/* 64 flags as 16 hex digits: too wide for a JSON number. */
static void put_attributes(struct json_writer *w, uint64_t attributes)
{
        uint8_t bytes[8];

        for (size_t i = sizeof(bytes); i-- > 0; attributes >>= 8)
                bytes[i] = (uint8_t)attributes;
        json_put_hex(w, "attributes", span_of(bytes, sizeof(bytes)));
}

void gpt_write_entry(struct json_writer *w, const struct gpt_entry *entry, unsigned classes)
{
        json_object_open(w);
        if (classes & CLASS_CONFIG) {
                json_put_object(w, "config");
                put_attributes(w, entry->attributes);
                json_object_close(w);
        }
        if (classes & CLASS_IDENTITY) {
                json_put_object(w, "identity");
                guid_put(w, "guid", entry->unique);
                json_put_str(w, "name", entry->name);
                json_put_bool(w, "name_odd", entry->name_odd);
                guid_put(w, "type", entry->type);
                json_object_close(w);
        }
        if (classes & CLASS_INFO) {
                json_put_object(w, "info");
                json_object_close(w);
        }
        if (classes & CLASS_LAYOUT) {
                json_put_object(w, "layout");
                json_put_u64(w, "first_lba", entry->first_lba);
                json_put_u64(w, "last_lba", entry->last_lba);
                json_put_u64(w, "number", entry->number);
                json_object_close(w);
        }
        json_object_close(w);
}

static void write_table_identity(struct json_writer *w, const struct gpt_table *t)
{
        json_put_object(w, "identity");
        if (t->backup_error != ERR_OK)
                json_put_str(w, "backup_error", err_name(t->backup_error));
        guid_put(w, "disk_guid", t->disk_guid);
        json_put_bool(w, "duplicate_guids", t->duplicate_guids);
        json_put_str(w, "mbr", gpt_mbr_name(t->mbr));
        json_put_bool(w, "overlaps", t->overlaps);
        if (t->primary_error != ERR_OK)
                json_put_str(w, "primary_error", err_name(t->primary_error));
        json_put_str(w, "state", gpt_state_name(t->state));
        json_object_close(w);
}

static void write_table_layout(struct json_writer *w, const struct gpt_table *t)
{
        json_put_object(w, "layout");
        json_put_u64(w, "backup_lba", t->backup_lba);
        json_put_u64(w, "entry_slots", t->entry_slots);
        json_put_u64(w, "first_usable_lba", t->first_usable_lba);
        json_put_u64(w, "last_usable_lba", t->last_usable_lba);
        json_put_u64(w, "partitions", t->count);
        json_put_u64(w, "sector_bytes", t->sector_bytes);
        json_object_close(w);
}

void gpt_write_table(struct json_writer *w, const struct gpt_table *table, unsigned classes)
{
        json_object_open(w);
        if (classes & CLASS_CONFIG) {
                json_put_object(w, "config");
                json_object_close(w);
        }
        if (classes & CLASS_IDENTITY)
                write_table_identity(w, table);
        if (classes & CLASS_INFO) {
                json_put_object(w, "info");
                json_object_close(w);
        }
        if (classes & CLASS_LAYOUT)
                write_table_layout(w, table);
        json_object_close(w);
}
