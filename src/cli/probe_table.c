/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of text cells, padded to columns; whatever comes from a disk is escaped first. */
#include "cli/probe_table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/print.h"

enum column { COLUMN_NUMBER, COLUMN_NAME, COLUMN_SIZE, COLUMN_TYPE, COLUMN_HOLDS, COLUMN_LABEL, COLUMN_UUID };

static const char *const headings[PROBE_TABLE_COLUMNS] = { "#", "name", "size", "type", "holds", "label", "uuid" };

/* Partition types that COS disks and their neighbours have (Discoverable Partitions Specification, UEFI 2.10 table 5-7). */
static const struct {
        const char *guid, *name;
} type_names[] = {
        { "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "EFI system" },
        { "21686148-6449-6e6f-744e-656564454649", "BIOS boot" },
        { "0fc63daf-8483-4772-8e79-3d69d8477de4", "Linux data" },
        { "bc13c2ff-59e6-4262-a352-b275fd6f7172", "boot loader" },
        { "4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "root x86-64" },
        { "b921b045-1df0-41c3-af44-4c6f280d3fae", "root arm64" },
        { "2c7357ed-ebd2-46d9-aec1-23d437ec2bf5", "verity x86-64" },
        { "df3300ce-d69f-4c92-978c-9bfb0f38d820", "verity arm64" },
        { "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f", "Linux swap" },
        { "e6d6d379-f507-44c2-a23c-238f2a3df928", "Linux LVM" },
        { "a19d880f-05fc-4d3b-a006-743f0f84911e", "Linux RAID" },
        { "ca7d7ccb-63ed-4c53-861c-1742536059cc", "LUKS" },
        { "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", "Microsoft data" },
};

/* New text, by a function that prints it into a stream. */
static char *text_of(struct span text)
{
        char *buf = NULL;
        size_t len;
        FILE *out = open_memstream(&buf, &len);

        if (!out) {
                fprintf(stderr, "cosima: no memory\n");
                exit(CLI_FAILED);
        }
        print_escaped(out, text);
        fclose(out);
        return buf;
}

static char *format(const char *pattern, ...)
{
        char buf[256];
        va_list arguments;

        va_start(arguments, pattern);
        vsnprintf(buf, sizeof(buf), pattern, arguments);
        va_end(arguments);
        return text_of(span_of_str(buf));
}

void probe_table_size(uint64_t bytes, char *ret_text)
{
        static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
        unsigned unit = 0;
        double value = (double)bytes;

        for (; value >= 1024 && unit < 6; unit++)
                value /= 1024;
        snprintf(ret_text, PROBE_TABLE_SIZE_TEXT, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
}

static char *type_text(const uint8_t *type)
{
        char guid[GUID_TEXT_SIZE];

        guid_format(span_of(type, GUID_BYTES), guid);
        for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++)
                if (strcmp(type_names[i].guid, guid) == 0)
                        return format("%s", type_names[i].name);
        return format("%s", guid);
}

static void add_note(struct probe_row *row, const char *pattern, const char *text)
{
        char line[256];
        size_t old = row->notes ? strlen(row->notes) : 0;

        snprintf(line, sizeof(line), pattern, text);
        char *notes = cli_alloc(old + strlen(line) + 2);

        if (row->notes)
                memcpy(notes, row->notes, old);
        sprintf(notes + old, "%s\n", line);
        row->notes = notes;
}

/* The names of all signatures in one cell, with a question mark when malformed; label and UUID of the first that is well-formed. */
static void fill_signatures(struct probe_row *row, const struct probe *probe, enum err e)
{
        char names[160] = "", uuid[GUID_TEXT_SIZE] = "";
        const struct probe_hit *first = NULL;

        if (e != ERR_OK) {
                row->cells[COLUMN_HOLDS] = format("?");
                return;
        }
        for (unsigned i = 0; i < probe->count; i++) {
                const struct probe_hit *hit = &probe->hits[i];
                size_t len = strlen(names);

                snprintf(names + len, sizeof(names) - len, "%s%s%s", len ? "+" : "", probe_name(probe, hit), hit->error ? "?" : "");
                if (hit->error == ERR_OK && !first)
                        first = hit;
        }
        if (probe->count > 1)
                add_note(row, "%s", "more than one signature");
        row->cells[COLUMN_HOLDS] = format("%s", names);
        if (!first)
                return;
        probe_uuid(probe, first, uuid);
        row->cells[COLUMN_LABEL] = text_of(probe_label(probe, first));
        row->cells[COLUMN_UUID] = format("%s", uuid);
}

void probe_table_add(struct probe_table *t, const struct gpt_entry *entry, uint32_t sector_bytes, const struct probe *probe, enum err e)
{
        struct probe_row *row = &t->rows[t->count++];
        char size[PROBE_TABLE_SIZE_TEXT];

        probe_table_size((entry->last_lba - entry->first_lba + 1) * sector_bytes, size);
        row->cells[COLUMN_NUMBER] = format("%" PRIu32, entry->number);
        row->cells[COLUMN_NAME] = text_of(span_of_str(entry->name));
        row->cells[COLUMN_SIZE] = format("%s", size);
        row->cells[COLUMN_TYPE] = type_text(entry->type);
        if (entry->name_odd)
                add_note(row, "%s", "the name is not valid UTF-16, or something stands behind its end");
        if (entry->attributes != 0) {
                char *attributes = format("%016" PRIx64, entry->attributes);

                add_note(row, "attributes %s", attributes);
        }
        fill_signatures(row, probe, e);
}

void probe_table_add_whole(struct probe_table *t, uint64_t size_bytes, const struct probe *probe, enum err e)
{
        struct probe_row *row = &t->rows[t->count++];
        char size[PROBE_TABLE_SIZE_TEXT];

        probe_table_size(size_bytes, size);
        row->cells[COLUMN_NUMBER] = format("whole");
        row->cells[COLUMN_SIZE] = format("%s", size);
        if (t->count > 1)
                add_note(row, "%s", "the disk itself carries a signature besides its partition table");
        fill_signatures(row, probe, e);
}

/* Columns on a terminal, for text without wide characters: bytes that do not continue one. */
static int width(const char *text)
{
        int n = 0;

        for (; text && *text; text++)
                n += ((uint8_t)*text & 0xc0) != 0x80;
        return n;
}

static void print_row(char *const *cells, const int *widths)
{
        int last = PROBE_TABLE_COLUMNS - 1;

        while (last > 0 && width(cells[last]) == 0)
                last--;
        for (int i = 0; i <= last; i++) {
                const char *text = cells[i] ? cells[i] : "";

                printf("%s%*s", text, i == last ? 0 : widths[i] - width(text) + 2, "");
        }
        putchar('\n');
}

/* Each line of text behind a mark. */
static void print_notes(const char *text)
{
        while (text && *text) {
                size_t len = strcspn(text, "\n");

                printf("! %.*s\n", (int)len, text);
                text += len + 1;
        }
}

void probe_table_print(const struct probe_table *t)
{
        int widths[PROBE_TABLE_COLUMNS];

        if (t->count == 0)
                return;
        for (int i = 0; i < PROBE_TABLE_COLUMNS; i++) {
                widths[i] = width(headings[i]);
                for (unsigned k = 0; k < t->count; k++)
                        if (width(t->rows[k].cells[i]) > widths[i])
                                widths[i] = width(t->rows[k].cells[i]);
        }
        print_row((char *const *)headings, widths);
        for (unsigned k = 0; k < t->count; k++) {
                print_row(t->rows[k].cells, widths);
                print_notes(t->rows[k].notes);
        }
}
