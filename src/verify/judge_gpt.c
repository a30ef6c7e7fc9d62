/* SPDX-License-Identifier: Apache-2.0 */
/* The partition table as the firmware measured it, against that of the storage event: two who read one disk at different times. */
#include "base/reader.h"
#include "format/gpt.h"
#include "log/tcg.h"
#include "verify/judge_parts.h"

/* UEFI_GPT_DATA (TCG PC Client Platform Firmware Profile 1.05, 10.4.5): the header of the table, how many entries are used, and those. */
#define HEADER_BYTES 92
#define HEADER_DISK_GUID 56
#define HEADER_ENTRY_BYTES 84
#define ENTRY_UNIQUE 16

struct table {
        char disk_guid[GUID_TEXT_SIZE];
        struct span entries;
};

static bool read_table(struct span data, struct table *ret_table)
{
        struct reader r = reader_on(data);
        struct span header = reader_bytes(&r, HEADER_BYTES);
        uint64_t count = reader_u64le(&r);

        if (!reader_ok(&r) || reader_at_u32le(header, HEADER_ENTRY_BYTES) != GPT_ENTRY_BYTES || count > reader_left(&r) / GPT_ENTRY_BYTES)
                return false;
        guid_format(span_sub(header, HEADER_DISK_GUID, GUID_BYTES), ret_table->disk_guid);
        ret_table->entries = reader_bytes(&r, count * GPT_ENTRY_BYTES);
        return true;
}

static bool has_entry(const struct table *t, struct span type, struct span guid)
{
        char text[GUID_TEXT_SIZE], type_text[GUID_TEXT_SIZE];

        for (size_t at = 0; at < t->entries.len; at += GPT_ENTRY_BYTES) {
                guid_format(span_sub(t->entries, at, GUID_BYTES), type_text);
                guid_format(span_sub(t->entries, at + ENTRY_UNIQUE, GUID_BYTES), text);
                if (span_equal_str(guid, text) && (!type.data || span_equal_str(type, type_text)))
                        return true;
        }
        return false;
}

static bool identity(struct span candidate, const char *part, const char *key, struct span *ret_text)
{
        struct span value;

        return canon_member(candidate, part, &value) == ERR_OK && canon_member(value, "identity", &value) == ERR_OK &&
               canon_member(value, key, &value) == ERR_OK && canon_plain_string(value, ret_text) == ERR_OK;
}

/* Each device that matches and stands, as measured, on the disk with the firmware's table. Sizes are not compared: a first boot may grow one. */
static void check_partition(struct judge *j, const struct table *t, struct span partition)
{
        struct reason reason = { .code = REASON_STORAGE_FIRMWARE };
        struct canon_walk walk;
        struct span value, disk, guid, type = { NULL, 0 };

        if (canon_member(partition, "name", &value) != ERR_OK || canon_plain_string(value, &reason.subject) != ERR_OK ||
            canon_member(partition, "candidates", &value) != ERR_OK || canon_open_array(value, &walk) != ERR_OK)
                return;
        while (canon_next_element(&walk, &value)) {
                if (!identity(value, "table", "disk_guid", &disk) || !identity(value, "entry", "guid", &guid) ||
                    !span_equal_str(disk, t->disk_guid))
                        continue;
                if (!identity(value, "entry", "type", &type))
                        type = span_of(NULL, 0);
                if (has_entry(t, type, guid))
                        continue;
                reason.now = guid;
                reason_add(&j->reasons, &reason);
        }
}

void judge_gpt_check(struct judge *j)
{
        struct span log = j->evidence.members[EVIDENCE_FIRMWARE], data, value;
        struct canon_walk walk;
        struct table table;
        enum err e;

        if (log.len == 0 || j->firmware_error != ERR_OK || !j->events.storage.data)
                return;
        e = tcg_find_gpt(log, &data);
        if (e == ERR_TCG_NO_GPT)
                return;
        if (e != ERR_OK || !read_table(data, &table)) {
                reason_add_about(&j->reasons, REASON_FIRMWARE_GPT, evidence_name(EVIDENCE_FIRMWARE));
                return;
        }
        if (canon_member(j->events.storage, "partitions", &value) != ERR_OK || canon_open_array(value, &walk) != ERR_OK)
                return;
        while (canon_next_element(&walk, &value))
                check_partition(j, &table, value);
}
