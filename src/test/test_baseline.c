/* SPDX-License-Identifier: Apache-2.0 */
/* Baselines as text, the names of files, and differences between canonical values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "verify/baseline.h"
#include "verify/diff.h"

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

#define LETTERS "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const char good[] = "{\"ak\":\"" DIGEST "\",\"boot_chain\":{\"sha256\":{\"0\":\"" DIGEST "\",\"11\":\"" DIGEST "\"}},"
                           "\"content\":[{\"partition\":\"COS_OEM\"}],"
                           "\"files\":[[\"/oem/a\",\"sha256:" DIGEST "\"],[\"/oem/b\",\"sha1:aa\",\"sha256:" DIGEST "\"],"
                           "[{\"hex\":\"2fff\"},\"sha256:" DIGEST "\"]],"
                           "\"mounts\":[{\"partition\":\"COS_OEM\",\"point\":\"/oem\",\"root\":\"/\",\"walked\":true}],"
                           "\"padded\":[\"sha384\"],\"pcr\":15,\"pcrs\":{\"sha256\":\"" DIGEST "\"},"
                           "\"policy\":{\"name\":\"p\",\"sha256\":\"" DIGEST "\",\"signer\":\"" DIGEST "\",\"version\":7},"
                           "\"selection\":{\"sha256\":65535},\"storage\":{\"event\":\"storage\"},"
                           "\"tpm\":{\"firmware\":\"2019102300163636\",\"resets\":3,\"restarts\":0},"
                           "\"vendors\":[{\"name\":\"acme\",\"partition\":\"COS_OEM\",\"version\":3}],"
                           "\"verity\":[{\"partition\":\"COS_PERSISTENT\",\"root\":\"aa\"}],\"version\":1}\n";

static struct baseline baseline;
static struct baseline_file files[8];

static enum err read_text(const char *text, const char **ret_member)
{
        return baseline_read(span_of_str(text), files, 8, &baseline, ret_member);
}

static void reads_every_member(void **state)
{
        const char *member;

        (void)state;
        assert_int_equal(read_text(good, &member), ERR_OK);
        assert_int_equal(baseline.ak_sha256[1], 0x23);
        assert_int_equal(baseline.boot_chain[ALG_SHA256].pcrs, 1 | 1 << 11);
        assert_int_equal(baseline.content_count, 1);
        assert_int_equal(baseline.file_count, 3);
        assert_int_equal(baseline.mount_count, 1);
        assert_true(baseline.mounts[0].walked);
        assert_int_equal(baseline.padded, 1 << ALG_SHA384);
        assert_int_equal(baseline.pcr, 15);
        assert_int_equal(baseline.pcrs.count, 1);
        assert_true(span_equal_str(baseline.policy_name, "p"));
        assert_int_equal(baseline.policy_version, 7);
        assert_int_equal(baseline.selection[ALG_SHA256], 65535);
        assert_true(baseline.tpm_firmware == UINT64_C(0x2019102300163636));
        assert_int_equal(baseline.tpm_resets, 3);
        assert_int_equal(baseline.vendor_count, 1);
        assert_true(span_equal_str(baseline.vendors[0].name, "acme"));
        assert_int_equal(baseline.vendors[0].version, 3);
        assert_int_equal(baseline.root_count, 1);
        assert_true(span_equal_str(baseline.roots[0].root, "aa"));
        assert_true(span_equal_str(baseline.storage, "{\"event\":\"storage\"}"));
}

static void finds_files_and_digests(void **state)
{
        const struct baseline_file *file;
        const char *member;

        (void)state;
        assert_int_equal(read_text(good, &member), ERR_OK);
        file = baseline_find(&baseline, span_of_str("\"/oem/b\""));
        assert_non_null(file);
        assert_true(baseline_file_allows(file, span_of_str("sha256:" DIGEST)));
        assert_true(baseline_file_allows(file, span_of_str("sha1:aa")));
        assert_false(baseline_file_allows(file, span_of_str("sha256:aa")));
        assert_true(span_equal_str(baseline_file_digest(file), "sha1:aa"));
        assert_non_null(baseline_find(&baseline, span_of_str("{\"hex\":\"2fff\"}")));
        assert_null(baseline_find(&baseline, span_of_str("\"/oem\"")));
        assert_null(baseline_find(&baseline, span_of_str("\"/oem/bb\"")));
}

static void one_thing_wrong_gives_one_code(void **state)
{
        static const struct {
                const char *old, *new;
                enum err expected;
                const char *member;
        } rows[] = {
                { "\"version\":1}", "\"version\":2}", ERR_BASELINE_VERSION, "version" },
                { "\"pcr\":15", "\"pcr\":24", ERR_BASELINE_SHAPE, "pcr" },
                { "\"pcr\":15", "\"pcr\":\"15\"", ERR_CANON_SHAPE, "pcr" },
                { "\"pcr\":15,", "", ERR_BASELINE_SHAPE, "pcr" },
                { "\"pcr\":15", "\"pce\":15,\"pcr\":15", ERR_BASELINE_SHAPE, "pcr" },
                { "\"version\":1}", "\"version\":1,\"x\":1}", ERR_BASELINE_SHAPE, "version" },
                { "\"pcr\":15", "\"pcr\": 15", ERR_CANON_SYNTAX, "" },
                { "{\"ak\":\"0", "{\"ak\":\"", ERR_HEX, "ak" },
                { "{\"ak\":\"0", "{\"ak\":\"g", ERR_HEX, "ak" },
                { "{\"0\":", "{\"00\":", ERR_BASELINE_SHAPE, "boot_chain" },
                { ",\"11\":", ",\"24\":", ERR_BASELINE_SHAPE, "boot_chain" },
                { "\"boot_chain\":{\"sha256\"", "\"boot_chain\":{\"md5\"", ERR_ALG_UNKNOWN, "boot_chain" },
                { "\"padded\":[\"sha384\"]", "\"padded\":[\"md5\"]", ERR_ALG_UNKNOWN, "padded" },
                { "\"padded\":[\"sha384\"]", "\"padded\":[384]", ERR_CANON_SHAPE, "padded" },
                { "\"padded\":[\"sha384\"]", "\"padded\":\"sha384\"", ERR_CANON_SHAPE, "padded" },
                { "/oem/b", "/oem/a", ERR_BASELINE_FILES, "files" },
                { "/oem/b", "/oel/z", ERR_BASELINE_FILES, "files" },
                { "[\"/oem/a\",\"sha256:" DIGEST "\"]", "[]", ERR_BASELINE_SHAPE, "files" },
                { "\"point\":\"/oem\"", "\"point\":1", ERR_CANON_SHAPE, "mounts" },
                { "\"sha256\":65535", "\"sha256\":16777216", ERR_BASELINE_SHAPE, "selection" },
                { "\"firmware\":\"20", "\"firmware\":\"", ERR_HEX, "tpm" },
                { "\"storage\":{\"event\":\"storage\"}", "\"storage\":[]", ERR_CANON_SHAPE, "storage" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char text[sizeof(good) + 64];
                const char *at = strstr(good, rows[i].old), *member;

                assert_non_null(at);
                snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, rows[i].new, at + strlen(rows[i].old));
                baseline.pcr = 99;
                assert_int_equal(read_text(text, &member), rows[i].expected);
                assert_string_equal(member, rows[i].member);
                assert_int_equal(baseline.pcr, 99);
        }
}

static void every_prefix_is_refused(void **state)
{
        const char *member;

        (void)state;
        for (size_t len = 0; len < sizeof(good) - 2; len++) {
                char *exact = malloc(len + 1);

                memcpy(exact, good, len);
                assert_int_not_equal(baseline_read(span_of(exact, len), files, 8, &baseline, &member), ERR_OK);
                free(exact);
        }
}

/* Names are passed sixteen bytes at a time where no name is in hex: what ends or spoils one is seen at each place. */
static void names_are_read_to_their_end(void **state)
{
        static const struct {
                const char *text;
                bool good;
        } rows[] = { { "\\\"", true }, { "\\\\", true }, { "\xc3\xa9", true }, { "\"", false }, { "\\", false }, { "\x01", false }, { "\x1f", false }, { "\xff", false } };
        const char *files_at = strstr(good, "[[") + 1, *after = strstr(good, "],\"mounts\"");
        char name[128], text[sizeof(good) + sizeof(name)];
        const char *member;

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                for (int at = 0; at < 40; at++) {
                        snprintf(name, sizeof(name), "\"/oem/A%.*s%s%.*s\"", at, LETTERS, rows[i].text, 40 - at, LETTERS);
                        snprintf(text, sizeof(text), "%.*s[%s,\"sha256:" DIGEST "\"]%s", (int)(files_at - good), good, name, after);
                        if ((read_text(text, &member) == ERR_OK) != rows[i].good)
                                fail_msg("%s: %d", name, !rows[i].good);
                        if (rows[i].good)
                                assert_true(span_equal_str(baseline.files[0].name, name));
                }
}

