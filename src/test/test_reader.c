/* SPDX-License-Identifier: Apache-2.0 */
/* The cursor, the getters at fixed offsets, spans and sources: every value in both byte orders, and every way past an end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/reader.h"
#include "base/source.h"

static const uint8_t digits[] = { 1, 2, 3, 4, 5, 6, 7, 0x88, 9, 10, 11, 12, 13, 14, 15, 16 };

static void values_in_both_orders(void **state)
{
        struct reader r = reader_on(span_of(digits, sizeof(digits)));
        struct span s = span_of(digits, sizeof(digits));

        (void)state;
        assert_int_equal(reader_u8(&r), 1);
        assert_int_equal(reader_u16le(&r), 0x0302);
        assert_int_equal(reader_u16be(&r), 0x0405);
        assert_int_equal(reader_u32le(&r), 0x09880706);
        assert_int_equal(reader_u32be(&r), 0x0a0b0c0d);
        assert_int_equal(reader_left(&r), 3);
        assert_true(reader_ok(&r));
        r = reader_on(s);
        assert_true(reader_u64le(&r) == UINT64_C(0x8807060504030201));
        assert_true(reader_u64be(&r) == UINT64_C(0x090a0b0c0d0e0f10));
        assert_int_equal(reader_at_u8(s, 15), 16);
        assert_int_equal(reader_at_u16le(s, 14), 0x100f);
        assert_int_equal(reader_at_u16be(s, 14), 0x0f10);
        assert_int_equal(reader_at_u32le(s, 12), 0x100f0e0d);
        assert_int_equal(reader_at_u32be(s, 12), 0x0d0e0f10);
        assert_true(reader_at_u64le(s, 8) == UINT64_C(0x100f0e0d0c0b0a09));
        assert_true(reader_at_u64be(s, 8) == UINT64_C(0x090a0b0c0d0e0f10));
}

static void offsets_outside_read_as_zero(void **state)
{
        struct span s = span_of(digits, sizeof(digits));
        static const size_t offsets[] = { 16, 17, SIZE_MAX - 1, SIZE_MAX };

        (void)state;
        for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
                assert_int_equal(reader_at_u8(s, offsets[i]), 0);
                assert_int_equal(reader_at_u16le(s, offsets[i]), 0);
                assert_int_equal(reader_at_u64be(s, offsets[i]), 0);
        }
        assert_int_equal(reader_at_u16be(s, 15), 0);
        assert_int_equal(reader_at_u32le(s, 13), 0);
        assert_true(reader_at_u64le(s, 9) == 0);
}

/* After the first failure nothing is read any more, also when it would fit. */
static void a_reader_fails_for_good(void **state)
{
        struct reader r = reader_on(span_of(digits, 3));

        (void)state;
        assert_int_equal(reader_u32le(&r), 0);
        assert_false(reader_ok(&r));
        assert_int_equal(reader_u8(&r), 0);
        assert_int_equal(reader_left(&r), 0);
        assert_null(reader_bytes(&r, 0).data);
        assert_false(reader_ok(&r));
}

static void lengths_from_outside_cannot_wrap(void **state)
{
        struct reader r = reader_on(span_of(digits, sizeof(digits)));

        (void)state;
        reader_skip(&r, 8);
        reader_skip(&r, UINT64_MAX - 7);
        assert_false(reader_ok(&r));
        r = reader_on(span_of(digits, sizeof(digits)));
        assert_int_equal(reader_bytes(&r, 16).len, 16);
        assert_true(reader_ok(&r));
        assert_int_equal(reader_bytes(&r, 0).len, 0);
        assert_true(reader_ok(&r));
        reader_skip(&r, 1);
        assert_false(reader_ok(&r));
}

static void spans_stay_inside(void **state)
{
        struct span s = span_of(digits, sizeof(digits));
        uint8_t text[4] = { 'a', 0, 'b', 'c' };

        (void)state;
        assert_true(span_has(s, 0, 16) && span_has(s, 16, 0) && !span_has(s, 16, 1) && !span_has(s, 17, 0));
        assert_false(span_has(s, UINT64_MAX, 2) || span_has(s, 2, UINT64_MAX));
        assert_ptr_equal(span_sub(s, 4, 4).data, digits + 4);
        assert_null(span_sub(s, 15, 2).data);
        assert_int_equal(span_until_nul(span_of(text, 4)).len, 1);
        assert_int_equal(span_until_nul(span_of(text + 2, 2)).len, 2);
        assert_int_equal(span_until_nul(span_of(NULL, 0)).len, 0);
        assert_true(span_equal(span_of(NULL, 0), span_of(digits, 0)) && !span_equal(span_of(digits, 1), span_of(digits + 1, 1)));
        assert_true(span_is_zero(span_of(text + 1, 1)) && span_is_zero(span_of(NULL, 0)) && !span_is_zero(span_of(text, 2)));
}

static void sources_and_windows_end_where_they_say(void **state)
{
        struct span s = span_of(digits, sizeof(digits));
        struct source whole = source_of_span(&s, 4096);
        struct source_window window = { &whole, 12 };
        struct source part = source_window_on(&window, 8);
        uint8_t out[2] = { 0xa5, 0xa5 };

        (void)state;
        assert_int_equal(part.sector_bytes, 4096);
        assert_int_equal(source_read(&part, 2, 2, out), ERR_OK);
        assert_int_equal(out[0] << 8 | out[1], 0x0f10);
        out[0] = 0xa5;
        assert_int_equal(source_read(&part, 7, 2, out), ERR_SHORT);
        assert_int_equal(source_read(&part, UINT64_MAX, 2, out), ERR_SHORT);
        /* The window claims more than the whole has. */
        assert_int_equal(source_read(&part, 4, 2, out), ERR_SHORT);
        assert_int_equal(source_read(&whole, 15, 2, out), ERR_SHORT);
        window.offset = UINT64_MAX;
        assert_int_equal(source_read(&part, 1, 1, out), ERR_SHORT);
        assert_int_equal(out[0], 0xa5);
        assert_int_equal(source_read(&whole, 16, 0, out), ERR_OK);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(values_in_both_orders),
                cmocka_unit_test(offsets_outside_read_as_zero),
                cmocka_unit_test(a_reader_fails_for_good),
                cmocka_unit_test(lengths_from_outside_cannot_wrap),
                cmocka_unit_test(spans_stay_inside),
                cmocka_unit_test(sources_and_windows_end_where_they_say),
        };

        return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
