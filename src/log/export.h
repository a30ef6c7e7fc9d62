/* SPDX-License-Identifier: Apache-2.0 */
/* Our event log in the formats of others. */
#ifndef LOG_EXPORT_H
#define LOG_EXPORT_H

#include "log/cel.h"
#include "log/tcg.h"

#define EXPORT_TAG 0x49534f43u /* taggedEventID of our events; its bytes in the log read "COSI" */

/*
 * A firmware log followed by the events of a CEL log, each as an EV_EVENT_TAG that holds the event's content: replayed by whatever reads
 * TCG logs, it gives the PCR that the events went into. The digests are those of the content (not of the tag around it), computed in each
 * algorithm that the firmware log declares, in its order. Without a firmware log (no bytes) a Spec ID event comes first, with the
 * algorithms of the first event. Info records and a torn last record are left out.
 *
 * buf needs room for firmware.len + cel.len + TCG_HEADER_BYTES_MAX. ERR_TCG_EMPTY when there is neither a firmware log nor an event;
 * ERR_ALG_UNKNOWN when the firmware declares an algorithm that we lack; errors of log/tcg and log/cel; ERR_NO_SPACE.
 */
MUST_CHECK enum err export_tcg(struct span firmware, struct span cel, uint8_t *buf, size_t cap, size_t *ret_size);

#endif