static void too_many_files(void **state)
{
        const char *member;

        (void)state;
        assert_int_equal(baseline_read(span_of_str(good), files, 2, &baseline, &member), ERR_BASELINE_FILES);
}

static void what_is_read_is_written(void **state)
{
        struct baseline_entry entries[8];
        size_t count = 0;
        char text[4096];
        struct json_writer w = json_writer_on(text, sizeof(text));
        struct span out;
        const char *member;

        (void)state;
        assert_int_equal(read_text(good, &member), ERR_OK);
        for (size_t i = 0; i < baseline.file_count; i++) {
                struct canon_walk walk = files[i].digests;
                struct span digest;

                for (; canon_next_element(&walk, &digest); count++) {
                        entries[count].name = files[i].name;
                        assert_int_equal(canon_plain_string(digest, &entries[count].digest), ERR_OK);
                }
        }
        baseline_write(&w, &baseline, entries, count);
        assert_int_equal(json_writer_result(&w, &out), ERR_OK);
        assert_int_equal(out.len, sizeof(good) - 2);
        assert_memory_equal(out.data, good, out.len);
}

/* good with a member put before another one. */
static const char *with(const char *before, const char *member)
{
        static char text[4096];
        const char *at = strstr(good, before);

        assert_non_null(at);
        (void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, member, at);
        return text;
}

