/* SPDX-License-Identifier: Apache-2.0 */
/* A story judged against the baseline of the good one: one thing is changed, and exactly the reasons that it must give are given. */
#ifndef TEST_TRIAL_H
#define TEST_TRIAL_H

#include "story.h"

enum trial_moment { TRIAL_BEGIN, TRIAL_BOOT, TRIAL_RUN, TRIAL_QUOTE };

struct trial {
        const char *what;
        enum trial_moment moment; /* after which of the steps of story.h the change takes place */
        void (*change)(struct story *s);
        enum reason_code expected[3]; /* in any order; REASON_EVIDENCE, which no story gives, stands for none */
};

/* Judge the story without a change and enroll it; the baseline is written as JSON and read again. The text stays until trial_end(). */
void trial_enroll(void);
/* Likewise, of the story that prepare changes first, and that it changes in each trial too: at its beginning, or after the boot. */
void trial_enroll_as(enum trial_moment moment, void (*prepare)(struct story *s));
void trial_end(void);
/* trial_enroll() and trial_end() for a group of tests. */
int trial_set_up(void **state);
int trial_tear_down(void **state);
struct span trial_baseline_text(void);
/* What an earlier look saw, for the trials from now on; NULL: there was none. */
void trial_use_look(const struct judge_look *look);
/* A vendor's part that is given beside the baseline, until the next baseline. */
void trial_give_part(const char *name, const char *partition, uint64_t version);
/* Judge by another baseline from now on; its text is copied. */
void trial_use_baseline(const char *text);

/* story_begin(), with what was prepared for the enrolled one at its beginning. */
void trial_begin(struct story *s);
/* Play the story with the change and judge it; asserts that the reasons are the expected ones. */
void trial_run(const struct trial *t);
/* Judge a story as it is; the judge is the one of trial_enroll() and keeps its results until the next trial. */
enum judge_verdict trial_judge(const struct story *s, const struct judge **ret_judge);
/* Judge it as enroll does, without a baseline. */
enum judge_verdict trial_judge_alone(const struct story *s, const struct judge **ret_judge);

#endif
