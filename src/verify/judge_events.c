/* SPDX-License-Identifier: Apache-2.0 */
/* Our own event log: replayed, complete, and without failures. */
#include "verify/judge_parts.h"

#include "base/hex.h"

static const char log_name[] = "events.cel";

static void add_fields(struct judge *j, const char *key)
{
        struct reason reason = { .code = REASON_EVENT_FIELDS, .subject = span_of_str(log_name), .field = span_of_str(key) };

        reason_add(&j->reasons, &reason);
}

bool judge_events_text(struct judge *j, struct span content, const char *key, struct span *ret_text)
{
        struct span value;

        if (canon_member(content, key, &value) == ERR_OK && canon_plain_string(value, ret_text) == ERR_OK)
                return true;
        add_fields(j, key);
        return false;
}

bool judge_events_u64(struct judge *j, struct span content, const char *key, uint64_t *ret_number)
{
        struct span value;

        if (canon_member(content, key, &value) == ERR_OK && canon_u64(value, ret_number) == ERR_OK)
                return true;
        add_fields(j, key);
        return false;
}

bool judge_events_sha256(struct judge *j, struct span content, const char *key, uint8_t *ret_sha256)
{
        struct span text;

        if (!judge_events_text(j, content, key, &text))
                return false;
        if (hex_decode(text, EVENT_SHA256_BYTES, ret_sha256) == ERR_OK)
                return true;
        add_fields(j, key);
        return false;
}

enum err judge_events_error(struct span name)
{
        for (unsigned e = 0; e < ERR_COUNT_; e++)
                if (span_equal_str(name, err_name((enum err)e)))
                        return (enum err)e;
        return ERR_COUNT_;
}

struct span judge_events_content(const struct judge *j, struct span partition)
{
        for (unsigned i = 0; i < j->events.content_count; i++) {
                struct span value, name;

                if (canon_member(j->events.content[i], "partition", &value) == ERR_OK && canon_plain_string(value, &name) == ERR_OK &&
                    span_equal(name, partition))
                        return j->events.content[i];
        }
        return span_of(NULL, 0);
}

/* "failed": which stage, the reason in words, and what it was about. */
static void add_failure(struct judge *j, struct span content)
{
        struct span stage, error, detail;

        j->events.failure_count++;
        if (!judge_events_text(j, content, "stage", &stage) || !judge_events_text(j, content, "error", &error))
                return;
        struct reason reason = { .code = REASON_FAILURE, .subject = stage, .error = judge_events_error(error) };

        if (reason.error == ERR_COUNT_) {
                reason.error = ERR_OK;
                reason.field = error;
        }
        if (canon_member(content, "detail", &detail) == ERR_OK && canon_plain_string(detail, &reason.now) != ERR_OK)
                reason.now = detail;
        reason_add(&j->reasons, &reason);
}

static void keep_event(struct judge *j, const struct cel_record *record)
{
        enum event_type type;

        if (record->info || event_type_of(record->content, &type) != ERR_OK)
                return;
        j->events.last_recnum = record->recnum;
        switch (type) {
        case EVENT_POLICY:
                j->events.policy = record->content;
                break;
        case EVENT_STORAGE:
                j->events.storage = record->content;
                break;
        case EVENT_IMA_POLICY:
                j->events.ima_policy = record->content;
                break;
        case EVENT_CONTENT:
                if (j->events.content_count < POLICY_WALKS_MAX)
                        j->events.content[j->events.content_count++] = record->content;
                break;
        case EVENT_HANDOVER:
                j->events.handover = record->content;
                break;
        case EVENT_FAILURE:
                add_failure(j, record->content);
                break;
        case EVENT_INFO:
        case EVENT_TYPE_COUNT:
                break;
        }
}

static void keep_events(struct judge *j, struct span log)
{
        struct cel_reader reader = cel_reader_on(log);
        struct cel_record record;

        while (!cel_done(&reader) && cel_next(&reader, &record) == ERR_OK)
                keep_event(j, &record);
}

static unsigned banks_to_replay(const struct judge *j)
{
        unsigned banks = 0;

        for (unsigned alg = 0; alg < ALG_COUNT; alg++)
                if (j->values[alg].pcrs || j->signed_pcrs[alg])
                        banks |= REPLAY_BANK(alg);
        return banks ? banks : REPLAY_BANK(ALG_SHA256);
}

/* A bank that a record has no digest for; ALG_COUNT when there is none. */
static unsigned missing_bank(const struct judge *j, struct span log, uint64_t number)
{
        struct cel_reader reader = cel_reader_on(log);
        struct cel_record record;
        unsigned alg = 0;

        do {
                if (cel_done(&reader) || cel_next(&reader, &record) != ERR_OK)
                        return ALG_COUNT;
        } while (record.recnum < number);
        while (alg < ALG_COUNT && (!(j->own.banks & REPLAY_BANK(alg)) || digest_find(&record.digests, (enum alg)alg)))
                alg++;
        return alg;
}

