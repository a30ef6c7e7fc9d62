/* SPDX-License-Identifier: Apache-2.0 */
/* An older part is signed as well as the newest: whoever can put it in its place could bring old contents back. */
#include "verify/baseline_pins.h"
#include "verify/judge_parts.h"

void judge_vendor_check(struct judge *j)
{
        const struct baseline_vendor *given = j->baseline && j->baseline->given.name.data ? &j->baseline->given : NULL;
        const struct baseline_vendor *enrolled = given ? baseline_pins_vendor(j->baseline, given->partition) : NULL;
        struct reason reason = { .code = REASON_VENDOR_OLDER };

        if (!enrolled)
                return;
        reason.subject = given->partition;
        reason.field = given->name;
        reason.number = given->version;
        if (!span_equal(given->name, enrolled->name)) {
                reason.code = REASON_VENDOR_OTHER;
                reason.was = enrolled->name;
                reason.now = given->name;
        } else if (given->version >= enrolled->version) {
                return;
        }
        reason_add(&j->reasons, &reason);
}
