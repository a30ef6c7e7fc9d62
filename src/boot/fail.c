/* SPDX-License-Identifier: Apache-2.0 */
/* A failure that somebody else has seen: an emergency shell, a unit that did not start. */
#include "boot/stages.h"

/*
 * It is recorded each time, also after the handover and even if the log names it already: between writing and extending the earlier one
 * may have been cut short, and no second failure makes a machine look better.
 */
enum err fail_with_reason(struct boot *b)
{
        text_add_span(&b->detail, b->reason);
        return ERR_BOOT_REASON;
}
