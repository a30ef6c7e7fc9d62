/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which evidence is judged. */
#include "verify/judge.h"

#include "verify/judge_parts.h"

const char *judge_verdict_text(enum judge_verdict verdict)
{
        static const char *const texts[] = {
                [JUDGE_TRUSTED] = "trusted",
                [JUDGE_UNTRUSTED] = "untrusted",
                [JUDGE_MALFORMED] = "malformed",
        };

        return texts[verdict];
}

static const struct {
        const char *text, *sentence;
} chains[] = {
        [JUDGE_CHAIN_UNCHANGED] = { "unchanged", "firmware, boot loader, kernel and initrd are those of enrolment" },
        [JUDGE_CHAIN_CHANGED] = { "changed", "firmware, boot loader, kernel or initrd differ from enrolment" },
        [JUDGE_CHAIN_UNMEASURED] = { "unmeasured", "PCR 8, 9 and 11 are zero: nothing measured the kernel and the initrd, which hold cosima "
                                                   "itself; who can change them can forge the rest" },
        [JUDGE_CHAIN_UNKNOWN] = { "unknown", "the quote tells nothing of it" },
};

const char *judge_chain_text(enum judge_chain chain)
{
        return chains[chain].text;
}

const char *judge_chain_sentence(enum judge_chain chain)
{
        return chains[chain].sentence;
}

static void clear(struct judge *j)
{
        reason_begin(&j->reasons);
        j->chain = JUDGE_CHAIN_UNKNOWN;
        j->chain_changed = j->firmware_differs = j->separated = 0;
        j->firmware_error = ERR_OK;
        j->has_quote = j->has_values = j->has_events = j->has_aggregate = j->has_policy = j->has_rules = false;
        j->firmware_banks = 0;
        j->root_count = 0;
        j->judge_all = true;
        j->outside = j->allowed = 0;
        replay_begin(&j->start, REPLAY_ALL_BANKS);
        memset(j->signed_pcrs, 0, sizeof(j->signed_pcrs));
        memset(j->values, 0, sizeof(j->values));
        memset(&j->events, 0, sizeof(j->events));
        memset(&j->replayed, 0, sizeof(j->replayed));
}

void judge_begin(struct judge *j)
{
        clear(j);
        judge_quote_check(j);
        judge_pcrs_claim(j);
        judge_events_replay(j);
        judge_policy_check(j);
        judge_storage_check(j);
        judge_vendor_check(j);
        judge_rules_check(j);
        judge_events_check(j);
        judge_ima_begin(j);
}

enum judge_verdict judge_end(struct judge *j)
{
        judge_ima_end(j);
        judge_pcrs_check(j);
        judge_gpt_check(j);
        switch (j->reasons.worst) {
        case REASON_MALFORMED:
                return JUDGE_MALFORMED;
        case REASON_UNTRUSTED:
                return JUDGE_UNTRUSTED;
        case REASON_NOTE:
                break;
        }
        return JUDGE_TRUSTED;
}

enum judge_verdict judge_evidence(struct judge *j)
{
        struct span log = j->evidence.members[EVIDENCE_IMA];

        judge_begin(j);
        judge_ima_chain(j, log, true);
        judge_ima_files(j, log, true);
        if (judge_ima_again(j))
                judge_ima_chain(j, log, true);
        return judge_end(j);
}
