/* SPDX-License-Identifier: Apache-2.0 */
/* The storage event: what the survey found, as canonical JSON. */
#ifndef STORAGE_SURVEY_EVENT_H
#define STORAGE_SURVEY_EVENT_H

#include "event/event.h"
#include "storage/survey.h"

/*
 * Write the content of the storage event:
 *   {"disks":{"count":N,"sha256":"…"},                      only with "disks closed"
 *    "event":"storage",
 *    "partitions":[{"candidates":[…],"count":1,"name":"COS_OEM","state":"present"},…]}   in the policy's order
 * A candidate:
 *   {"entry":{…},"gpt":"ok","kernel":"agrees","signatures":[{"config":{…},"identity":{…},"type":"ext4"}],"table":{…}}
 * The same bytes come out whatever the order in which devices were added. More than SURVEY_CANDIDATES_MAX candidates are given by their count
 * alone. classes is the set to write: the policy's for the event that is measured, CLASS_ALL for people ("info" then names the device).
 * ERR_NO_SPACE when cap is too small. ret_text points into buf.
 */
MUST_CHECK enum err survey_event_write(const struct survey *s, unsigned classes, char *buf, size_t cap, struct span *ret_text);

#endif
