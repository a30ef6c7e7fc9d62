/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's log: replayed to the signed values, and each file in it held against the baseline. */
#include "verify/judge_parts.h"

#include "base/hex.h"

static const char log_name[] = "ima.bin";

#define PATH_BYTES_KEPT 4096 /* of a path in a reason */
#define COLUMN_BYTES (4 + ALG_DIGEST_MAX + 4 + IMA_NAME_BYTES_MAX) /* enough to tell the digest column */

/* Say it once, at the first entry: the others have the same cause. */
static void add_once(struct judge *j, enum reason_code code, uint64_t number, enum err error)
{
        if (j->reasons.counts[code] == 0)
                judge_add_number(j, code, log_name, number, error);
}

/* The bytes of the entry will be gone when the reason is read. */
static void add_file(struct judge *j, enum reason_code code, const struct ima_entry *e, struct span was, uint64_t number)
{
        struct reason reason = { .code = code, .subject = e->path, .number = number, .was = was };
        char text[BASELINE_DIGEST_BYTES];

        if (reason_will_be_kept(&j->reasons, code)) {
                reason.subject = reason_keep(&j->reasons, span_of(e->path.data, e->path.len < PATH_BYTES_KEPT ? e->path.len : PATH_BYTES_KEPT));
                if (code != REASON_FILE_VIOLATION)
                        reason.now = reason_keep(&j->reasons, baseline_digest_text(e->hash_name, e->hash, text));
        }
        reason_add(&j->reasons, &reason);
}

/* Of contents the newest one is kept. */
static void mark_seen(struct judge *j, const struct baseline_file *file, unsigned index, uint64_t number)
{
        size_t i = (size_t)(file - j->baseline->files);
        uint8_t content = index < UINT8_MAX ? (uint8_t)index : UINT8_MAX;
        uint32_t at = number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;

        if (j->seen[i] == 0)
                j->seen_at[i].first = at;
        if (j->seen[i] < content) {
                j->seen[i] = content;
                j->seen_at[i].newest = at;
        }
}

uint64_t judge_ima_quoted(const struct judge *j)
{
        return j->has_values && j->ima.matched ? j->ima.matched_entries : UINT64_MAX;
}

/* Contents are allowed in an order: one that comes back after a newer one was put back by somebody. */
static void check_content(struct judge *j, const struct baseline_file *file, const struct ima_entry *e, uint64_t number)
{
        unsigned seen = j->seen[file - j->baseline->files];
        char text[BASELINE_DIGEST_BYTES];
        unsigned index = baseline_file_index(file, baseline_digest_text(e->hash_name, e->hash, text), NULL);

        if (index == 0)
                add_file(j, REASON_FILE_CHANGED, e, baseline_file_digest(file), number);
        else if (index < seen && baseline_file_is_ordered(file))
                add_file(j, REASON_FILE_ROLLED_BACK, e, baseline_file_digest(file), number);
        mark_seen(j, file, index > 0 ? index : 1, number);
}

/* The kernel logs security.ima beside the digest in the templates ima-sig and ima-sigv2. */
static enum err verify_signature(const struct baseline *b, const struct ima_entry *e)
{
        uint8_t bytes[BASELINE_CERTIFICATES_MAX][BASELINE_CERTIFICATE_BYTES_MAX];
        struct span certificates[BASELINE_CERTIFICATES_MAX];
        struct sig_signer signer;
        struct digest digest;

        TRY(alg_by_name(e->hash_name, &digest.alg));
        if (e->hash.len != alg_info(digest.alg)->size)
                return ERR_SIG_HASH_KIND;
        memcpy(digest.bytes, e->hash.data, e->hash.len);
        for (unsigned i = 0; i < b->certificate_count; i++) {
                certificates[i] = span_of(bytes[i], b->certificates[i].len / 2);
                TRY(hex_decode(b->certificates[i], certificates[i].len, bytes[i]));
        }
        return sig_verify_digest(e->signature, &digest, certificates, b->certificate_count, &signer);
}

