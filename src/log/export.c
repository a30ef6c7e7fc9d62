/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how our events look in the TCG's format. */
#include "log/export.h"

/* The next record that was extended. ret_found is false at the end. */
static enum err next_event(struct cel_reader *r, struct cel_record *ret_record, bool *ret_found)
{
        while (!cel_done(r)) {
                struct cel_record record;
                enum err e = cel_next(r, &record);

                if (e == ERR_CEL_TORN)
                        break;
                TRY(e);
                if (record.info)
                        continue;
                *ret_record = record;
                *ret_found = true;
                return ERR_OK;
        }
        *ret_found = false;
        return ERR_OK;
}

static enum err begin_with_header(struct span cel, uint8_t *buf, size_t cap, size_t *ret_size)
{
        struct cel_reader r = cel_reader_on(cel);
        struct cel_record first;
        enum alg algs[ALG_COUNT];
        bool found;

        TRY(next_event(&r, &first, &found));
        if (!found)
                return ERR_TCG_EMPTY;
        for (unsigned i = 0; i < first.digests.count; i++)
                algs[i] = first.digests.digests[i].alg;
        return tcg_write_header(algs, first.digests.count, buf, cap, ret_size);
}

/* The whole firmware log, after reading it to its end: what is appended to a broken one would not be found. */
static enum err begin_with_firmware(struct span firmware, uint8_t *buf, size_t cap, size_t *ret_size)
{
        struct tcg_log log;
        struct tcg_event e;

        TRY(tcg_open(firmware, &log));
        while (!tcg_done(&log))
                TRY(tcg_next(&log, &e));
        if (firmware.len > cap)
                return ERR_NO_SPACE;
        memcpy(buf, firmware.data, firmware.len);
        *ret_size = firmware.len;
        return ERR_OK;
}

static enum err append_event(const struct tcg_log *log, const struct cel_record *record, uint8_t *buf, size_t cap, size_t *ret_size)
{
        enum alg algs[ALG_COUNT];
        struct digest_set digests;

        /* No algorithm is declared twice, so the first one too many is unknown. */
        for (unsigned i = 0; i < log->alg_count; i++)
                TRY(alg_by_tpm_id(log->algs[i].tpm_id, &algs[i]));
        digest_set_of(algs, log->alg_count, record->content, &digests);
        return tcg_write_tagged(log, record->pcr, EXPORT_TAG, &digests, record->content, buf, cap, ret_size);
}

enum err export_tcg(struct span firmware, struct span cel, uint8_t *buf, size_t cap, size_t *ret_size)
{
        struct cel_reader r = cel_reader_on(cel);
        struct tcg_log log;
        size_t len, added;
        struct cel_record record;
        bool found;

        TRY(firmware.len > 0 ? begin_with_firmware(firmware, buf, cap, &len) : begin_with_header(cel, buf, cap, &len));
        TRY(tcg_open(span_of(buf, len), &log));
        TRY(next_event(&r, &record, &found));
        while (found) {
                TRY(append_event(&log, &record, buf + len, cap - len, &added));
                len += added;
                TRY(next_event(&r, &record, &found));
        }
        *ret_size = len;
        return ERR_OK;
}
