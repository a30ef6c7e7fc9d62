/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON writer's exact bytes and its sticky errors, and what the strict reader refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json.h"

static void assert_text(const struct json_writer *w, const char *expected)
{
        struct span text;

        assert_int_equal(json_writer_result(w, &text), ERR_OK);
        if (!span_equal_str(text, expected))
                fail_msg("%.*s instead of %s", (int)text.len, (const char *)text.data, expected);
}

static void write_all(struct json_writer *w)
{
        json_object_open(w);
        json_key(w, "a");
        json_array_open(w);
        json_null(w);
        json_bool(w, true);
        json_raw(w, span_of_str("[0]"));
        json_object_open(w);
        json_object_close(w);
        json_array_close(w);
        json_put_bool(w, "b", false);
        json_put_hex(w, "c", span_of("\x01\xfe", 2));
        json_put_object(w, "d");
        json_put_u64(w, "e", 0);
        json_object_close(w);
        json_put_str(w, "e", "");
        json_put_text(w, "f", span_of("\xff", 1));
        json_object_close(w);
}

#define ALL "{\"a\":[null,true,[0],{}],\"b\":false,\"c\":\"01fe\",\"d\":{\"e\":0},\"e\":\"\",\"f\":{\"hex\":\"ff\"}}"

static void writes_exact_bytes(void **state)
{
        char buf[256];
        struct json_writer w = json_writer_on(buf, sizeof(buf));

        (void)state;
        write_all(&w);
        assert_text(&w, ALL);
}

/* In a buffer of any other size than large enough nothing is written behind its end, and the error stays. */
static void a_small_buffer_is_told(void **state)
{
        (void)state;
        for (size_t cap = 0; cap <= strlen(ALL); cap++) {
                char *buf = malloc(cap + 1);
                struct json_writer w = json_writer_on(buf, cap);
                struct span text = span_of(NULL, 7);

                assert_non_null(buf);
                buf[cap] = 0x5a;
                write_all(&w);
                assert_int_equal(json_writer_result(&w, &text), cap < strlen(ALL) ? ERR_NO_SPACE : ERR_OK);
                assert_int_equal(text.len, cap < strlen(ALL) ? 7 : cap);
                assert_int_equal(buf[cap], 0x5a);
                free(buf);
        }
}

static void numbers_beyond_doubles_are_strings(void **state)
{
        char buf[128];
        struct json_writer w = json_writer_on(buf, sizeof(buf));

        (void)state;
        json_array_open(&w);
        json_u64(&w, UINT64_C(9007199254740991));
        json_u64(&w, UINT64_C(9007199254740992));
        json_u64(&w, UINT64_MAX);
        json_array_close(&w);
        assert_text(&w, "[9007199254740991,\"9007199254740992\",\"18446744073709551615\"]");
}

static void strings_are_escaped_as_rfc_8785_says(void **state)
{
        char buf[512];
        struct json_writer w = json_writer_on(buf, sizeof(buf));

        (void)state;
        json_text(&w, span_of("\0\x01\b\t\n\x0b\f\r\x1f \"\\/\x7f\xc2\x80\xe2\x80\xa8\xf4\x8f\xbf\xbf", 23));
        assert_text(&w, "\"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f \\\"\\\\/\x7f\xc2\x80\xe2\x80\xa8\xf4\x8f\xbf\xbf\"");
}

static void what_is_utf8(void **state)
{
        static const char *const bad[] = { "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x7f", "\xe0\x9f\xbf", "\xe0\xa0", "\xed\xa0\x80",
                                           "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf0\x90\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xfe" };
        static const char *const good[] = { "", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
                                            "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf" };

        (void)state;
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
                assert_false(json_is_utf8(span_of_str(bad[i])));
        for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
                assert_true(json_is_utf8(span_of_str(good[i])));
        assert_true(json_is_utf8(span_of("\0", 1)));
}

static void keys_must_ascend(void **state)
{
        static const char *const pairs[][2] = { { "b", "a" }, { "a", "a" }, { "ab", "a" }, { "a", "B" } };
        struct span text;

        (void)state;
        for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
                char buf[64];
                struct json_writer w = json_writer_on(buf, sizeof(buf));

                json_object_open(&w);
                json_put_u64(&w, pairs[i][0], 1);
                json_put_u64(&w, pairs[i][1], 1);
                json_object_close(&w);
                assert_int_equal(json_writer_result(&w, &text), ERR_JSON_ORDER);
        }
}

static void depth_has_an_end_and_is_closed(void **state)
{
        char buf[64];
        struct json_writer w = json_writer_on(buf, sizeof(buf));
        struct span text;

        (void)state;
        for (unsigned i = 0; i < JSON_DEPTH_MAX + 3; i++)
                json_array_open(&w);
        assert_int_equal(json_writer_result(&w, &text), ERR_JSON_DEPTH);
        w = json_writer_on(buf, sizeof(buf));
        json_object_open(&w);
        assert_int_equal(json_writer_result(&w, &text), ERR_JSON_DEPTH);
        w = json_writer_on(buf, sizeof(buf));
        json_array_close(&w);
        assert_int_equal(json_writer_result(&w, &text), ERR_JSON_DEPTH);
}

