/* SPDX-License-Identifier: Apache-2.0 */
/* Writes and reads the state file of cosima watch. */
#include "cli/watch_state.h"

#include <stdlib.h>

#include "base/hex.h"
#include "cli/cli.h"

#define STATE_VERSION 2
#define FIXED_BYTES 65536

static const char *const mode_names[IMA_MODE_COUNT] = { [IMA_OWN_HASH] = "own", [IMA_PADDED_SHA1] = "padded" };

/* ---- the file ---------------------------------------------------------------------------------------------------------- */

enum err watch_state_write(const struct watch_state *s, struct span *ret_text)
{
        size_t size = FIXED_BYTES + s->ima.len;
        char *buf = cli_alloc(size + 2);
        struct json_writer w = json_writer_on(buf, FIXED_BYTES);
        struct span text;

        json_object_open(&w);
        json_put_str(&w, "baseline", s->baseline);
        json_put_u64(&w, "clock", s->clock_ms);
        json_put_hex(&w, "inputs", span_of(s->inputs, sizeof(s->inputs)));
        json_put_hex(&w, "judged", span_of(s->judged, sizeof(s->judged)));
        json_put_u64(&w, "offset", s->offset);
        json_put_u64(&w, "resets", s->resets);
        json_put_u64(&w, "restarts", s->restarts);
        json_put_str(&w, "verdict", judge_verdict_text(s->verdict));
        json_put_u64(&w, "version", STATE_VERSION);
        json_object_close(&w);
        TRY(json_writer_result(&w, &text));
        buf[text.len++] = '\n';
        if (s->has_ima) {
                memcpy(buf + text.len, s->ima.data, s->ima.len);
                text.len += s->ima.len;
                buf[text.len++] = '\n';
        }
        *ret_text = text;
        return ERR_OK;
}

static enum err get_u64(struct span object, const char *key, uint64_t *ret)
{
        struct span value;

        TRY(canon_member(object, key, &value));
        return canon_u64(value, ret);
}

static enum err get_hex(struct span object, const char *key, size_t len, uint8_t *ret_bytes)
{
        struct span value, text;

        TRY(canon_member(object, key, &value));
        TRY(canon_plain_string(value, &text));
        return hex_decode(text, len, ret_bytes);
}

static enum err get_verdict(struct span object, enum judge_verdict *ret_verdict)
{
        struct span value, text;

        TRY(canon_member(object, "verdict", &value));
        TRY(canon_plain_string(value, &text));
        for (enum judge_verdict v = JUDGE_TRUSTED; v <= JUDGE_MALFORMED; v++)
                if (span_equal_str(text, judge_verdict_text(v))) {
                        *ret_verdict = v;
                        return ERR_OK;
                }
        return ERR_CANON_SHAPE;
}

enum err watch_state_read(struct span text, struct watch_state *ret_state)
{
        struct watch_state s = { .is_there = true };
        const uint8_t *end = text.len > 0 ? memchr(text.data, '\n', text.len) : NULL;
        struct span object, value;
        uint64_t version;

        if (!end)
                return ERR_CANON_SYNTAX;
        object = span_of(text.data, (size_t)(end - text.data));
        TRY(canon_check(object));
        TRY(get_u64(object, "version", &version));
        if (version != STATE_VERSION)
                return ERR_CANON_SHAPE;
        TRY(canon_member(object, "baseline", &value));
        TRY(canon_plain_string(value, &value));
        if (value.len >= sizeof(s.baseline))
                return ERR_CANON_SHAPE;
        memcpy(s.baseline, value.data, value.len);
        TRY(get_u64(object, "clock", &s.clock_ms));
        TRY(get_hex(object, "inputs", sizeof(s.inputs), s.inputs));
        TRY(get_hex(object, "judged", sizeof(s.judged), s.judged));
        TRY(get_u64(object, "offset", &s.offset));
        TRY(get_u64(object, "resets", &s.resets));
        TRY(get_u64(object, "restarts", &s.restarts));
        TRY(get_verdict(object, &s.verdict));
        s.has_ima = text.len > object.len + 1;
        if (s.has_ima)
                s.ima = span_of(end + 1, text.len - object.len - 2);
        *ret_state = s;
        return ERR_OK;
}

/* ---- the judge between two entries ---------------------------------------------------------------------------------------- */

static void put_reason(struct json_writer *w, const struct reason *r)
{
        json_object_open(w);
        json_put_str(w, "code", reason_name(r->code));
        json_put_u64(w, "error", r->error);
        if (r->field.data)
                json_put_hex(w, "field", r->field);
        if (r->now.data)
                json_put_hex(w, "now", r->now);
        json_put_u64(w, "number", r->number);
        if (r->subject.data)
                json_put_hex(w, "subject", r->subject);
        if (r->was.data)
                json_put_hex(w, "was", r->was);
        json_object_close(w);
}

