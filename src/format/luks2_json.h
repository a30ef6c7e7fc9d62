/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON metadata of LUKS2: every section in canonical form, and what is odd about it. */
#ifndef FORMAT_LUKS2_JSON_H
#define FORMAT_LUKS2_JSON_H

#include "format/luks.h"

struct luks2_json_work {
        uint8_t *token; /* LUKS2_JSON_BYTES_MAX: one token in canonical form */
        uint8_t *pool;  /* pool_bytes for yyjson */
        size_t pool_bytes;
};

/*
 * Decode the text into the members of luks that come from it: inner_uuid, lints, counts, the sections and text; the others stay as they
 * are. Source: specification 1.1, section 3. ERR_LUKS2_* from JSON_SYNTAX on; luks is then not to be used.
 */
MUST_CHECK enum err luks2_json_decode(struct span json, uint64_t volume_bytes, const struct luks2_json_work *work, struct luks2 *luks);

#endif
