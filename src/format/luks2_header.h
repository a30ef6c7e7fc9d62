/* SPDX-License-Identifier: Apache-2.0 */
/* One of the two headers of LUKS2: the binary part, checked, and the JSON text that follows it, not yet parsed. */
#ifndef FORMAT_LUKS2_HEADER_H
#define FORMAT_LUKS2_HEADER_H

#include "format/luks.h"

struct luks2_header {
        uint64_t header_bytes; /* binary and JSON area */
        uint64_t seqid;
        char checksum_alg[LUKS2_ALG_SIZE];
        char uuid[GUID_TEXT_SIZE];
        char label[LUKS2_LABEL_BYTES + 1];
        char subsystem[LUKS2_LABEL_BYTES + 1];
        struct span json; /* in the caller's text buffer */
};

/*
 * Read the primary header at offset 0 or a secondary one anywhere else. binary is LUKS2_HEADER_BYTES and text LUKS2_JSON_BYTES_MAX of the
 * caller's memory. ERR_LUKS2_NONE when the magic is not there or says LUKS1; else the first check that fails, in the order of err.def.
 */
MUST_CHECK enum err luks2_header_read(const struct source *volume, uint64_t offset, uint8_t *binary, uint8_t *text,
                                      struct luks2_header *ret_header);

/*
 * Look for a secondary header at all places where one may be, for a volume whose primary is bad. ERR_LUKS2_NONE when no place has one that
 * names its own position; the first good one else, or the reason why the first is bad.
 */
MUST_CHECK enum err luks2_header_scan(const struct source *volume, uint8_t *binary, uint8_t *text, struct luks2_header *ret_header);

/* Tell the source that the places behind an offset will be read by luks2_header_scan(). */
void luks2_header_expect(const struct source *volume, uint64_t after);

#endif
