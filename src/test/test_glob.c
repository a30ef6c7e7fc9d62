/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns of paths: what they match, which are refused, and that no path makes them slow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "verify/glob.h"

#define CAP 65536

static struct glob_node nodes[CAP];
static uint32_t marks[CAP], now[CAP], then[CAP];

static struct glob_set new_set(void)
{
        memset(nodes, 0, sizeof(nodes));
        memset(marks, 0, sizeof(marks));
        return glob_set_in(nodes, marks, now, then, CAP);
}

static void what_matches(void **state)
{
        static const struct {
                const char *pattern, *path;
                bool matches;
        } rows[] = {
                { "/oem/a", "/oem/a", true },          { "/oem/a", "/oem/ab", false },       { "/oem/a", "/oem", false },
                { "/oem/*", "/oem/a", true },          { "/oem/*", "/oem/", true },          { "/oem/*", "/oem/a/b", false },
                { "/oem/**", "/oem/a/b", true },       { "/oem/**", "/oem", false },         { "/oem/**/x", "/oem/a/b/x", true },
                { "/oem/**/x", "/oem/x", false },      { "/oem/?", "/oem/a", true },         { "/oem/?", "/oem/", false },
                { "/oem/a?c", "/oem/a/c", false },     { "/oem/*.log", "/oem/a.b.log", true }, { "/oem/*.log", "/oem/a.log.1", false },
                { "/oem/\\*", "/oem/*", true },        { "/oem/\\*", "/oem/a", false },      { "/oem/*a*b*", "/oem/xaxbx", true },
                { "/oem/*a*b*", "/oem/xbxax", false }, { "/oem/**a", "/oem/b/ba", true },    { "/oem/a**", "/oem/a", true },
        };

        (void)state;
        for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct glob_set set = new_set();

                assert_null(glob_fault(span_of_str(rows[i].pattern)));
                assert_true(glob_add(&set, span_of_str(rows[i].pattern)));
                if (glob_matches(&set, span_of_str(rows[i].path)) != rows[i].matches)
                        fail_msg("%s %s", rows[i].pattern, rows[i].path);
        }
}

static void many_at_once(void **state)
{
        struct glob_set set = new_set();
        char text[64];

        (void)state;
        for (unsigned i = 0; i < 300; i++) {
                snprintf(text, sizeof(text), "/var/lib/service%u/*.db", i);
                assert_true(glob_add(&set, span_of_str(text)));
        }
        for (unsigned i = 0; i < 400; i++) {
                snprintf(text, sizeof(text), "/var/lib/service%u/a.db", i);
                assert_int_equal(glob_matches(&set, span_of_str(text)), i < 300);
        }
        assert_false(glob_matches(&set, span_of_str("/usr/bin/true")));
        assert_false(glob_matches(&set, span_of(NULL, 0)));
}

static void what_is_refused(void **state)
{
        static const char *const faults[] = { "", "oem/a", "*", "**", "/*", "/**", "/**/x", "/?em/a", "/oem*/a", "/oem//a", "/oem/../a", "/./a", "/", "/oem/",
                                              "/oem/a\\" };

        (void)state;
        for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
                if (!glob_fault(span_of_str(faults[i])))
                        fail_msg("%s", faults[i]);
}

/* One that goes back would need longer than the age of the universe. */
static void no_path_is_slow(void **state)
{
        struct glob_set set = new_set();
        static char pattern[401], path[4096];

        (void)state;
        memcpy(pattern, "/a", 2);
        for (unsigned i = 2; i + 2 < sizeof(pattern); i += 2)
                memcpy(pattern + i, "*a", 2);
        pattern[sizeof(pattern) - 2] = 'b';
        memset(path, 'a', sizeof(path));
        path[0] = '/';
        assert_true(glob_add(&set, span_of(pattern, sizeof(pattern) - 1)));
        assert_false(glob_matches(&set, span_of(path, sizeof(path))));
}

static void no_more_room(void **state)
{
        struct glob_set set = new_set();

        (void)state;
        set.cap = 3;
        assert_true(glob_add(&set, span_of_str("/a")));
        assert_false(glob_add(&set, span_of_str("/b")));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_matches), cmocka_unit_test(many_at_once), cmocka_unit_test(what_is_refused),
                cmocka_unit_test(no_path_is_slow), cmocka_unit_test(no_more_room),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
