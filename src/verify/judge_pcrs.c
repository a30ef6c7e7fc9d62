/* SPDX-License-Identifier: Apache-2.0 */
/* PCR values: which are signed, what explains each of them, and what they say of the boot chain. */
#include "verify/judge_parts.h"

#define PCR_BIT(pcr) (UINT32_C(1) << (pcr))
#define INITRD_PCRS (PCR_BIT(8) | PCR_BIT(9) | PCR_BIT(11)) /* where boot loaders and stubs measure kernel, command line and initrd */
#define RESETTABLE_PCRS (PCR_BIT(16) | PCR_BIT(23))         /* anybody may reset these: they say nothing */

void judge_add_number(struct judge *j, enum reason_code code, const char *subject, uint64_t number, enum err error)
{
        struct reason reason = { .code = code, .subject = span_of_str(subject), .number = number, .error = error };

        reason_add(&j->reasons, &reason);
}

void judge_pcrs_claim(struct judge *j)
{
        struct span text = j->evidence.members[EVIDENCE_PCRS];
        const char *name = evidence_name(EVIDENCE_PCRS);

        if (!j->has_quote || !text.data)
                return;
        if (text.len > 0 && text.data[text.len - 1] == '\n')
                text.len--;
        if (canon_check(text) != ERR_OK || baseline_read_banks(text, j->values) != ERR_OK)
                reason_add_about(&j->reasons, REASON_PCRS_MALFORMED, name);
        else if (!quote_has_values(&j->quote, j->signature.alg, j->values))
                reason_add_about(&j->reasons, REASON_PCRS_NOT_QUOTED, name);
        else
                j->has_values = true;
        if (!j->has_values)
                memset(j->values, 0, sizeof(j->values));
}

static void replay_firmware_log(struct judge *j)
{
        struct span log = j->evidence.members[EVIDENCE_FIRMWARE];
        struct replay_place place;

        replay_begin(&j->firmware, REPLAY_ALL_BANKS);
        if (log.len > 0)
                j->firmware_error = replay_firmware(&j->firmware, log, &j->firmware_banks, &place);
        if (j->firmware_error != ERR_OK)
                j->firmware_banks = 0;
}

/* What systemd 261 and later extends into PCR 0 to 7, 9 and 12 to 14 when the initrd starts (systemd-pcrosseparator.service). */
#define SEPARATED_PCRS 0x000072ffu
static const char separator[] = "os-separator";

static bool is_same(const struct digest *a, const struct digest *b)
{
        return span_equal(digest_span(a), digest_span(b));
}

static void separate(struct digest *value)
{
        struct digest d;

        digest_of(value->alg, span_of_str(separator), &d);
        digest_extend(value, digest_span(&d));
}

static bool by_firmware(const struct judge *j, enum alg alg, unsigned pcr)
{
        return (j->firmware_banks & REPLAY_BANK(alg)) && (j->firmware.touched & PCR_BIT(pcr));
}

/* One of the enrolled boot chains, of which the first is number 0. */
static void load_chain(const struct judge *j, unsigned number, struct quote_bank *ret_banks)
{
        memset(ret_banks, 0, ALG_COUNT * sizeof(*ret_banks));
        if (j->baseline && number == 0)
                memcpy(ret_banks, j->baseline->boot_chain, ALG_COUNT * sizeof(*ret_banks));
        /* baseline_read() has read it before. */
        else if (j->baseline && baseline_read_banks(j->baseline->other_chains[number - 1], ret_banks) != ERR_OK)
                memset(ret_banks, 0, ALG_COUNT * sizeof(*ret_banks));
}

static unsigned count_chains(const struct judge *j)
{
        return 1 + (j->baseline ? j->baseline->other_chain_count : 0);
}

/* What a PCR must hold by the logs alone, or as enrolled where there is no log. separated: where no log of ours says more, systemd did. */
static struct digest replayed_value(const struct judge *j, enum alg alg, unsigned pcr, const struct quote_bank *chain, enum ima_mode mode,
                                    bool separated)
{
        struct digest value = j->start.pcrs[alg][pcr];

        if (j->has_events && j->replayed.events > 0 && pcr == j->replayed.pcr)
                return j->own.pcrs[alg][pcr];
        if (j->ima.modes[mode].touched & PCR_BIT(pcr))
                return j->ima.modes[mode].pcrs[alg][pcr];
        if (by_firmware(j, alg, pcr))
                value = j->firmware.pcrs[alg][pcr];
        else if ((chain[alg].pcrs & PCR_BIT(pcr)) && !is_same(&chain[alg].values[pcr], &value))
                return chain[alg].values[pcr];
        if (separated && (SEPARATED_PCRS & PCR_BIT(pcr)))
                separate(&value);
        return value;
}

