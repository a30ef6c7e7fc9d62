/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how logs turn into PCR values. */
#include "log/replay.h"

#define DRTM_PCR_FIRST 17 /* PCR 17 to 22 are set to ones when no dynamic launch has taken place */
#define DRTM_PCR_LAST 22
#define PCR_BIT(pcr) (UINT32_C(1) << (pcr))

void replay_begin(struct replay *r, unsigned banks)
{
        r->banks = banks;
        r->touched = 0;
        for (unsigned alg = 0; alg < ALG_COUNT; alg++)
                for (unsigned pcr = 0; pcr < REPLAY_PCRS; pcr++) {
                        struct digest *d = &r->pcrs[alg][pcr];

                        d->alg = alg;
                        memset(d->bytes, pcr >= DRTM_PCR_FIRST && pcr <= DRTM_PCR_LAST ? 0xff : 0, sizeof(d->bytes));
                }
}

void replay_set_locality(struct replay *r, uint8_t locality)
{
        for (unsigned alg = 0; alg < ALG_COUNT; alg++)
                r->pcrs[alg][0].bytes[alg_info(alg)->size - 1] = locality;
}

enum err replay_extend(struct replay *r, enum alg bank, uint32_t pcr, struct span value)
{
        if (pcr >= REPLAY_PCRS)
                return ERR_REPLAY_PCR;
        if (!(r->banks & REPLAY_BANK(bank)))
                return ERR_OK;
        digest_extend(&r->pcrs[bank][pcr], value);
        r->touched |= PCR_BIT(pcr);
        return ERR_OK;
}

enum err replay_extend_event(struct replay *r, uint32_t pcr, struct span content)
{
        for (unsigned alg = 0; alg < ALG_COUNT; alg++) {
                struct digest d;

                if (!(r->banks & REPLAY_BANK(alg)))
                        continue;
                digest_of(alg, content, &d);
                TRY(replay_extend(r, alg, pcr, digest_span(&d)));
        }
        return ERR_OK;
}

const char *replay_log_name(enum replay_log log)
{
        static const char *const names[] = {
                [REPLAY_FIRMWARE] = "firmware.bin",
                [REPLAY_EVENTS] = "events.cel",
                [REPLAY_IMA] = "ima.bin",
        };

        return names[log];
}

/* ---- firmware.bin ------------------------------------------------------------------------------------------------------ */

static enum err extend_firmware_event(struct replay *r, const struct tcg_event *e)
{
        uint8_t locality;

        /* Only what comes before the first extend of PCR 0 can say how PCR 0 started. */
        if (!(r->touched & PCR_BIT(0)) && tcg_event_startup_locality(e, &locality))
                replay_set_locality(r, locality);
        if (!tcg_event_is_extended(e))
                return ERR_OK;
        for (unsigned alg = 0; alg < ALG_COUNT; alg++) {
                struct span value = tcg_event_digest(e, alg);

                if (value.len > 0)
                        TRY(replay_extend(r, alg, e->pcr, value));
        }
        return ERR_OK;
}

static unsigned declared_banks(const struct tcg_log *log)
{
        unsigned banks = 0;

        for (unsigned i = 0; i < log->alg_count; i++) {
                enum alg alg;

                if (alg_by_tpm_id(log->algs[i].tpm_id, &alg) == ERR_OK)
                        banks |= REPLAY_BANK(alg);
        }
        return banks;
}

static enum err next_firmware_event(struct replay *r, struct tcg_log *log)
{
        struct tcg_event e;

        TRY(tcg_next(log, &e));
        return extend_firmware_event(r, &e);
}

enum err replay_firmware(struct replay *r, struct span bytes, unsigned *ret_banks, struct replay_place *ret_place)
{
        struct tcg_log log = { .bytes = bytes };
        enum err e = tcg_open(bytes, &log);

        while (e == ERR_OK && !tcg_done(&log))
                e = next_firmware_event(r, &log);
        *ret_place = (struct replay_place){ .log = REPLAY_FIRMWARE, .number = log.number, .offset = log.offset };
        if (e == ERR_OK)
                *ret_banks = r->banks & declared_banks(&log);
        return e;
}

/* ---- events.cel -------------------------------------------------------------------------------------------------------- */

static enum err check_digests(const struct replay *r, const struct cel_record *record)
{
        for (unsigned alg = 0; alg < ALG_COUNT; alg++) {
                const struct digest *logged = digest_find(&record->digests, alg);
                struct digest d;

                if (!logged && (r->banks & REPLAY_BANK(alg)))
                        return ERR_REPLAY_DIGEST;
                if (!logged)
                        continue;
                digest_of(alg, record->content, &d);
                if (!span_equal(digest_span(&d), digest_span(logged)))
                        return ERR_REPLAY_DIGEST;
        }
        return ERR_OK;
}

