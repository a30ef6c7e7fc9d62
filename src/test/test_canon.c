/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical JSON reader: what it takes, what it refuses with which code, and that it takes what base/json writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/canon.h"
#include "base/json.h"

static const char *const valid[] = {
        "0",
        "9007199254740991",
        "true",
        "null",
        "\"\"",
        "{}",
        "[]",
        "[[],{},[1,2],\"\"]",
        "{\"\":1,\"a\":{\"a\":[false]},\"aa\":\"\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\",\"b\":\"\xc3\xa9\"}",
        "[[[[[[[[[[[]]]]]]]]]]]",
};

static void takes_what_is_canonical(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(valid) / sizeof(valid[0]); i++)
                assert_int_equal(canon_check(span_of_str(valid[i])), ERR_OK);
}

static void refuses_every_prefix(void **state)
{
        (void)state;
        for (size_t i = 2; i < sizeof(valid) / sizeof(valid[0]); i++)
                for (size_t len = 0; len < strlen(valid[i]); len++)
                        assert_int_not_equal(canon_check(span_of(valid[i], len)), ERR_OK);
}

static void refuses_all_else(void **state)
{
        static const struct {
                const char *text;
                enum err error;
        } cases[] = {
                { "", ERR_CANON_SYNTAX },
                { " 1", ERR_CANON_SYNTAX },
                { "1 ", ERR_CANON_SYNTAX },
                { "01", ERR_CANON_SYNTAX },
                { "-1", ERR_CANON_SYNTAX },
                { "1.5", ERR_CANON_SYNTAX },
                { "1e3", ERR_CANON_SYNTAX },
                { "9007199254740992", ERR_CANON_NUMBER },
                { "99999999999999999999999999", ERR_CANON_NUMBER },
                { "True", ERR_CANON_SYNTAX },
                { "{\"a\":1,}", ERR_CANON_SYNTAX },
                { "{,\"a\":1}", ERR_CANON_SYNTAX },
                { "{\"a\" :1}", ERR_CANON_SYNTAX },
                { "{\"a\":1 }", ERR_CANON_SYNTAX },
                { "{\"a\"}", ERR_CANON_SYNTAX },
                { "{\"a\":}", ERR_CANON_SYNTAX },
                { "{a:1}", ERR_CANON_SYNTAX },
                { "[1,]", ERR_CANON_SYNTAX },
                { "[1 2]", ERR_CANON_SYNTAX },
                { "[1}", ERR_CANON_SYNTAX },
                { "{\"b\":1,\"a\":1}", ERR_CANON_ORDER },
                { "{\"a\":1,\"a\":1}", ERR_CANON_ORDER },
                { "{\"ab\":1,\"a\":1}", ERR_CANON_ORDER },
                { "{\"\\u0001\":1}", ERR_CANON_SYNTAX },
                { "{\"\xc3\xa9\":1}", ERR_CANON_SYNTAX },
                { "\"\\u0041\"", ERR_CANON_SYNTAX },
                { "\"\\u0020\"", ERR_CANON_SYNTAX },
                { "\"\\u000a\"", ERR_CANON_SYNTAX },
                { "\"\\u001F\"", ERR_CANON_SYNTAX },
                { "\"\\/\"", ERR_CANON_SYNTAX },
                { "\"\n\"", ERR_CANON_SYNTAX },
                { "\"\x80\"", ERR_CANON_UTF8 },
                { "\"\xed\xa0\x80\"", ERR_CANON_UTF8 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                assert_int_equal(canon_check(span_of_str(cases[i].text)), cases[i].error);
}

static void says_where_it_stopped(void **state)
{
        (void)state;
        assert_int_equal(canon_fault(span_of_str("")), 0);
        assert_int_equal(canon_fault(span_of_str("{\"a\": 1}")), 5);
        assert_int_equal(canon_fault(span_of_str("[1,2")), 4);
        assert_int_equal(canon_fault(span_of_str("[1,2]x")), 5);
        assert_int_equal(canon_fault(span_of_str("{\"b\":1,\"a\":2}")), 11);
}

static void bounds_the_depth(void **state)
{
        char text[2 * JSON_DEPTH_MAX];

        (void)state;
        for (size_t depth = 1; depth <= JSON_DEPTH_MAX; depth++) {
                memset(text, '[', depth);
                memset(text + depth, ']', depth);
                assert_int_equal(canon_check(span_of(text, 2 * depth)), depth < JSON_DEPTH_MAX ? ERR_OK : ERR_CANON_DEPTH);
        }
}

static void takes_what_we_write(void **state)
{
        char buf[1024];
        uint8_t every[127];
        struct json_writer w = json_writer_on(buf, sizeof(buf));
        struct span text;

        (void)state;
        for (size_t i = 0; i < sizeof(every); i++)
                every[i] = (uint8_t)i;
        json_object_open(&w);
        json_put_text(&w, "ascii", span_of(every, sizeof(every)));
        json_put_text(&w, "bytes", span_of("\xff\x00", 2));
        json_put_u64(&w, "large", UINT64_MAX);
        json_put_u64(&w, "number", 1234567890123456);
        json_object_close(&w);
        assert_int_equal(json_writer_result(&w, &text), ERR_OK);
        assert_int_equal(canon_check(text), ERR_OK);
}

static void walks(void **state)
{
        struct span object = span_of_str("{\"a\":[1,[2],\"x\"],\"b\":{\"c\":7},\"n\":42,\"t\":\"plain\",\"u\":\"\\n\"}");
        struct span value, key, text;
        struct canon_walk w;
        uint64_t number = 0;
        unsigned count = 0;

        (void)state;
        assert_int_equal(canon_check(object), ERR_OK);
        assert_int_equal(canon_open_object(object, &w), ERR_OK);
        while (canon_next_member(&w, &key, &value))
                count++;
        assert_int_equal(count, 5);

        assert_int_equal(canon_member(object, "a", &value), ERR_OK);
        assert_int_equal(canon_open_object(value, &w), ERR_CANON_SHAPE);
        assert_int_equal(canon_open_array(value, &w), ERR_OK);
        assert_true(canon_next_element(&w, &value) && span_equal_str(value, "1"));
        assert_true(canon_next_element(&w, &value) && span_equal_str(value, "[2]"));
        assert_true(canon_next_element(&w, &value) && span_equal_str(value, "\"x\""));
        assert_false(canon_next_element(&w, &value));

        assert_int_equal(canon_member(object, "b", &value), ERR_OK);
        assert_true(span_equal_str(value, "{\"c\":7}"));
        assert_int_equal(canon_u64(value, &number), ERR_CANON_SHAPE);
        assert_int_equal(canon_member(object, "n", &value), ERR_OK);
        assert_int_equal(canon_plain_string(value, &text), ERR_CANON_SHAPE);
        assert_int_equal(canon_u64(value, &number), ERR_OK);
        assert_int_equal(number, 42);
        assert_int_equal(canon_member(object, "t", &value), ERR_OK);
        assert_int_equal(canon_plain_string(value, &text), ERR_OK);
        assert_true(span_equal_str(text, "plain"));
        assert_int_equal(canon_member(object, "u", &value), ERR_OK);
        assert_int_equal(canon_plain_string(value, &text), ERR_CANON_SHAPE);
        assert_int_equal(canon_member(object, "z", &value), ERR_CANON_SHAPE);
        assert_int_equal(canon_member(span_of_str("[]"), "z", &value), ERR_CANON_SHAPE);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(takes_what_is_canonical), cmocka_unit_test(refuses_every_prefix), cmocka_unit_test(refuses_all_else),
                cmocka_unit_test(bounds_the_depth),      cmocka_unit_test(says_where_it_stopped),
                cmocka_unit_test(takes_what_we_write),     cmocka_unit_test(walks),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