/* Whether a choice of modes, one bit a bank, chooses for a bank that is not signed. */
static bool is_idle(const struct judge *j, unsigned modes)
{
        for (unsigned alg = 0; alg < ALG_COUNT; alg++)
                if ((modes >> alg & 1) && !j->signed_pcrs[alg])
                        return true;
        return false;
}

static bool derive_as(struct judge *j, const struct quote_bank *chain, unsigned modes, bool separated)
{
        for (unsigned alg = 0; alg < ALG_COUNT; alg++) {
                j->values[alg].pcrs = j->signed_pcrs[alg];
                for (unsigned pcr = 0; pcr < QUOTE_PCRS; pcr++)
                        j->values[alg].values[pcr] =
                                replayed_value(j, (enum alg)alg, pcr, chain, modes >> alg & 1 ? IMA_PADDED_SHA1 : IMA_OWN_HASH, separated);
        }
        return quote_has_values(&j->quote, j->signature.alg, j->values);
}

/* Without values that were read beside the quote, the logs as they end must give the signed digest, whatever IMA extended into each bank. */
static bool derive_values(struct judge *j)
{
        struct quote_bank chain[ALG_COUNT];

        for (unsigned number = 0; number < count_chains(j); number++) {
                load_chain(j, number, chain);
                for (unsigned modes = 0; modes < 1u << ALG_COUNT; modes++)
                        if (!is_idle(j, modes) && (derive_as(j, chain, modes, false) || derive_as(j, chain, modes, true)))
                                return true;
        }
        memset(j->values, 0, sizeof(j->values));
        return false;
}

static const struct digest *known_value(const struct judge *j, unsigned alg, unsigned pcr)
{
        return j->values[alg].pcrs & PCR_BIT(pcr) ? &j->values[alg].values[pcr] : NULL;
}

/* Our PCR in every bank. One reason is enough: the same cause shows in all of them. */
static void check_own(struct judge *j)
{
        for (unsigned alg = 0; alg < ALG_COUNT; alg++) {
                const struct digest *value = known_value(j, alg, j->replayed.pcr);
                const struct digest *before = digest_find(&j->replayed.before_last, (enum alg)alg);

                if (!value || is_same(value, &j->own.pcrs[alg][j->replayed.pcr]))
                        continue;
                if (before && is_same(value, before)) {
                        judge_add_number(j, REASON_EVENT_NOT_EXTENDED, "events.cel", j->events.last_recnum, ERR_OK);
                        return;
                }
                struct reason reason = { .code = REASON_EVENTS_REPLAY,
                                         .subject = span_of_str("events.cel"),
                                         .field = span_of_str(alg_info((enum alg)alg)->name),
                                         .number = j->replayed.pcr };

                reason_add(&j->reasons, &reason);
                return;
        }
}

static unsigned own_pcr(const struct judge *j)
{
        if (j->has_events && j->replayed.events > 0)
                return j->replayed.pcr;
        return j->baseline ? j->baseline->pcr : 0;
}

/* A value that is another one with systemd's separator on top. */
static bool is_separated(const struct digest *value, const struct digest *before, unsigned pcr)
{
        struct digest expected = *before;

        if (!(SEPARATED_PCRS & PCR_BIT(pcr)))
                return false;
        separate(&expected);
        return is_same(value, &expected);
}

static void check_chain_pcr(struct judge *j, unsigned alg, unsigned pcr)
{
        const struct digest *value = &j->values[alg].values[pcr];

        if (by_firmware(j, (enum alg)alg, pcr) && !is_same(value, &j->firmware.pcrs[alg][pcr])) {
                if (is_separated(value, &j->firmware.pcrs[alg][pcr], pcr))
                        j->separated |= PCR_BIT(pcr);
                else
                        j->firmware_differs |= PCR_BIT(pcr);
        }
}

static bool is_enrolled_as(const struct quote_bank *bank, unsigned pcr, const struct digest *value)
{
        return (bank->pcrs & PCR_BIT(pcr)) && is_same(value, &bank->values[pcr]);
}

/* The PCRs of the boot chain that are not as in one of the enrolled chains. */
static uint32_t differ_from(const struct judge *j, const struct quote_bank *chain)
{
        uint32_t pcrs = 0;

        for (unsigned alg = 0; alg < ALG_COUNT; alg++)
                for (unsigned pcr = 0; pcr < QUOTE_PCRS; pcr++)
                        if ((j->signed_pcrs[alg] & JUDGE_CHAIN_PCRS & PCR_BIT(pcr)) && pcr != own_pcr(j) &&
                            !is_enrolled_as(&chain[alg], pcr, &j->values[alg].values[pcr]))
                                pcrs |= PCR_BIT(pcr);
        return pcrs;
}