static void keep_value(const struct replay *r, unsigned pcr, struct digest_set *ret_set)
{
        ret_set->count = 0;
        for (unsigned alg = 0; alg < ALG_COUNT; alg++)
                if (r->banks & REPLAY_BANK(alg))
                        ret_set->digests[ret_set->count++] = r->pcrs[alg][pcr];
}

static enum err add_record(struct replay *r, const struct cel_record *record, struct replay_events *result)
{
        enum event_type type;

        TRY(event_type_of(record->content, &type));
        if (event_info(type)->extended == record->info)
                return ERR_CEL_CONTENT_TYPE;
        TRY(event_order_add(&result->order, type));
        result->pcr = record->pcr;
        result->records++;
        if (record->info)
                return ERR_OK;
        TRY(check_digests(r, record));
        keep_value(r, record->pcr, &result->before_last);
        result->events++;
        return replay_extend_event(r, record->pcr, record->content);
}

enum err replay_events(struct replay *r, struct span log, struct replay_events *ret_result, struct replay_place *ret_place)
{
        struct replay_events result = { .records = 0 };
        struct cel_reader reader = cel_reader_on(log);
        enum err e = ERR_OK;

        while (e == ERR_OK && !cel_done(&reader)) {
                struct cel_record record;

                *ret_place = (struct replay_place){ .log = REPLAY_EVENTS, .number = reader.recnum, .offset = reader.offset };
                e = cel_next(&reader, &record);
                if (e == ERR_OK)
                        e = add_record(r, &record, &result);
        }
        if (e == ERR_CEL_TORN) {
                result.torn = true;
                e = ERR_OK;
        }
        if (e == ERR_OK)
                *ret_result = result;
        return e;
}

/* ---- ima.bin ----------------------------------------------------------------------------------------------------------- */

void replay_ima_begin(struct replay_ima *r, unsigned banks)
{
        memset(r, 0, sizeof(*r));
        for (enum ima_mode mode = IMA_OWN_HASH; mode < IMA_MODE_COUNT; mode++)
                replay_begin(&r->modes[mode], banks);
}

enum err replay_ima_expect(struct replay_ima *r, enum alg bank, uint32_t pcr, struct span value)
{
        if (pcr >= REPLAY_PCRS || value.len != alg_info(bank)->size)
                return ERR_REPLAY_PCR;
        memcpy(r->target[bank][pcr].bytes, value.data, value.len);
        r->target[bank][pcr].alg = bank;
        r->has_target[bank] |= PCR_BIT(pcr);
        return ERR_OK;
}

static void compare(struct replay_ima *r, enum ima_mode mode, unsigned bank, uint32_t pcr)
{
        if (memcmp(r->modes[mode].pcrs[bank][pcr].bytes, r->target[bank][pcr].bytes, alg_info(bank)->size) == 0)
                r->tracks[mode].differs[bank] &= ~PCR_BIT(pcr);
        else
                r->tracks[mode].differs[bank] |= PCR_BIT(pcr);
}

static uint32_t compared_pcrs(const struct replay_ima *r, enum ima_mode mode, unsigned bank)
{
        return r->modes[mode].banks & REPLAY_BANK(bank) ? r->has_target[bank] & r->modes[mode].touched : 0;
}

/* Whether all PCRs that the log has touched so far have their quoted values in a bank. */
static void note_match(struct replay_ima *r, enum ima_mode mode, unsigned bank)
{
        struct replay_ima_track *t = &r->tracks[mode];
        uint32_t compared = compared_pcrs(r, mode, bank);

        if (compared == 0 || (t->differs[bank] & compared))
                return;
        if (t->to[bank] == 0 || t->to[bank] + 1 != t->entries)
                t->from[bank] = t->entries;
        t->to[bank] = t->entries;
}

static void extend_bank(struct replay_ima *r, enum ima_mode mode, unsigned bank, uint32_t pcr, struct digest *value)
{
        value->alg = bank;
        digest_extend(&r->modes[mode].pcrs[bank][pcr], digest_span(value));
        compare(r, mode, bank, pcr);
        note_match(r, mode, bank);
}

/* sha1 is followed by zeros, so it is the padded value of every bank. */
static void extend_banks(struct replay_ima *r, const struct ima_entry *e, struct digest *sha1)
{
        for (enum ima_mode mode = IMA_OWN_HASH; mode < IMA_MODE_COUNT; mode++) {
                r->modes[mode].touched |= PCR_BIT(e->pcr);
                r->tracks[mode].entries++;
                for (unsigned bank = 0; bank < ALG_COUNT; bank++) {
                        struct digest own;

                        if (!(r->modes[mode].banks & REPLAY_BANK(bank)))
                                continue;
                        if (mode == IMA_OWN_HASH && bank != ALG_SHA1)
                                ima_entry_value(e, bank, mode, &own);
                        extend_bank(r, mode, bank, e->pcr, mode == IMA_OWN_HASH && bank != ALG_SHA1 ? &own : sha1);
                }
        }
}

