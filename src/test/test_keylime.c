/* SPDX-License-Identifier: Apache-2.0 */
/* A baseline in the terms of Keylime: names, paths, excludes, policies, and evidence as its verifier reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "verify/keylime.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static const struct baseline machine = {
        .mount_count = 4,
        .mounts = {
                { { (const uint8_t *)"COS_OEM", 7 }, { (const uint8_t *)"/oem", 4 }, { (const uint8_t *)"/", 1 }, true },
                { { (const uint8_t *)"COS_PERSISTENT", 14 }, { (const uint8_t *)"/usr/local", 10 }, { (const uint8_t *)"/", 1 }, false },
                { { (const uint8_t *)"COS_PERSISTENT", 14 }, { (const uint8_t *)"/etc/ssh", 8 }, { (const uint8_t *)"/.state/etc-ssh.bind", 20 }, false },
                { { (const uint8_t *)"COS_PERSISTENT", 14 }, { (const uint8_t *)"/opt", 4 }, { (const uint8_t *)"/.state/opt.bind", 16 }, false },
        },
};

static void expect_name(const char *name, enum err error, const char *expected)
{
        char buf[ALIAS_NAME_BYTES];
        struct span text = span_of_str("untouched");

        assert_int_equal(keylime_name(span_of_str(name), buf, &text), error);
        assert_true(span_equal_str(text, error == ERR_OK ? expected : "untouched"));
}

static void names_are_as_the_log_has_them(void **state)
{
        (void)state;
        expect_name("\"/oem/a\"", ERR_OK, "/oem/a");
        expect_name("\"/oem/a b  c\"", ERR_OK, "/oem/a_b__c");
        expect_name("\"/oem/\\\"quoted\\\"\"", ERR_OK, "/oem/\\\"quoted\\\"");
        expect_name("\"/oem/\xc3\xa9\"", ERR_OK, "/oem/\xc3\xa9");
        expect_name("\"/oem/back\\\\n\"", ERR_OK, "/oem/back\\\\n");
        expect_name("\"/oem/line\\n10 0 ima-ng\"", ERR_KEYLIME_NAME_LINE, NULL);
        expect_name("\"/oem/\\\\\\n\"", ERR_KEYLIME_NAME_LINE, NULL);
        expect_name("{\"hex\":\"2fff\"}", ERR_KEYLIME_NAME_UTF8, NULL);
        expect_name("", ERR_KEYLIME_NAME_UTF8, NULL);
}

static void expect_paths(const char *name, const char *const *expected)
{
        char buf[256];
        struct span path;

        for (unsigned i = 0; i < KEYLIME_PATHS_MAX; i++)
                if (keylime_path(&machine, span_of_str(name), i, buf, sizeof(buf), &path))
                        assert_true(*expected && span_equal_str(path, *expected++));
        assert_null(*expected);
}

static void files_have_every_path(void **state)
{
        static const char *const oem[] = { "/oem/a", "/sysroot/oem/a", NULL };
        static const char *const ssh[] = { "/usr/local/.state/etc-ssh.bind/k", "/sysroot/usr/local/.state/etc-ssh.bind/k", "/etc/ssh/k",
                                           "/sysroot/etc/ssh/k", NULL };
        static const char *const near[] = { "/usr/local/.state/etc-ssh.bind2/k", "/sysroot/usr/local/.state/etc-ssh.bind2/k", NULL };
        static const char *const aggregate[] = { "boot_aggregate", NULL };

        (void)state;
        expect_paths("/oem/a", oem);
        expect_paths("/usr/local/.state/etc-ssh.bind/k", ssh);
        expect_paths("/usr/local/.state/etc-ssh.bind2/k", near);
        expect_paths("boot_aggregate", aggregate);
}

static void paths_need_room(void **state)
{
        char buf[15];
        struct span path = span_of_str("untouched");

        (void)state;
        assert_false(keylime_path(&machine, span_of_str("/oem/abc"), 1, buf, sizeof(buf), &path));
        assert_true(span_equal_str(path, "untouched"));
        assert_true(keylime_path(&machine, span_of_str("/oem/ab"), 1, buf, sizeof(buf), &path));
}

static void excludes_are_anchored(void **state)
{
        char buf[64];
        struct span regex = span_of_str("untouched");

        (void)state;
        assert_int_equal(keylime_exclude(span_of_str("/oem/a.b c"), buf, sizeof(buf), &regex), ERR_OK);
        assert_true(span_equal_str(regex, "/oem/a\\.b_c(/.*)?$"));
        assert_int_equal(keylime_exclude(span_of_str("/(a|b)[c]{d}^$*+?\\"), buf, sizeof(buf), &regex), ERR_OK);
        assert_true(span_equal_str(regex, "/\\(a\\|b\\)\\[c\\]\\{d\\}\\^\\$\\*\\+\\?\\\\(/.*)?$"));
        for (size_t cap = 0; cap < 11; cap++)
                assert_int_equal(keylime_exclude(span_of_str("/oem"), buf, cap, &regex), ERR_NO_SPACE);
        assert_int_equal(keylime_exclude(span_of_str("/oem"), buf, 11, &regex), ERR_OK);
}

static void patterns_become_expressions(void **state)
{
        char buf[64];
        struct span regex = span_of_str("untouched");

        (void)state;
        assert_int_equal(keylime_exclude_pattern(span_of_str("/oem/log-?.*/**"), buf, sizeof(buf), &regex), ERR_OK);
        assert_true(span_equal_str(regex, "/oem/log-[^/]\\.[^/]*/.*$"));
        assert_int_equal(keylime_exclude_pattern(span_of_str("/a*"), buf, 7, &regex), ERR_NO_SPACE);
        assert_int_equal(keylime_exclude_pattern(span_of_str("/a*"), buf, 8, &regex), ERR_OK);
}

