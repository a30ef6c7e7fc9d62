/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads canonical JSON (RFC 8785) in place, with no memory of its own: the strict counterpart of the writer in base/json.
 *
 * Accepted is exactly what that writer can write: no white space, keys ASCII without escapes in strictly ascending order, strings of valid
 * UTF-8 with the escapes of RFC 8785 section 3.2.2.2 and no others, numbers from 0 to 2^53 - 1 as plain digits, fewer than JSON_DEPTH_MAX
 * levels. So one value has one spelling, and bytes that pass can be hashed as they are.
 */
#ifndef BASE_CANON_H
#define BASE_CANON_H

#include "base/err.h"
#include "base/span.h"

/*
 * text is one canonical value and nothing else. ERR_CANON_SYNTAX (also white space, an escape that is not canonical, a key with escapes),
 * ERR_CANON_ORDER (keys unordered or there twice), ERR_CANON_NUMBER, ERR_CANON_UTF8, ERR_CANON_DEPTH.
 */
MUST_CHECK enum err canon_check(struct span text);
/* Where canon_check() stopped in a text that it refused: the byte behind the last one that was good, or behind the key, number or string. */
size_t canon_fault(struct span text);

/* The members of an object or the elements of an array that canon_check() accepted, one after the other. */
struct canon_walk {
        struct span rest; /* from the next key or value on */
};
/* ERR_CANON_SHAPE when value is no object (no array). */
MUST_CHECK enum err canon_open_object(struct span value, struct canon_walk *ret_walk);
MUST_CHECK enum err canon_open_array(struct span value, struct canon_walk *ret_walk);
/* Whether there is another one; ret_key is the key without its quotes, ret_value the value's exact bytes. */
bool canon_next_member(struct canon_walk *w, struct span *ret_key, struct span *ret_value);
bool canon_next_element(struct canon_walk *w, struct span *ret_value);

/* The value of a member of an object that canon_check() accepted. ERR_CANON_SHAPE when it is no object or has no such member. */
MUST_CHECK enum err canon_member(struct span object, const char *key, struct span *ret_value);
/* A string without any escape, without its quotes; ERR_CANON_SHAPE when it is something else. */
MUST_CHECK enum err canon_plain_string(struct span value, struct span *ret_text);
/* A number; ERR_CANON_SHAPE when it is something else. */
MUST_CHECK enum err canon_u64(struct span value, uint64_t *ret_number);

#endif