#define CHAIN "\"boot_chain_others\":[{\"sha256\":{\"4\":\"" DIGEST "\"}}],"
#define CERTIFICATES "\"certificates\":[\"3000\"],"
#define SIGNED "\"signed\":[\"/oem/\",\"/usr/x\"],"

static void optional_members(void **state)
{
        static const struct {
                const char *before, *member;
                enum err expected;
        } rows[] = {
                { "\"content\"", CHAIN, ERR_OK },
                { "\"content\"", CERTIFICATES, ERR_OK },
                { "\"content\"", CHAIN CERTIFICATES, ERR_OK },
                { "\"storage\"", SIGNED, ERR_OK },
                { "\"content\"", "\"boot_chain_others\":[{\"sha256\":{\"24\":\"" DIGEST "\"}}],", ERR_BASELINE_SHAPE },
                { "\"content\"", "\"boot_chain_others\":[{},{},{},{},{}],", ERR_BASELINE_SHAPE },
                { "\"content\"", "\"boot_chain_others\":{},", ERR_CANON_SHAPE },
                { "\"content\"", "\"certificates\":[\"300\"],", ERR_HEX },
                { "\"content\"", "\"certificates\":[3000],", ERR_CANON_SHAPE },
                { "\"content\"", "\"certificates\":[\"\",\"\",\"\",\"\",\"\"],", ERR_BASELINE_SHAPE },
                { "\"storage\"", "\"signed\":[1],", ERR_BASELINE_SHAPE },
                { "\"storage\"", "\"sign\":[],", ERR_BASELINE_SHAPE },
        };
        const char *member;

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                assert_int_equal(read_text(with(rows[i].before, rows[i].member), &member), rows[i].expected);
        assert_int_equal(read_text(with("\"content\"", CHAIN CERTIFICATES), &member), ERR_OK);
        assert_int_equal(baseline.other_chain_count, 1);
        assert_int_equal(baseline.certificate_count, 1);
        assert_true(span_equal_str(baseline.certificates[0], "3000"));
        assert_int_equal(read_text(with("\"storage\"", SIGNED), &member), ERR_OK);
        assert_true(baseline_is_signed(&baseline, span_of_str("\"/oem/x\"")));
        assert_true(baseline_is_signed(&baseline, span_of_str("\"/usr/x\"")));
        assert_false(baseline_is_signed(&baseline, span_of_str("\"/usr/xy\"")));
        assert_false(baseline_is_signed(&baseline, span_of_str("\"/oem\"")));
        assert_false(baseline_is_signed(&baseline, span_of_str("{\"hex\":\"2fff\"}")));
}

