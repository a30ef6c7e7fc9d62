/* SPDX-License-Identifier: Apache-2.0 */
/* GUID partition tables: whole, cut, and with one field of one copy or both broken while the checksums stay right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/gpt.h"
#include "test/breaks.h"
#include "test/gptdisk.h"
#include "test/seeds.h"

#define SLOTS 4

static uint8_t work[GPT_WORK_BYTES];
static struct gpt gpt;

static enum err read_disk(const struct gptdisk *d)
{
        struct source source = gptdisk_source(d);

        breaks_fill(&gpt, sizeof(gpt));
        return gpt_read(&source, work, &gpt);
}

static void assert_refused(const char *what, const struct gptdisk *d, enum err expected)
{
        enum err e = read_disk(d);

        if (e != expected)
                fail_msg("%s: %s", what, err_name(e));
        assert_true(breaks_untouched(&gpt, sizeof(gpt)));
}

static void reads_all_sector_sizes(void **state)
{
        static const uint32_t sizes[] = { 512, 1024, 2048, 4096 };
        static const uint32_t slots[] = { SLOTS, 128, 256 };

        (void)state;
        for (size_t i = 0; i < 4 * 3; i++) {
                struct gptdisk d;

                gptdisk_make(&d, sizes[i / 3], slots[i % 3]);
                assert_int_equal(read_disk(&d), ERR_OK);
                assert_int_equal(gpt.table.mbr, GPT_MBR_PROTECTIVE);
                assert_int_equal(gpt.table.state, GPT_BOTH);
                assert_int_equal(gpt.table.primary_error, ERR_OK);
                assert_int_equal(gpt.table.backup_error, ERR_OK);
                assert_int_equal(gpt.table.sector_bytes, d.sector_bytes);
                assert_int_equal(gpt.table.entry_slots, d.slots);
                assert_int_equal(gpt.table.backup_lba, GPTDISK_SECTORS - 1);
                assert_int_equal(gpt.table.count, 2);
                assert_false(gpt.table.overlaps || gpt.table.duplicate_guids);
                assert_int_equal(gpt.entries[0].number, 1);
                assert_int_equal(gpt.entries[1].number, 3);
                assert_int_equal(gpt.entries[1].first_lba, gptdisk_first_usable(&d) + 4);
                assert_int_equal(gpt.entries[1].last_lba, gptdisk_first_usable(&d) + 11);
                assert_string_equal(gpt.entries[0].name, "oem");
                assert_string_equal(gpt.entries[1].name, "persistent");
                gptdisk_free(&d);
        }
}

/* Offsets in the header. FF8 and Z8 are eight bytes. */
#define FF8 "\xff\xff\xff\xff\xff\xff\xff\xff"
static const struct breaks header_breaks[] = {
        BREAKS_AT("signature", 0, "EFI PARS", ERR_GPT_SIGNATURE),
        BREAKS_AT("revision 2", 10, "\2", ERR_GPT_REVISION),
        BREAKS_AT("revision 1.1", 8, "\1", ERR_GPT_REVISION),
        BREAKS_AT("header of 91 bytes", 12, "\x5b", ERR_GPT_HEADER_SIZE),
        BREAKS_AT("header of no bytes", 12, "\0\0\0\0", ERR_GPT_HEADER_SIZE),
        BREAKS_AT("header of a sector and a byte", 12, "\1\2", ERR_GPT_HEADER_SIZE),
        BREAKS_AT("header of 4 GiB", 12, "\xff\xff\xff\xff", ERR_GPT_HEADER_SIZE),
        BREAKS_AT("my LBA", 24, "\2", ERR_GPT_MY_LBA),
        BREAKS_AT("alternate LBA 0", 32, "\0", ERR_GPT_ALTERNATE_LBA),
        BREAKS_AT("alternate LBA behind the disk", 32, "\xa0\0", ERR_GPT_ALTERNATE_LBA),
        BREAKS_AT("alternate LBA -1", 32, FF8, ERR_GPT_ALTERNATE_LBA),
        BREAKS_AT("first usable behind the last", 40, "\x9e", ERR_GPT_USABLE),
        BREAKS_AT("first usable 1", 40, "\1", ERR_GPT_USABLE),
        BREAKS_AT("first usable -1", 40, FF8, ERR_GPT_USABLE),
        BREAKS_AT("last usable 0", 48, "\0", ERR_GPT_USABLE),
        BREAKS_AT("last usable at the backup header", 48, "\x9f", ERR_GPT_USABLE),
        BREAKS_AT("last usable -1", 48, FF8, ERR_GPT_USABLE),
        BREAKS_AT("slots in the MBR", 72, "\0", ERR_GPT_ENTRIES_LBA),
        BREAKS_AT("slots in the primary header", 72, "\1", ERR_GPT_ENTRIES_LBA),
        BREAKS_AT("slots in the backup header", 72, "\x9f", ERR_GPT_ENTRIES_LBA),
        BREAKS_AT("slots in a partition", 72, "\x10", ERR_GPT_ENTRIES_LBA),
        BREAKS_AT("slots behind the disk", 72, "\xa0", ERR_GPT_ENTRIES_LBA),
        BREAKS_AT("slots at -1", 72, FF8, ERR_GPT_ENTRIES_LBA),
        BREAKS_AT("no slots", 80, "\0", ERR_GPT_ENTRY_COUNT),
        BREAKS_AT("257 slots", 80, "\1\1", ERR_GPT_ENTRY_COUNT),
        BREAKS_AT("4 billion slots", 80, "\xff\xff\xff\xff", ERR_GPT_ENTRY_COUNT),
        BREAKS_AT("slots of 0 bytes", 84, "\0", ERR_GPT_ENTRY_SIZE),
        BREAKS_AT("slots of 8 bytes", 84, "\x08", ERR_GPT_ENTRY_SIZE),
        BREAKS_AT("slots of 256 bytes", 84, "\0\1", ERR_GPT_ENTRY_SIZE),
        BREAKS_AT("checksum of the slots", 88, "\0\0\0\0", ERR_GPT_ENTRIES_CRC),
};

