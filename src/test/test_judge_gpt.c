/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware's word about the partition table, against ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "log/tcg.h"
#include "made.h"
#include "trial.h"

#define TABLE_PCR 5
#define HEADER_BYTES 92
#define TABLE_BYTES (HEADER_BYTES + 8 + 2 * 128)
#define DISK 56
#define ENTRY_BYTES_LOW 84
#define COUNT HEADER_BYTES
#define FIRST_TYPE (HEADER_BYTES + 8)
#define FIRST_UNIQUE (FIRST_TYPE + 16)
#define OEM_GUID "8bfa06f9-ca4f-56dc-90c9-49cf20f4f45e"

/* Of the disk that good_storage is on once on_a_disk() has named it: both partitions, in the order of bytes of a GPT. */
static const uint8_t good_table[TABLE_BYTES] = {
        [0] = 'E', 'F', 'I', ' ', 'P', 'A', 'R', 'T',
        [DISK] = 0x41, 0xf8, 0xef, 0x2c, 0x1d, 0x4c, 0x14, 0x5a, 0x8e, 0x46, 0xed, 0x3a, 0xeb, 0x62, 0x10, 0x93,
        [ENTRY_BYTES_LOW] = 128,
        [COUNT] = 2,
        [FIRST_TYPE] = 0xaf, 0x3d, 0xc6, 0x0f, 0x83, 0x84, 0x72, 0x47, 0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4,
        [FIRST_UNIQUE] = 0xf9, 0x06, 0xfa, 0x8b, 0x4f, 0xca, 0xdc, 0x56, 0x90, 0xc9, 0x49, 0xcf, 0x20, 0xf4, 0xf4, 0x5e,
        [FIRST_UNIQUE + 128] = 0xaf, 0x3d, 0xc6, 0x0f, 0x83, 0x84, 0x72, 0x47, 0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4,
};
static uint8_t table[TABLE_BYTES];

static void on_a_disk(struct story *s)
{
        for (unsigned i = 0; i < 2; i++)
                story_replace(s->storage, "{\"mbr\":\"protective\"}",
                              "{\"disk_guid\":\"2ceff841-4c1d-5a14-8e46-ed3aeb621093\",\"mbr\":\"protective\"}");
        story_replace(s->storage, "{\"guid\":\"" OEM_GUID "\"}",
                      "{\"guid\":\"" OEM_GUID "\",\"type\":\"0fc63daf-8483-4772-8e79-3d69d8477de4\"}");
        story_extend_by(s, TABLE_PCR, span_of(table, sizeof(table)));
}

static struct span write_log(struct made *m)
{
        m->len = 0;
        made_put_spec_id(m);
        for (unsigned pcr = 0; pcr < 10; pcr++)
                made_put_tcg(m, pcr, 0x0d, span_of_str("firmware, boot loader, kernel and initrd")); /* EV_IPL */
        made_put_tcg(m, TABLE_PCR, TCG_EV_EFI_GPT_EVENT, span_of(table, sizeof(table)));
        return made_span(m);
}

/* Boots the machine with the firmware's log and judges it; the last byte of the log is flipped when asked for. */
static const struct judge *judge_table(bool forged)
{
        static struct story s;
        static struct made log;
        const struct judge *j;

        story_begin(&s);
        on_a_disk(&s);
        story_run(&s);
        story_quote(&s);
        s.evidence.members[EVIDENCE_FIRMWARE] = write_log(&log);
        if (forged)
                log.bytes[log.len - 1] ^= 1;
        trial_judge(&s, &j);
        assert_int_equal(j->firmware_error, ERR_OK);
        assert_int_equal(j->firmware_differs, 0);
        return j;
}

static int set_up(void **state)
{
        (void)state;
        memcpy(table, good_table, sizeof(table));
        trial_enroll_as(TRIAL_BEGIN, on_a_disk);
        return 0;
}

static void agrees_with_the_storage_event(void **state)
{
        (void)state;
        assert_int_equal(judge_table(false)->reasons.count, 0);
}

static void lacks_a_partition(void **state)
{
        const struct judge *j;

        (void)state;
        table[FIRST_UNIQUE + 128] ^= 1;
        j = judge_table(false);
        assert_int_equal(j->reasons.count, 1);
        assert_int_equal(j->reasons.kept[0].code, REASON_STORAGE_FIRMWARE);
        assert_true(span_equal_str(j->reasons.kept[0].subject, "COS_PERSISTENT"));
        table[COUNT] = 0;
        j = judge_table(false);
        assert_int_equal(j->reasons.count, 2);
        assert_int_equal(j->reasons.counts[REASON_STORAGE_FIRMWARE], 2);
}

static void has_another_type(void **state)
{
        const struct judge *j;

        (void)state;
        table[FIRST_TYPE] ^= 1;
        j = judge_table(false);
        assert_int_equal(j->reasons.count, 1);
        assert_int_equal(j->reasons.kept[0].code, REASON_STORAGE_FIRMWARE);
        assert_true(span_equal_str(j->reasons.kept[0].subject, "COS_OEM"));
}

/* The firmware booted from another disk: it says nothing of ours. */
static void is_of_another_disk(void **state)
{
        (void)state;
        table[DISK] ^= 1;
        table[COUNT] = 0;
        assert_int_equal(judge_table(false)->reasons.count, 0);
}

static void is_not_what_was_extended(void **state)
{
        const struct judge *j;

        (void)state;
        j = judge_table(true);
        assert_int_equal(j->reasons.count, 1);
        assert_int_equal(j->reasons.kept[0].code, REASON_FIRMWARE_GPT);
}

static void is_no_table(void **state)
{
        static const struct {
                size_t at;
                uint8_t byte;
        } broken[] = { { COUNT, 3 }, { COUNT + 7, 0x80 }, { ENTRY_BYTES_LOW, 64 } };

        (void)state;
        for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
                const struct judge *j;

                memcpy(table, good_table, sizeof(table));
                table[broken[i].at] = broken[i].byte;
                j = judge_table(false);
                assert_int_equal(j->reasons.count, 1);
                assert_int_equal(j->reasons.kept[0].code, REASON_FIRMWARE_GPT);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(agrees_with_the_storage_event, set_up, trial_tear_down),
                cmocka_unit_test_setup_teardown(lacks_a_partition, set_up, trial_tear_down),
                cmocka_unit_test_setup_teardown(has_another_type, set_up, trial_tear_down),
                cmocka_unit_test_setup_teardown(is_of_another_disk, set_up, trial_tear_down),
                cmocka_unit_test_setup_teardown(is_not_what_was_extended, set_up, trial_tear_down),
                cmocka_unit_test_setup_teardown(is_no_table, set_up, trial_tear_down),
        };

        return cmocka_run_group_tests_name("judge of the firmware's partition table", tests, NULL, NULL);
}
