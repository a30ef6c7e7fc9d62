/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an event log: reading ends, a record's content is canonical, and writing a record again gives the same bytes. */
#include <stdlib.h>

#include "base/canon.h"
#include "log/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static char again[CEL_RECORD_BYTES_MAX + 1];
        static struct replay replay;
        struct cel_reader r = cel_reader_on(span_of(data, size));
        struct cel_record record;
        struct replay_events result;
        struct replay_place place;
        struct span written;

        while (!cel_done(&r) && cel_next(&r, &record) == ERR_OK) {
                if (canon_check(record.content) != ERR_OK)
                        abort();
                if (cel_write(record.recnum, record.pcr, &record.digests, record.content, again, sizeof(again), &written) != ERR_OK)
                        abort();
                if (!span_equal(written, span_of(data + record.offset, r.offset - record.offset)))
                        abort();
        }
        replay_begin(&replay, REPLAY_BANK(ALG_SHA256));
        if (replay_events(&replay, span_of(data, size), &result, &place) == ERR_OK && result.records != r.recnum)
                abort();
        return 0;
}
