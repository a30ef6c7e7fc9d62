/* SPDX-License-Identifier: Apache-2.0 */
/* Baselines that were put together: two images, a vendor's part, files that a signature allows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hex.h"
#include "cli/case.h"
#include "cli/merge.h"
#include "trial.h"

#define AGENT "/usr/local/bin/agent"

/* Commands keep their memory until the program ends (cli/cli.h, cli_alloc). */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
        return "detect_leaks=0";
}

static const struct cli cli = { .name = "test" };

static void run_all(const struct trial *trials, size_t count)
{
        for (size_t i = 0; i < count; i++)
                trial_run(&trials[i]);
}

#define RUN(trials) run_all(trials, sizeof(trials) / sizeof((trials)[0]))

static void nothing(struct story *s)
{
        (void)s;
}

/* ---- two images ---------------------------------------------------------------------------------------------------------- */

/* Image B: another kernel, another agent, another file in COS_OEM. */
static void other_kernel(struct story *s)
{
        story_extend(s, 4, "image B");
        story_extend(s, 9, "image B");
}

static void other_files(struct story *s)
{
        memset(story_entry_of(s, AGENT)->hash, 0x34, 32);
        memset(story_entry_of(s, "/oem/90_custom.yaml")->hash, 0x23, 32);
        story_replace(story_event_of(s, "content")->content, "\"sha256\":\"07", "\"sha256\":\"08");
}

/* The story of a whole other boot. */
static struct baseline *enroll(enum trial_moment moment, void (*prepare)(struct story *s))
{
        struct baseline *b;
        struct span text;
        char *copy;

        trial_enroll_as(moment, prepare);
        text = trial_baseline_text();
        copy = malloc(text.len + 1);
        memcpy(copy, text.data, text.len);
        copy[text.len] = '\0';
        assert_int_equal(case_parse_baseline(&cli, "test", span_of(copy, text.len), &b), CLI_OK);
        trial_end();
        return b;
}

static void use_merged(const struct baseline *merged, struct merge_files *files)
{
        struct span text;

        merge_sort(files);
        assert_int_equal(merge_write(&cli, merged, files, &text), CLI_OK);
        trial_use_baseline((const char *)text.data);
}

static void merge(const struct baseline *a, const struct baseline *b)
{
        const struct baseline *const list[] = { a, b };
        static const char *const paths[] = { "a.json", "b.json" };
        struct baseline *merged = calloc(1, sizeof(*merged));
        struct merge_files files;

        assert_int_equal(merge_baselines(&cli, list, paths, 2, merged, &files), CLI_OK);
        use_merged(merged, &files);
}

static void agent_of_b(struct story *s)
{
        memset(story_entry_of(s, AGENT)->hash, 0x34, 32);
}

static void agent_of_nobody(struct story *s)
{
        memset(story_entry_of(s, AGENT)->hash, 0x35, 32);
}

static void content_of_nobody(struct story *s)
{
        story_replace(story_event_of(s, "content")->content, "\"sha256\":\"07", "\"sha256\":\"09");
}

static void agent_back_to_a(struct story *s)
{
        agent_of_b(s);
        story_add_entry(s, AGENT, 0x33);
}

static void either_image_may_boot(void **state)
{
        static const struct trial trials[] = {
                { "image A", TRIAL_BOOT, nothing, { 0 } },
                { "image B", TRIAL_BOOT, other_files, { 0 } },
                { "the agent of B beside the rest of A", TRIAL_BOOT, agent_of_b, { REASON_FILES_OLDER } },
                { "an agent of neither", TRIAL_BOOT, agent_of_nobody, { REASON_FILE_CHANGED } },
                { "contents of neither", TRIAL_BOOT, content_of_nobody, { REASON_CONTENT } },
                { "the agent of A after that of B", TRIAL_BOOT, agent_back_to_a, { REASON_FILE_ROLLED_BACK, REASON_FILES_OLDER } },
        };
        struct baseline *a = enroll(TRIAL_BEGIN, NULL), *b = enroll(TRIAL_BOOT, other_files);

        (void)state;
        trial_enroll();
        merge(a, b);
        RUN(trials);
        trial_end();
}

static enum judge_chain chain_of(void (*change)(struct story *s))
{
        struct story *s = calloc(1, sizeof(*s));
        const struct judge *j;
        enum judge_chain chain;

