/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's log: replayed to the signed values, and each file in it held against the baseline. */
#include "verify/judge_parts.h"

#include "base/hex.h"
#include "event/receipt.h"

static const char log_name[] = "ima.bin";

/* What the entries are looked at with, besides the judge. */
struct ima_walk {
        struct judge *j;
        bool has_receipt;      /* there must be one, and what is in it is known */
        char receipt_text[RECEIPT_BYTES_MAX];
        struct span receipt;
        unsigned receipts;
        char name[ALIAS_NAME_BYTES];
};

/* Say it once, at the first entry: the others have the same cause. */
static void add_once(struct judge *j, enum reason_code code, uint64_t number, enum err error)
{
        if (j->reasons.counts[code] == 0)
                judge_add_number(j, code, log_name, number, error);
}

static void add_file(struct judge *j, enum reason_code code, const struct ima_entry *e, struct span was, uint64_t number)
{
        struct reason reason = { .code = code, .subject = e->path, .number = number, .was = was };
        char text[BASELINE_DIGEST_BYTES];

        if (code != REASON_FILE_VIOLATION)
                reason.now = reason_keep(&j->reasons, baseline_digest_text(e->hash_name, e->hash, text));
        reason_add(&j->reasons, &reason);
}

static void check_file(struct ima_walk *w, const struct ima_entry *e, uint64_t number)
{
        const struct baseline *b = w->j->baseline;
        bool inside = w->j->judge_all || alias_mount_of(b->mounts, b->mount_count, e->path);
        const struct baseline_file *file;
        char text[BASELINE_DIGEST_BYTES];
        struct span name;

        if (alias_name(b->mounts, b->mount_count, e->path, w->name, &name) != ERR_OK)
                name = span_of(NULL, 0);
        file = name.data ? baseline_find(b, name) : NULL;
        if (file && !e->violation) {
                w->j->seen[file - b->files] = true;
                if (!baseline_file_allows(file, baseline_digest_text(e->hash_name, e->hash, text)))
                        add_file(w->j, REASON_FILE_CHANGED, e, baseline_file_digest(file), number);
        } else if (!file && !inside) {
                w->j->outside++;
        } else if (!file && !e->violation) {
                add_file(w->j, REASON_FILE_UNKNOWN, e, span_of(NULL, 0), number);
        }
}

static void check_receipt(struct ima_walk *w, const struct ima_entry *e, uint64_t number)
{
        struct digest digest;
        enum alg alg;

        w->receipts++;
        if (!w->has_receipt)
                return;
        if (alg_by_name(e->hash_name, &alg) == ERR_OK) {
                digest_of(alg, w->receipt, &digest);
                if (span_equal(e->hash, digest_span(&digest)))
                        return;
        }
        add_once(w->j, REASON_RECEIPT_DIGEST, number, ERR_OK);
}

static void keep_aggregate(struct judge *j, const struct ima_entry *e)
{
        enum alg alg;

        if (alg_by_name(e->hash_name, &alg) != ERR_OK || e->hash.len != alg_info(alg)->size)
                return;
        j->has_aggregate = true;
        j->aggregate.alg = alg;
        memcpy(j->aggregate.bytes, e->hash.data, e->hash.len);
}

static void check_entry(struct ima_walk *w, const struct ima_entry *e, uint64_t number)
{
        struct judge *j = w->j;

        if (e->pcr != JUDGE_IMA_PCR)
                add_once(j, REASON_IMA_PCR, number, ERR_OK);
        switch (e->kind) {
        case IMA_BOOT_AGGREGATE_ENTRY:
                if (number == 0)
                        keep_aggregate(j, e);
                break;
        case IMA_FILE:
                if (e->violation && (!j->baseline || j->judge_all || alias_mount_of(j->baseline->mounts, j->baseline->mount_count, e->path)))
                        add_file(j, REASON_FILE_VIOLATION, e, span_of(NULL, 0), number);
                if (span_equal_str(e->path, RECEIPT_PATH))
                        check_receipt(w, e, number);
                else if (j->baseline)
                        check_file(w, e, number);
                break;
        case IMA_BUFFER:
                break;
        case IMA_OTHER:
                add_once(j, REASON_IMA_TEMPLATE, number, e->fields_error);
                break;
        }
}