/* One copy broken: the other is used, and the reason is kept. Both broken: the primary's reason, and nothing is written. */
static void one_broken_field_gives_one_code(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(header_breaks) / sizeof(header_breaks[0]); i++)
                for (unsigned copies = 1; copies < 4; copies++) {
                        const struct breaks *b = &header_breaks[i];
                        struct gptdisk d;

                        gptdisk_make(&d, 512, SLOTS);
                        for (unsigned backup = 0; backup < 2; backup++)
                                if (copies & (1u << backup)) {
                                        breaks_apply(b, gptdisk_header(&d, backup));
                                        gptdisk_seal_header(&d, backup);
                                }
                        if (copies == 3) {
                                assert_refused(b->what, &d, b->expected);
                                gptdisk_free(&d);
                                continue;
                        }
                        assert_int_equal(read_disk(&d), ERR_OK);
                        assert_int_equal(gpt.table.state, copies == 1 ? GPT_PRIMARY_BAD : GPT_BACKUP_BAD);
                        if ((copies == 1 ? gpt.table.primary_error : gpt.table.backup_error) != b->expected)
                                fail_msg("%s: %s", b->what, err_name(copies == 1 ? gpt.table.primary_error : gpt.table.backup_error));
                        assert_int_equal(copies == 1 ? gpt.table.backup_error : gpt.table.primary_error, ERR_OK);
                        assert_int_equal(gpt.table.count, 2);
                        gptdisk_free(&d);
                }
}