        story_begin(s);
        if (change)
                change(s);
        story_run(s);
        story_quote(s);
        (void)trial_judge(s, &j);
        chain = j->chain;
        /* Without the values beside the quote, the logs and one of the enrolled chains must give the digest. */
        s->evidence.members[EVIDENCE_PCRS] = span_of(NULL, 0);
        (void)trial_judge(s, &j);
        assert_int_equal(j->reasons.counts[REASON_QUOTE_DIGEST], chain == JUDGE_CHAIN_CHANGED);
        free(s);
        return chain;
}

static void half_of_b(struct story *s)
{
        story_extend(s, 4, "image B");
}

static void boot_chains_are_compared_as_a_whole(void **state)
{
        struct baseline *a = enroll(TRIAL_BEGIN, NULL), *b = enroll(TRIAL_BEGIN, other_kernel);

        (void)state;
        trial_enroll();
        merge(a, b);
        assert_int_equal(chain_of(NULL), JUDGE_CHAIN_UNCHANGED);
        assert_int_equal(chain_of(other_kernel), JUDGE_CHAIN_UNCHANGED);
        assert_int_equal(chain_of(half_of_b), JUDGE_CHAIN_CHANGED);
        trial_end();
}

static void another_machine(struct story *s)
{
        s->ak_seed = "another machine";
}

static void another_disk(struct story *s)
{
        story_replace(s->storage, "8bfa06f9", "99999999");
}

static void another_policy(struct story *s)
{
        story_replace(s->policy, "name test", "name other");
}

static void what_must_agree(void **state)
{
        void (*const changes[])(struct story *) = { another_machine, another_disk, another_policy };
        static const char *const paths[] = { "a.json", "b.json" };
        struct baseline *a = enroll(TRIAL_BEGIN, NULL), merged;
        struct merge_files files;

        (void)state;
        for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
                const struct baseline *const list[] = { a, enroll(TRIAL_BEGIN, changes[i]) };

                assert_int_equal(merge_baselines(&cli, list, paths, 2, &merged, &files), CLI_FAILED);
        }
}

/* ---- a vendor's part ----------------------------------------------------------------------------------------------------- */

static const char part[] = "{\"content\":[{\"bytes\":269,\"event\":\"content\",\"files\":3,\"partition\":\"COS_OEM\",\"sha256\":"
                           "\"0900000000000000000000000000000000000000000000000000000000000000\"}],\"files\":[[\"/oem/90_custom.yaml\","
                           "\"sha256:2424242424242424242424242424242424242424242424242424242424242424\"]],\"name\":\"acme\","
                           "\"partition\":\"COS_OEM\",\"vendor\":1,\"version\":3}";

static void vendors_contents(struct story *s)
{
        memset(story_entry_of(s, "/oem/90_custom.yaml")->hash, 0x24, 32);
        story_remove_entry(s, story_entry_of(s, "/sysroot/oem/00_vendor.yaml"));
        story_replace(story_event_of(s, "content")->content, "\"sha256\":\"07", "\"sha256\":\"09");
}

static void vendors_and_enrolled_contents(struct story *s)
{
        memset(story_entry_of(s, "/oem/90_custom.yaml")->hash, 0x24, 32);
        story_replace(story_event_of(s, "content")->content, "\"sha256\":\"07", "\"sha256\":\"09");
}

static void use_part(const struct baseline *a)
{
        const struct baseline *const list[] = { a };
        static const char *const paths[] = { "a.json" };
        static struct baseline_file files[64];
        struct baseline *merged = calloc(1, sizeof(*merged));
        struct merge_files all;
        struct vendor vendor;
        const char *member;

        assert_int_equal(vendor_read(span_of_str(part), files, 64, &vendor, &member), ERR_OK);
        assert_int_equal(merge_baselines(&cli, list, paths, 1, merged, &all), CLI_OK);
        assert_int_equal(merge_use_vendor(&cli, &vendor, merged, &all), CLI_OK);
        use_merged(merged, &all);
}

static void a_vendors_part_takes_the_place_of_his_partition(void **state)
{
        static const struct trial trials[] = {
                { "the vendor's contents", TRIAL_BOOT, vendors_contents, { 0 } },
                { "the enrolled contents", TRIAL_BOOT, nothing, { REASON_CONTENT, REASON_FILE_UNKNOWN, REASON_FILE_CHANGED } },
                { "a file that the vendor took away", TRIAL_BOOT, vendors_and_enrolled_contents, { REASON_FILE_UNKNOWN } },
        };
        struct baseline *a = enroll(TRIAL_BEGIN, NULL);

        (void)state;
        trial_enroll();
        use_part(a);
        RUN(trials);
        trial_end();
}

