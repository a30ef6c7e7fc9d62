/* SPDX-License-Identifier: Apache-2.0 */
/* What came before and beside the boot: counters, banks, systemd's separators, older contents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "made.h"
#include "trial.h"

static void run_all(const struct trial *trials, size_t count)
{
        for (size_t i = 0; i < count; i++)
                trial_run(&trials[i]);
}

#define RUN(trials) run_all(trials, sizeof(trials) / sizeof((trials)[0]))

/* ---- counters ------------------------------------------------------------------------------------------------------------ */

static void restarted(struct story *s)
{
        s->facts.restart_count = 4;
}

static void as_often(struct story *s)
{
        (void)s;
}

static void restarted_less(struct story *s)
{
        s->facts.restart_count = 3;
        story_sign(s);
}

static void restarted_less_after_a_reset(struct story *s)
{
        s->facts.reset_count++;
        s->facts.restart_count = 0;
        story_sign(s);
}

static void counters_do_not_go_back(void **state)
{
        static const struct trial trials[] = {
                { "as many restarts", TRIAL_QUOTE, as_often, { 0 } },
                { "fewer restarts", TRIAL_QUOTE, restarted_less, { REASON_RESTARTS_BACK } },
                { "fewer restarts after a reset", TRIAL_QUOTE, restarted_less_after_a_reset, { 0 } },
        };

        (void)state;
        trial_enroll_as(TRIAL_BEGIN, restarted);
        RUN(trials);
        trial_end();
}

static void clock_back(struct story *s)
{
        s->facts.clock_ms = 4999;
        story_sign(s);
}

static void clock_goes_on(struct story *s)
{
        s->facts.clock_ms = 5000;
        story_sign(s);
}

static void looked_at_before(struct story *s)
{
        s->facts.reset_count = 7;
        s->facts.restart_count = 2;
        s->facts.clock_ms = 6000;
        story_sign(s);
}

static void reset_since(struct story *s)
{
        s->facts.reset_count = 8;
        s->facts.restart_count = 0;
        s->facts.clock_ms = 6000;
        story_sign(s);
}

static void reset_and_clock_back(struct story *s)
{
        reset_since(s);
        s->facts.clock_ms = 4000;
        story_sign(s);
}

static void reset_without_power(struct story *s)
{
        reset_since(s);
        s->facts.clock_ms = 4000;
        s->facts.clock_safe = false;
        story_sign(s);
}

static void reset_less_than_seen(struct story *s)
{
        s->facts.reset_count = 6;
        s->facts.restart_count = 9;
        s->facts.clock_ms = 4000;
        story_sign(s);
}

static void restarted_less_than_seen(struct story *s)
{
        s->facts.reset_count = 7;
        s->facts.restart_count = 1;
        s->facts.clock_ms = 4000;
        story_sign(s);
}

static void seven_resets(struct story *s)
{
        s->facts.reset_count = 7;
        s->facts.restart_count = 2;
        s->facts.clock_ms = 5000;
}

static void reset_less_than_seen_but_not_enrolled(struct story *s)
{
        seven_resets(s);
        s->facts.reset_count = 8;
        story_sign(s);
}

static void nothing_seen_by_an_earlier_look_comes_back(void **state)
{
        static const struct judge_look look = { .clock_ms = 5000, .resets = 7, .restarts = 2 };
        static const struct judge_look later = { .clock_ms = 5000, .resets = 9, .restarts = 0 };
        static const struct judge_look restarted_once_more = { .clock_ms = 5000, .resets = 7, .restarts = 3 };
        static const struct trial trials[] = {
                { "the same time", TRIAL_QUOTE, clock_goes_on, { 0 } },
                { "later in the same boot", TRIAL_QUOTE, looked_at_before, { 0 } },
                { "an earlier clock in the same boot", TRIAL_QUOTE, clock_back, { REASON_LOOK_CLOCK_BACK } },
                { "a reset since", TRIAL_QUOTE, reset_since, { 0 } },
                { "a reset since and a safe clock that went back", TRIAL_QUOTE, reset_and_clock_back, { REASON_LOOK_CLOCK_BACK } },
                { "a reset since by a loss of power", TRIAL_QUOTE, reset_without_power, { REASON_CLOCK_UNSAFE } },
                { "fewer resets than at enrolment as well", TRIAL_QUOTE, reset_less_than_seen, { REASON_RESETS_BACK } },
                { "fewer restarts than at enrolment as well", TRIAL_QUOTE, restarted_less_than_seen, { REASON_RESTARTS_BACK } },
        };
        static const struct trial resets = { "fewer resets", TRIAL_QUOTE, reset_less_than_seen_but_not_enrolled, { REASON_LOOK_RESETS_BACK } };
        static const struct trial restarts = { "fewer restarts", TRIAL_QUOTE, clock_goes_on, { REASON_LOOK_RESTARTS_BACK } };

        (void)state;
        trial_enroll_as(TRIAL_BEGIN, seven_resets);
        trial_use_look(&look);
        RUN(trials);
        trial_use_look(&later);
        trial_run(&resets);
        trial_use_look(&restarted_once_more);
        trial_run(&restarts);
        trial_use_look(NULL);
        trial_end();
}