static void every_bit_of_a_header_counts(void **state)
{
        struct gptdisk d;

        (void)state;
        gptdisk_make(&d, 512, SLOTS);
        for (unsigned bit = 0; bit < 92 * 8; bit++) {
                gptdisk_header(&d, false)[bit / 8] ^= (uint8_t)(1u << bit % 8);
                assert_int_equal(read_disk(&d), ERR_OK);
                assert_int_equal(gpt.table.state, GPT_PRIMARY_BAD);
                gptdisk_header(&d, false)[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        gptdisk_free(&d);
}

static void a_long_header_is_summed_whole(void **state)
{
        struct gptdisk d;

        (void)state;
        gptdisk_make(&d, 512, SLOTS);
        gptdisk_put(gptdisk_header(&d, false) + 12, 512, 4);
        gptdisk_header(&d, false)[511] = 1;
        gptdisk_seal_header(&d, false);
        assert_int_equal(read_disk(&d), ERR_OK);
        assert_int_equal(gpt.table.state, GPT_BOTH);
        gptdisk_header(&d, false)[511] = 2;
        assert_int_equal(read_disk(&d), ERR_OK);
        assert_int_equal(gpt.table.primary_error, ERR_GPT_HEADER_CRC);
        gptdisk_free(&d);
}

/* A bad entry is no reason to turn to the backup: the kernel would not. */
static void entries_must_make_sense(void **state)
{
        static const struct breaks breaks[] = {
                BREAKS_AT("ends before it begins", 40, "\2", ERR_GPT_ENTRY_ORDER),
                BREAKS_AT("ends at 0", 40, "\0", ERR_GPT_ENTRY_ORDER),
                BREAKS_AT("begins in the table", 32, "\2", ERR_GPT_ENTRY_RANGE),
                BREAKS_AT("ends in the backup table", 40, "\x9e", ERR_GPT_ENTRY_RANGE),
                BREAKS_AT("ends at -1", 40, FF8, ERR_GPT_ENTRY_RANGE),
                BREAKS_AT("begins and ends at -1", 32, FF8 FF8, ERR_GPT_ENTRY_RANGE),
        };

        (void)state;
        for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
                struct gptdisk d;

                gptdisk_make(&d, 512, SLOTS);
                breaks_apply(&breaks[i], gptdisk_entry(&d, false, 2));
                gptdisk_seal(&d);
                assert_refused(breaks[i].what, &d, breaks[i].expected);
                gptdisk_free(&d);
        }
}

static void the_two_copies_are_compared(void **state)
{
        struct gptdisk d;

        (void)state;
        gptdisk_make(&d, 512, SLOTS);
        gptdisk_entry(&d, true, 0)[56] = 'x';
        gptdisk_seal(&d);
        assert_int_equal(read_disk(&d), ERR_OK);
        assert_int_equal(gpt.table.state, GPT_BACKUP_DIFFERS);
        assert_string_equal(gpt.entries[0].name, "oem");
        gptdisk_free(&d);

        gptdisk_make(&d, 512, SLOTS);
        gptdisk_header(&d, true)[56] = 0x77;
        gptdisk_seal(&d);
        assert_int_equal(read_disk(&d), ERR_OK);
        assert_int_equal(gpt.table.state, GPT_BACKUP_DIFFERS);
        assert_int_equal(gpt.table.disk_guid[0], 0);
        gptdisk_free(&d);
}

static void overlaps_and_duplicates_are_found(void **state)
{
        struct gptdisk d;

        (void)state;
        gptdisk_make(&d, 512, SLOTS);
        for (unsigned backup = 0; backup < 2; backup++) {
                gptdisk_put(gptdisk_entry(&d, backup, 0) + 40, gptdisk_first_usable(&d) + 4, 8);
                memcpy(gptdisk_entry(&d, backup, 2) + 16, gptdisk_entry(&d, backup, 0) + 16, 16);
        }
        gptdisk_seal(&d);
        assert_int_equal(read_disk(&d), ERR_OK);
        assert_true(gpt.table.overlaps && gpt.table.duplicate_guids);
        assert_int_equal(gpt.table.state, GPT_BOTH);
        gptdisk_free(&d);
}

static void boot_records_have_classes(void **state)
{
        static const struct {
                const char *what;
                uint8_t type_0, lba_0, type_1, lba_1, signature;
                enum gpt_mbr expected;
        } cases[] = {
                { "protective", 0xee, 1, 0, 0, 0xaa, GPT_MBR_PROTECTIVE },
                { "hybrid", 0xee, 1, 0x83, 40, 0xaa, GPT_MBR_HYBRID },
                { "hybrid, other order", 0x0c, 40, 0xee, 1, 0xaa, GPT_MBR_HYBRID },
                { "twice protective", 0xee, 1, 0xee, 1, 0xaa, GPT_MBR_HYBRID },
                { "a type of 0xEE that does not start at 1", 0xee, 2, 0, 0, 0xaa, GPT_MBR_FOREIGN },
                { "foreign", 0x83, 40, 0, 0, 0xaa, GPT_MBR_FOREIGN },
                { "no entries", 0, 0, 0, 0, 0xaa, GPT_MBR_NONE },
                { "no signature", 0xee, 1, 0, 0, 0xab, GPT_MBR_NONE },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct gptdisk d;

                gptdisk_make(&d, 512, SLOTS);
                d.bytes[446 + 4] = cases[i].type_0;
                d.bytes[446 + 8] = cases[i].lba_0;
                d.bytes[462 + 4] = cases[i].type_1;
                d.bytes[462 + 8] = cases[i].lba_1;
                d.bytes[511] = cases[i].signature;
                assert_int_equal(read_disk(&d), ERR_OK);
                if (gpt.table.mbr != cases[i].expected)
                        fail_msg("%s: %s", cases[i].what, gpt_mbr_name(gpt.table.mbr));
                gptdisk_free(&d);
        }
}

static void absent_is_not_malformed(void **state)
{
        struct gptdisk d;

        (void)state;
        gptdisk_make(&d, 512, SLOTS);
        memset(d.bytes + 512, 0, d.span.len - 512);
        assert_refused("a protective MBR alone", &d, ERR_GPT_SIGNATURE);
        d.bytes[510] = 0;
        assert_refused("nothing", &d, ERR_GPT_NONE);
        memcpy(gptdisk_header(&d, true), "EFI PART", 8);
        assert_refused("a signature at the end", &d, ERR_GPT_HEADER_SIZE);
        gptdisk_free(&d);
}

static void small_disks_and_odd_sectors(void **state)
{
        static const uint32_t bad_sizes[] = { 0, 1, 256, 520, 8192, 0x80000000u };
        struct gptdisk d;

        (void)state;
        gptdisk_make(&d, 512, SLOTS);
        for (size_t i = 0; i < sizeof(bad_sizes) / sizeof(bad_sizes[0]); i++) {
                struct source source = gptdisk_source(&d);

                source.sector_bytes = bad_sizes[i];
                assert_int_equal(gpt_read(&source, work, &gpt), ERR_GPT_SECTOR_SIZE);
        }
        for (d.span.len = 0; d.span.len < 3 * 512; d.span.len++)
                assert_refused("shorter than three sectors", &d, ERR_GPT_NONE);
        gptdisk_free(&d);
}

static void check_prefix(struct span prefix, size_t whole_len)
{
        struct source disk = source_of_span(&prefix, 512);
        bool cut = prefix.len < whole_len;

        breaks_fill(&gpt, sizeof(gpt));
        assert_int_equal(gpt_read(&disk, work, &gpt) != ERR_OK, cut);
        assert_int_equal(breaks_untouched(&gpt, sizeof(gpt)), cut);
}

static void every_prefix_is_an_error(void **state)
{
        (void)state;
        seeds_each_prefix("gpt", check_prefix);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_all_sector_sizes),
                cmocka_unit_test(one_broken_field_gives_one_code),
                cmocka_unit_test(every_bit_of_a_header_counts),
                cmocka_unit_test(a_long_header_is_summed_whole),
                cmocka_unit_test(entries_must_make_sense),
                cmocka_unit_test(the_two_copies_are_compared),
                cmocka_unit_test(overlaps_and_duplicates_are_found),
                cmocka_unit_test(boot_records_have_classes),
                cmocka_unit_test(absent_is_not_malformed),
                cmocka_unit_test(small_disks_and_odd_sectors),
                cmocka_unit_test(every_prefix_is_an_error),
        };

        return cmocka_run_group_tests_name("gpt", tests, NULL, NULL);
}