/* A baseline that was made without a boot knows none. */
static bool has_enrolled_chain(const struct judge *j)
{
        uint32_t pcrs = j->baseline && j->baseline->other_chain_count == 0 ? 0 : JUDGE_CHAIN_PCRS;

        for (unsigned alg = 0; j->baseline && alg < ALG_COUNT; alg++)
                pcrs |= j->baseline->boot_chain[alg].pcrs;
        return pcrs & JUDGE_CHAIN_PCRS;
}

/* As one of the enrolled chains as a whole, or what differs from the first. */
static void compare_chains(struct judge *j)
{
        struct quote_bank chain[ALG_COUNT];

        for (unsigned i = count_chains(j); j->baseline && has_enrolled_chain(j) && i-- > 0;) {
                load_chain(j, i, chain);
                j->chain_changed = differ_from(j, chain);
                if (j->chain_changed == 0)
                        return;
        }
}

static bool is_in_a_chain(const struct judge *j, unsigned alg, unsigned pcr, const struct digest *value)
{
        struct quote_bank chain[ALG_COUNT];

        for (unsigned i = 0; i < count_chains(j); i++) {
                load_chain(j, i, chain);
                if (is_enrolled_as(&chain[alg], pcr, value))
                        return true;
        }
        return false;
}

/* A PCR of nobody that we know: untouched, told by the firmware's log, closed by systemd, or as enrolled. */
static void check_other_pcr(struct judge *j, unsigned alg, unsigned pcr)
{
        const struct digest *value = &j->values[alg].values[pcr];

        if (!j->baseline || is_same(value, &j->start.pcrs[alg][pcr]))
                return;
        if (by_firmware(j, (enum alg)alg, pcr) && is_same(value, &j->firmware.pcrs[alg][pcr]))
                return;
        if (is_in_a_chain(j, alg, pcr, value))
                return;
        if (is_separated(value, by_firmware(j, (enum alg)alg, pcr) ? &j->firmware.pcrs[alg][pcr] : &j->start.pcrs[alg][pcr], pcr)) {
                j->separated |= PCR_BIT(pcr);
                return;
        }
        judge_add_number(j, REASON_PCR_UNEXPLAINED, alg_info((enum alg)alg)->name, pcr, ERR_OK);
}

static void check_each_pcr(struct judge *j)
{
        for (unsigned alg = 0; alg < ALG_COUNT; alg++)
                for (unsigned pcr = 0; pcr < QUOTE_PCRS; pcr++) {
                        if (!(j->signed_pcrs[alg] & PCR_BIT(pcr)) || pcr == JUDGE_IMA_PCR || pcr == own_pcr(j) ||
                            (RESETTABLE_PCRS & PCR_BIT(pcr)))
                                continue;
                        if (JUDGE_CHAIN_PCRS & PCR_BIT(pcr))
                                check_chain_pcr(j, alg, pcr);
                        else
                                check_other_pcr(j, alg, pcr);
                }
}

static void conclude_chain(struct judge *j)
{
        uint32_t covered = 0;
        bool measured = false;

        for (unsigned alg = 0; alg < ALG_COUNT; alg++) {
                covered |= j->signed_pcrs[alg];
                for (unsigned pcr = 0; pcr < QUOTE_PCRS; pcr++)
                        if ((j->signed_pcrs[alg] & INITRD_PCRS & PCR_BIT(pcr)) && pcr != own_pcr(j) &&
                            !is_same(&j->values[alg].values[pcr], &j->start.pcrs[alg][pcr]))
                                measured = true;
        }
        if ((covered & JUDGE_CHAIN_PCRS) == 0 || !has_enrolled_chain(j))
                return;
        if (j->chain_changed)
                j->chain = JUDGE_CHAIN_CHANGED;
        else
                j->chain = measured ? JUDGE_CHAIN_UNCHANGED : JUDGE_CHAIN_UNMEASURED;
}

static void check_coverage(struct judge *j)
{
        uint32_t covered = 0, needed = PCR_BIT(JUDGE_IMA_PCR) | PCR_BIT(own_pcr(j));

        for (unsigned alg = 0; alg < ALG_COUNT; alg++)
                covered |= j->signed_pcrs[alg];
        for (unsigned pcr = 0; pcr < QUOTE_PCRS; pcr++)
                if (needed & ~covered & PCR_BIT(pcr))
                        judge_add_number(j, REASON_SELECTION_NEEDED, evidence_name(EVIDENCE_QUOTE_MSG), pcr, ERR_OK);
}

