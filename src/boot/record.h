/* SPDX-License-Identifier: Apache-2.0 */
/* Where the event log and the TPM meet: a record is written and synced, then its digests are extended. */
#ifndef BOOT_RECORD_H
#define BOOT_RECORD_H

#include "boot/boot.h"

/*
 * Make sure that the TPM has been tried, waiting for it until now_ms() reaches until_ms. On success the banks of b->pcr are known; the TPM is not
 * asked for them where the notes tell. Before the first record of a boot the PCR must be zero in all of them: ERR_BOOT_DIRTY (the TPM is usable
 * all the same). ERR_TPM_*.
 */
MUST_CHECK enum err record_open_tpm(struct boot *b, uint64_t until_ms);

/*
 * Append an event to the log, then extend it in every bank. Without a TPM it is logged only, as the TPM's absence is a failure of its own. When the
 * log cannot be written nothing is extended. ERR_EVENTLOG_*, ERR_TPM_*, ERR_NO_SPACE.
 */
MUST_CHECK enum err record_event(struct boot *b, enum event_type type, struct span content);

/* Log without extending; a failure to do so is nobody's loss. */
void record_info(struct boot *b, const char *topic, const struct event_value *values, unsigned count);

/* A failure is extended even when it cannot be logged, and said on the kernel's log in any case. */
void record_failure(struct boot *b, const char *stage, enum err error);

#endif