/* ---- banks --------------------------------------------------------------------------------------------------------------- */

static void bank_hidden(struct story *s)
{
        char *at = strstr(s->pcrs_json, ",\"sha384\"");

        strcpy(at, "}");
        s->evidence.members[EVIDENCE_PCRS] = span_of_str(s->pcrs_json);
}

static void bank_not_extended(struct story *s)
{
        char *at = strstr(s->events_log, "{\"digest\":"), *end;

        /* The digests of a record are sorted by bank; the second of them, SHA-384, is taken out. */
        at = strstr(at + 1, ",{\"digest\":");
        end = strchr(at, '}') + 1;
        memmove(at, end, strlen(end) + 1);
        s->evidence.members[EVIDENCE_EVENTS].len -= (size_t)(end - at);
}

static void bank_unknown(struct story *s)
{
        snprintf(s->meta, sizeof(s->meta), "{\"mounts\":%s,\"unknown_banks\":1}", s->mounts);
        s->evidence.members[EVIDENCE_META] = span_of_str(s->meta);
}

static void every_bank_is_replayed(void **state)
{
        static const struct trial trials[] = {
                { "a bank that is not shown any more", TRIAL_QUOTE, bank_hidden, { REASON_BANK_ABSENT } },
                { "a bank that an event did not go into", TRIAL_QUOTE, bank_not_extended, { REASON_EVENT_BANK } },
                { "a bank of an unknown hash", TRIAL_QUOTE, bank_unknown, { REASON_BANK_UNKNOWN } },
        };

        (void)state;
        trial_enroll();
        RUN(trials);
        trial_end();
}

static void both_banks(struct story *s)
{
        s->facts.selection_count = 2;
        s->facts.selections[1] = (struct quote_selection){ alg_info(ALG_SHA384)->tpm_id, 0xffff };
}

static void no_values(struct story *s)
{
        s->evidence.members[EVIDENCE_PCRS] = span_of(NULL, 0);
}

/* IMA extends its own hash into one bank and SHA-1 with zeros into the other; both are signed, and nobody says what they hold. */
static void logs_alone_give_both_banks(void **state)
{
        static const struct trial trials[] = {
                { "values beside the quote", TRIAL_QUOTE, as_often, { 0 } },
                { "no values beside the quote", TRIAL_QUOTE, no_values, { 0 } },
        };

        (void)state;
        trial_enroll_as(TRIAL_BEGIN, both_banks);
        RUN(trials);
        trial_end();
}

/* ---- systemd's separators ------------------------------------------------------------------------------------------------ */

/* In the initrd, after IMA has taken its aggregate. */
static void separated(struct story *s)
{
        for (unsigned pcr = 0; pcr < 15; pcr++)
                if (0x72ff >> pcr & 1)
                        story_extend(s, pcr, "os-separator");
}

static void separated_by_others(struct story *s)
{
        story_extend(s, 13, "OS-separator");
}

static void separated_twice(struct story *s)
{
        story_extend(s, 13, "os-separator");
        story_extend(s, 13, "os-separator");
}

static void separators_of_free_pcrs_are_understood(void **state)
{
        static const struct trial trials[] = {
                { "another word than systemd's", TRIAL_RUN, separated_by_others, { REASON_PCR_UNEXPLAINED } },
                { "systemd's word twice", TRIAL_RUN, separated_twice, { REASON_PCR_UNEXPLAINED } },
        };
        struct story *s = calloc(1, sizeof(*s));
        const struct judge *j;

        (void)state;
        trial_enroll();
        RUN(trials);
        story_begin(s);
        story_run(s);
        for (unsigned pcr = 12; pcr < 15; pcr++)
                story_extend(s, pcr, "os-separator");
        story_quote(s);
        assert_int_equal(trial_judge(s, &j), JUDGE_TRUSTED);
        assert_int_equal(j->reasons.count, 0);
        assert_int_equal(j->separated, 0x7000);
        free(s);
        trial_end();
}

