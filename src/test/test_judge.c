/* SPDX-License-Identifier: Apache-2.0 */
/* Quote, PCR values and logs: one thing changed, exactly one reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "trial.h"

/* ---- quote --------------------------------------------------------------------------------------------------------------- */

static void nothing(struct story *s)
{
        (void)s;
}

static void other_nonce(struct story *s)
{
        static const uint8_t other[16] = { 9 };

        s->facts.nonce = span_of(other, sizeof(other));
        story_sign(s);
}

static void shorter_nonce(struct story *s)
{
        s->facts.nonce = span_of(story_nonce().data, 15);
        story_sign(s);
}

static void other_key(struct story *s)
{
        s->ak_seed = "a key of the attacker";
        story_sign(s);
}

static void message_changed(struct story *s)
{
        s->attest.message[60] ^= 1;
}

static void not_from_a_tpm(struct story *s)
{
        s->attest.message[0] = 0;
        attest_sign_by(&s->attest, s->ak_seed);
}

static void another_attestation(struct story *s)
{
        s->attest.message[5] = 0x17;
        attest_sign_by(&s->attest, s->ak_seed);
}

static void message_cut(struct story *s)
{
        s->evidence.members[EVIDENCE_QUOTE_MSG].len--;
}

static void signature_by_sha1(struct story *s)
{
        s->attest.signature[3] = 0x04;
}

static void signature_by_another_scheme(struct story *s)
{
        s->attest.signature[1] = 0x05;
}

static void signature_cut(struct story *s)
{
        s->evidence.members[EVIDENCE_QUOTE_SIG].len--;
}

static void no_key(struct story *s)
{
        s->evidence.members[EVIDENCE_AK] = span_of_str("no key");
}

static void fewer_pcrs(struct story *s)
{
        s->facts.selections[0].pcrs = 0xfffe;
        story_sign(s);
}

static void another_bank(struct story *s)
{
        s->facts.selections[0].tpm_id = alg_info(ALG_SHA384)->tpm_id;
        story_sign(s);
}

static void bank_of_sha1(struct story *s)
{
        uint8_t *at = s->attest.message;

        /* magic, type, signer, nonce, clock, firmware, count: then the bank's algorithm */
        at += 4 + 2 + 2 + 16 + 2 + 16 + 17 + 8 + 4;
        at[1] = 0x04;
        attest_sign_by(&s->attest, s->ak_seed);
}

static void fewer_resets(struct story *s)
{
        s->facts.reset_count = 4;
        story_sign(s);
}

static void more_resets(struct story *s)
{
        s->facts.reset_count = 400;
        s->facts.restart_count = 3;
        story_sign(s);
}

static void clock_unsafe(struct story *s)
{
        s->facts.clock_safe = false;
        story_sign(s);
}

static void other_tpm_firmware(struct story *s)
{
        s->facts.firmware_version++;
        story_sign(s);
}

static const struct trial quote_trials[] = {
        { "nothing changed", TRIAL_QUOTE, nothing, { 0 } },
        { "a quote for another nonce", TRIAL_QUOTE, other_nonce, { REASON_NONCE } },
        { "a nonce cut short", TRIAL_QUOTE, shorter_nonce, { REASON_NONCE } },
        { "a quote by another key", TRIAL_QUOTE, other_key, { REASON_AK_NOT_ENROLLED } },
        { "a byte of the message changed", TRIAL_QUOTE, message_changed, { REASON_SIGNATURE } },
        { "no TPM_GENERATED magic", TRIAL_QUOTE, not_from_a_tpm, { REASON_QUOTE_MAGIC } },
        { "an attestation that is no quote", TRIAL_QUOTE, another_attestation, { REASON_QUOTE_TYPE } },
        { "a message cut short", TRIAL_QUOTE, message_cut, { REASON_QUOTE_MALFORMED } },
        { "a signature by SHA-1", TRIAL_QUOTE, signature_by_sha1, { REASON_SIGNATURE_HASH } },
        { "a signature by HMAC", TRIAL_QUOTE, signature_by_another_scheme, { REASON_SIGNATURE_SCHEME } },
        { "a signature cut short", TRIAL_QUOTE, signature_cut, { REASON_SIGNATURE_MALFORMED } },
        { "no key", TRIAL_QUOTE, no_key, { REASON_AK_UNUSABLE } },
        { "fewer PCRs than enrolled", TRIAL_QUOTE, fewer_pcrs, { REASON_SELECTION } },
        { "another bank than enrolled", TRIAL_QUOTE, another_bank, { REASON_SELECTION } },
        { "a bank of SHA-1", TRIAL_QUOTE, bank_of_sha1, { REASON_SELECTION_WEAK } },
        { "fewer resets than at enrolment", TRIAL_QUOTE, fewer_resets, { REASON_RESETS_BACK } },
        { "more resets and restarts", TRIAL_QUOTE, more_resets, { 0 } },
        { "a clock that is not safe", TRIAL_QUOTE, clock_unsafe, { REASON_CLOCK_UNSAFE } },
        { "other TPM firmware", TRIAL_QUOTE, other_tpm_firmware, { REASON_TPM_FIRMWARE } },
};

