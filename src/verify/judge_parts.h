/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the judge, in the order in which judge_evidence() calls them. Each adds its reasons to the list. */
#ifndef VERIFY_JUDGE_PARTS_H
#define VERIFY_JUDGE_PARTS_H

#include "verify/judge.h"

#define JUDGE_IMA_PCR 10

/* The quote alone: signed by the pinned key, for this nonce, over the PCRs that were asked for. */
void judge_quote_check(struct judge *j);
/* Which PCR values are signed. Before the logs, since the IMA log is read until it gives them. */
void judge_pcrs_claim(struct judge *j);
/* Replay of our own events; finds them in the log. */
void judge_events_replay(struct judge *j);
/* Policy file, signature, version. */
void judge_policy_check(struct judge *j);
/* Storage and content against the baseline. */
void judge_storage_check(struct judge *j);
/* The part of a vendor that took its partition's place for this verdict, against the one that the baseline was made with. */
void judge_vendor_check(struct judge *j);
/* The rules that this policy and this storage give, and the receipt's content. */
void judge_rules_check(struct judge *j);
/* What else the events say: they are complete, and what was mounted is what was measured. */
void judge_events_check(struct judge *j);
/* The IMA log: what is known before it and after it. Between them it is given in pieces, see judge.h. */
void judge_ima_begin(struct judge *j);
void judge_ima_end(struct judge *j);
/* An ima-buf entry: a table of the device mapper against the measured header; and what must have been among them. */
void judge_volumes_entry(struct judge *j, const struct ima_entry *e, uint64_t number);
void judge_volumes_end(struct judge *j);
/* All PCRs that are signed, and the boot chain. Last, since it asks what the logs explain. */
void judge_pcrs_check(struct judge *j);

/* The storage event against the partition table in the firmware's log, which has been replayed. */
void judge_gpt_check(struct judge *j);

/* Add a reason that is about a PCR, entry or record by its number. */
void judge_add_number(struct judge *j, enum reason_code code, const char *subject, uint64_t number, enum err error);

/* A member of an event's content; false, and a reason, when it is not there or of another type. */
bool judge_events_text(struct judge *j, struct span content, const char *key, struct span *ret_text);
bool judge_events_u64(struct judge *j, struct span content, const char *key, uint64_t *ret_number);
bool judge_events_sha256(struct judge *j, struct span content, const char *key, uint8_t *ret_sha256);
/* The error that err_name() spells like this; ERR_COUNT_ when there is none. */
enum err judge_events_error(struct span name);
/* The one signature on the one device that a partition of the storage event is; false when it is not present. */
bool judge_storage_signature(struct span storage, struct span partition, struct span *ret_signature);
/* Whether the storage event says that no device matched this partition. */
bool judge_storage_is_absent(struct span storage, struct span partition);
/* The content event of a partition, empty when there is none. */
struct span judge_events_content(const struct judge *j, struct span partition);

#endif