/* The firmware's log is signed only as far as it gives the quoted values; ours and systemd's events came after IMA's start. */
static bool is_start_of(const struct judge *j, enum alg alg, uint32_t pcrs)
{
        for (unsigned pcr = 0; pcr < QUOTE_PCRS; pcr++) {
                const struct digest *value = &j->values[alg].values[pcr], *logged = &j->firmware.pcrs[alg][pcr];

                if (!(pcrs & PCR_BIT(pcr)) || is_same(value, logged) || is_separated(value, logged, pcr))
                        continue;
                if (pcr != own_pcr(j) || !is_same(logged, &j->start.pcrs[alg][pcr]))
                        return false;
        }
        return true;
}

/* IMA logs the hash over the PCRs of one bank, by that bank's hash; with a zero digest it found no TPM. */
static void check_aggregate(struct judge *j)
{
        enum alg alg = j->aggregate.alg;
        uint32_t needed = alg == ALG_SHA1 ? 0xffu : 0x3ffu;
        struct replay values;
        struct digest aggregate;

        if (!j->has_aggregate || (j->values[alg].pcrs & needed) != needed)
                return;
        replay_begin(&values, REPLAY_BANK(alg));
        memcpy(values.pcrs[alg], j->values[alg].values, sizeof(values.pcrs[alg]));
        replay_boot_aggregate(&values, alg, &aggregate);
        if (is_same(&aggregate, &j->aggregate))
                return;
        /* PCR 0 to 9 may have been extended after IMA started, as newer systemd does with its separators. */
        replay_boot_aggregate(&j->firmware, alg, &aggregate);
        if (!(j->firmware_banks & REPLAY_BANK(alg)) || !is_start_of(j, alg, needed) || !is_same(&aggregate, &j->aggregate))
                reason_add_about(&j->reasons, REASON_BOOT_AGGREGATE, IMA_BOOT_AGGREGATE);
}

/* The last net: what the checks before did not put into words still shows in our PCR. */
static void check_enrolled(struct judge *j)
{
        if (!j->baseline || j->reasons.worst != REASON_NOTE || j->reasons.counts[REASON_POLICY_NEWER] > 0)
                return;
        for (unsigned i = 0; i < j->baseline->pcrs.count; i++) {
                const struct digest *enrolled = &j->baseline->pcrs.digests[i];
                const struct digest *value = known_value(j, enrolled->alg, j->baseline->pcr);

                if (value && !is_same(value, enrolled)) {
                        judge_add_number(j, REASON_PCR_CHANGED, "events.cel", j->baseline->pcr, ERR_OK);
                        return;
                }
        }
}

/* A bank that nobody shows is one that anybody could have filled. What the node says of its own banks is not signed: said, no more. */
static void check_banks(struct judge *j)
{
        struct span meta = j->evidence.members[EVIDENCE_META], value;
        uint64_t unknown;

        /* Values that were not used have had their reason. */
        bool told = j->reasons.counts[REASON_PCRS_NOT_QUOTED] + j->reasons.counts[REASON_PCRS_MALFORMED] > 0;

        for (unsigned i = 0; j->baseline && !told && i < j->baseline->pcrs.count; i++) {
                enum alg alg = j->baseline->pcrs.digests[i].alg;

                if (j->values[alg].pcrs == 0)
                        reason_add_about(&j->reasons, REASON_BANK_ABSENT, alg_info(alg)->name);
        }
        if (meta.data && canon_check(meta) == ERR_OK && canon_member(meta, "unknown_banks", &value) == ERR_OK &&
            canon_u64(value, &unknown) == ERR_OK && unknown > 0)
                judge_add_number(j, REASON_BANK_UNKNOWN, evidence_name(EVIDENCE_META), unknown, ERR_OK);
}

void judge_pcrs_check(struct judge *j)
{
        if (!j->has_quote)
                return;
        replay_firmware_log(j);
        check_coverage(j);
        if (!j->has_values) {
                j->has_values = derive_values(j);
                if (!j->has_values) {
                        reason_add_about(&j->reasons, REASON_QUOTE_DIGEST, evidence_name(EVIDENCE_QUOTE_MSG));
                        return;
                }
        }
        check_banks(j);
        if (j->has_events && j->replayed.events > 0)
                check_own(j);
        check_aggregate(j);
        check_each_pcr(j);
        compare_chains(j);
        conclude_chain(j);
        check_enrolled(j);
}