/* A file that may change, as long as somebody of ours signed it; the enrolled contents need no signature. */
static void check_signed(struct judge *j, const struct baseline_file *file, const struct ima_entry *e, uint64_t number)
{
        char text[BASELINE_DIGEST_BYTES];

        if (file && baseline_file_allows(file, baseline_digest_text(e->hash_name, e->hash, text)))
                return;
        if (verify_signature(j->baseline, e) != ERR_OK)
                add_file(j, REASON_FILE_SIGNATURE, e, span_of(NULL, 0), number);
}

/* Patterns are about paths that JSON spells as they are; a name with control characters is never allowed by one. */
static bool is_allowed(const struct baseline *b, struct span name)
{
        return b->allowed_globs && name.len > 2 && name.data[0] == '"' && !memchr(name.data, '\\', name.len) &&
               glob_matches(b->allowed_globs, span_of(name.data + 1, name.len - 2));
}

static void check_file(struct judge *j, const struct ima_entry *e, uint64_t number)
{
        const struct baseline *b = j->baseline;
        const struct baseline_file *file;
        struct span name;

        if (alias_name(b->mounts, b->mount_count, e->path, j->walk.name, &name) != ERR_OK)
                name = span_of(NULL, 0);
        file = name.data ? baseline_find(b, name) : NULL;
        if (name.data && baseline_is_signed(b, name)) {
                if (file)
                        mark_seen(j, file, 1, number);
                if (!e->violation)
                        check_signed(j, file, e, number);
        } else if (file && !e->violation) {
                check_content(j, file, e, number);
        } else if (!file && is_allowed(b, name)) {
                j->allowed++;
        } else if (!file && !j->judge_all && !alias_mount_of(b->mounts, b->mount_count, e->path)) {
                j->outside++;
        } else if (!file && !e->violation) {
                add_file(j, REASON_FILE_UNKNOWN, e, span_of(NULL, 0), number);
        }
}

static void check_receipt(struct judge *j, const struct ima_entry *e, uint64_t number)
{
        struct digest digest;
        enum alg alg;

        if (j->walk.receipts++ == 0)
                j->walk.first_receipt = number;
        if (!j->walk.has_receipt)
                return;
        if (alg_by_name(e->hash_name, &alg) == ERR_OK) {
                digest_of(alg, j->walk.receipt, &digest);
                if (span_equal(e->hash, digest_span(&digest)))
                        return;
        }
        add_once(j, REASON_RECEIPT_DIGEST, number, ERR_OK);
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

static void check_entry(struct judge *j, const struct ima_entry *e, uint64_t number)
{
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
                        check_receipt(j, e, number);
                else if (j->baseline)
                        check_file(j, e, number);
                break;
        case IMA_BUFFER:
                judge_volumes_entry(j, e, number);
                break;
        case IMA_OTHER:
                add_once(j, REASON_IMA_TEMPLATE, number, e->fields_error);
                break;
        }
}

/*
 * The signed or read values of all banks, so that all of them must come out of one prefix of the log. padded: banks to be tried that way; not_own:
 * those not to be tried in the other one.
 */
static void expect_values(struct judge *j, unsigned padded, unsigned not_own)
{
        unsigned banks = 0;

        for (unsigned alg = 0; alg < ALG_COUNT; alg++)
                if (j->values[alg].pcrs || j->signed_pcrs[alg])
                        banks |= REPLAY_BANK(alg);
        replay_ima_begin(&j->ima, banks ? banks : REPLAY_BANK(ALG_SHA256));
        j->ima.modes[IMA_PADDED_SHA1].banks &= padded;
        j->ima.modes[IMA_OWN_HASH].banks &= ~not_own;
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

        replay_ima_conclude(&j->ima);
        if (j->has_values && !(r->entries > 0 ? r->matched : pcr_is_zero(j)))
                reason_add_about(&j->reasons, REASON_IMA_REPLAY, log_name);
        else if (!r->starts_with_aggregate)
                reason_add_about(&j->reasons, REASON_IMA_START, log_name);
        if (r->bad_digests > 0)
                judge_add_number(j, REASON_IMA_COLUMN, log_name, r->first_bad, ERR_OK);
        if (j->has_values && r->matched && r->matched_entries < r->entries)
                judge_add_number(j, REASON_IMA_BEYOND, log_name, r->entries - r->matched_entries, ERR_OK);
        if (j->allowed > 0)
                judge_add_number(j, REASON_FILE_ALLOWED, log_name, j->allowed, ERR_OK);
        if (j->outside > 0)
                judge_add_number(j, REASON_IMA_OUTSIDE, log_name, j->outside, ERR_OK);
}

