/* SPDX-License-Identifier: Apache-2.0 */
/* Hexadecimal text, GUIDs in both byte orders, and names of flags. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hex.h"
#include "format/bits.h"
#include "format/guid.h"

static void all_bytes_come_back(void **state)
{
        uint8_t bytes[256], back[256];
        char text[513];

        (void)state;
        for (unsigned i = 0; i < 256; i++)
                bytes[i] = (uint8_t)i;
        hex_encode(span_of(bytes, 256), text);
        assert_int_equal(strlen(text), 512);
        assert_memory_equal(text + 0xab * 2, "abac", 4);
        assert_int_equal(hex_decode(span_of(text, 512), 256, back), ERR_OK);
        assert_memory_equal(bytes, back, 256);
        for (unsigned i = 0; i < 512; i++)
                if (text[i] >= 'a')
                        text[i] -= 'a' - 'A';
        memset(back, 0, sizeof(back));
        assert_int_equal(hex_decode(span_of(text, 512), 256, back), ERR_OK);
        assert_memory_equal(bytes, back, 256);
}

static void other_texts_are_refused(void **state)
{
        static const char *const texts[] = { "", "0", "012", "01234", "0g", "g0", "0x", " 0", "0 ", "-1", "0:", "@0", "0`", "\xb0\xb1" };
        uint8_t out = 0xa5;

        (void)state;
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                assert_int_equal(hex_decode(span_of_str(texts[i]), 1, &out), ERR_HEX);
        assert_int_equal(hex_decode(span_of("0\0", 2), 1, &out), ERR_HEX);
        assert_int_equal(out, 0xa5);
        assert_int_equal(hex_decode(span_of_str(""), 0, &out), ERR_OK);
}

static void guids_have_two_orders(void **state)
{
        uint8_t bytes[GUID_BYTES];
        char text[GUID_TEXT_SIZE];

        (void)state;
        for (uint8_t i = 0; i < GUID_BYTES; i++)
                bytes[i] = (uint8_t)(0xa0 + i);
        guid_format(span_of(bytes, GUID_BYTES), text);
        assert_string_equal(text, "a3a2a1a0-a5a4-a7a6-a8a9-aaabacadaeaf");
        assert_true(guid_is_text(span_of_str(text)));
        guid_format_uuid(span_of(bytes, GUID_BYTES), text);
        assert_string_equal(text, "a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf");
}

static void what_is_a_uuid(void **state)
{
        char text[] = "0123ABCD-4567-89ab-cdef-0123456789AB";

        (void)state;
        assert_true(guid_is_text(span_of_str(text)));
        for (size_t len = 0; len < sizeof(text) - 1; len++)
                assert_false(guid_is_text(span_of(text, len)));
        assert_false(guid_is_text(span_of(text, sizeof(text))));
        for (size_t i = 0; i < sizeof(text) - 1; i++) {
                char old = text[i];

                text[i] = old == '-' ? '0' : '-';
                assert_false(guid_is_text(span_of_str(text)));
                text[i] = 'g';
                assert_false(guid_is_text(span_of_str(text)));
                text[i] = old;
        }
}

static void assert_bits(uint64_t bits, const char *names, const char *expected)
{
        char buf[2048];
        struct json_writer w = json_writer_on(buf, sizeof(buf));
        struct span text;

        json_object_open(&w);
        bits_put(&w, "b", bits, names);
        json_object_close(&w);
        assert_int_equal(json_writer_result(&w, &text), ERR_OK);
        if (!span_equal_str(text, expected))
                fail_msg("%.*s instead of %s", (int)text.len, (const char *)text.data, expected);
}

static void bits_have_names_or_numbers(void **state)
{
        char buf[64];
        struct json_writer w = json_writer_on(buf, sizeof(buf));
        struct span text;

        (void)state;
        assert_bits(0, "one two", "{\"b\":[]}");
        assert_bits(3, "one two", "{\"b\":[\"one\",\"two\"]}");
        assert_bits(0xf, "one - three", "{\"b\":[\"one\",\"0x2\",\"three\",\"0x8\"]}");
        assert_bits(UINT64_C(0x8000000180000000), "", "{\"b\":[\"0x80000000\",\"0x100000000\",\"0x8000000000000000\"]}");
        json_object_open(&w);
        bits_put_name(&w, "a", 0, "zero - two");
        bits_put_name(&w, "b", 1, "zero - two");
        bits_put_name(&w, "c", 2, "zero - two");
        bits_put_name(&w, "d", UINT32_MAX, "zero - two");
        json_object_close(&w);
        assert_int_equal(json_writer_result(&w, &text), ERR_OK);
        assert_true(span_equal_str(text, "{\"a\":\"zero\",\"b\":1,\"c\":\"two\",\"d\":4294967295}"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(all_bytes_come_back),
                cmocka_unit_test(other_texts_are_refused),
                cmocka_unit_test(guids_have_two_orders),
                cmocka_unit_test(what_is_a_uuid),
                cmocka_unit_test(bits_have_names_or_numbers),
        };

        return cmocka_run_group_tests_name("hex", tests, NULL, NULL);
}