/* Contents of one file, as the log had them: each once, and the first that came back once more. */
static void contents_keep_their_order(void **state)
{
        static const struct {
                const char *seen, *written;
                bool ordered;
        } rows[] = {
                { "a", "[[\"/x\",\"a\"]]", true },          { "ab", "[[\"/x\",\"a\",\"b\"]]", true },
                { "aab", "[[\"/x\",\"a\",\"b\"]]", true },   { "aba", "[[\"/x\",\"a\",\"b\",\"a\"]]", false },
                { "abab", "[[\"/x\",\"a\",\"b\",\"a\"]]", false }, { "ba", "[[\"/x\",\"b\",\"a\"]]", true },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct baseline_entry entries[8];
                struct baseline_file file;
                char text[256];
                struct json_writer w = json_writer_on(text, sizeof(text));
                size_t count = strlen(rows[i].seen);
                struct span out;

                for (size_t k = 0; k < count; k++)
                        entries[k] = (struct baseline_entry){ span_of_str("\"/x\""), span_of(rows[i].seen + k, 1), k };
                baseline_write_files(&w, entries, count);
                assert_int_equal(json_writer_result(&w, &out), ERR_OK);
                assert_true(span_equal_str(out, rows[i].written));
                assert_int_equal(baseline_read_files(out, &file, 1, &count), ERR_OK);
                assert_int_equal(baseline_file_is_ordered(&file), rows[i].ordered);
        }
}

/* ---- names --------------------------------------------------------------------------------------------------------------- */