/* The firmware's log tells the PCRs as they were before systemd's separator, and so does IMA's aggregate. */
static struct span write_firmware_log(struct made *m)
{
        m->len = 0;
        made_put_spec_id(m);
        for (unsigned pcr = 0; pcr < 10; pcr++)
                made_put_tcg(m, pcr, 0x0d, span_of_str("firmware, boot loader, kernel and initrd")); /* EV_IPL */
        return made_span(m);
}

static void separators_on_top_of_the_firmware_log_are_understood(void **state)
{
        struct story *s = calloc(1, sizeof(*s));
        struct made *log = calloc(1, sizeof(*log));
        const struct judge *j;

        (void)state;
        story_begin(s);
        story_run(s);
        separated(s);
        story_quote(s);
        s->evidence.members[EVIDENCE_FIRMWARE] = write_firmware_log(log);
        trial_enroll();
        assert_int_equal(trial_judge(s, &j), JUDGE_TRUSTED);
        assert_int_equal(j->reasons.count, 0);
        assert_int_equal(j->firmware_error, ERR_OK);
        assert_int_equal(j->firmware_differs, 0);
        assert_int_equal(j->separated, 0x72ff);
        /* The logs alone must give the quoted digest too, when nobody read the values beside it. */
        s->evidence.members[EVIDENCE_PCRS] = span_of(NULL, 0);
        assert_int_equal(trial_judge(s, &j), JUDGE_TRUSTED);
        assert_int_equal(j->reasons.counts[REASON_QUOTE_DIGEST], 0);
        trial_end();
        free(log);
        free(s);
}

/* ---- older contents ------------------------------------------------------------------------------------------------------ */

#define AGENT "/usr/local/bin/agent"
#define HELPER "/usr/local/bin/helper"

/* A boot in which both programs were updated: both contents are enrolled, the old one first. */
static void updated(struct story *s)
{
        story_add_entry(s, HELPER, 0x50);
        story_add_entry(s, AGENT, 0x34);
        story_add_entry(s, HELPER, 0x51);
}

static void put_back(struct story *s)
{
        story_add_entry(s, AGENT, 0x33);
}

static void read_again(struct story *s)
{
        story_add_entry(s, AGENT, 0x34);
}

static void not_updated(struct story *s)
{
        s->entry_count -= 2;
}

static void partly_updated(struct story *s)
{
        s->entry_count--;
}

static void older_contents_do_not_come_back(void **state)
{
        static const struct trial trials[] = {
                { "the newest content again", TRIAL_BOOT, read_again, { 0 } },
                { "an older content after a newer one", TRIAL_BOOT, put_back, { REASON_FILE_ROLLED_BACK } },
                { "older contents only", TRIAL_BOOT, not_updated, { 0 } },
                { "an older content beside a newer one", TRIAL_BOOT, partly_updated, { REASON_FILES_OLDER } },
        };

        (void)state;
        trial_enroll_as(TRIAL_BOOT, updated);
        RUN(trials);
        trial_end();
}

/* That the other half of an update was done must be quoted as well. */
static void newer_contents_behind_the_quote_are_none(void **state)
{
        struct story *s = calloc(1, sizeof(*s));
        const struct judge *j;

        (void)state;
        trial_enroll_as(TRIAL_BOOT, updated);
        story_begin(s);
        story_boot(s);
        updated(s);
        s->entry_count--;
        story_run(s);
        story_quote(s);
        story_add_entry(s, HELPER, 0x51);
        story_write_logs(s);
        assert_int_equal(trial_judge(s, &j), JUDGE_TRUSTED);
        assert_int_equal(j->reasons.counts[REASON_FILES_OLDER], 1);
        assert_int_equal(j->reasons.counts[REASON_IMA_BEYOND], 1);
        assert_int_equal(j->reasons.count, 2);
        trial_end();
        free(s);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(counters_do_not_go_back),
                cmocka_unit_test(nothing_seen_by_an_earlier_look_comes_back),
                cmocka_unit_test(every_bank_is_replayed),
                cmocka_unit_test(logs_alone_give_both_banks),
                cmocka_unit_test(separators_of_free_pcrs_are_understood),
                cmocka_unit_test(separators_on_top_of_the_firmware_log_are_understood),
                cmocka_unit_test(older_contents_do_not_come_back),
                cmocka_unit_test(newer_contents_behind_the_quote_are_none),
        };

        return cmocka_run_group_tests_name("judge of what came before", tests, NULL, NULL);
}