/* The signed or read values of all banks, so that all of them must come out of one prefix of the log. */
static void expect_values(struct judge *j)
{
        unsigned banks = 0;

        for (unsigned alg = 0; alg < ALG_COUNT; alg++)
                if (j->values[alg].pcrs || j->signed_pcrs[alg])
                        banks |= REPLAY_BANK(alg);
        replay_ima_begin(&j->ima, banks ? banks : REPLAY_BANK(ALG_SHA256));
        for (unsigned alg = 0; alg < ALG_COUNT; alg++) {
                if (!(j->values[alg].pcrs >> JUDGE_IMA_PCR & 1))
                        continue;
                if (replay_ima_expect(&j->ima, (enum alg)alg, JUDGE_IMA_PCR, digest_span(&j->values[alg].values[JUDGE_IMA_PCR])) != ERR_OK)
                        return;
        }
}

static bool pcr_is_zero(const struct judge *j)
{
        for (unsigned alg = 0; alg < ALG_COUNT; alg++)
                if (j->values[alg].pcrs >> JUDGE_IMA_PCR & 1 && !span_is_zero(digest_span(&j->values[alg].values[JUDGE_IMA_PCR])))
                        return false;
        return true;
}

static void conclude_replay(struct judge *j)
{
        const struct replay_ima *r = &j->ima;

        if (j->has_values && !(r->entries > 0 ? r->matched : pcr_is_zero(j)))
                reason_add_about(&j->reasons, REASON_IMA_REPLAY, log_name);
        else if (!r->starts_with_aggregate)
                reason_add_about(&j->reasons, REASON_IMA_START, log_name);
        if (r->bad_digests > 0)
                judge_add_number(j, REASON_IMA_COLUMN, log_name, r->first_bad, ERR_OK);
        if (j->has_values && r->matched && r->matched_entries < r->entries)
                judge_add_number(j, REASON_IMA_BEYOND, log_name, r->entries - r->matched_entries, ERR_OK);
        if (j->outside > 0)
                judge_add_number(j, REASON_IMA_OUTSIDE, log_name, j->outside, ERR_OK);
}

/* Names in the baseline are JSON strings. */
static struct span path_of(struct span name)
{
        return name.len > 2 && name.data[0] == '"' ? span_of(name.data + 1, name.len - 2) : name;
}

static bool is_walked(const struct baseline *b, struct span name)
{
        const struct alias_mount *mount = alias_mount_of(b->mounts, b->mount_count, path_of(name));

        return mount && mount->walked;
}

/* Files that a walk must have read, and so must stand in the log, wherever the walk took place. */
static void check_absent(struct judge *j)
{
        const struct baseline *b = j->baseline;

        /* Where no rules were active nothing was logged, whatever was there. */
        if (!b || !j->events.handover.data || j->events.content_count == 0 || j->reasons.counts[REASON_RULES_LOAD] > 0)
                return;
        for (size_t i = 0; i < b->file_count; i++)
                if (!j->seen[i] && is_walked(b, b->files[i].name)) {
                        struct reason reason = { .code = REASON_FILE_ABSENT, .subject = path_of(b->files[i].name) };

                        reason_add(&j->reasons, &reason);
                }
}

static void prepare_receipt(struct ima_walk *w)
{
        const struct judge_events *e = &w->j->events;
        uint8_t rules[EVENT_SHA256_BYTES];
        struct span text;

        if (!e->policy.data || !e->storage.data || !e->ima_policy.data || canon_member(e->ima_policy, "sha256", &text) != ERR_OK ||
            canon_plain_string(text, &text) != ERR_OK || hex_decode(text, sizeof(rules), rules) != ERR_OK)
                return;
        w->has_receipt = receipt_write(e->policy, e->storage, rules, w->receipt_text, sizeof(w->receipt_text), &w->receipt) == ERR_OK;
}

void judge_ima_check(struct judge *j)
{
        struct ima_reader reader = ima_reader_on(j->evidence.members[EVIDENCE_IMA], ALG_SHA1);
        struct ima_walk walk = { .j = j };

        prepare_receipt(&walk);
        expect_values(j);
        while (!ima_done(&reader)) {
                uint64_t number = reader.number;
                struct ima_entry entry;
                enum err e = ima_next(&reader, &entry);

                if (e != ERR_OK) {
                        judge_add_number(j, REASON_IMA_MALFORMED, log_name, number, e);
                        return;
                }
                replay_ima_add(&j->ima, &entry);
                if (number > 0 && entry.kind == IMA_BOOT_AGGREGATE_ENTRY)
                        add_once(j, REASON_IMA_RESTART, number, ERR_OK);
                check_entry(&walk, &entry, number);
        }
        conclude_replay(j);
        if (walk.has_receipt && walk.receipts == 0 && j->reasons.counts[REASON_RULES_LOAD] == 0)
                reason_add_about(&j->reasons, REASON_RECEIPT_ABSENT, RECEIPT_PATH);
        check_absent(j);
}
