/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what each event tells of the state of a boot. */
#include "cli/status.h"

#include "base/canon.h"
#include "event/receipt.h"

#define IMA_PCR 10

const char *status_pcr_text(enum status_pcr pcr)
{
        static const char texts[][8] = { [STATUS_PCR_UNREAD] = "unread", [STATUS_PCR_AGREES] = "agrees", [STATUS_PCR_DIFFERS] = "differs" };

        return texts[pcr];
}

/* ---- values in events ------------------------------------------------------------------------------------------------ */

/* A member's text, empty when there is none. */
static struct span text_of(struct span object, const char *key)
{
        struct span value, text = { NULL, 0 };

        if (canon_member(object, key, &value) != ERR_OK || canon_plain_string(value, &text) != ERR_OK)
                return (struct span){ NULL, 0 };
        return text;
}

static uint64_t number_of(struct span object, const char *key)
{
        uint64_t number = 0;
        struct span value;

        if (canon_member(object, key, &value) != ERR_OK || canon_u64(value, &number) != ERR_OK)
                return 0;
        return number;
}

static struct status_partition *find(struct status *s, struct span name)
{
        for (unsigned i = 0; i < s->partition_count; i++)
                if (span_equal(s->partitions[i].name, name))
                        return &s->partitions[i];
        return NULL;
}

/* Whether the only signature on the only candidate is that of a LUKS header. */
static bool is_luks(struct span partition)
{
        struct span list, candidate, signatures, signature;
        struct canon_walk walk;

        if (canon_member(partition, "candidates", &list) != ERR_OK || canon_open_array(list, &walk) != ERR_OK ||
            !canon_next_element(&walk, &candidate) || canon_member(candidate, "signatures", &signatures) != ERR_OK ||
            canon_open_array(signatures, &walk) != ERR_OK || !canon_next_element(&walk, &signature))
                return false;
        return span_equal_str(text_of(signature, "type"), "crypto_LUKS");
}

/* ---- events ---------------------------------------------------------------------------------------------------------- */

static void take_policy(struct status *s, struct span event)
{
        s->measured = true;
        s->policy = text_of(event, "name");
        s->signer = text_of(event, "signer");
        s->version = number_of(event, "version");
        s->ima = text_of(event, "ima");
}

static void take_storage(struct status *s, struct span event)
{
        struct canon_walk walk;
        struct span list, item;

        if (canon_member(event, "partitions", &list) != ERR_OK || canon_open_array(list, &walk) != ERR_OK)
                return;
        while (s->partition_count < POLICY_PARTITIONS_MAX && canon_next_element(&walk, &item))
                s->partitions[s->partition_count++] = (struct status_partition){
                        .name = text_of(item, "name"), .state = text_of(item, "state"), .luks = is_luks(item),
                };
}

static void take_ima_policy(struct status *s, struct span event)
{
        s->loaded = text_of(event, "loaded");
        s->load_result = text_of(event, "result");
}

static void take_content(struct status *s, struct span event)
{
        struct status_partition *p = find(s, text_of(event, "partition"));

        if (!p)
                return;
        p->walked = true;
        p->entries = number_of(event, "files");
        p->bytes = number_of(event, "bytes");
}

static void take_handover(struct status *s, struct span event)
{
        struct canon_walk walk;
        struct span list, item, matches;

        s->handed_over = true;
        if (canon_member(event, "partitions", &list) != ERR_OK || canon_open_array(list, &walk) != ERR_OK)
                return;
        while (canon_next_element(&walk, &item)) {
                struct status_partition *p = find(s, text_of(item, "name"));

                if (!p || canon_member(item, "matches", &matches) != ERR_OK)
                        continue;
                p->compared = true;
                p->matches = span_equal_str(matches, "true");
                p->why = text_of(item, "why");
        }
}

static void take_failure(struct status *s, struct span event)
{
        if (s->failure_count < STATUS_FAILURES_MAX)
                s->failures[s->failure_count] =
                        (struct status_failure){ text_of(event, "stage"), text_of(event, "error"), text_of(event, "detail") };
        s->failure_count++;
}

static void take_event(struct status *s, const struct cel_record *record)
{
        static void (*const takers[EVENT_TYPE_COUNT])(struct status *s, struct span event) = {
                [EVENT_POLICY] = take_policy,   [EVENT_STORAGE] = take_storage,   [EVENT_IMA_POLICY] = take_ima_policy,
                [EVENT_CONTENT] = take_content, [EVENT_HANDOVER] = take_handover, [EVENT_FAILURE] = take_failure,
        };
        enum event_type type;

        s->pcr = record->pcr;
        if (event_type_of(record->content, &type) == ERR_OK && takers[type])
                takers[type](s, record->content);
}

static void take_events(struct status *s, struct span log)
{
        struct cel_reader r = cel_reader_on(log);
        struct cel_record record;

        while (s->log_error == ERR_OK && !cel_done(&r)) {
                s->log_error = cel_next(&r, &record);
                if (s->log_error == ERR_OK)
                        take_event(s, &record);
        }
}

/* ---- PCRs ------------------------------------------------------------------------------------------------------------ */

static unsigned banks_of(const struct digest_set *values)
{
        unsigned banks = 0;

        for (unsigned i = 0; i < values->count; i++)
                banks |= REPLAY_BANK(values->digests[i].alg);
        return banks;
}