static void older_part(void)
{
        trial_give_part("acme", "COS_OEM", 2);
}

static void newer_part(void)
{
        trial_give_part("acme", "COS_OEM", 4);
}

static void other_part(void)
{
        trial_give_part("emca", "COS_OEM", 3);
}

static void part_of_another_partition(void)
{
        trial_give_part("acme", "COS_STATE", 1);
}

/* The part in the baseline has version 3. */
static void an_older_part_is_a_reason(void **state)
{
        static const struct {
                void (*give)(void);
                struct trial trial;
        } cases[] = {
                { newer_part, { "a newer part", TRIAL_BOOT, vendors_contents, { 0 } } },
                { older_part, { "an older part", TRIAL_BOOT, vendors_contents, { REASON_VENDOR_OLDER } } },
                { other_part, { "another part", TRIAL_BOOT, vendors_contents, { REASON_VENDOR_OTHER } } },
                { part_of_another_partition, { "a part of a partition without one", TRIAL_BOOT, vendors_contents, { 0 } } },
        };
        const struct baseline_vendor enrolled = { span_of_str("acme"), span_of_str("COS_OEM"), 3 };
        struct baseline *a = enroll(TRIAL_BEGIN, NULL);

        (void)state;
        a->vendors[a->vendor_count++] = enrolled;
        trial_enroll();
        use_part(a);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                cases[i].give();
                trial_run(&cases[i].trial);
        }
        trial_end();
}

static void parts_are_read_strictly(void **state)
{
        static const struct {
                const char *from, *to;
                enum err expected;
        } breaks[] = {
                { "\"vendor\":1", "\"vendor\":2", ERR_BASELINE_VERSION },
                { "\"version\":3}", "\"version\":3,\"x\":1}", ERR_BASELINE_SHAPE },
                { "\"version\":3", "\"version\":\"3\"", ERR_CANON_SHAPE },
                { "\"name\":\"acme\",", "", ERR_BASELINE_SHAPE },
                { "\"files\":[[", "\"files\": [[", ERR_CANON_SYNTAX },
        };
        struct baseline_file files[8];
        struct vendor vendor;
        const char *member;

        (void)state;
        for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
                static char text[STORY_TEXT_BYTES];

                strcpy(text, part);
                story_replace(text, breaks[i].from, breaks[i].to);
                assert_int_equal(vendor_read(span_of_str(text), files, 8, &vendor, &member), breaks[i].expected);
        }
        for (size_t len = 0; len < sizeof(part) - 1; len++)
                assert_int_not_equal(vendor_read(span_of(part, len), files, 8, &vendor, &member), ERR_OK);
        assert_int_equal(vendor_read(span_of_str(part), files, 0, &vendor, &member), ERR_BASELINE_FILES);
}

/* A part may not speak of what is not the vendor's. */
static void a_part_keeps_to_its_partition(void **state)
{
        static char text[STORY_TEXT_BYTES];
        static const char *const paths[] = { "a.json" };
        struct baseline *a = enroll(TRIAL_BEGIN, NULL), *merged = calloc(1, sizeof(*merged));
        const struct baseline *const list[] = { a };
        struct baseline_file files[8];
        struct merge_files all;
        struct vendor vendor;
        const char *member;

        (void)state;
        strcpy(text, part);
        story_replace(text, "/oem/90_custom.yaml", "/usr/local/bin/agent");
        assert_int_equal(vendor_read(span_of_str(text), files, 8, &vendor, &member), ERR_OK);
        assert_int_equal(merge_baselines(&cli, list, paths, 1, merged, &all), CLI_OK);
        assert_int_equal(merge_use_vendor(&cli, &vendor, merged, &all), CLI_FAILED);
        strcpy(text, part);
        story_replace(text, "\"partition\":\"COS_OEM\",\"sha256\"", "\"partition\":\"COS_PERSISTENT\",\"sha256\"");
        assert_int_equal(vendor_read(span_of_str(text), files, 8, &vendor, &member), ERR_OK);
        assert_int_equal(merge_baselines(&cli, list, paths, 1, merged, &all), CLI_OK);
        assert_int_equal(merge_use_vendor(&cli, &vendor, merged, &all), CLI_FAILED);
}

