/* SPDX-License-Identifier: Apache-2.0 */
/* A failure that somebody else has seen: an emergency shell, a unit that did not start. */
#include "boot/stages.h"

/*
 * It is recorded each time, also after the handover and even if the log names it already: between writing and extending the earlier one
 * may have been cut short, and no second failure makes a machine look better.
 */
enum err fail_with_reason(struct boot *b)
{
        struct span text;

        /* without a record there is no PCR in use yet; the policy's is the one to spoil */
        if (b->recnum == 0 &&
            b->ports->file_read(b->ports->context, BOOT_ETC "/policy", b->policy_text, sizeof(b->policy_text), &text) == ERR_OK)
                b->pcr = trust_guess_pcr(text);
        text_add_span(&b->detail, b->reason);
        return ERR_BOOT_REASON;
}