/* The same code as the verifier's; its errors are those of the log, torn records included. */
static void compare_events(struct status *s, const struct status_input *in)
{
        struct replay_events result;
        struct replay_place place;
        struct replay replay;
        enum err e;

        if (in->values.count == 0)
                return;
        replay_begin(&replay, banks_of(&in->values));
        e = replay_events(&replay, in->events, &result, &place);
        if (e != ERR_OK) {
                s->log_error = e;
                return;
        }
        s->events_pcr = STATUS_PCR_AGREES;
        for (unsigned i = 0; i < in->values.count; i++) {
                const struct digest *value = &in->values.digests[i];

                if (!span_equal(digest_span(value), digest_span(&replay.pcrs[value->alg][s->pcr])))
                        s->events_pcr = STATUS_PCR_DIFFERS;
        }
}

static enum err read_ima(struct status *s, const struct status_input *in, struct replay_ima *replay)
{
        struct ima_entry entry;
        enum err e = ERR_OK;

        while (in->next_ima && in->next_ima(in->ima, &entry, &e)) {
                s->receipt |= entry.kind == IMA_FILE && span_equal_str(entry.path, RECEIPT_PATH);
                replay_ima_add(replay, &entry);
        }
        return e;
}

static void compare_ima(struct status *s, const struct status_input *in)
{
        struct replay_ima replay;

        s->ima_logged = in->next_ima != NULL;
        replay_ima_begin(&replay, banks_of(&in->ima_values));
        for (unsigned i = 0; i < in->ima_values.count; i++)
                s->ima_error = replay_ima_expect(&replay, in->ima_values.digests[i].alg, IMA_PCR, digest_span(&in->ima_values.digests[i]));
        s->ima_error = read_ima(s, in, &replay);
        replay_ima_conclude(&replay);
        s->ima_entries = replay.entries;
        s->ima_violations = replay.violations;
        if (in->ima_values.count > 0 && s->ima_logged)
                s->ima_pcr = replay.matched ? STATUS_PCR_AGREES : STATUS_PCR_DIFFERS;
}

static unsigned lines_of(struct span text)
{
        unsigned lines = 0;

        for (size_t i = 0; i < text.len; i++)
                lines += text.data[i] == '\n';
        return lines;
}

void status_collect(const struct status_input *in, struct status *ret_status)
{
        struct status s = { .tpm_error = in->tpm_error, .rule_count = lines_of(in->rules) };

        take_events(&s, in->events);
        compare_events(&s, in);
        compare_ima(&s, in);
        *ret_status = s;
}

/* ---- advice ---------------------------------------------------------------------------------------------------------- */

static bool all_match(const struct status *s)
{
        for (unsigned i = 0; i < s->partition_count; i++)
                if (!span_equal_str(s->partitions[i].state, "absent") && !(s->partitions[i].compared && s->partitions[i].matches))
                        return false;
        return true;
}

static bool no_log(const struct status *s)
{
        return !s->measured && s->failure_count == 0 && s->log_error == ERR_OK;
}

static bool broken_log(const struct status *s)
{
        return s->log_error != ERR_OK;
}

static bool failed(const struct status *s)
{
        return s->failure_count > 0;
}

static bool not_handed_over(const struct status *s)
{
        return s->measured && !s->handed_over;
}

static bool other_mounted(const struct status *s)
{
        return s->handed_over && s->failure_count == 0 && !all_match(s);
}

static bool no_rules(const struct status *s)
{
        return s->measured && s->failure_count == 0 && !span_equal_str(s->load_result, "OK");
}

static bool bypassed(const struct status *s)
{
        return span_equal_str(s->ima, "tpm-bypass");
}

static bool other_pcr(const struct status *s)
{
        return s->events_pcr == STATUS_PCR_DIFFERS;
}

static bool other_ima_pcr(const struct status *s)
{
        return s->ima_pcr == STATUS_PCR_DIFFERS || s->ima_error != ERR_OK;
}

static bool no_receipt(const struct status *s)
{
        return span_equal_str(s->load_result, "OK") && s->ima_logged && !s->receipt;
}

static const struct {
        bool (*applies)(const struct status *s);
        const char *advice;
} advices[] = {
        { no_log, "Nothing was measured in this boot: look whether the initrd has cosima-boot and its unit or hook, and what `dmesg | grep cosima` says." },
        { broken_log, "The event log is damaged, so no verifier can accept this boot: keep a copy of it, then boot again." },
        { failed, "A failure was measured: no verifier accepts this boot. Put right what it names, then boot again; a PCR cannot be taken back." },
        { not_handed_over, "The hand-over is missing: `cosima-boot handover` has to run once both partitions are mounted (cosima-handover.service)." },
        { other_mounted, "What is mounted is not what was measured: see the partition's reason, then boot again." },
        { no_rules, "The IMA rules were not loaded: see the reason, and policy/README.md for kernels that take signed rules only." },
        { bypassed, "IMA found no TPM when the kernel started, so its log is in no PCR: the TPM's driver must be built into the kernel." },
        { other_pcr, "The PCR does not hold what the events say: somebody else extended it, or the log was changed. Boot again; if it stays so, find who extends it." },
        { other_ima_pcr, "PCR 10 does not hold what the IMA log says: the log was trimmed, comes from another boot (kexec), or PCR 10 was extended from user space." },
        { no_receipt, "The receipt is not in the IMA log, which a verifier looks for: the log does not begin at this boot's start." },
};

const char *status_advice(const struct status *s, unsigned number)
{
        for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
                if (advices[i].applies(s) && number-- == 0)
                        return advices[i].advice;
        return NULL;
}

bool status_is_good(const struct status *s)
{
        return s->measured && status_advice(s, 0) == NULL;
}
