/* SPDX-License-Identifier: Apache-2.0 */
/* Plays changed stories and compares the reasons. */
#include "trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "verify/enroll.h"

#define FILES_MAX 64

static struct story *story;
static struct judge *judge;
static struct baseline baseline;
static struct baseline_file files[FILES_MAX];
static uint8_t seen[FILES_MAX];
static struct judge_seen_at seen_at[FILES_MAX];
static char text[65536]; /* of the baseline */
static size_t text_len;
static enum trial_moment prepare_moment;
static void (*prepare_story)(struct story *s);

static int compare(const void *a, const void *b)
{
        return baseline_compare(a, b);
}

static void write_baseline(void)
{
        static char names[FILES_MAX][ALIAS_NAME_BYTES], digests[FILES_MAX][BASELINE_DIGEST_BYTES];
        static struct alias_mount mounts[ALIAS_MOUNTS_MAX];
        static struct baseline enrolled;
        struct ima_reader reader = ima_reader_on(story->evidence.members[EVIDENCE_IMA], ALG_SHA1);
        struct json_writer w = json_writer_on(text, sizeof(text));
        struct baseline_entry entries[FILES_MAX];
        struct span out;
        unsigned count = 0, mount_count;

        assert_int_equal(enroll_mounts(judge, mounts, &mount_count), ERR_OK);
        assert_int_equal(enroll_baseline(judge, mounts, mount_count, &enrolled), ERR_OK);
        while (!ima_done(&reader)) {
                struct ima_entry e;

                assert_int_equal(ima_next(&reader, &e), ERR_OK);
                if (!enroll_file(&e, digests[count], &entries[count].digest))
                        continue;
                assert_int_equal(alias_name(mounts, mount_count, e.path, names[count], &entries[count].name), ERR_OK);
                entries[count].age = count;
                count++;
        }
        qsort(entries, count, sizeof(entries[0]), compare);
        baseline_write(&w, &enrolled, entries, count);
        assert_int_equal(json_writer_result(&w, &out), ERR_OK);
        text_len = out.len;
}

void trial_begin(struct story *s)
{
        story_begin(s);
        if (prepare_story && prepare_moment == TRIAL_BEGIN)
                prepare_story(s);
}

static void play(const struct trial *t)
{
        void (*const steps[])(struct story *) = {
                [TRIAL_BEGIN] = story_begin, [TRIAL_BOOT] = story_boot, [TRIAL_RUN] = story_run, [TRIAL_QUOTE] = story_quote
        };

        for (unsigned moment = TRIAL_BEGIN; moment <= TRIAL_QUOTE; moment++) {
                steps[moment](story);
                if (prepare_story && prepare_moment == moment)
                        prepare_story(story);
                if (t && t->moment == moment && t->change)
                        t->change(story);
        }
}

void trial_use_baseline(const char *with)
{
        const char *member;

        text_len = strlen(with);
        assert_true(text_len < sizeof(text));
        memmove(text, with, text_len + 1);
        assert_int_equal(baseline_read(span_of(text, text_len), files, FILES_MAX, &baseline, &member), ERR_OK);
}

void trial_use_look(const struct judge_look *look)
{
        judge->look = look;
}

void trial_give_part(const char *name, const char *partition, uint64_t version)
{
        baseline.given = (struct baseline_vendor){ span_of_str(name), span_of_str(partition), version };
}

void trial_enroll_as(enum trial_moment moment, void (*prepare)(struct story *s))
{
        const struct judge *result;
        const char *member;

        story = calloc(1, sizeof(*story));
        judge = calloc(1, sizeof(*judge));
        prepare_moment = moment;
        prepare_story = prepare;
        play(NULL);
        assert_int_equal(trial_judge_alone(story, &result), JUDGE_TRUSTED);
        write_baseline();
        assert_int_equal(baseline_read(span_of(text, text_len), files, FILES_MAX, &baseline, &member), ERR_OK);
}

void trial_enroll(void)
{
        trial_enroll_as(TRIAL_BEGIN, NULL);
}

void trial_end(void)
{
        free(judge);
        free(story);
}

int trial_set_up(void **state)
{
        (void)state;
        trial_enroll();
        return 0;
}

int trial_tear_down(void **state)
{
        (void)state;
        trial_end();
        return 0;
}

struct span trial_baseline_text(void)
{
        return span_of(text, text_len);
}

static enum judge_verdict judge_with(const struct story *s, const struct baseline *with, const struct judge **ret_judge)
{
        memset(seen, 0, sizeof(seen));
        judge->evidence = s->evidence;
        judge->baseline = with;
        judge->nonce = story_nonce();
        judge->seen = seen;
        judge->seen_at = seen_at;
        *ret_judge = judge;
        return judge_evidence(judge);
}

enum judge_verdict trial_judge(const struct story *s, const struct judge **ret_judge)
{
        return judge_with(s, &baseline, ret_judge);
}

enum judge_verdict trial_judge_alone(const struct story *s, const struct judge **ret_judge)
{
        return judge_with(s, NULL, ret_judge);
}

static void show(const struct judge *j, const struct trial *t)
{
        fprintf(stderr, "# %s:", t->what);
        for (unsigned i = 0; i < j->reasons.kept_count; i++)
                fprintf(stderr, " %s(%.*s)", reason_name(j->reasons.kept[i].code), (int)j->reasons.kept[i].subject.len,
                        (const char *)j->reasons.kept[i].subject.data);
        fputc('\n', stderr);
}

static bool all_expected(const struct judge *j, const struct trial *t)
{
        unsigned total = 0;

        for (unsigned i = 0; i < 3 && t->expected[i] != REASON_EVIDENCE; i++, total++)
                if (j->reasons.counts[t->expected[i]] != 1)
                        return false;
        return total == j->reasons.count;
}

void trial_run(const struct trial *t)
{
        enum reason_weight worst = REASON_NOTE;
        const struct judge *j;
        enum judge_verdict verdict;

        play(t);
        verdict = trial_judge(story, &j);
        if (!all_expected(j, t)) {
                show(j, t);
                fail_msg("%s", t->what);
        }
        for (unsigned i = 0; i < 3; i++)
                if (t->expected[i] != REASON_EVIDENCE && reason_weight(t->expected[i]) > worst)
                        worst = reason_weight(t->expected[i]);
        assert_int_equal(verdict, worst == REASON_NOTE ? JUDGE_TRUSTED : worst == REASON_UNTRUSTED ? JUDGE_UNTRUSTED : JUDGE_MALFORMED);
}
