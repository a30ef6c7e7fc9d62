/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "verify/evidence.h"

static uint8_t tar[32 * EVIDENCE_BLOCK_BYTES];

static struct span build(void)
{
        struct evidence e = { 0 };
        struct span bytes;

        e.members[EVIDENCE_QUOTE_MSG] = span_of_str("message");
        e.members[EVIDENCE_QUOTE_SIG] = span_of_str("signature");
        e.members[EVIDENCE_AK] = span_of_str("key");
        e.members[EVIDENCE_IMA] = span_of(memset(tar + sizeof(tar) - 513, 'i', 513), 513);
        e.members[EVIDENCE_POLICY] = span_of_str("");
        assert_int_equal(evidence_write(&e, 1700000000, tar, sizeof(tar) - 513, &bytes), ERR_OK);
        assert_int_equal(bytes.len, evidence_size(&e));
        return bytes;
}

static void put_checksum(uint8_t *header)
{
        unsigned sum = 8 * ' ';

        for (size_t i = 0; i < EVIDENCE_BLOCK_BYTES; i++)
                if (i < 148 || i >= 156)
                        sum += header[i];
        snprintf((char *)header + 148, 8, "%06o", sum);
}

static void what_is_written_is_read(void **state)
{
        struct evidence_error error;
        struct evidence e;
        struct span bytes = build();

        (void)state;
        assert_int_equal(evidence_read(bytes, &e, &error), ERR_OK);
        assert_true(span_equal_str(e.members[EVIDENCE_QUOTE_MSG], "message"));
        assert_true(span_equal_str(e.members[EVIDENCE_QUOTE_SIG], "signature"));
        assert_true(span_equal_str(e.members[EVIDENCE_AK], "key"));
        assert_int_equal(e.members[EVIDENCE_IMA].len, 513);
        assert_int_equal(e.members[EVIDENCE_IMA].data[512], 'i');
        assert_non_null(e.members[EVIDENCE_POLICY].data);
        assert_int_equal(e.members[EVIDENCE_POLICY].len, 0);
        assert_null(e.members[EVIDENCE_FIRMWARE].data);
}

/* Changes to the first header; the checksum is put right again unless it is what is broken. */
static void one_field_broken_gives_one_code(void **state)
{
        static const struct {
                size_t at;
                const char *bytes;
                size_t len;
                bool wrong_checksum;
                enum err expected;
        } rows[] = {
                { 0, "quote.mxg", 9, true, ERR_EVIDENCE_CHECKSUM },
                { 148, "xxxxxx", 6, true, ERR_EVIDENCE_NUMBER },
                { 257, "ustra", 5, false, ERR_EVIDENCE_MAGIC },
                { 257, "ustarx", 6, false, ERR_EVIDENCE_MAGIC },
                { 156, "1", 1, false, ERR_EVIDENCE_TYPE },    /* hard link */
                { 156, "2", 1, false, ERR_EVIDENCE_TYPE },    /* symbolic link */
                { 156, "5", 1, false, ERR_EVIDENCE_TYPE },    /* folder */
                { 156, "x", 1, false, ERR_EVIDENCE_TYPE },    /* pax extension */
                { 156, "L", 1, false, ERR_EVIDENCE_TYPE },    /* GNU long name */
                { 124, "0000000000x", 11, false, ERR_EVIDENCE_NUMBER },
                { 124, "\x80\0\0\0\0\0\0\0\0\0\0\7", 12, false, ERR_EVIDENCE_NUMBER },
                { 124, "77777777777", 11, false, ERR_EVIDENCE_SIZE },
                { 124, "00000100000", 11, false, ERR_EVIDENCE_SIZE },
                { 0, "quote.mxg", 9, false, ERR_EVIDENCE_NAME },
                { 0, "/quote.msg", 10, false, ERR_EVIDENCE_NAME },
                { 0, "../quote.msg", 12, false, ERR_EVIDENCE_NAME },
                { 345, "dir", 3, false, ERR_EVIDENCE_NAME },
                { 0, "quote.sig", 9, false, ERR_EVIDENCE_TWICE },
                { 0, "pcrs.json", 9, false, ERR_EVIDENCE_MISSING },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct evidence e = { .members = { { NULL, 99 } } };
                struct evidence_error error = { 0 };
                struct span bytes = build();

                memcpy(tar + rows[i].at, rows[i].bytes, rows[i].len);
                if (!rows[i].wrong_checksum)
                        put_checksum(tar);
                assert_int_equal(evidence_read(bytes, &e, &error), rows[i].expected);
                assert_int_equal(error.code, rows[i].expected);
                assert_int_equal(e.members[0].len, 99);
        }
}

static void errors_name_the_member(void **state)
{
        struct evidence_error error = { 0 };
        struct span bytes = build();
        struct evidence e;

        (void)state;
        memcpy(tar, "evil\033[2J", 9);
        put_checksum(tar);
        assert_int_equal(evidence_read(bytes, &e, &error), ERR_EVIDENCE_NAME);
        assert_true(span_equal_str(error.name, "evil\033[2J"));
        bytes = build();
        memcpy(tar, "pcrs.json", 10);
        put_checksum(tar);
        assert_int_equal(evidence_read(bytes, &e, &error), ERR_EVIDENCE_MISSING);
        assert_true(span_equal_str(error.name, "quote.msg"));
}

static void every_prefix_is_refused(void **state)
{
        struct span bytes = build();

        (void)state;
        for (size_t len = 0; len < bytes.len; len++) {
                struct evidence_error error;
                struct evidence e;

                assert_int_not_equal(evidence_read(span_of(bytes.data, len), &e, &error), ERR_OK);
        }
}

static void more_zeros_are_accepted_and_nothing_else(void **state)
{
        struct evidence_error error;
        struct evidence e;
        struct span bytes = build();

        (void)state;
        memset(tar + bytes.len, 0, 3 * EVIDENCE_BLOCK_BYTES);
        bytes.len += 3 * EVIDENCE_BLOCK_BYTES;
        assert_int_equal(evidence_read(bytes, &e, &error), ERR_OK);
        tar[bytes.len - 1] = 1;
        assert_int_equal(evidence_read(bytes, &e, &error), ERR_EVIDENCE_AFTER_END);
}

static void names_from_tar_of_a_folder(void **state)
{
        struct evidence_error error;
        struct evidence e;
        struct span bytes = build();

        (void)state;
        memcpy(tar, "./quote.msg", 12);
        put_checksum(tar);
        assert_int_equal(evidence_read(bytes, &e, &error), ERR_OK);
        assert_true(span_equal_str(e.members[EVIDENCE_QUOTE_MSG], "message"));
}

static void too_little_room_to_write(void **state)
{
        struct evidence e = { .members = { [EVIDENCE_AK] = span_of_str("key") } };
        struct span bytes = span_of(NULL, 7);

        (void)state;
        assert_int_equal(evidence_write(&e, 0, tar, evidence_size(&e) - 1, &bytes), ERR_NO_SPACE);
        assert_int_equal(bytes.len, 7);
        assert_int_equal(evidence_write(&e, UINT64_MAX, tar, sizeof(tar), &bytes), ERR_NO_SPACE);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_is_written_is_read),
                cmocka_unit_test(one_field_broken_gives_one_code),
                cmocka_unit_test(errors_name_the_member),
                cmocka_unit_test(every_prefix_is_refused),
                cmocka_unit_test(more_zeros_are_accepted_and_nothing_else),
                cmocka_unit_test(names_from_tar_of_a_folder),
                cmocka_unit_test(too_little_room_to_write),
        };

        return cmocka_run_group_tests_name("evidence", tests, NULL, NULL);
}