void replay_ima_add(struct replay_ima *r, const struct ima_entry *e)
{
        struct digest sha1;

        /* Computed once, for all banks and for the digest column. */
        ima_entry_value(e, ALG_SHA1, IMA_PADDED_SHA1, &sha1);
        if (r->entries == 0)
                r->starts_with_aggregate = e->kind == IMA_BOOT_AGGREGATE_ENTRY;
        else if (e->kind == IMA_BOOT_AGGREGATE_ENTRY)
                r->foreign_aggregates++;
        if (e->violation)
                r->violations++;
        else if (e->column == ALG_SHA1 ? !span_equal(digest_span(&sha1), e->digest) : !ima_entry_digest_matches(e)) {
                if (r->bad_digests == 0)
                        r->first_bad = r->entries;
                r->bad_digests++;
        }
        extend_banks(r, e, &sha1);
        r->entries++;
}

unsigned replay_ima_unmatched(const struct replay_ima *r)
{
        unsigned banks = 0;

        for (unsigned bank = 0; bank < ALG_COUNT; bank++) {
                bool compared = false, matched = false;

                for (enum ima_mode mode = IMA_OWN_HASH; mode < IMA_MODE_COUNT; mode++) {
                        compared = compared || compared_pcrs(r, mode, bank) != 0;
                        matched = matched || r->tracks[mode].to[bank] != 0;
                }
                if (compared && !matched)
                        banks |= REPLAY_BANK(bank);
        }
        return banks;
}

void replay_ima_resume(struct replay_ima *r)
{
        for (enum ima_mode mode = IMA_OWN_HASH; mode < IMA_MODE_COUNT; mode++) {
                r->tracks[mode] = (struct replay_ima_track){ .entries = r->entries };
                for (unsigned bank = 0; bank < ALG_COUNT; bank++) {
                        for (unsigned pcr = 0; pcr < REPLAY_PCRS; pcr++)
                                if (compared_pcrs(r, mode, bank) & PCR_BIT(pcr))
                                        compare(r, mode, bank, pcr);
                        note_match(r, mode, bank);
                }
        }
}

/* The mode in which a bank came to its targets; IMA_MODE_COUNT when in none. */
static enum ima_mode matched_mode(const struct replay_ima *r, unsigned bank)
{
        enum ima_mode mode = IMA_OWN_HASH;

        while (mode < IMA_MODE_COUNT && r->tracks[mode].to[bank] == 0)
                mode++;
        return mode;
}

void replay_ima_conclude(struct replay_ima *r)
{
        uint64_t from = 0, to = UINT64_MAX;

        r->matched = false;
        if (replay_ima_unmatched(r) != 0)
                return;
        for (unsigned bank = 0; bank < ALG_COUNT; bank++) {
                enum ima_mode mode = matched_mode(r, bank);

                if (mode == IMA_MODE_COUNT)
                        continue;
                r->matched_modes[bank] = mode;
                from = from > r->tracks[mode].from[bank] ? from : r->tracks[mode].from[bank];
                to = to < r->tracks[mode].to[bank] ? to : r->tracks[mode].to[bank];
        }
        r->matched = to != UINT64_MAX && from <= to;
        if (r->matched)
                r->matched_entries = to;
}

enum err replay_ima(struct replay_ima *r, struct span log, enum alg column, struct replay_place *ret_place)
{
        struct ima_reader reader = ima_reader_on(log, column);

        while (!ima_done(&reader)) {
                struct ima_entry entry;

                *ret_place = (struct replay_place){ .log = REPLAY_IMA, .number = reader.number, .offset = reader.offset };
                TRY(ima_next(&reader, &entry));
                replay_ima_add(r, &entry);
        }
        replay_ima_conclude(r);
        return ERR_OK;
}

/* ---- boot_aggregate ---------------------------------------------------------------------------------------------------- */

void replay_boot_aggregate(const struct replay *r, enum alg bank, struct digest *ret_aggregate)
{
        unsigned count = bank == ALG_SHA1 ? 8 : 10;
        struct digest_state s;

        digest_begin(&s, bank);
        for (unsigned pcr = 0; pcr < count; pcr++)
                digest_add(&s, digest_span(&r->pcrs[bank][pcr]));
        digest_end(&s, ret_aggregate);
}