/* ---- PCR values and logs ------------------------------------------------------------------------------------------------- */

static void own_pcr_extended(struct story *s)
{
        story_extend(s, 15, "somebody");
}

static void ima_pcr_extended(struct story *s)
{
        story_extend(s, 10, "somebody");
}

static void free_pcr_extended(struct story *s)
{
        story_extend(s, 13, "somebody");
}

static void debug_pcr_extended(struct story *s)
{
        story_extend(s, 16, "somebody");
}

static void no_pcrs_json(struct story *s)
{
        s->evidence.members[EVIDENCE_PCRS] = span_of(NULL, 0);
}

static void pcrs_json_lies(struct story *s)
{
        char *at = strstr(s->pcrs_json, "\"15\":\"") + 6;

        *at = *at == '0' ? '1' : '0';
        /* The second bank is the one that is quoted. */
        at = strstr(strstr(s->pcrs_json, "sha256"), "\"15\":\"") + 6;
        *at = *at == '0' ? '1' : '0';
}

static void pcrs_json_is_none(struct story *s)
{
        s->evidence.members[EVIDENCE_PCRS] = span_of_str("{\"sha256\":[]}");
}

static void other_bank_extended(struct story *s)
{
        struct digest value;

        digest_of(ALG_SHA384, span_of_str("somebody"), &value);
        digest_extend(&s->pcrs[ALG_SHA384].values[15], digest_span(&value));
}

static void values_do_not_fit(struct story *s)
{
        no_pcrs_json(s);
        story_extend(s, 15, "somebody");
        story_sign(s);
}

static void last_event_not_extended(struct story *s)
{
        story_event_of(s, "handover")->lost = true;
}

static void an_event_was_not_extended(struct story *s)
{
        story_event_of(s, "content")->lost = true;
}

static void log_torn(struct story *s)
{
        s->evidence.members[EVIDENCE_EVENTS].len -= 5;
}

static void log_digest_changed(struct story *s)
{
        char *at = strstr(strstr(s->events_log, "\"event\":\"content\""), "\"digest\":\"") + 10;

        *at = *at == '0' ? '1' : '0';
}

static void log_malformed(struct story *s)
{
        *strstr(s->events_log, "\"content_type\"") = 'x';
}

static void log_empty(struct story *s)
{
        s->evidence.members[EVIDENCE_EVENTS] = span_of(NULL, 0);
}

static void last_event_dropped(struct story *s)
{
        story_remove_event(s, story_event_of(s, "handover"));
        story_write_logs(s);
}

static void ima_entry_dropped(struct story *s)
{
        story_remove_entry(s, story_entry_of(s, "/usr/local/bin/agent"));
        story_write_logs(s);
}

static void ima_log_malformed(struct story *s)
{
        s->evidence.members[EVIDENCE_IMA].len -= 3;
}

static void ima_log_longer(struct story *s)
{
        story_add_entry(s, "/oem/90_custom.yaml", 0x22);
        story_write_logs(s);
}

static void ima_column_changed(struct story *s)
{
        story_entry_of(s, "/oem/90_custom.yaml")->wrong_column = true;
        story_write_logs(s);
}

static void firmware_changed(struct story *s)
{
        story_extend(s, 0, "another firmware");
}

