/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The receipt: a small file that is read back once after the rules are loaded. The kernel logs its digest into PCR 10, which proves that
 * the rules are active and binds both PCRs. Who measures writes it and who verifies recomputes it, by this one function.
 */
#ifndef EVENT_RECEIPT_H
#define EVENT_RECEIPT_H

#include "event/event.h"

#define RECEIPT_PATH "/run/cosima/receipt" /* as the IMA log names it */
#define RECEIPT_BYTES_MAX 512

/*
 * {"policy":…,"rules":…,"storage":…} and a line feed: the SHA-256 of the content of the policy event and of the storage event, and of the
 * rendered rules. ERR_NO_SPACE when cap is too small (RECEIPT_BYTES_MAX is enough). ret_text points into buf.
 */
MUST_CHECK enum err receipt_write(struct span policy_content, struct span storage_content, const uint8_t *rules_sha256, char *buf, size_t cap,
                                  struct span *ret_text);

#endif
