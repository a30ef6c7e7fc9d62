/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a firmware log: reading ends; what can be replayed can have an event appended, and is then still read to its end. */
#include <stdlib.h>

#include "log/export.h"
#include "log/replay.h"

#define ROOM (64u * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char event[] = "\x1e{\"content\":{},\"content_type\":\"cosima\",\"digests\":[{\"digest\":\"0000000000000000000000000000000000000000\","
                            "\"hashAlg\":\"sha1\"}],\"pcr\":15,\"recnum\":0}\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static struct replay replay;
        static uint8_t out[2 * ROOM];
        struct replay_place before, after;
        struct span gpt;
        unsigned banks;
        size_t exported;

        if (size == 0 || size > ROOM)
                return 0;
        replay_begin(&replay, REPLAY_ALL_BANKS);
        if (replay_firmware(&replay, span_of(data, size), &banks, &before) != ERR_OK)
                return 0;
        if (tcg_find_gpt(span_of(data, size), &gpt) == ERR_OK && (gpt.data < data || gpt.len > size))
                abort();
        if (export_tcg(span_of(data, size), span_of(event, sizeof(event) - 1), out, sizeof(out), &exported) != ERR_OK)
                return 0;
        replay_begin(&replay, REPLAY_ALL_BANKS);
        if (replay_firmware(&replay, span_of(out, exported), &banks, &after) != ERR_OK || after.number != before.number + 1)
                abort();
        return 0;
}
