/* SPDX-License-Identifier: Apache-2.0 */
/* Escaped printing, files written whole or not at all, and how reasons are worded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/file.h"
#include "cli/print.h"
#include "cli/verdict.h"

static const struct cli cli = { .name = "test" };

/* Commands keep their memory until the program ends (cli/cli.h, cli_alloc). */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
        return "detect_leaks=0";
}

static void hostile_bytes_are_escaped(void **state)
{
        static const struct {
                const char *text, *shown;
        } rows[] = {
                { "/oem/90_custom.yaml", "/oem/90_custom.yaml" },
                { "a b", "a b" },
                { "\033[2J", "\\x1b[2J" },
                { "a\nb\r\tc", "a\\nb\\r\\tc" },
                { "\\x1b", "\\\\x1b" },
                { "\177", "\\x7f" },
                { "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
                { "\xf0\x9f\x90\xa7", "\xf0\x9f\x90\xa7" },
                { "\xff\xc3", "\\xff\\xc3" },
                { "\xc2\x9b", "\\xc2\\x9b" },                 /* CSI, one character */
                { "\xe2\x80\xae", "\\xe2\\x80\\xae" },       /* right-to-left override */
                { "\xe2\x81\xa6", "\\xe2\\x81\\xa6" },       /* left-to-right isolate */
                { "\xc0\x80", "\\xc0\\x80" },                 /* overlong */
                { "\xed\xa0\x80", "\\xed\\xa0\\x80" },       /* surrogate */
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char *shown = NULL;
                size_t len;
                FILE *out = open_memstream(&shown, &len);

                print_escaped(out, span_of_str(rows[i].text));
                fclose(out);
                assert_string_equal(shown, rows[i].shown);
                free(shown);
        }
}

static void reasons_in_words(void **state)
{
        static const struct reason reasons[] = {
                { .code = REASON_FILE_CHANGED, .subject = { (const uint8_t *)"/oem/a\n", 7 }, .was = { (const uint8_t *)"sha256:1", 8 },
                  .now = { (const uint8_t *)"sha256:2", 8 }, .number = 12 },
                { .code = REASON_STORAGE_FIELD, .subject = { (const uint8_t *)"COS_OEM", 7 }, .field = { (const uint8_t *)"a.uuid", 6 },
                  .was = { (const uint8_t *)"\"x\"", 3 } },
                { .code = REASON_STORAGE_AMBIGUOUS, .subject = { (const uint8_t *)"COS_OEM", 7 }, .number = 2 },
                { .code = REASON_FAILURE, .subject = { (const uint8_t *)"policy", 6 }, .error = ERR_SIG_NO_KEY,
                  .now = { (const uint8_t *)"vda2", 4 } },
        };
        char no_key[256];
        const char *const words[] = {
                "/oem/a\\n: not the enrolled content: sha256:1 -> sha256:2 (IMA entry 12)",
                "COS_OEM: a.uuid \"x\" -> nothing",
                "COS_OEM: 2 devices match",
                no_key,
        };

        (void)state;
        snprintf(no_key, sizeof(no_key), "policy: failed: %s: vda2", err_text(ERR_SIG_NO_KEY));
        for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
                char *shown = NULL;
                size_t len;
                FILE *out = open_memstream(&shown, &len);

                verdict_print_reason(out, &reasons[i]);
                fclose(out);
                assert_string_equal(shown, words[i]);
                free(shown);
        }
}

static void files_come_whole_or_not_at_all(void **state)
{
        char folder[] = "/tmp/cosima-test-XXXXXX", path[64], sub[64];
        struct span bytes;
        struct stat st;

        (void)state;
        assert_non_null(mkdtemp(folder));
        snprintf(path, sizeof(path), "%s/file", folder);
        snprintf(sub, sizeof(sub), "%s/sub", folder);
        assert_int_equal(file_write(&cli, path, 0640, span_of_str("first")), CLI_OK);
        assert_int_equal(file_write(&cli, path, 0640, span_of_str("second")), CLI_OK);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0640);
        assert_int_equal(file_read(&cli, path, 6, &bytes), CLI_OK);
        assert_true(span_equal_str(bytes, "second"));
        assert_int_equal(file_read(&cli, path, 5, &bytes), CLI_USAGE);
        assert_true(span_equal_str(bytes, "second"));
        /* A folder cannot be replaced by a file, and the new file must not stay. */
        assert_int_equal(mkdir(sub, 0700), 0);
        assert_int_equal(file_write(&cli, sub, 0600, span_of_str("third")), CLI_FAILED);
        assert_int_equal(rmdir(sub), 0);
        assert_int_equal(file_write(&cli, "/nowhere/file", 0600, span_of_str("")), CLI_FAILED);
        assert_int_equal(file_write(&cli, "/dev/full", 0600, span_of_str("x")), CLI_FAILED);
        assert_int_equal(file_write(&cli, "/dev/null", 0600, span_of_str("x")), CLI_OK);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(hostile_bytes_are_escaped),
                cmocka_unit_test(reasons_in_words),
                cmocka_unit_test(files_come_whole_or_not_at_all),
        };

        return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