/* Names in the baseline are JSON strings. */
static struct span path_of(struct span name)
{
        return name.len > 2 && name.data[0] == '"' ? span_of(name.data + 1, name.len - 2) : name;
}

static bool is_seen(const struct judge *j, size_t file)
{
        return j->seen[file] > 0 && j->seen_at[file].first < judge_ima_quoted(j);
}

/* Of a hundred thousand files only those are looked at whose names begin as the mount point does: all that are below it, and few others. */
static void check_absent_below(struct judge *j, const struct alias_mount *mount)
{
        const struct baseline *b = j->baseline;
        struct span start = { NULL, 0 };

        if (mount->point.len < sizeof(j->walk.name)) {
                j->walk.name[0] = '"';
                memcpy(j->walk.name + 1, mount->point.data, mount->point.len);
                start = span_of(j->walk.name, mount->point.len + 1);
        }
        for (size_t i = baseline_first_from(b, start); i < b->file_count && span_equal(span_sub(b->files[i].name, 0, start.len), start); i++) {
                struct reason reason = { .code = REASON_FILE_ABSENT, .subject = path_of(b->files[i].name) };

                if (!is_seen(j, i) && alias_mount_of(b->mounts, b->mount_count, reason.subject) == mount)
                        reason_add(&j->reasons, &reason);
        }
}

/* Files that a walk must have read, and so must stand in the log, wherever the walk took place. */
static void check_absent(struct judge *j)
{
        const struct baseline *b = j->baseline;

        /* Where no rules were active nothing was logged, whatever was there. */
        if (!b || !j->events.handover.data || j->events.content_count == 0 || j->reasons.counts[REASON_RULES_LOAD] > 0)
                return;
        for (unsigned i = 0; i < b->mount_count; i++)
                if (b->mounts[i].walked)
                        check_absent_below(j, &b->mounts[i]);
}

/* Old and new side by side: an update that is not done, or a part of it that was put back. */
static void check_older(struct judge *j)
{
        const struct baseline *b = j->baseline;
        uint64_t older = 0, newer = 0;

        for (size_t i = 0; b && i < b->file_count; i++) {
                unsigned count = 0;
                bool is_newest;

                if (!is_seen(j, i) || !baseline_file_has_many(&b->files[i]))
                        continue;
                (void)baseline_file_index(&b->files[i], span_of(NULL, 0), &count);
                is_newest = (j->seen[i] >= count || j->seen[i] == UINT8_MAX) && j->seen_at[i].newest < judge_ima_quoted(j);
                newer += is_newest;
                older += !is_newest;
        }
        if (older > 0 && newer > 0)
                judge_add_number(j, REASON_FILES_OLDER, log_name, older, ERR_OK);
}

static void prepare_receipt(struct judge *j)
{
        const struct judge_events *e = &j->events;
        struct judge_ima *w = &j->walk;
        uint8_t rules[EVENT_SHA256_BYTES];
        struct span text;

        if (!e->policy.data || !e->storage.data || !e->ima_policy.data || canon_member(e->ima_policy, "sha256", &text) != ERR_OK ||
            canon_plain_string(text, &text) != ERR_OK || hex_decode(text, sizeof(rules), rules) != ERR_OK)
                return;
        w->has_receipt = receipt_write(e->policy, e->storage, rules, w->receipt_text, sizeof(w->receipt_text), &w->receipt) == ERR_OK;
}

void judge_ima_begin(struct judge *j)
{
        static const struct judge_ima_half start;
        unsigned padded;

        j->walk.chain = j->walk.files = start;
        j->walk.has_receipt = false;
        j->walk.receipts = 0;
        j->walk.volumes = 0;
        prepare_receipt(j);
        /* What the kernel did at enrolment is tried first, and alone; it decides nothing. */
        padded = j->has_values && j->baseline ? j->baseline->padded : 0;
        expect_values(j, padded, padded);
}

