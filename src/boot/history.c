/* SPDX-License-Identifier: Apache-2.0 */
/* What earlier runs have done, from the event log alone. */
#include "boot/stages.h"

#include "boot/record.h"

static enum err count_record(struct boot *b, const struct cel_record *record)
{
        enum event_type type;

        TRY(event_type_of(record->content, &type));
        b->done[type]++;
        b->pcr = record->pcr;
        return ERR_OK;
}

/* A torn last record was never extended; a later one comes behind it, and whoever reads the log sees where it broke. */
static enum err read_log(struct boot *b)
{
        const struct ports *p = b->ports;
        struct cel_reader reader;
        struct cel_record record;
        struct span log;
        enum err e = p->file_read(p->context, BOOT_RUN "/events.cel", b->log_text, sizeof(b->log_text), &log);

        b->pcr = trust_guess_pcr_of_machine(b); /* until a record tells */
        if (e == ERR_FILE_ABSENT)
                return ERR_OK;
        if (e != ERR_OK)
                return ERR_BOOT_LOG;
        for (reader = cel_reader_on(log); !cel_done(&reader);) {
                e = cel_next(&reader, &record);
                if (e == ERR_OK)
                        e = count_record(b, &record);
                b->recnum = reader.recnum;
                if (e == ERR_OK)
                        continue;
                text_add(&b->detail, err_name(e));
                return ERR_BOOT_LOG;
        }
        b->failures += b->done[EVENT_FAILURE];
        return ERR_OK;
}

/* The first run measures, whatever became of it; a run that was cut short cannot be taken up again, since nobody knows what it extended. */
enum err history_for_measure(struct boot *b)
{
        TRY(read_log(b));
        if (b->recnum == 0)
                return ERR_OK;
        b->finished = true;
        return b->done[EVENT_IMA_POLICY] > 0 || b->done[EVENT_FAILURE] > 0 ? ERR_OK : ERR_BOOT_INTERRUPTED;
}

enum err history_for_handover(struct boot *b)
{
        TRY(read_log(b));
        if (b->recnum == 0)
                return ERR_BOOT_NOT_MEASURED;
        if (b->done[EVENT_HANDOVER] > 0 || (b->done[EVENT_IMA_POLICY] == 0 && b->done[EVENT_FAILURE] > 0))
                b->finished = true;
        else if (b->done[EVENT_IMA_POLICY] == 0 || b->done[EVENT_CONTENT] > 0)
                return ERR_BOOT_INTERRUPTED;
        return ERR_OK;
}

enum err history_for_fail(struct boot *b)
{
        return read_log(b);
}
