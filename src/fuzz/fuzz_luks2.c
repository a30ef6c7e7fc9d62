/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two LUKS2 headers out of one input: LUKS2_IMAGE_FIELDS bytes of the binary header, then JSON text. Their places and checksums are made
 * right, so that the fields and the JSON behind them are reached. Four bits in the first byte of the header's padding ask for something
 * else: 1 leaves checksum, size and place as they came, 2 takes the primary away, 4 gives the secondary another sequence number, 8 ends the volume behind the headers.
 */
#include <stdlib.h>

#include "test/luks2_image.h"

#define OFF_PADDING 264

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static uint8_t image[LUKS2_IMAGE_BYTES], work[LUKS_WORK_BYTES];
        static char buf[64 * 1024];
        static struct luks2 luks;
        struct json_writer w = json_writer_on(buf, sizeof(buf));
        struct span bytes = span_of(image, sizeof(image));
        struct source volume = source_of_span(&bytes, 512);
        struct span text;

        if (size < LUKS2_IMAGE_FIELDS)
                return 0;

        struct span json = span_of(data + LUKS2_IMAGE_FIELDS, size - LUKS2_IMAGE_FIELDS);
        uint8_t wish = data[OFF_PADDING];

        luks2_image_put(image, LUKS2_IMAGE_HEADER, false, data, json);
        luks2_image_put(image, LUKS2_IMAGE_HEADER, true, data, json);
        if (wish & 1)
                memcpy(image, data, LUKS2_IMAGE_FIELDS);
        if (wish & 2)
                memset(image, 0, LUKS2_HEADER_BYTES);
        if (wish & 4) {
                image[LUKS2_IMAGE_HEADER + 16] ^= 1;
                luks2_image_seal(image + LUKS2_IMAGE_HEADER, LUKS2_IMAGE_HEADER);
        }
        /* The segments that the seeds describe end far behind the headers. */
        volume.size_bytes = wish & 8 ? sizeof(image) : UINT64_C(32) << 20;
        if (luks2_read(&volume, work, &luks) != ERR_OK)
                return 0;
        json_object_open(&w);
        luks2_write(&w, &luks, CLASS_ALL);
        json_object_close(&w);
        if (json_writer_result(&w, &text) != ERR_OK)
                abort();
        return 0;
}