typedef enum err entry_parser(struct span bytes, enum alg column, struct ima_entry *ret_entry, size_t *ret_size);

/* The next entry of a piece that is used up as far as *used; false at its end, or, with the reason in ret_error, at a malformed entry. */
static inline bool next_entry(struct judge_ima_half *half, entry_parser *parse, struct span piece, bool last, size_t *used,
                              struct ima_entry *ret_entry, enum err *ret_error)
{
        struct span left;
        size_t size;
        enum err e;

        *ret_error = ERR_OK;
        if (half->stopped || *used == piece.len)
                return false;
        left = span_of(piece.data + *used, piece.len - *used);
        if (half->number == 0) {
                if (!last && left.len < COLUMN_BYTES)
                        return false;
                half->column = ima_column_of(left);
        }
        e = parse(left, half->column, ret_entry, &size);
        if (e == ERR_IMA_ENDS && !last)
                return false;
        half->stopped = e != ERR_OK;
        *ret_error = e;
        if (half->stopped)
                return false;
        *used += size;
        half->number++;
        return true;
}

size_t judge_ima_chain(struct judge *j, struct span piece, bool last)
{
        struct ima_entry entry;
        size_t used = 0;
        enum err e;

        while (next_entry(&j->walk.chain, ima_parse_frame, piece, last, &used, &entry, &e))
                replay_ima_add(&j->ima, &entry);
        return used;
}

static void look_at(struct judge *j, const struct ima_entry *e, uint64_t number)
{
        if (number > 0 && e->kind == IMA_BOOT_AGGREGATE_ENTRY)
                add_once(j, REASON_IMA_RESTART, number, ERR_OK);
        check_entry(j, e, number);
}

/* Several entries at a time, so that the baseline can be fetched from memory for all of them at once. */
size_t judge_ima_files(struct judge *j, struct span piece, bool last)
{
        struct ima_entry entries[BASELINE_PREPARED_MAX];
        struct span paths[BASELINE_PREPARED_MAX];
        size_t used = 0;
        unsigned count;
        enum err e = ERR_OK;

        do {
                uint64_t number = j->walk.files.number;

                for (count = 0; count < BASELINE_PREPARED_MAX &&
                     next_entry(&j->walk.files, ima_parse_entry, piece, last, &used, &entries[count], &e);
                     count++)
                        paths[count] = entries[count].path;
                if (j->baseline)
                        baseline_prepare(j->baseline, paths, count);
                for (unsigned i = 0; i < count; i++)
                        look_at(j, &entries[i], number + i);
        } while (count == BASELINE_PREPARED_MAX);
        if (e != ERR_OK)
                judge_add_number(j, REASON_IMA_MALFORMED, log_name, j->walk.files.number, e);
        return used;
}

bool judge_ima_stopped(const struct judge *j)
{
        return j->walk.files.stopped;
}

bool judge_ima_again(struct judge *j)
{
        unsigned banks = j->has_values ? replay_ima_unmatched(&j->ima) : j->ima.modes[IMA_OWN_HASH].banks;

        if (j->walk.chain.stopped || j->ima.entries == 0 || banks == 0)
                return false;
        j->walk.chain = (struct judge_ima_half){ .number = 0 };
        expect_values(j, banks | j->ima.modes[IMA_PADDED_SHA1].banks, 0);
        return true;
}

static bool has_quoted_receipt(const struct judge *j)
{
        return j->walk.receipts > 0 && j->walk.first_receipt < judge_ima_quoted(j);
}

void judge_ima_end(struct judge *j)
{
        if (j->walk.files.stopped)
                return;
        conclude_replay(j);
        if (j->walk.has_receipt && !has_quoted_receipt(j) && j->reasons.counts[REASON_RULES_LOAD] == 0)
                reason_add_about(&j->reasons, REASON_RECEIPT_ABSENT, RECEIPT_PATH);
        judge_volumes_end(j);
        check_absent(j);
        check_older(j);
}