/* ---- files by signature -------------------------------------------------------------------------------------------------- */

#define PROGRAM "#!/bin/sh\necho a new release\n"

static struct signer program_signer, other_signer;

static struct story_entry *add_signed(struct story *s, const char *path, const struct signer *signer)
{
        struct story_entry *e = story_add_entry(s, path, 0);
        struct digest digest;

        digest_of(ALG_SHA256, span_of_str(PROGRAM), &digest);
        memcpy(e->hash, digest.bytes, 32);
        e->template_name = "ima-sig";
        e->signature = signer ? span_of(signer->sig, signer->sig_len) : span_of(NULL, 0);
        return e;
}

static void signed_program(struct story *s)
{
        add_signed(s, "/usr/local/bin/tool", &program_signer);
}

static void signed_elsewhere(struct story *s)
{
        add_signed(s, "/usr/local/sbin/tool", &program_signer);
}

static void signed_by_another(struct story *s)
{
        add_signed(s, "/usr/local/bin/tool", &other_signer);
}

static void not_signed(struct story *s)
{
        add_signed(s, "/usr/local/bin/tool", NULL);
}

static void signed_other_bytes(struct story *s)
{
        add_signed(s, "/usr/local/bin/tool", &program_signer)->hash[0] ^= 1;
}

static void signed_by_another_hash(struct story *s)
{
        add_signed(s, "/usr/local/bin/tool", &program_signer)->hash_name = "sm3-256";
}

static void enrolled_was_replaced(struct story *s)
{
        story_remove_entry(s, story_entry_of(s, AGENT));
        add_signed(s, AGENT, &program_signer);
}

static void use_signed(const struct baseline *a)
{
        static const char *const paths[] = { "a.json" };
        const struct baseline *const list[] = { a };
        struct baseline *merged = calloc(1, sizeof(*merged));
        struct merge_files files;
        static char hex[2 * sizeof(program_signer.cert) + 1];

        assert_int_equal(merge_baselines(&cli, list, paths, 1, merged, &files), CLI_OK);
        hex_encode(span_of(program_signer.cert, program_signer.cert_len), hex);
        merged->certificates[merged->certificate_count++] = span_of_str(hex);
        merged->signed_names[merged->signed_count++] = span_of_str("\"/usr/local/bin/\"");
        use_merged(merged, &files);
}

static void signatures_allow_files(void **state)
{
        static const struct trial trials[] = {
                { "a signed program", TRIAL_BOOT, signed_program, { 0 } },
                { "an enrolled program replaced by a signed one", TRIAL_BOOT, enrolled_was_replaced, { 0 } },
                { "a signed program in another folder", TRIAL_BOOT, signed_elsewhere, { REASON_FILE_UNKNOWN } },
                { "a program signed by somebody else", TRIAL_BOOT, signed_by_another, { REASON_FILE_SIGNATURE } },
                { "a program without a signature", TRIAL_BOOT, not_signed, { REASON_FILE_SIGNATURE } },
                { "a program that is not what was signed", TRIAL_BOOT, signed_other_bytes, { REASON_FILE_SIGNATURE } },
                { "a digest under another hash's name", TRIAL_BOOT, signed_by_another_hash, { REASON_FILE_SIGNATURE } },
                { "an enrolled program that is not signed", TRIAL_BOOT, nothing, { 0 } },
                { "a changed program that is not signed", TRIAL_BOOT, agent_of_nobody, { REASON_FILE_SIGNATURE } },
        };
        struct baseline *a = enroll(TRIAL_BEGIN, NULL);

        (void)state;
        signer_make(&program_signer, "signer of programs", span_of_str(PROGRAM));
        signer_make(&other_signer, "somebody else", span_of_str(PROGRAM));
        trial_enroll();
        use_signed(a);
        RUN(trials);
        trial_end();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(either_image_may_boot),
                cmocka_unit_test(boot_chains_are_compared_as_a_whole),
                cmocka_unit_test(what_must_agree),
                cmocka_unit_test(an_older_part_is_a_reason),
                cmocka_unit_test(a_vendors_part_takes_the_place_of_his_partition),
                cmocka_unit_test(parts_are_read_strictly),
                cmocka_unit_test(a_part_keeps_to_its_partition),
                cmocka_unit_test(signatures_allow_files),
        };

        return cmocka_run_group_tests_name("judge by merged baselines", tests, NULL, NULL);
}