static void runtime_policy_is_as_keylime_wants_it(void **state)
{
        static const struct keylime_entry entries[] = {
                { "/oem/a", { (const uint8_t *)HEX, 64 } },   { "/oem/a", { (const uint8_t *)HEX, 64 } },
                { "/oem/a", { (const uint8_t *)OTHER, 64 } }, { "boot_aggregate", { (const uint8_t *)HEX, 64 } },
                { "dm_table_load", { (const uint8_t *)HEX, 64 } },
        };
        static const struct span excludes[] = { { (const uint8_t *)"/x(/.*)?$", 9 } };
        static const struct keylime_runtime runtime = { entries, 5, excludes, 1 };
        char buf[2048];
        struct json_writer w = json_writer_on(buf, sizeof(buf));
        struct span text;

        (void)state;
        keylime_write_runtime(&w, &runtime);
        assert_int_equal(json_writer_result(&w, &text), ERR_OK);
        assert_true(span_equal_str(text, "{\"digests\":{\"/oem/a\":[\"" HEX "\",\"" OTHER "\"],\"boot_aggregate\":[\"" HEX "\"],"
                                         "\"dm_table_load\":[\"" HEX "\"]},\"excludes\":[\"/x(/.*)?$\"],"
                                         "\"ima\":{\"dm_policy\":null,\"ignored_keyrings\":[],\"log_hash_alg\":\"sha1\"},"
                                         "\"ima-buf\":{\"dm_table_load\":[\"" HEX "\"]},\"keyrings\":{\"dm_table_load\":[\"" HEX "\"]},"
                                         "\"meta\":{\"generator\":3,\"version\":1},\"release\":0,\"verification-keys\":\"\"}"));
}

static void tpm_policy_holds_our_pcr(void **state)
{
        struct baseline b = { .pcr = 15, .pcrs = { 2, { { ALG_SHA1, { 1 } }, { ALG_SHA256, { 2 } } } } };
        struct baseline newer = { .pcr = 15, .pcrs = { 1, { { ALG_SHA256, { 3 } } } } };
        const struct baseline *all[] = { &b, &newer, &b };
        char buf[1024];
        struct json_writer w = json_writer_on(buf, sizeof(buf));
        struct span text;

        (void)state;
        b.boot_chain[ALG_SHA256].pcrs = 1u << 0 | 1u << 10 | 1u << 11 | 1u << 16;
        for (unsigned i = 0; i < QUOTE_PCRS; i++)
                b.boot_chain[ALG_SHA256].values[i].alg = ALG_SHA256;
        keylime_write_tpm(&w, all, 1, false);
        assert_int_equal(json_writer_result(&w, &text), ERR_OK);
        assert_true(span_equal_str(text, "{\"15\":[\"0200000000000000000000000000000000000000000000000000000000000000\"]}"));
        w = json_writer_on(buf, sizeof(buf));
        keylime_write_tpm(&w, all, 1, true);
        assert_int_equal(json_writer_result(&w, &text), ERR_OK);
        assert_true(span_equal_str(text, "{\"0\":[\"0000000000000000000000000000000000000000000000000000000000000000\"],"
                                         "\"11\":[\"0000000000000000000000000000000000000000000000000000000000000000\"],"
                                         "\"15\":[\"0200000000000000000000000000000000000000000000000000000000000000\"]}"));
        w = json_writer_on(buf, sizeof(buf));
        keylime_write_tpm(&w, all, 3, false);
        assert_int_equal(json_writer_result(&w, &text), ERR_OK);
        assert_true(span_equal_str(text, "{\"15\":[\"0200000000000000000000000000000000000000000000000000000000000000\","
                                         "\"0300000000000000000000000000000000000000000000000000000000000000\"]}"));
}

/* A digest that fits the values: 32 bytes hash of the selected PCRs. */
static struct quote quote_over(const struct quote_bank *banks, uint32_t pcrs, struct digest *digest)
{
        struct quote quote = { .selection_count = 1, .selections = { { 0x000b, pcrs } } };
        struct digest_state hash;

        digest_begin(&hash, ALG_SHA256);
        for (unsigned i = 0; i < QUOTE_PCRS; i++)
                if (pcrs >> i & 1)
                        digest_add(&hash, digest_span(&banks[ALG_SHA256].values[i]));
        digest_end(&hash, digest);
        quote.pcr_digest = digest_span(digest);
        return quote;
}

