/* SPDX-License-Identifier: Apache-2.0 */
/* The quote by itself: who signed it, for whom, over what. */
#include "verify/judge_parts.h"

static void add(struct judge *j, enum reason_code code, enum evidence_member member, enum err error)
{
        struct reason reason = { .code = code, .subject = span_of_str(evidence_name(member)), .error = error };

        reason_add(&j->reasons, &reason);
}

static enum reason_code code_of_quote(enum err error)
{
        switch ((int)error) {
        case ERR_QUOTE_MAGIC:
                return REASON_QUOTE_MAGIC;
        case ERR_QUOTE_TYPE:
                return REASON_QUOTE_TYPE;
        case ERR_QUOTE_SELECTION:
                return REASON_SELECTION;
        default:
                return REASON_QUOTE_MALFORMED;
        }
}

static bool read_quote(struct judge *j)
{
        enum err e = quote_parse(j->evidence.members[EVIDENCE_QUOTE_MSG], &j->quote);

        if (e == ERR_OK)
                return true;
        add(j, code_of_quote(e), EVIDENCE_QUOTE_MSG, e);
        return false;
}

static bool read_signature(struct judge *j)
{
        enum err e = quote_parse_signature(j->evidence.members[EVIDENCE_QUOTE_SIG], &j->signature);

        if (e == ERR_OK)
                return true;
        add(j,
            e == ERR_QUOTE_SIG_SCHEME ? REASON_SIGNATURE_SCHEME
            : e == ERR_QUOTE_SIG_HASH ? REASON_SIGNATURE_HASH
                                      : REASON_SIGNATURE_MALFORMED,
            EVIDENCE_QUOTE_SIG, e);
        return false;
}

static bool check_signature(struct judge *j)
{
        enum err e = quote_verify(j->evidence.members[EVIDENCE_QUOTE_MSG], &j->signature, j->evidence.members[EVIDENCE_AK]);

        if (e == ERR_OK)
                return true;
        if (e == ERR_QUOTE_AK)
                add(j, REASON_AK_UNUSABLE, EVIDENCE_AK, e);
        else if (e == ERR_QUOTE_AK_WEAK)
                add(j, REASON_AK_WEAK, EVIDENCE_AK, e);
        else
                add(j, REASON_SIGNATURE, EVIDENCE_QUOTE_MSG, e == ERR_QUOTE_SIGNATURE ? ERR_OK : e);
        return false;
}

/* Whether the key is the enrolled one; at enrolment any key will do. */
static bool check_pin(struct judge *j)
{
        uint8_t sha256[32];

        if (!j->baseline)
                return true;
        if (quote_ak_sha256(j->evidence.members[EVIDENCE_AK], sha256) == ERR_OK && memcmp(sha256, j->baseline->ak_sha256, 32) == 0)
                return true;
        add(j, REASON_AK_NOT_ENROLLED, EVIDENCE_AK, ERR_OK);
        return false;
}

/* The quoted PCRs of each bank that we know. False when there is a bank that must not be used. */
static bool collect_selection(const struct quote *q, uint32_t *ret_pcrs)
{
        memset(ret_pcrs, 0, ALG_COUNT * sizeof(*ret_pcrs));
        for (unsigned i = 0; i < q->selection_count; i++) {
                enum alg alg;

                if (q->selections[i].pcrs == 0)
                        continue;
                if (alg_by_tpm_id(q->selections[i].tpm_id, &alg) != ERR_OK || alg == ALG_SHA1)
                        return false;
                ret_pcrs[alg] = q->selections[i].pcrs;
        }
        return true;
}

/* False when a bank is quoted whose values prove nothing. */
static bool check_selection(struct judge *j)
{
        uint32_t pcrs[ALG_COUNT];

        if (!collect_selection(&j->quote, pcrs)) {
                add(j, REASON_SELECTION_WEAK, EVIDENCE_QUOTE_MSG, ERR_OK);
                return false;
        }
        memcpy(j->signed_pcrs, pcrs, sizeof(pcrs));
        if (j->baseline && memcmp(pcrs, j->baseline->selection, sizeof(pcrs)) != 0)
                add(j, REASON_SELECTION, EVIDENCE_QUOTE_MSG, ERR_OK);
        return true;
}

static void check_clock(struct judge *j)
{
        if (!j->quote.clock_safe)
                reason_add_about(&j->reasons, REASON_CLOCK_UNSAFE, "TPM");
        if (!j->baseline)
                return;
        if (j->quote.reset_count < j->baseline->tpm_resets)
                reason_add_about(&j->reasons, REASON_RESETS_BACK, "TPM");
        if (j->quote.reset_count == j->baseline->tpm_resets && j->quote.restart_count < j->baseline->tpm_restarts)
                reason_add_about(&j->reasons, REASON_RESTARTS_BACK, "TPM");
        /* 0: enrolled without a boot. */
        if (j->baseline->tpm_firmware != 0 && j->quote.firmware_version != j->baseline->tpm_firmware)
                reason_add_about(&j->reasons, REASON_TPM_FIRMWARE, "TPM");
}

/*
 * The clock runs on over restarts, and over resets as far as it is "safe": then no later value has been reported before. One reason is enough,
 * since counters that go back take the clock with them.
 */
static void check_look(struct judge *j)
{
        const struct judge_look *look = j->look;
        const struct quote *q = &j->quote;

        if (!look || j->reasons.counts[REASON_RESETS_BACK] + j->reasons.counts[REASON_RESTARTS_BACK] > 0)
                return;
        if (q->reset_count < look->resets)
                reason_add_about(&j->reasons, REASON_LOOK_RESETS_BACK, "TPM");
        else if (q->reset_count == look->resets && q->restart_count < look->restarts)
                reason_add_about(&j->reasons, REASON_LOOK_RESTARTS_BACK, "TPM");
        else if (q->clock_ms < look->clock_ms && (q->reset_count == look->resets || q->clock_safe))
                reason_add_about(&j->reasons, REASON_LOOK_CLOCK_BACK, "TPM");
}

void judge_quote_check(struct judge *j)
{
        bool quote = read_quote(j), signature = read_signature(j);

        if (!quote || !signature || !check_signature(j))
                return;
        /* What somebody else's key says of his PCRs is not worth reading further. */
        if (!check_pin(j))
                return;
        if ((j->baseline || j->nonce.len > 0) && !quote_has_nonce(&j->quote, j->nonce))
                add(j, REASON_NONCE, EVIDENCE_QUOTE_MSG, ERR_OK);
        check_clock(j);
        check_look(j);
        j->has_quote = check_selection(j);
}
