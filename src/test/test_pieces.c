/* SPDX-License-Identifier: Apache-2.0 */
/* The IMA log in pieces: wherever it is cut, the judge says what it says of the log as a whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "trial.h"

static struct story story;
static const struct judge *judged;
static uint8_t log_bytes[16384];
static size_t log_len;

/* Judge the same evidence with the log in pieces of step bytes, what is left of one coming again before the next. */
static enum judge_verdict judge_by(struct judge *j, size_t step)
{
        size_t done = 0, end = 0;

        j->evidence = story.evidence;
        j->evidence.members[EVIDENCE_IMA] = span_of(NULL, 0);
        j->nonce = story_nonce();
        judge_begin(j);
        do {
                size_t chain, files;
                bool last;
                uint8_t *piece;

                end = log_len - end > step ? end + step : log_len;
                last = end == log_len;
                /* In memory of its own, so that a span that is kept is found. */
                piece = malloc(end - done + 1);
                memcpy(piece, log_bytes + done, end - done);
                chain = judge_ima_chain(j, span_of(piece, end - done), last);
                files = judge_ima_files(j, span_of(piece, end - done), last);
                assert_int_equal(chain, files);
                free(piece);
                done += chain;
                if (judge_ima_stopped(j))
                        break;
        } while (end < log_len);
        if (judge_ima_again(j))
                judge_ima_chain(j, span_of(log_bytes, log_len), true);
        return judge_end(j);
}

static void take_log(void)
{
        log_len = story.evidence.members[EVIDENCE_IMA].len;
        memcpy(log_bytes, story.evidence.members[EVIDENCE_IMA].data, log_len);
}

static void same_by_all_steps(void)
{
        enum judge_verdict expected = trial_judge(&story, &judged), verdict;
        struct judge *j = calloc(1, sizeof(*j));
        unsigned counts[REASON_COUNT_];
        char subject[64] = "";

        memcpy(counts, judged->reasons.counts, sizeof(counts));
        j->baseline = judged->baseline;
        for (unsigned i = 0; i < judged->reasons.kept_count; i++)
                if (judged->reasons.kept[i].code == REASON_FILE_UNKNOWN)
                        snprintf(subject, sizeof(subject), "%.*s", (int)judged->reasons.kept[i].subject.len, judged->reasons.kept[i].subject.data);
        for (size_t step = 1; step <= log_len; step += step < 400 ? 1 : 97) {
                j->seen = calloc(1, 64);
                j->seen_at = calloc(64, sizeof(*j->seen_at));
                verdict = judge_by(j, step);
                free(j->seen);
                free(j->seen_at);
                assert_int_equal(verdict, expected);
                assert_memory_equal(j->reasons.counts, counts, sizeof(counts));
                for (unsigned i = 0; i < j->reasons.kept_count; i++)
                        if (j->reasons.kept[i].code == REASON_FILE_UNKNOWN)
                                assert_true(span_equal_str(j->reasons.kept[i].subject, subject));
        }
        free(j);
}

static void tell(void)
{
        story_begin(&story);
        story_boot(&story);
}

static void end_story(void)
{
        story_run(&story);
        story_quote(&story);
        take_log();
}

static void a_good_log(void **state)
{
        (void)state;
        tell();
        end_story();
        same_by_all_steps();
}

static void a_log_with_other_files(void **state)
{
        (void)state;
        tell();
        story_add_entry(&story, "/usr/local/bin/unknown", 0x99);
        story_entry_of(&story, "/oem/90_custom.yaml")->violation = true;
        end_story();
        same_by_all_steps();
}

static void a_log_that_is_malformed(void **state)
{
        (void)state;
        tell();
        end_story();
        log_bytes[log_len / 2] ^= 0xff;
        log_len -= 3;
        story.evidence.members[EVIDENCE_IMA] = span_of(log_bytes, log_len);
        same_by_all_steps();
}

/* What the baseline says of padded banks spares a pass over the log, and never decides: the story's machine pads its bank of SHA-384. */
static void a_hint_about_padded_banks(void **state)
{
        static const struct {
                unsigned padded;
                bool again;
        } hints[] = {
                { REPLAY_BANK(ALG_SHA384), false },
                { REPLAY_BANK(ALG_SHA384) | REPLAY_BANK(ALG_SHA1) | REPLAY_BANK(ALG_SHA512), false },
                { 0, true },
                { REPLAY_BANK(ALG_SHA256), true },
                { REPLAY_BANK(ALG_SHA256) | REPLAY_BANK(ALG_SHA384), true },
        };
        struct baseline hinted;

        (void)state;
        for (int broken = 0; broken < 2; broken++) {
                tell();
                end_story();
                if (broken)
                        log_bytes[log_len - 5] ^= 1;
                story.evidence.members[EVIDENCE_IMA] = span_of(log_bytes, log_len);
                (void)trial_judge(&story, &judged);
                hinted = *judged->baseline;
                assert_int_equal(hinted.padded, REPLAY_BANK(ALG_SHA384));
                for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
                        struct judge *j = calloc(1, sizeof(*j));

                        hinted.padded = hints[i].padded;
                        j->baseline = &hinted;
                        j->seen = calloc(1, 64);
                        j->seen_at = calloc(64, sizeof(*j->seen_at));
                        j->evidence = story.evidence;
                        j->nonce = story_nonce();
                        judge_begin(j);
                        judge_ima_chain(j, span_of(log_bytes, log_len), true);
                        judge_ima_files(j, span_of(log_bytes, log_len), true);
                        assert_int_equal(judge_ima_again(j), broken || hints[i].again);
                        if (broken || hints[i].again)
                                judge_ima_chain(j, span_of(log_bytes, log_len), true);
                        assert_int_equal(judge_end(j), broken ? JUDGE_UNTRUSTED : JUDGE_TRUSTED);
                        assert_int_equal(j->reasons.counts[REASON_IMA_REPLAY], broken);
                        free(j->seen);
                        free(j->seen_at);
                        free(j);
                }
        }
}

/* Evidence without a byte of IMA log gives no piece at all. */
static void no_log(void **state)
{
        struct judge *j = calloc(1, sizeof(*j));

        (void)state;
        tell();
        end_story();
        (void)trial_judge(&story, &judged);
        j->baseline = judged->baseline;
        j->seen = calloc(1, 64);
        j->seen_at = calloc(64, sizeof(*j->seen_at));
        j->evidence = story.evidence;
        j->nonce = story_nonce();
        judge_begin(j);
        assert_int_equal(judge_ima_chain(j, span_of(NULL, 0), true), 0);
        assert_int_equal(judge_ima_files(j, span_of(NULL, 0), true), 0);
        assert_int_equal(judge_end(j), JUDGE_UNTRUSTED);
        free(j->seen);
        free(j->seen_at);
        free(j);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_good_log),
                cmocka_unit_test(a_log_with_other_files),
                cmocka_unit_test(a_log_that_is_malformed),
                cmocka_unit_test(a_hint_about_padded_banks),
                cmocka_unit_test(no_log),
        };

        return cmocka_run_group_tests_name("the log in pieces", tests, trial_set_up, trial_tear_down);
}
