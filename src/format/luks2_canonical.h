/* SPDX-License-Identifier: Apache-2.0 */
/* JSON that was parsed, written again in canonical form (RFC 8785), with bounds for hostile text. */
#ifndef FORMAT_LUKS2_CANONICAL_H
#define FORMAT_LUKS2_CANONICAL_H

#include "base/json.h"

#define LUKS2_CANONICAL_MEMBERS_MAX 64 /* of one object: finding the next key costs a look at each */
/* cryptsetup needs 3. A record of our log puts up to 11 levels around what is copied, and fewer than JSON_DEPTH_MAX can be read again. */
#define LUKS2_CANONICAL_DEPTH_MAX 4

/*
 * The member whose key follows last in the canonical order; the first when last is NULL. *ret_key is NULL behind the last one.
 * ERR_LUKS2_JSON_MEMBERS, ERR_LUKS2_JSON_KEY, ERR_LUKS2_JSON_DUPLICATE.
 */
MUST_CHECK enum err luks2_canonical_next(yyjson_val *object, const char *last, const char **ret_key, yyjson_val **ret_value);

/*
 * Write a value, leaving out the member without (or NULL) of the outermost object. Besides the above ERR_LUKS2_JSON_DEPTH and
 * ERR_LUKS2_JSON_NUMBER; want of space stays in the writer.
 */
MUST_CHECK enum err luks2_canonical_copy(struct json_writer *w, yyjson_val *value, const char *without);

#endif