static const struct trial log_trials[] = {
        { "our PCR extended by somebody", TRIAL_RUN, own_pcr_extended, { REASON_EVENTS_REPLAY } },
        { "our PCR extended in a bank that is not quoted", TRIAL_RUN, other_bank_extended, { REASON_EVENTS_REPLAY } },
        { "PCR 10 extended by somebody", TRIAL_RUN, ima_pcr_extended, { REASON_IMA_REPLAY } },
        { "a PCR of nobody extended", TRIAL_RUN, free_pcr_extended, { REASON_PCR_UNEXPLAINED } },
        { "PCR 16 extended, which anybody may reset", TRIAL_RUN, debug_pcr_extended, { 0 } },
        { "no values beside the quote", TRIAL_QUOTE, no_pcrs_json, { REASON_BANK_ABSENT } },
        { "wrong values beside the quote", TRIAL_QUOTE, pcrs_json_lies, { REASON_PCRS_NOT_QUOTED } },
        { "no JSON of values beside the quote", TRIAL_QUOTE, pcrs_json_is_none, { REASON_PCRS_MALFORMED } },
        { "no values, and the logs do not give the digest", TRIAL_QUOTE, values_do_not_fit, { REASON_QUOTE_DIGEST } },
        { "the last event logged and not extended", TRIAL_BOOT, last_event_not_extended, { REASON_EVENT_NOT_EXTENDED } },
        { "another event logged and not extended", TRIAL_BOOT, an_event_was_not_extended, { REASON_EVENTS_REPLAY } },
        { "the log torn", TRIAL_QUOTE, log_torn, { REASON_EVENTS_TORN, REASON_EVENT_ABSENT, REASON_EVENTS_REPLAY } },
        { "a record's digest changed", TRIAL_QUOTE, log_digest_changed, { REASON_EVENT_DIGEST } },
        { "a record malformed", TRIAL_QUOTE, log_malformed, { REASON_EVENTS_MALFORMED } },
        { "no event log", TRIAL_QUOTE, log_empty, { REASON_EVENTS_NONE } },
        { "the last event dropped from the log", TRIAL_RUN, last_event_dropped, { REASON_EVENT_ABSENT, REASON_EVENTS_REPLAY } },
        { "an entry dropped from the IMA log", TRIAL_RUN, ima_entry_dropped, { REASON_IMA_REPLAY } },
        { "the IMA log cut short", TRIAL_QUOTE, ima_log_malformed, { REASON_IMA_MALFORMED } },
        { "an entry newer than the quote", TRIAL_QUOTE, ima_log_longer, { REASON_IMA_BEYOND } },
        { "an entry's digest column changed", TRIAL_QUOTE, ima_column_changed, { REASON_IMA_COLUMN } },
};

static void run_all(const struct trial *trials, size_t count)
{
        for (size_t i = 0; i < count; i++)
                trial_run(&trials[i]);
}

static void quote_is_judged(void **state)
{
        (void)state;
        run_all(quote_trials, sizeof(quote_trials) / sizeof(quote_trials[0]));
}

static void values_and_logs_are_judged(void **state)
{
        (void)state;
        run_all(log_trials, sizeof(log_trials) / sizeof(log_trials[0]));
}

/* ---- boot chain ---------------------------------------------------------------------------------------------------------- */

static enum judge_chain chain_after(void (*change)(struct story *s), uint32_t *ret_changed)
{
        struct story *s = calloc(1, sizeof(*s));
        const struct judge *j;

        story_begin(s);
        if (change)
                change(s);
        story_run(s);
        story_quote(s);
        (void)trial_judge(s, &j);
        *ret_changed = j->chain_changed;

        enum judge_chain chain = j->chain;

        free(s);
        return chain;
}

static void boot_chain_is_a_verdict_of_its_own(void **state)
{
        static const struct trial changed = { "another firmware", TRIAL_BEGIN, firmware_changed, { 0 } };
        uint32_t pcrs;

        (void)state;
        trial_run(&changed);
        assert_int_equal(chain_after(NULL, &pcrs), JUDGE_CHAIN_UNCHANGED);
        assert_int_equal(pcrs, 0);
        assert_int_equal(chain_after(firmware_changed, &pcrs), JUDGE_CHAIN_CHANGED);
        assert_int_equal(pcrs, 1);
}

/* What enroll sees: it may not take what is not consistent, and needs the PCRs that count. */
static void alone(void (*change)(struct story *s), enum reason_code expected)
{
        struct story *s = calloc(1, sizeof(*s));
        const struct judge *j;

        story_begin(s);
        story_run(s);
        story_quote(s);
        change(s);
        assert_int_equal(trial_judge_alone(s, &j), JUDGE_UNTRUSTED);
        assert_int_equal(j->reasons.counts[expected], 1);
        free(s);
}

static void no_own_pcr(struct story *s)
{
        s->facts.selections[0].pcrs = 0x7fff;
        story_sign(s);
}

static void no_ima_pcr(struct story *s)
{
        s->facts.selections[0].pcrs = 0xfbff;
        story_sign(s);
}

static void enrolment_wants_what_counts(void **state)
{
        (void)state;
        alone(no_own_pcr, REASON_SELECTION_NEEDED);
        alone(no_ima_pcr, REASON_SELECTION_NEEDED);
        alone(other_nonce, REASON_NONCE);
        alone(values_do_not_fit, REASON_QUOTE_DIGEST);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(quote_is_judged),
                cmocka_unit_test(values_and_logs_are_judged),
                cmocka_unit_test(boot_chain_is_a_verdict_of_its_own),
                cmocka_unit_test(enrolment_wants_what_counts),
        };

        return cmocka_run_group_tests_name("judge", tests, trial_set_up, trial_tear_down);
}
