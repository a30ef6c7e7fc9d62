/* SPDX-License-Identifier: Apache-2.0 */
/* The IMA log is read after the quote, so what stands behind the quoted entries anybody can have written: it may speak against a node, never for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "trial.h"

/* What the kernel did not log stands behind what it did. */
struct forgery {
        const char *what, *path;
        enum reason_code expected; /* besides REASON_IMA_BEYOND */
};

static enum judge_verdict judge_forged(const char *path, bool without, const struct judge **ret_judge)
{
        struct story *s = calloc(1, sizeof(*s));
        struct story_entry *at, kept;
        enum judge_verdict verdict;

        trial_begin(s);
        story_boot(s);
        at = story_entry_of(s, path);
        kept = *at;
        story_remove_entry(s, at);
        story_run(s);
        story_quote(s);
        if (!without) {
                s->entries[s->entry_count++] = kept;
                story_write_logs(s);
        }
        verdict = trial_judge(s, ret_judge);
        free(s);
        return verdict;
}

static void run_all(const struct forgery *forgeries, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                const struct forgery *f = &forgeries[i];

                for (unsigned without = 0; without < 2; without++) {
                        const struct judge *j;
                        enum judge_verdict verdict = judge_forged(f->path, without, &j);

                        if (verdict != JUDGE_UNTRUSTED || j->reasons.counts[f->expected] != 1 || j->reasons.counts[REASON_IMA_BEYOND] != !without ||
                            j->reasons.count != 1 + !without)
                                fail_msg("%s%s: %s, %u reasons", f->what, without ? ", and not made up" : "", judge_verdict_text(verdict), j->reasons.count);
                }
        }
}

#define RUN(forgeries) run_all(forgeries, sizeof(forgeries) / sizeof((forgeries)[0]))

static void encrypted(struct story *s)
{
        story_encrypt(s, "dm_version=4.47.0;name=persistent,uuid=CRYPT-LUKS2-c05a0000000040008000000000000005-persistent,major=254,minor=0,minor_count=1,"
                         "num_targets=1;target_index=0,target_begin=0,target_len=16384,target_name=crypt,cipher_string=aes-xts-plain64,key_size=64;");
}

static void nothing_behind_the_quote_speaks_for_a_node(void **state)
{
        static const struct forgery forgeries[] = {
                { "a receipt", RECEIPT_PATH, REASON_RECEIPT_ABSENT },
                { "a file that the walk read", "/oem/90_custom.yaml", REASON_FILE_ABSENT },
                { "a table of the device mapper", "dm_table_load", REASON_DM_TABLE_ABSENT },
        };

        (void)state;
        trial_enroll_as(TRIAL_BEGIN, encrypted);
        RUN(forgeries);
        trial_end();
}

/* A file that nobody must have read may be opened between the quote and the reading of the log. */
static void what_was_opened_since_is_no_reason(void **state)
{
        const struct judge *j;

        (void)state;
        trial_enroll();
        assert_int_equal(judge_forged("/usr/local/bin/agent", false, &j), JUDGE_TRUSTED);
        assert_int_equal(j->reasons.counts[REASON_IMA_BEYOND], 1);
        assert_int_equal(j->reasons.count, 1);
        trial_end();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(nothing_behind_the_quote_speaks_for_a_node),
                cmocka_unit_test(what_was_opened_since_is_no_reason),
        };

        return cmocka_run_group_tests_name("judge beyond the quote", tests, NULL, NULL);
}
