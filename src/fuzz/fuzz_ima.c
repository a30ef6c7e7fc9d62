/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an IMA log in each column: reading ends, and an entry read from exactly its own bytes is the same entry. */
#include <stdlib.h>

#include "log/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_alone(struct span bytes, enum alg column, const struct ima_entry *e)
{
        struct ima_entry alone;
        size_t size;

        if (ima_parse_entry(bytes, column, &alone, &size) != ERR_OK || size != bytes.len)
                abort();
        if (alone.kind != e->kind || !span_equal(alone.path, e->path) || !span_equal(alone.hash, e->hash))
                abort();
        if (bytes.len > 0 && ima_parse_entry(span_sub(bytes, 0, bytes.len - 1), column, &alone, &size) != ERR_IMA_ENDS)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static struct replay_ima replay;

        for (enum alg column = ALG_SHA1; column < ALG_COUNT; column++) {
                struct ima_reader r = ima_reader_on(span_of(data, size), column);
                struct ima_entry e;
                size_t start = 0;

                replay_ima_begin(&replay, REPLAY_ALL_BANKS);
                while (!ima_done(&r) && ima_next(&r, &e) == ERR_OK) {
                        read_alone(span_of(data + start, r.offset - start), column, &e);
                        replay_ima_add(&replay, &e);
                        start = r.offset;
                }
                if (replay.entries != r.number)
                        abort();
        }
        return 0;
}