static void add_digest(struct judge *j, struct span log, uint64_t number)
{
        unsigned alg = missing_bank(j, log, number);
        struct reason reason = { .code = REASON_EVENT_BANK, .subject = span_of_str(log_name), .number = number };

        if (alg == ALG_COUNT) {
                judge_add_number(j, REASON_EVENT_DIGEST, log_name, number, ERR_OK);
                return;
        }
        reason.field = span_of_str(alg_info((enum alg)alg)->name);
        reason_add(&j->reasons, &reason);
}

void judge_events_replay(struct judge *j)
{
        struct span log = j->evidence.members[EVIDENCE_EVENTS];
        struct replay_place place = { .number = 0 };
        enum err e;

        replay_begin(&j->own, banks_to_replay(j));
        if (log.len == 0) {
                reason_add_about(&j->reasons, REASON_EVENTS_NONE, log_name);
                return;
        }
        e = log.len > CEL_LOG_BYTES_MAX ? ERR_CEL_TOO_LONG : replay_events(&j->own, log, &j->replayed, &place);
        if (e == ERR_EVENT_ORDER || e == ERR_EVENT_REPEATED)
                judge_add_number(j, REASON_EVENT_ORDER, log_name, place.number, e);
        else if (e == ERR_REPLAY_DIGEST)
                add_digest(j, log, place.number);
        else if (e != ERR_OK)
                judge_add_number(j, REASON_EVENTS_MALFORMED, log_name, place.number, e);
        if (e != ERR_OK)
                return;
        j->has_events = true;
        if (j->replayed.torn)
                reason_add_about(&j->reasons, REASON_EVENTS_TORN, log_name);
        if (j->replayed.events == 0)
                reason_add_about(&j->reasons, REASON_EVENTS_NONE, log_name);
        keep_events(j, log);
}

/* The first event that is missing; those behind it follow from it, and all of them from a failure. */
static void check_complete(struct judge *j)
{
        const struct {
                struct span content;
                const char *name;
        } needed[] = {
                { j->events.policy, "policy" },
                { j->events.storage, "storage" },
                { j->events.ima_policy, "ima-policy" },
                { j->events.handover, "handover" },
        };

        if (j->events.failure_count > 0)
                return;
        for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
                if (!needed[i].content.data) {
                        reason_add_about(&j->reasons, REASON_EVENT_ABSENT, needed[i].name);
                        return;
                }
}

static void check_policy_event(struct judge *j)
{
        struct span content = j->events.policy, ima;
        uint64_t pcr;

        if (!content.data)
                return;
        if (judge_events_u64(j, content, "pcr", &pcr) && (pcr != j->replayed.pcr || (j->baseline && pcr != j->baseline->pcr)))
                judge_add_number(j, REASON_EVENTS_PCR, log_name, j->replayed.pcr, ERR_OK);
        if (judge_events_text(j, content, "ima", &ima) && !span_equal_str(ima, event_ima_text(EVENT_IMA_ACTIVE))) {
                struct reason reason = { .code = REASON_IMA_STATE, .subject = span_of_str("IMA"), .now = ima };

                reason_add(&j->reasons, &reason);
        }
}

static void check_mount(struct judge *j, struct span mount)
{
        struct span name, matches, why;
        struct reason reason = { .code = REASON_HANDOVER };

        if (!judge_events_text(j, mount, "name", &name))
                return;
        if (canon_member(mount, "matches", &matches) == ERR_OK && span_equal_str(matches, "true"))
                return;
        reason.subject = name;
        if (canon_member(mount, "why", &why) == ERR_OK && canon_plain_string(why, &why) == ERR_OK)
                reason.error = judge_events_error(why);
        if (reason.error == ERR_COUNT_)
                reason.error = ERR_OK;
        /* Whether it may be absent is a matter of the storage event, which is compared with the enrolled one. */
        if (reason.error == ERR_BOOT_NOT_MOUNTED && judge_storage_is_absent(j->events.storage, name))
                return;
        reason_add(&j->reasons, &reason);
}

static void check_handover(struct judge *j)
{
        struct canon_walk walk;
        struct span value;

        if (!j->events.handover.data)
                return;
        if (canon_member(j->events.handover, "partitions", &value) != ERR_OK || canon_open_array(value, &walk) != ERR_OK) {
                add_fields(j, "partitions");
                return;
        }
        while (canon_next_element(&walk, &value))
                check_mount(j, value);
}

void judge_events_check(struct judge *j)
{
        if (!j->has_events || j->replayed.events == 0)
                return;
        check_complete(j);
        check_policy_event(j);
        check_handover(j);
}