static void aliases_have_one_name(void **state)
{
        static const struct alias_mount mounts[] = {
                { { (const uint8_t *)"P", 1 }, { (const uint8_t *)"/var/log", 8 }, { (const uint8_t *)"/.state/var-log.bind", 20 }, false },
                { { (const uint8_t *)"P", 1 }, { (const uint8_t *)"/usr/local", 10 }, { (const uint8_t *)"/", 1 }, false },
                { { (const uint8_t *)"O", 1 }, { (const uint8_t *)"/oem", 4 }, { (const uint8_t *)"/", 1 }, true },
                { { (const uint8_t *)"B", 1 }, { (const uint8_t *)"/mnt/bind", 9 }, { (const uint8_t *)"/x", 2 }, false },
        };
        static const struct {
                const char *path, *name;
                int mount; /* index, -1: none */
        } rows[] = {
                { "/oem/a", "\"/oem/a\"", 2 },
                { "/sysroot/oem/a", "\"/oem/a\"", 2 },
                { "/sysrootoem/a", "\"/sysrootoem/a\"", -1 },
                { "/sysroot", "\"/sysroot\"", -1 },
                { "/oem", "\"/oem\"", 2 },
                { "/oem-evil/a", "\"/oem-evil/a\"", -1 },
                { "/usr/local/bin/agent", "\"/usr/local/bin/agent\"", 1 },
                { "/var/log/x", "\"/usr/local/.state/var-log.bind/x\"", 0 },
                { "/mnt/bind/x", "\"/mnt/bind/x\"", 3 }, /* the whole of that partition is mounted nowhere */
                { "/oem/a\"b\n", "\"/oem/a\\\"b\\n\"", 2 },
                { "/oem/\xff", "{\"hex\":\"2f6f656d2fff\"}", 2 },
                { "dm_table_load", "\"dm_table_load\"", -1 },
                { "", "\"\"", -1 },
        };
        static char buf[ALIAS_NAME_BYTES];

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct span name;

                assert_int_equal(alias_name(mounts, 4, span_of_str(rows[i].path), buf, &name), ERR_OK);
                assert_int_equal(name.len, strlen(rows[i].name));
                assert_memory_equal(name.data, rows[i].name, name.len);
                assert_ptr_equal(alias_mount_of(mounts, 4, span_of_str(rows[i].path)),
                                 rows[i].mount < 0 ? NULL : &mounts[rows[i].mount]);
        }
}

/* ---- differences --------------------------------------------------------------------------------------------------------- */

static void note(void *arg, struct span path, struct span was, struct span now)
{
        char *text = arg;

        sprintf(text + strlen(text), "%.*s=%.*s>%.*s;", (int)path.len, (const char *)path.data, (int)was.len, (const char *)was.data,
                (int)now.len, (const char *)now.data);
}

static void differences_are_found_field_by_field(void **state)
{
        static const struct {
                const char *was, *now, *found;
        } rows[] = {
                { "{\"a\":1}", "{\"a\":1}", "" },
                { "{\"a\":1}", "{\"a\":2}", "a=1>2;" },
                { "{\"a\":1,\"c\":3}", "{\"b\":2,\"c\":3}", "a=1>;b=>2;" },
                { "{\"a\":{\"b\":{\"c\":1,\"d\":2}}}", "{\"a\":{\"b\":{\"c\":1,\"d\":3},\"e\":4}}", "a.b.d=2>3;a.e=>4;" },
                { "{\"a\":[{\"b\":1}]}", "{\"a\":[{\"b\":2}]}", "a.b=1>2;" },
                { "{\"a\":[1,2,3]}", "{\"a\":[1,4,3]}", "a.1=2>4;" },
                { "{\"a\":[1,2]}", "{\"a\":[1]}", "a=[1,2]>[1];" },
                { "{\"a\":[]}", "{\"a\":{}}", "a=[]>{};" },
                { "{\"a\":{}}", "{\"a\":1}", "a={}>1;" },
                { "1", "2", "=1>2;" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char text[256] = "";

                diff_walk(span_of_str(rows[i].was), span_of_str(rows[i].now), note, text);
                assert_string_equal(text, rows[i].found);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_every_member),
                cmocka_unit_test(finds_files_and_digests),
                cmocka_unit_test(one_thing_wrong_gives_one_code),
                cmocka_unit_test(every_prefix_is_refused),
                cmocka_unit_test(names_are_read_to_their_end),
                cmocka_unit_test(too_many_files),
                cmocka_unit_test(what_is_read_is_written),
                cmocka_unit_test(optional_members),
                cmocka_unit_test(contents_keep_their_order),
                cmocka_unit_test(aliases_have_one_name),
                cmocka_unit_test(differences_are_found_field_by_field),
        };

        return cmocka_run_group_tests_name("baseline", tests, NULL, NULL);
}
