/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is left in BOOT_RUN beside the log: the policy with its signature and the certificate that verified it, for the quote, and "state", for the
 * handover: which devices were measured, by numbers that mean nothing in another boot.
 *
 *     {"banks":["sha256","sha384"],"ima":"text","partitions":[{"diskseq":9,"fs_uuid":"…","luks_uuid":"","major":254,"minor":2,"name":"COS_OEM","state":"present"}],"pcr":15,"tpm":"ready"}
 *
 * "banks" are those of the PCR, which change in no running TPM, so that the handover need not ask again; it is left out when there are others besides.
 * Whoever could write another list could as well extend the PCR: a bank that then misses an event is not as predicted.
 */
#include "boot/stages.h"

#include "boot/record.h"

static void write_partition(struct json_writer *w, const struct boot *b, unsigned i, const struct render_partition *rendered)
{
        const struct survey_partition *p = &b->survey.partitions[i];
        bool present = strcmp(survey_state(&b->survey, i), "present") == 0;
        const struct probe *probe = &p->candidates[0].probe;
        char luks_uuid[GUID_TEXT_SIZE] = "";

        if (present && (probe->hits[0].type == PROBE_LUKS1 || probe->hits[0].type == PROBE_LUKS2))
                probe_uuid(probe, &probe->hits[0], luks_uuid);
        json_object_open(w);
        json_put_u64(w, "diskseq", present ? p->candidates[0].device.diskseq : 0);
        json_put_str(w, "fs_uuid", rendered->fs_uuid);
        json_put_str(w, "luks_uuid", luks_uuid);
        json_put_u64(w, "major", present ? p->candidates[0].device.major : 0);
        json_put_u64(w, "minor", present ? p->candidates[0].device.minor : 0);
        json_put_text(w, "name", b->policy.partitions[i].name);
        json_put_str(w, "state", survey_state(&b->survey, i));
        json_object_close(w);
}

static void write_banks(struct json_writer *w, const struct ports_banks *banks)
{
        json_key(w, "banks");
        json_array_open(w);
        for (unsigned i = 0; i < banks->count; i++)
                json_text(w, span_of_str(alg_info(banks->algs[i])->name));
        json_array_close(w);
}

static enum err write_state(struct boot *b)
{
        struct render_partition rendered[POLICY_PARTITIONS_MAX];
        struct json_writer w = json_writer_on(b->state_text, sizeof(b->state_text));
        struct span text;

        survey_render_partitions(&b->survey, rendered);
        json_object_open(&w);
        if (b->tpm == BOOT_TPM_READY && b->banks.unknown == 0)
                write_banks(&w, &b->banks);
        json_put_str(&w, "ima", event_load_text(b->loaded));
        json_key(&w, "partitions");
        json_array_open(&w);
        for (unsigned i = 0; i < b->policy.partition_count; i++)
                write_partition(&w, b, i, &rendered[i]);
        json_array_close(&w);
        json_put_u64(&w, "pcr", b->pcr);
        json_put_str(&w, "tpm", b->tpm == BOOT_TPM_READY ? "ready" : "absent");
        json_object_close(&w);
        TRY(json_writer_result(&w, &text));
        return b->ports->file_write(b->ports->context, BOOT_RUN "/state", 0, text);
}

enum err notes_write(struct boot *b)
{
        const struct ports *p = b->ports;

        TRY(p->file_write(p->context, BOOT_RUN "/policy", 0, b->policy.text));
        TRY(p->file_write(p->context, BOOT_RUN "/policy.sig", 0, b->policy_sig));
        TRY(p->file_write(p->context, BOOT_RUN "/signer.crt", 0, b->certs[b->signer.cert_index]));
        return write_state(b);
}

static enum err read_text(yyjson_val *object, const char *key, char *ret_text, size_t cap)
{
        struct span text;

        TRY(json_get_text(object, key, &text));
        if (text.len >= cap)
                return ERR_JSON_SHAPE;
        memcpy(ret_text, text.data, text.len);
        ret_text[text.len] = '\0';
        return ERR_OK;
}

static enum err read_note(yyjson_val *object, struct boot_note *ret_note)
{
        struct boot_note note;
        uint64_t major, minor;

        TRY(json_get_u64(object, "diskseq", &note.diskseq));
        TRY(json_get_u64(object, "major", &major));
        TRY(json_get_u64(object, "minor", &minor));
        TRY(read_text(object, "fs_uuid", note.fs_uuid, sizeof(note.fs_uuid)));
        TRY(read_text(object, "luks_uuid", note.luks_uuid, sizeof(note.luks_uuid)));
        TRY(read_text(object, "state", note.state, sizeof(note.state)));
        if (major > UINT32_MAX || minor > UINT32_MAX)
                return ERR_JSON_SHAPE;
        note.major = (uint32_t)major;
        note.minor = (uint32_t)minor;
        *ret_note = note;
        return ERR_OK;
}

/* In the order of enum alg, each at most once, as they were written. */
static enum err read_banks(yyjson_val *list, struct ports_banks *ret_banks)
{
        struct ports_banks banks = { 0 };
        size_t count = yyjson_arr_size(list);

        if (count == 0 || count > ALG_COUNT)
                return ERR_JSON_SHAPE;
        for (size_t i = 0; i < count; i++) {
                yyjson_val *name = yyjson_arr_get(list, i);

                if (!yyjson_is_str(name))
                        return ERR_JSON_SHAPE;
                TRY(alg_by_name(span_of(yyjson_get_str(name), yyjson_get_len(name)), &banks.algs[i]));
                if (i > 0 && banks.algs[i] <= banks.algs[i - 1])
                        return ERR_JSON_SHAPE;
        }
        banks.count = (unsigned)count;
        *ret_banks = banks;
        return ERR_OK;
}

static enum err parse_state(struct boot *b, struct span text)
{
        yyjson_val *root, *list;
        struct span tpm;
        size_t count;

        TRY(json_parse(text, b->state_pool, sizeof(b->state_pool), &root));
        TRY(json_get(root, "partitions", &list));
        TRY(json_get_text(root, "tpm", &tpm));
        count = yyjson_arr_size(list);
        if (count > POLICY_PARTITIONS_MAX)
                return ERR_JSON_SHAPE;
        for (size_t i = 0; i < count; i++)
                TRY(read_note(yyjson_arr_get(list, i), &b->notes[i]));
        if (json_get(root, "banks", &list) == ERR_OK)
                TRY(read_banks(list, &b->banks));
        b->note_count = (unsigned)count;
        b->measured_with_tpm = span_equal_str(tpm, "ready");
        return ERR_OK;
}

void notes_load(struct boot *b)
{
        const struct ports *p = b->ports;
        struct span text;

        b->notes_error = ERR_BOOT_STATE;
        if (p->file_read(p->context, BOOT_RUN "/state", (uint8_t *)b->state_text, sizeof(b->state_text), &text) == ERR_OK &&
            parse_state(b, text) == ERR_OK)
                b->notes_error = ERR_OK;
        else
                b->banks.count = 0; /* nothing of it is believed, and the TPM is asked */
}

/* What was measured without a TPM cannot be extended any more: one that appears later must not be left for others to fill. */
enum err notes_read(struct boot *b)
{
        TRY(b->notes_error);
        return b->tpm == BOOT_TPM_READY && !b->measured_with_tpm ? ERR_BOOT_TPM_LATE : ERR_OK;
}
