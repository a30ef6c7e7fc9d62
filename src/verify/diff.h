/* SPDX-License-Identifier: Apache-2.0 */
/* Two canonical JSON values, field by field: each value that differs, with the way to it. */
#ifndef VERIFY_DIFF_H
#define VERIFY_DIFF_H

#include "base/canon.h"
#include "base/json.h"

#define DIFF_PATH_BYTES 512 /* a longer way is cut */

/* was or now is empty (data NULL) when the member is on the other side only. path dies when the visitor returns. */
typedef void (*diff_visit)(void *arg, struct span path, struct span was, struct span now);

/*
 * Visit each difference between two values that canon_check() accepted. The path is the names of the members, joined by dots; an element of an
 * array has its number as name, unless both arrays have exactly one element: then the array's name is enough. Arrays of other
 * lengths differ as a whole.
 */
void diff_walk(struct span was, struct span now, diff_visit visit, void *arg);

#endif
