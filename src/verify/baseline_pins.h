/* SPDX-License-Identifier: Apache-2.0 */
/* Members of a baseline that pin what else there may be of a partition: the version of a vendor's part, the root digests of dm-verity. */
#ifndef VERIFY_BASELINE_PINS_H
#define VERIFY_BASELINE_PINS_H

#include "verify/baseline.h"

/* Read "vendors" and "verity", as baseline.h shows them; spans point into value. ERR_CANON_SHAPE, ERR_BASELINE_SHAPE (too many). */
MUST_CHECK enum err baseline_pins_read_vendors(struct span value, struct baseline *b);
MUST_CHECK enum err baseline_pins_read_roots(struct span value, struct baseline *b);

/* Write the same; nothing when there are none. */
void baseline_pins_write(struct json_writer *w, const struct baseline *b);

/* The part that the baseline was made with of a partition; NULL: none. */
const struct baseline_vendor *baseline_pins_vendor(const struct baseline *b, struct span partition);

/* Add what is not there yet. False when there are too many. */
bool baseline_pins_add_root(struct baseline *b, const struct baseline_root *root);
/* Of two parts of one partition the newer one is kept, as the least that is taken from then on. */
bool baseline_pins_add_vendor(struct baseline *b, const struct baseline_vendor *vendor);

#endif