static void pcr_values_are_as_tpm2_tools_write_them(void **state)
{
        struct quote_bank banks[ALG_COUNT] = { 0 };
        uint8_t buf[KEYLIME_PCRS_BYTES(3)];
        struct digest digest;
        struct quote quote;
        size_t size = 77;

        (void)state;
        banks[ALG_SHA256].pcrs = 0xffff;
        for (unsigned i = 0; i < QUOTE_PCRS; i++)
                banks[ALG_SHA256].values[i] = (struct digest){ ALG_SHA256, { (uint8_t)(i + 1) } };
        quote = quote_over(banks, 0x83ff, &digest);
        assert_int_equal(keylime_write_pcrs(&quote, ALG_SHA256, banks, buf, sizeof(buf), &size), ERR_OK);
        assert_int_equal(size, KEYLIME_PCRS_BYTES(2));
        assert_memory_equal(buf, "\1\0\0\0\x0b\0\3\xff\x83\0\0\0", 12);
        assert_memory_equal(buf + 132, "\2\0\0\0\x08\0\0\0\x20\0\1", 11);
        assert_int_equal(buf[136 + 532], 3); /* left: PCR 8, 9, 15 */
        assert_int_equal(buf[136 + 532 + 4 + 2 * 66 + 2], 16);
        size = 77;
        for (size_t cap = 0; cap < KEYLIME_PCRS_BYTES(2); cap++)
                assert_int_equal(keylime_write_pcrs(&quote, ALG_SHA256, banks, buf, cap, &size), ERR_NO_SPACE);
        banks[ALG_SHA256].values[9].bytes[0]++;
        assert_int_equal(keylime_write_pcrs(&quote, ALG_SHA256, banks, buf, sizeof(buf), &size), ERR_KEYLIME_VALUES);
        quote.selection_count = 2;
        assert_int_equal(keylime_write_pcrs(&quote, ALG_SHA256, banks, buf, sizeof(buf), &size), ERR_KEYLIME_BANKS);
        assert_int_equal(size, 77);
}

static void lines_are_as_the_kernel_prints_them(void **state)
{
        struct ima_entry e = { .pcr = 10, .kind = IMA_FILE, .digest = { (const uint8_t *)"\x01\x02", 2 }, .hash = { (const uint8_t *)"\xab", 1 },
                               .hash_name = { (const uint8_t *)"sha256", 6 }, .path = { (const uint8_t *)"/oem/a_b", 8 },
                               .signature = { (const uint8_t *)"\x03\x02", 2 }, .buffer = { (const uint8_t *)"\xff", 1 } };
        static const struct {
                const char *name, *line;
        } lines[] = {
                { "ima", "10 0102 ima ab /oem/a_b\n" },
                { "ima-ng", "10 0102 ima-ng sha256:ab /oem/a_b\n" },
                { "ima-sig", "10 0102 ima-sig sha256:ab /oem/a_b 0302\n" },
                { "ima-buf", "10 0102 ima-buf sha256:ab /oem/a_b ff\n" },
        };
        char buf[KEYLIME_LINE_BYTES(0)];
        size_t len = 0;

        (void)state;
        for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
                e.name = span_of_str(lines[i].name);
                assert_int_equal(keylime_write_line(&e, buf, &len), ERR_OK);
                assert_true(span_equal_str(span_of(buf, len), lines[i].line));
        }
        len = 77;
        e.name = span_of_str("ima-ngv2");
        assert_int_equal(keylime_write_line(&e, buf, &len), ERR_KEYLIME_TEMPLATE);
        e.name = span_of_str("ima-ng");
        e.kind = IMA_OTHER;
        assert_int_equal(keylime_write_line(&e, buf, &len), ERR_KEYLIME_TEMPLATE);
        assert_int_equal(len, 77);
}

static void keys_that_are_none_are_refused(void **state)
{
        uint8_t buf[KEYLIME_AK_BYTES_MAX];
        size_t size = 77;

        (void)state;
        assert_int_equal(keylime_write_ak(span_of_str(""), buf, &size), ERR_QUOTE_AK);
        assert_int_equal(keylime_write_ak(span_of_str("-----BEGIN PUBLIC KEY-----\n"), buf, &size), ERR_QUOTE_AK);
        assert_int_equal(size, 77);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(names_are_as_the_log_has_them),
                cmocka_unit_test(files_have_every_path),
                cmocka_unit_test(paths_need_room),
                cmocka_unit_test(excludes_are_anchored),
                cmocka_unit_test(patterns_become_expressions),
                cmocka_unit_test(runtime_policy_is_as_keylime_wants_it),
                cmocka_unit_test(tpm_policy_holds_our_pcr),
                cmocka_unit_test(pcr_values_are_as_tpm2_tools_write_them),
                cmocka_unit_test(lines_are_as_the_kernel_prints_them),
                cmocka_unit_test(keys_that_are_none_are_refused),
        };

        return cmocka_run_group_tests_name("keylime", tests, NULL, NULL);
}
