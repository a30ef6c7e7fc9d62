/* SPDX-License-Identifier: Apache-2.0 */
/* Records, extends and failures. */
#include "boot/record.h"

#include "base/hex.h"

#define TPM_POLL_MS 20

/* ---- TPM --------------------------------------------------------------------------------------------------------------- */

static enum err wait_for_tpm(struct boot *b, uint64_t until_ms)
{
        const struct ports *p = b->ports;
        enum err e;

        while ((e = p->tpm_open(p->context)) == ERR_TPM_ABSENT || e == ERR_TPM_IO) {
                if (p->now_ms(p->context) >= until_ms)
                        return e;
                p->sleep_ms(p->context, TPM_POLL_MS);
        }
        return e;
}

/* Somebody who extended the PCR before us may have played the golden events already. */
static enum err check_clean(struct boot *b)
{
        struct digest_set values;

        TRY(b->ports->tpm_pcr_read(b->ports->context, b->pcr, &b->banks, &values));
        for (unsigned i = 0; i < values.count; i++) {
                struct span value = digest_span(&values.digests[i]);
                char hex[2 * ALG_DIGEST_MAX + 1];

                if (span_is_zero(value))
                        continue;
                hex_encode(value, hex);
                text_add(&b->detail, alg_info(values.digests[i].alg)->name);
                text_add(&b->detail, " ");
                text_add(&b->detail, hex);
                return ERR_BOOT_DIRTY;
        }
        return ERR_OK;
}

enum err record_open_tpm(struct boot *b, uint64_t until_ms)
{
        const struct ports *p = b->ports;
        enum err e;

        if (b->tpm == BOOT_TPM_READY)
                return ERR_OK;
        if (b->tpm == BOOT_TPM_NONE)
                return b->tpm_error;
        e = wait_for_tpm(b, until_ms);
        if (e == ERR_OK && b->banks.count == 0)
                e = p->tpm_banks(p->context, b->pcr, &b->banks);
        if (e != ERR_OK) {
                b->tpm = BOOT_TPM_NONE;
                b->tpm_error = e;
                return e;
        }
        b->tpm = BOOT_TPM_READY;
        return b->recnum == 0 && b->banks.count > 0 ? check_clean(b) : ERR_OK;
}

/* ---- records ----------------------------------------------------------------------------------------------------------- */

/* Without a TPM the log still says what would have been extended. */
static void digests_of(const struct boot *b, struct span content, struct digest_set *ret_set)
{
        const enum alg fallback = ALG_SHA256;

        if (b->tpm == BOOT_TPM_READY && b->banks.count > 0)
                digest_set_of(b->banks.algs, b->banks.count, content, ret_set);
        else
                digest_set_of(&fallback, 1, content, ret_set);
}

static enum err append(struct boot *b, const struct digest_set *digests, struct span content)
{
        struct span record;

        TRY(cel_write(b->recnum, b->pcr, digests, content, b->record_text, sizeof(b->record_text), &record));
        TRY(b->ports->log_append(b->ports->context, record));
        b->recnum++;
        return ERR_OK;
}

/* A bank whose algorithm we lack must not stay empty for somebody else to fill: the TPM hashes for it, and for the others alike. */
static enum err extend(struct boot *b, const struct digest_set *digests, struct span content)
{
        const struct ports *p = b->ports;

        if (b->tpm != BOOT_TPM_READY)
                return ERR_OK;
        if (b->banks.unknown > 0)
                return p->tpm_event(p->context, b->pcr, content);
        return p->tpm_extend(p->context, b->pcr, digests);
}

enum err record_event(struct boot *b, enum event_type type, struct span content)
{
        struct digest_set digests;

        digests_of(b, content, &digests);
        TRY(append(b, &digests, content));
        b->done[type]++;
        return extend(b, &digests, content);
}

void record_info(struct boot *b, const char *topic, const struct event_value *values, unsigned count)
{
        const struct digest_set none = { 0 };
        struct span content;

        if (event_write_info(topic, values, count, b->content_text, sizeof(b->content_text), &content) == ERR_OK &&
            append(b, &none, content) == ERR_OK)
                b->done[EVENT_INFO]++;
}

static void say_failure(struct boot *b, const char *stage, enum err error, const char *extended)
{
        struct text line;

        text_begin(&line);
        text_add(&line, "FAILURE in ");
        text_add(&line, stage);
        text_add(&line, ": ");
        text_add(&line, err_name(error));
        if (b->detail.len > 0) {
                text_add(&line, ": ");
                text_add(&line, b->detail.buf);
        }
        text_add(&line, extended);
        b->ports->say(b->ports->context, line.buf);
}

/* The first event may be a failure. Whether the PCR was clean matters no more then. */
static void open_for_failure(struct boot *b)
{
        struct text detail = b->detail;

        if (b->tpm == BOOT_TPM_UNTRIED && record_open_tpm(b, b->ports->now_ms(b->ports->context) + BOOT_TPM_WAIT_MS) != ERR_OK)
                b->detail = detail;
}

void record_failure(struct boot *b, const char *stage, enum err error)
{
        const struct event_failure failure = { stage, error, span_of(b->detail.buf, b->detail.len) };
        struct digest_set digests;
        struct span content;
        enum err logged, extended;

        b->failures++;
        open_for_failure(b);
        logged = event_write_failure(&failure, b->content_text, sizeof(b->content_text), &content);
        if (logged != ERR_OK) {
                say_failure(b, stage, error, " (not extended)");
                return;
        }
        digests_of(b, content, &digests);
        logged = append(b, &digests, content);
        if (logged == ERR_OK)
                b->done[EVENT_FAILURE]++;
        extended = extend(b, &digests, content);
        say_failure(b, stage, error, b->tpm != BOOT_TPM_READY || extended != ERR_OK ? " (not extended)" :
                                     logged != ERR_OK ? " (not logged)" : "");
}
