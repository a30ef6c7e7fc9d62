/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a volume, laid at 0, 1024 and 65536: every prober answers, and what it answers can be written. */
#include <stdlib.h>

#include "format/probe.h"

#define VOLUME_BYTES (65536u + 4096)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct probe *probe)
{
        static char text[256 * 1024];
        struct json_writer w = json_writer_on(text, sizeof(text));
        char uuid[GUID_TEXT_SIZE];
        struct span result;

        if (probe->count > PROBE_TYPES)
                abort();
        json_array_open(&w);
        for (unsigned i = 0; i < probe->count; i++) {
                if (i > 0 && probe->hits[i].type <= probe->hits[i - 1].type)
                        abort();
                probe_write(&w, probe, &probe->hits[i], CLASS_ALL);
                probe_uuid(probe, &probe->hits[i], uuid);
                if (strlen(uuid) >= GUID_TEXT_SIZE || probe_label(probe, &probe->hits[i]).len > 256)
                        abort();
        }
        json_array_close(&w);
        if (json_writer_result(&w, &result) != ERR_OK || !json_is_utf8(result))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static const size_t places[] = { 0, 1024, 65536 };
        static uint8_t volume[VOLUME_BYTES];
        static uint8_t work[PROBE_WORK_BYTES];
        static struct probe probe;

        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
                size_t room = sizeof(volume) - places[i];
                struct span bytes = span_of(volume, sizeof(volume));
                struct source source = source_of_span(&bytes, 512);

                memset(volume, 0, sizeof(volume));
                memcpy(volume + places[i], data, size < room ? size : room);
                if (probe_read(&source, work, &probe) == ERR_OK)
                        check(&probe);
        }
        return 0;
}
