/* SPDX-License-Identifier: Apache-2.0 */
/* Names and JSON of partition table entries, full tables, and disks that cannot be read everywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/gpt.h"
#include "test/breaks.h"
#include "test/gptdisk.h"

static uint8_t work[GPT_WORK_BYTES];
static struct gpt gpt;

/* A disk whose first name is these UTF-16 units, all 36 of them. */
static void read_name(const uint16_t *units, size_t count)
{
        struct gptdisk d;

        gptdisk_make(&d, 512, 4);
        for (unsigned backup = 0; backup < 2; backup++)
                for (size_t i = 0; i < 36; i++)
                        gptdisk_put(gptdisk_entry(&d, backup, 0) + 56 + 2 * i, i < count ? units[i] : 0, 2);
        gptdisk_seal(&d);

        struct source source = gptdisk_source(&d);

        assert_int_equal(gpt_read(&source, work, &gpt), ERR_OK);
        gptdisk_free(&d);
}

static void names_become_utf8(void **state)
{
        static const struct {
                uint16_t units[36];
                size_t count;
                const char *expected;
                bool odd;
        } cases[] = {
                { { 0 }, 1, "", false },
                { { 'a', 0x7f, 0x80, 0x7ff, 0x800, 0xffff }, 6, "a\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf", false },
                { { 0xd800, 0xdc00, 0xdbff, 0xdfff }, 4, "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", false },
                { { 0xd800 }, 1, "\xef\xbf\xbd", true },
                { { 0xdc00, 'x' }, 2, "\xef\xbf\xbdx", true },
                { { 0xd800, 'x' }, 2, "\xef\xbf\xbdx", true },
                { { 0xd800, 0xd800, 0xdc00 }, 3, "\xef\xbf\xbd\xf0\x90\x80\x80", true },
                { { 'a', 0, 'b' }, 3, "a", true },
                { { 0, 0, 0, 0xd800 }, 4, "", true },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                read_name(cases[i].units, cases[i].count);
                assert_string_equal(gpt.entries[0].name, cases[i].expected);
                assert_int_equal(gpt.entries[0].name_odd, cases[i].odd);
                assert_true(json_is_utf8(span_of_str(gpt.entries[0].name)));
        }
}

static void the_longest_names_fit(void **state)
{
        uint16_t units[36];

        (void)state;
        for (size_t i = 0; i < 36; i++)
                units[i] = 0xffff;
        read_name(units, 36);
        assert_int_equal(strlen(gpt.entries[0].name), GPT_NAME_BYTES - 1);
        assert_false(gpt.entries[0].name_odd);
        units[35] = 0xd800;
        read_name(units, 36);
        assert_int_equal(strlen(gpt.entries[0].name), GPT_NAME_BYTES - 1);
        assert_true(gpt.entries[0].name_odd);
}

static void assert_json(void (*write)(struct json_writer *w, unsigned classes), unsigned classes, const char *expected)
{
        char buf[2048];
        struct json_writer w = json_writer_on(buf, sizeof(buf) - 1);
        struct span text;

        write(&w, classes);
        assert_int_equal(json_writer_result(&w, &text), ERR_OK);
        buf[text.len] = '\0';
        assert_string_equal(buf, expected);
}

static void write_first_entry(struct json_writer *w, unsigned classes)
{
        gpt_write_entry(w, &gpt.entries[0], classes);
}

static void write_table(struct json_writer *w, unsigned classes)
{
        gpt_write_table(w, &gpt.table, classes);
}

static void entries_and_tables_become_json(void **state)
{
        struct gptdisk d;
        struct source source;

        (void)state;
        gptdisk_make(&d, 512, 4);
        gptdisk_put(gptdisk_entry(&d, false, 0) + 48, UINT64_C(0x8000000000000004), 8);
        gptdisk_seal(&d);
        gptdisk_header(&d, true)[0] = 0;
        source = gptdisk_source(&d);
        assert_int_equal(gpt_read(&source, work, &gpt), ERR_OK);
        assert_json(write_first_entry, CLASS_ALL,
                    "{\"config\":{\"attributes\":\"8000000000000004\"},\"identity\":{\"guid\":\"10101010-1010-1010-1010-101010101010\","
                    "\"name\":\"oem\",\"name_odd\":false,\"type\":\"0fc63daf-8483-4772-8e79-3d69d8477de4\"},\"info\":{},"
                    "\"layout\":{\"first_lba\":3,\"last_lba\":6,\"number\":1}}");
        assert_json(write_first_entry, CLASS_LAYOUT, "{\"layout\":{\"first_lba\":3,\"last_lba\":6,\"number\":1}}");
        assert_json(write_first_entry, 0, "{}");
        assert_json(write_table, CLASS_ALL,
                    "{\"config\":{},\"identity\":{\"backup_error\":\"GPT_SIGNATURE\","
                    "\"disk_guid\":\"03020100-0504-0706-0809-0a0b0c0d0e0f\",\"duplicate_guids\":false,\"mbr\":\"protective\","
                    "\"overlaps\":false,\"state\":\"backup-bad\"},\"info\":{},\"layout\":{\"backup_lba\":159,\"entry_slots\":4,"
                    "\"first_usable_lba\":3,\"last_usable_lba\":157,\"partitions\":2,\"sector_bytes\":512}}");
        gptdisk_free(&d);
}

