/* SPDX-License-Identifier: Apache-2.0 */
/* Events 1 and 2: under which policy, on which storage. */
#include "boot/record.h"
#include "boot/stages.h"

#include "base/hex.h"

/* The wait of the policy is for the partitions and for the TPM together, but the TPM gets a moment in any case. */
enum err measure_open_tpm(struct boot *b)
{
        uint64_t until_ms = b->started_ms + (uint64_t)b->policy.wait_s * 1000;
        uint64_t soon_ms = b->ports->now_ms(b->ports->context) + BOOT_TPM_WAIT_MS;

        if (until_ms < soon_ms && b->policy.wait_s > 0)
                until_ms = soon_ms;
        return record_open_tpm(b, until_ms);
}

/* A run that need not act asks it nothing before it knows that it will. One that is of no use is told when it is needed, and once. */
enum err measure_try_tpm(struct boot *b)
{
        enum err e = !b->nowait && b->ports->tpm_open(b->ports->context) == ERR_OK ? measure_open_tpm(b) : ERR_OK;

        return b->tpm == BOOT_TPM_NONE ? ERR_OK : e;
}

/* What differs from boot to boot: only logged. */
static void log_boot(struct boot *b)
{
        const struct ports *p = b->ports;
        char id[64], release[128];
        struct span id_text, release_text;
        struct event_value values[] = { { .key = "boot_id" }, { .key = "kernel" } };

        if (p->file_read(p->context, "/proc/sys/kernel/random/boot_id", (uint8_t *)id, sizeof(id), &id_text) != ERR_OK ||
            p->file_read(p->context, "/proc/sys/kernel/osrelease", (uint8_t *)release, sizeof(release), &release_text) != ERR_OK ||
            id_text.len == 0 || release_text.len == 0)
                return;
        values[0].text = span_of(id_text.data, id_text.len - 1);
        values[1].text = span_of(release_text.data, release_text.len - 1);
        record_info(b, "boot", values, 2);
}

static void say_policy(struct boot *b)
{
        char signer[65];
        struct text line;

        hex_encode(span_of(b->signer.spki_sha256, 32), signer);
        text_begin(&line);
        text_add(&line, "policy ");
        text_add_span(&line, b->policy.name);
        text_add(&line, " version ");
        text_add_u64(&line, b->policy.version);
        text_add(&line, " signed by ");
        text_add_span(&line, span_of(signer, 16));
        text_add(&line, ", PCR ");
        text_add_u64(&line, b->pcr);
        b->ports->say(b->ports->context, line.buf);
}

enum err measure_policy(struct boot *b)
{
        struct event_policy e = { .name = b->policy.name, .version = b->policy.version, .pcr = b->policy.pcr };
        struct digest digest;

        digest_of(ALG_SHA256, b->policy.text, &digest);
        memcpy(e.sha256, digest.bytes, sizeof(e.sha256));
        memcpy(e.signer, b->signer.spki_sha256, sizeof(e.signer));
        e.ima = rules_ima_state(b);
        TRY(event_write_policy(&e, b->policy_content_text, sizeof(b->policy_content_text), &b->policy_content));
        TRY(record_event(b, EVENT_POLICY, b->policy_content));
        say_policy(b);
        log_boot(b);
        return ERR_OK;
}

static void say_storage(struct boot *b)
{
        struct text line;

        text_begin(&line);
        text_add(&line, "storage:");
        for (unsigned i = 0; i < b->policy.partition_count; i++) {
                text_add(&line, i > 0 ? ", " : " ");
                text_add_span(&line, b->policy.partitions[i].name);
                text_add(&line, " ");
                text_add(&line, survey_state(&b->survey, i));
        }
        b->ports->say(b->ports->context, line.buf);
}

/* Why a partition may be absent: which disk shows none, by the error of its table. Only logged, as the names of disks are not stable. */
static void log_unread(struct boot *b)
{
        for (unsigned i = 0; i < b->unread_count; i++) {
                const char *name = b->unread[i].name, *error = err_name(b->unread[i].gpt_error);
                const struct event_value values[] = { { .key = "disk", .text = span_of_str(name) }, { .key = "error", .text = span_of_str(error) } };
                struct text line;

                record_info(b, "gpt", values, 2);
                text_begin(&line);
                text_add(&line, "no partition of ");
                text_add(&line, name);
                text_add(&line, " can be read: ");
                text_add(&line, error);
                b->ports->say(b->ports->context, line.buf);
        }
}

/* Storage that is not as declared is measured as it is, and a failure besides. */
enum err measure_storage(struct boot *b)
{
        unsigned partition;
        enum err e;

        TRY(survey_event_write(&b->survey, b->policy.classes, b->storage_content_text, sizeof(b->storage_content_text),
                               &b->storage_content));
        TRY(record_event(b, EVENT_STORAGE, b->storage_content));
        say_storage(b);
        if (!survey_complete(&b->survey))
                log_unread(b);
        e = survey_verdict(&b->survey, &partition);
        if (e != ERR_OK)
                text_add_span(&b->detail, b->policy.partitions[partition].name);
        return e;
}