static uint64_t pool[1024];

static yyjson_val *parse(const char *text)
{
        yyjson_val *root = NULL;

        if (json_parse(span_of_str(text), pool, sizeof(pool), &root) != ERR_OK)
                fail_msg("%s is refused", text);
        return root;
}

static void members_are_got_by_type(void **state)
{
        yyjson_val *root = parse("{\"n\":18446744073709551615,\"s\":\"a\\u0000b\",\"h\":\"00fF\",\"i\":-1,\"d\":1.0,\"twice\":1,\"twice\":1}");
        yyjson_val *value = NULL;
        uint64_t number = 7;
        uint8_t bytes[2];
        struct span text;

        (void)state;
        assert_int_equal(json_get_u64(root, "n", &number), ERR_OK);
        assert_true(number == UINT64_MAX);
        assert_int_equal(json_get_text(root, "s", &text), ERR_OK);
        assert_true(span_equal(text, span_of("a\0b", 3)));
        assert_int_equal(json_get_hex(root, "h", 2, bytes), ERR_OK);
        assert_int_equal(bytes[1], 0xff);
        assert_int_equal(json_get_hex(root, "h", 1, bytes), ERR_HEX);
        assert_int_equal(json_get_hex(root, "s", 2, bytes), ERR_HEX);
        assert_int_equal(json_get_hex(root, "n", 2, bytes), ERR_JSON_SHAPE);
        assert_int_equal(json_get_u64(root, "i", &number), ERR_JSON_SHAPE);
        assert_int_equal(json_get_u64(root, "d", &number), ERR_JSON_SHAPE);
        assert_int_equal(json_get_u64(root, "s", &number), ERR_JSON_SHAPE);
        assert_int_equal(json_get_u64(root, "twice", &number), ERR_JSON_SHAPE);
        assert_int_equal(json_get_text(root, "n", &text), ERR_JSON_SHAPE);
        assert_int_equal(json_get(root, "absent", &value), ERR_JSON_SHAPE);
        assert_int_equal(json_get(parse("[1]"), "n", &value), ERR_JSON_SHAPE);
        assert_int_equal(json_get(NULL, "n", &value), ERR_JSON_SHAPE);
        assert_null(value);
        assert_true(number == UINT64_MAX);
}

static void texts_that_are_not_strict_are_refused(void **state)
{
        static const char *const texts[] = { "", " ", "{", "[1,]", "{\"a\":1,}", "{a:1}", "'a'", "01", "+1", ".5", "1.", "nul", "NaN", "Infinity",
                                             "/**/1", "1//", "1 2", "\"\n\"", "\"\\x\"", "\"\\ud800\"", "\"\xff\"", "\"\xed\xa0\x80\"", "\xef\xbb\xbf[]" };
        yyjson_val *root = NULL;

        (void)state;
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                if (json_parse(span_of_str(texts[i]), pool, sizeof(pool), &root) != ERR_JSON_SYNTAX)
                        fail_msg("%s", texts[i]);
        assert_int_equal(json_parse(span_of("1\0", 2), pool, sizeof(pool), &root), ERR_JSON_SYNTAX);
        assert_null(root);
}

/* As many values as a text can hold, in the pool that is promised to be enough, and in pools that are not. */
static void the_promised_pool_is_enough(void **state)
{
        static const char *const units[] = { "1,", "[],", "\"\\n\",", "{\"\":1}," };

        (void)state;
        for (size_t u = 0; u < sizeof(units) / sizeof(units[0]); u++)
                for (size_t count = 1; count < 3000; count += count / 4 + 1) {
                        size_t unit = strlen(units[u]), len = 1 + count * unit;
                        char *text = malloc(len);
                        void *memory = malloc(JSON_POOL_BYTES(len));
                        yyjson_val *root = NULL;

                        assert_non_null(text);
                        assert_non_null(memory);
                        text[0] = '[';
                        for (size_t i = 0; i < count; i++)
                                memcpy(text + 1 + i * unit, units[u], unit);
                        text[len - 1] = ']';
                        assert_int_equal(json_parse(span_of(text, len), memory, JSON_POOL_BYTES(len), &root), ERR_OK);
                        assert_int_equal(yyjson_arr_size(root), count);
                        root = NULL;
                        for (size_t size = 0; size < 64; size++)
                                assert_int_equal(json_parse(span_of(text, len), memory, size, &root), ERR_JSON_TOO_LARGE);
                        assert_null(root);
                        free(text);
                        free(memory);
                }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(writes_exact_bytes),
                cmocka_unit_test(a_small_buffer_is_told),
                cmocka_unit_test(numbers_beyond_doubles_are_strings),
                cmocka_unit_test(strings_are_escaped_as_rfc_8785_says),
                cmocka_unit_test(what_is_utf8),
                cmocka_unit_test(keys_must_ascend),
                cmocka_unit_test(depth_has_an_end_and_is_closed),
                cmocka_unit_test(members_are_got_by_type),
                cmocka_unit_test(texts_that_are_not_strict_are_refused),
                cmocka_unit_test(the_promised_pool_is_enough),
        };

        return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