static void all_slots_can_be_used(void **state)
{
        struct gptdisk d;
        struct source source;

        (void)state;
        gptdisk_make(&d, 4096, 256);
        for (unsigned backup = 0; backup < 2; backup++)
                for (uint32_t slot = 0; slot < 256; slot++) {
                        memset(gptdisk_entry(&d, backup, slot), 1, 16);
                        gptdisk_put(gptdisk_entry(&d, backup, slot) + 16, slot + 1, 16 / 2);
                        gptdisk_put(gptdisk_entry(&d, backup, slot) + 32, gptdisk_first_usable(&d), 8);
                        gptdisk_put(gptdisk_entry(&d, backup, slot) + 40, gptdisk_first_usable(&d), 8);
                }
        gptdisk_seal(&d);
        source = gptdisk_source(&d);
        assert_int_equal(gpt_read(&source, work, &gpt), ERR_OK);
        assert_int_equal(gpt.table.count, 256);
        assert_int_equal(gpt.entries[255].number, 256);
        assert_true(gpt.table.overlaps);
        gptdisk_free(&d);
}

/* A source with one sector that cannot be read, and a count of what was asked for. */
struct faulty {
        struct source whole;
        uint64_t bad_sector;
        unsigned reads;
};

static enum err read_faulty(void *context, uint64_t offset, size_t len, uint8_t *ret_bytes)
{
        struct faulty *f = context;

        f->reads++;
        if (offset / 512 <= f->bad_sector && f->bad_sector < (offset + len + 511) / 512)
                return ERR_BLOCKDEV_READ;
        return source_read(&f->whole, offset, len, ret_bytes);
}

static enum err read_with_bad_sector(const struct gptdisk *d, uint64_t bad_sector, unsigned *ret_reads)
{
        struct faulty f = { .whole = gptdisk_source(d), .bad_sector = bad_sector };
        struct source source = { &f, f.whole.size_bytes, 512, read_faulty, NULL };
        enum err e;

        breaks_fill(&gpt, sizeof(gpt));
        e = gpt_read(&source, work, &gpt);
        *ret_reads = f.reads;
        return e;
}

static void a_sector_that_cannot_be_read_is_told_apart(void **state)
{
        struct gptdisk d;
        unsigned reads;

        (void)state;
        gptdisk_make(&d, 512, 4);
        assert_int_equal(read_with_bad_sector(&d, 0, &reads), ERR_BLOCKDEV_READ);
        assert_true(breaks_untouched(&gpt, sizeof(gpt)));
        for (uint64_t sector = 1; sector <= 2; sector++) {
                assert_int_equal(read_with_bad_sector(&d, sector, &reads), ERR_OK);
                assert_int_equal(gpt.table.state, GPT_PRIMARY_BAD);
                assert_int_equal(gpt.table.primary_error, ERR_BLOCKDEV_READ);
        }
        for (uint64_t sector = GPTDISK_SECTORS - 2; sector < GPTDISK_SECTORS; sector++) {
                assert_int_equal(read_with_bad_sector(&d, sector, &reads), ERR_OK);
                assert_int_equal(gpt.table.state, GPT_BACKUP_BAD);
                assert_int_equal(gpt.table.backup_error, ERR_BLOCKDEV_READ);
        }
        memset(gptdisk_header(&d, false), 0, 512);
        assert_int_equal(read_with_bad_sector(&d, GPTDISK_SECTORS - 1, &reads), ERR_BLOCKDEV_READ);
        assert_true(breaks_untouched(&gpt, sizeof(gpt)));
        gptdisk_free(&d);
}

static void a_table_takes_five_reads(void **state)
{
        struct gptdisk d;
        unsigned reads;

        (void)state;
        gptdisk_make(&d, 512, 128);
        assert_int_equal(read_with_bad_sector(&d, GPTDISK_SECTORS, &reads), ERR_OK);
        assert_int_equal(reads, 5);
        gptdisk_free(&d);
}

static void note_backup(void *context, uint64_t offset, size_t len)
{
        const struct faulty *f = context;

        assert_int_equal(f->reads, 0);
        assert_int_equal(offset, f->whole.size_bytes - 33 * 512);
        assert_int_equal(len, 33 * 512);
}

/* The other end of the disk is asked for before this one is waited for. */
static void the_backup_is_expected(void **state)
{
        struct gptdisk d;

        (void)state;
        gptdisk_make(&d, 512, 128);
        struct faulty f = { .whole = gptdisk_source(&d), .bad_sector = UINT64_MAX };
        struct source source = { &f, f.whole.size_bytes, 512, read_faulty, note_backup };

        assert_int_equal(gpt_read(&source, work, &gpt), ERR_OK);
        gptdisk_free(&d);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(names_become_utf8),
                cmocka_unit_test(the_longest_names_fit),
                cmocka_unit_test(entries_and_tables_become_json),
                cmocka_unit_test(all_slots_can_be_used),
                cmocka_unit_test(a_sector_that_cannot_be_read_is_told_apart),
                cmocka_unit_test(a_table_takes_five_reads),
                cmocka_unit_test(the_backup_is_expected),
        };

        return cmocka_run_group_tests_name("gpt_entries", tests, NULL, NULL);
}