/* Reasons that were counted since, and are more than the kept ones. */
static void put_more(struct json_writer *w, const struct reason_list *list, unsigned first, const unsigned *counts_before)
{
        json_key(w, "more");
        json_array_open(w);
        for (unsigned code = 0; code < REASON_COUNT_; code++) {
                unsigned more = list->counts[code] - counts_before[code];

                for (unsigned i = first; i < list->kept_count; i++)
                        more -= list->kept[i].code == code;
                if (more == 0)
                        continue;
                json_array_open(w);
                json_str(w, reason_name((enum reason_code)code));
                json_u64(w, more);
                json_array_close(w);
        }
        json_array_close(w);
}

static void put_values(struct json_writer *w, const struct replay_ima *r)
{
        struct quote_bank *banks = cli_alloc(ALG_COUNT * sizeof(*banks));

        json_put_object(w, "values");
        for (enum ima_mode mode = IMA_OWN_HASH; mode < IMA_MODE_COUNT; mode++) {
                for (unsigned alg = 0; alg < ALG_COUNT; alg++) {
                        banks[alg].pcrs = r->modes[mode].banks & REPLAY_BANK(alg) ? r->modes[mode].touched : 0;
                        memcpy(banks[alg].values, r->modes[mode].pcrs[alg], sizeof(banks[alg].values));
                }
                json_key(w, mode_names[mode]);
                baseline_write_banks(w, banks);
        }
        json_object_close(w);
        free(banks);
}

static size_t room_for(const struct judge *j)
{
        size_t size = FIXED_BYTES + 2 * j->baseline->file_count;

        for (unsigned i = 0; i < j->reasons.kept_count; i++) {
                const struct reason *r = &j->reasons.kept[i];

                size += 512 + 2 * (r->subject.len + r->field.len + r->was.len + r->now.len);
        }
        return size;
}

enum err watch_state_save_ima(const struct judge *j, unsigned first_reason, const unsigned *counts_before, struct span *ret_ima)
{
        size_t size = room_for(j);
        struct json_writer w = json_writer_on(cli_alloc(size), size);
        const struct replay_ima *r = &j->ima;

        json_object_open(&w);
        if (j->has_aggregate) {
                json_put_hex(&w, "aggregate", digest_span(&j->aggregate));
                json_put_u64(&w, "aggregate_alg", j->aggregate.alg);
        }
        json_put_u64(&w, "allowed", j->allowed);
        json_put_u64(&w, "bad", r->bad_digests);
        json_put_u64(&w, "column", j->walk.files.column);
        json_put_u64(&w, "entries", r->entries);
        json_put_u64(&w, "first_bad", r->first_bad);
        json_put_u64(&w, "foreign", r->foreign_aggregates);
        put_more(&w, &j->reasons, first_reason, counts_before);
        json_put_u64(&w, "outside", j->outside);
        json_key(&w, "reasons");
        json_array_open(&w);
        for (unsigned i = first_reason; i < j->reasons.kept_count; i++)
                put_reason(&w, &j->reasons.kept[i]);
        json_array_close(&w);
        json_put_u64(&w, "receipts", j->walk.receipts);
        json_put_hex(&w, "seen", span_of(j->seen, j->baseline->file_count));
        json_put_u64(&w, "starts", r->starts_with_aggregate);
        json_put_u64(&w, "touched", r->modes[IMA_OWN_HASH].touched);
        put_values(&w, r);
        json_put_u64(&w, "violations", r->violations);
        json_put_u64(&w, "volumes", j->walk.volumes);
        json_object_close(&w);
        return json_writer_result(&w, ret_ima);
}

static enum err reason_by_name(struct span value, enum reason_code *ret_code)
{
        struct span name;

        TRY(canon_plain_string(value, &name));
        for (unsigned code = 0; code < REASON_COUNT_; code++)
                if (span_equal_str(name, reason_name((enum reason_code)code))) {
                        *ret_code = (enum reason_code)code;
                        return ERR_OK;
                }
        return ERR_CANON_SHAPE;
}

/* A text of a reason, in new memory; empty when it is not there. */
static enum err get_text(struct span object, const char *key, struct span *ret_text)
{
        struct span value, hex;
        uint8_t *bytes;

        *ret_text = span_of(NULL, 0);
        if (canon_member(object, key, &value) != ERR_OK)
                return ERR_OK;
        TRY(canon_plain_string(value, &hex));
        bytes = cli_alloc(hex.len / 2);
        TRY(hex_decode(hex, hex.len / 2, bytes));
        *ret_text = span_of(bytes, hex.len / 2);
        return ERR_OK;
}

static enum err load_reason(struct judge *j, struct span object)
{
        struct reason reason = { .number = 0 };
        struct span value;
        uint64_t error;

