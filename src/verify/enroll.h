/* SPDX-License-Identifier: Apache-2.0 */
/* From judged evidence to a baseline. */
#ifndef VERIFY_ENROLL_H
#define VERIFY_ENROLL_H

#include "verify/judge.h"

/*
 * The mount points that the evidence's meta.json tells: {"mounts":[{"partition":…,"point":…,"root":…},…],…}. A partition that the policy walks is
 * marked. None when it tells none; ERR_CANON_*, ERR_BASELINE_MOUNTS.
 */
MUST_CHECK enum err enroll_mounts(const struct judge *j, struct alias_mount *mounts, unsigned *ret_count);

/*
 * Everything of a baseline but its files, from evidence that was judged JUDGE_TRUSTED without a baseline. Spans point into the evidence.
 * ERR_QUOTE_AK.
 */
MUST_CHECK enum err enroll_baseline(const struct judge *j, const struct alias_mount *mounts, unsigned mount_count,
                                    struct baseline *ret_baseline);

/*
 * Whether an entry of the IMA log belongs into a baseline; its digest as "sha256:<hex>" then, in buf of BASELINE_DIGEST_BYTES. Besides files these
 * are boot_aggregate, the receipt, keys and buffers: the judge knows better ways to check them, other verifiers have no other.
 */
bool enroll_file(const struct ima_entry *e, char *buf, struct span *ret_digest);

#endif