        TRY(canon_member(object, "code", &value));
        TRY(reason_by_name(value, &reason.code));
        TRY(get_u64(object, "error", &error));
        TRY(get_u64(object, "number", &reason.number));
        TRY(get_text(object, "field", &reason.field));
        TRY(get_text(object, "now", &reason.now));
        TRY(get_text(object, "subject", &reason.subject));
        TRY(get_text(object, "was", &reason.was));
        reason.error = error < ERR_COUNT_ ? (enum err)error : ERR_OK;
        reason_add(&j->reasons, &reason);
        return ERR_OK;
}

static enum err load_more(struct judge *j, struct span pair)
{
        struct canon_walk walk;
        struct span value;
        enum reason_code code;
        uint64_t more;

        TRY(canon_open_array(pair, &walk));
        if (!canon_next_element(&walk, &value))
                return ERR_CANON_SHAPE;
        TRY(reason_by_name(value, &code));
        if (!canon_next_element(&walk, &value))
                return ERR_CANON_SHAPE;
        TRY(canon_u64(value, &more));
        j->reasons.counts[code] += (unsigned)more;
        j->reasons.count += (unsigned)more;
        if (more > 0 && reason_weight(code) > j->reasons.worst)
                j->reasons.worst = reason_weight(code);
        return ERR_OK;
}

static enum err load_each(struct judge *j, struct span ima, const char *key, enum err (*load)(struct judge *j, struct span value))
{
        struct canon_walk walk;
        struct span value;

        TRY(canon_member(ima, key, &value));
        TRY(canon_open_array(value, &walk));
        while (canon_next_element(&walk, &value))
                TRY(load(j, value));
        return ERR_OK;
}

/* The banks of each mode are those that the log was replayed into. */
static enum err load_values(struct replay_ima *r, struct span ima, uint32_t touched)
{
        struct quote_bank *banks = cli_alloc(ALG_COUNT * sizeof(*banks));
        struct span values, value;

        TRY(canon_member(ima, "values", &values));
        for (enum ima_mode mode = IMA_OWN_HASH; mode < IMA_MODE_COUNT; mode++) {
                memset(banks, 0, ALG_COUNT * sizeof(*banks));
                TRY(canon_member(values, mode_names[mode], &value));
                TRY(baseline_read_banks(value, banks));
                r->modes[mode].banks = 0;
                r->modes[mode].touched = touched;
                for (unsigned alg = 0; alg < ALG_COUNT; alg++) {
                        r->modes[mode].banks |= banks[alg].pcrs ? REPLAY_BANK(alg) : 0;
                        for (unsigned pcr = 0; pcr < REPLAY_PCRS; pcr++)
                                if (banks[alg].pcrs >> pcr & 1)
                                        r->modes[mode].pcrs[alg][pcr] = banks[alg].values[pcr];
                }
        }
        free(banks);
        return ERR_OK;
}

static enum err load_aggregate(struct judge *j, struct span ima)
{
        uint64_t alg;

        if (get_u64(ima, "aggregate_alg", &alg) != ERR_OK)
                return ERR_OK;
        if (alg >= ALG_COUNT)
                return ERR_CANON_SHAPE;
        j->aggregate.alg = (enum alg)alg;
        j->has_aggregate = true;
        return get_hex(ima, "aggregate", alg_info((enum alg)alg)->size, j->aggregate.bytes);
}

enum err watch_state_load_ima(struct judge *j, struct span ima)
{
        struct replay_ima *r = &j->ima;
        uint64_t column, starts, touched, volumes, receipts;

        TRY(canon_check(ima));
        TRY(load_aggregate(j, ima));
        TRY(get_u64(ima, "allowed", &j->allowed));
        TRY(get_u64(ima, "bad", &r->bad_digests));
        TRY(get_u64(ima, "column", &column));
        TRY(get_u64(ima, "entries", &r->entries));
        TRY(get_u64(ima, "first_bad", &r->first_bad));
        TRY(get_u64(ima, "foreign", &r->foreign_aggregates));
        TRY(get_u64(ima, "outside", &j->outside));
        TRY(get_u64(ima, "receipts", &receipts));
        TRY(get_u64(ima, "starts", &starts));
        TRY(get_u64(ima, "touched", &touched));
        TRY(get_u64(ima, "violations", &r->violations));
        TRY(get_u64(ima, "volumes", &volumes));
        TRY(get_hex(ima, "seen", j->baseline->file_count, j->seen));
        TRY(load_values(r, ima, (uint32_t)touched));
        TRY(load_each(j, ima, "reasons", load_reason));
        TRY(load_each(j, ima, "more", load_more));
        if (column >= ALG_COUNT)
                return ERR_CANON_SHAPE;
        r->starts_with_aggregate = starts != 0;
        j->walk.receipts = (unsigned)receipts;
        j->walk.volumes = (uint32_t)volumes;
        j->walk.files = j->walk.chain = (struct judge_ima_half){ .column = (enum alg)column, .number = r->entries };
        replay_ima_resume(r);
        return ERR_OK;
}
