/* SPDX-License-Identifier: Apache-2.0 */
/* The IMA rules as they are written to the kernel: the policy's rules with each partition resolved to a file system UUID. */
#ifndef TRUST_RENDER_H
#define TRUST_RENDER_H

#include "format/guid.h"
#include "trust/policy.h"

/* The owner of the receipt file: its rule is always rendered first, reading the receipt then shows in PCR 10 that the rules are loaded. */
#define RENDER_RECEIPT_OWNER RULES_RECEIPT_OWNER
#define RENDER_RECEIPT_RULE "measure func=FILE_CHECK mask=MAY_READ fowner=4242424242"

#define RENDER_BYTES_MAX (POLICY_BYTES_MAX + POLICY_RULES_MAX * 64)

/* What is known of one declared partition when the rules are rendered. */
struct render_partition {
        bool present;                  /* found, exactly once, and not malformed */
        char fs_uuid[GUID_TEXT_SIZE];  /* UUID of the file system that will be mounted; empty when not known yet (LUKS before unlock) */
        struct span fs_name;           /* the kernel's name of that file system, "ext4"; empty when not known */
};

/*
 * Render the rules: the receipt rule, then one line for each rule, in order, each ended by a line feed. partitions has one element for
 * each declared partition. partition=NAME becomes fsuuid=UUID. When the UUID is not known (DESIGN: widen, never narrow):
 * a measure, audit or hash rule gets fsname=TYPE (the policy's fs=, else the one found; no condition at all when neither is known),
 * a dont_ rule is left out, an appraise rule is ERR_RENDER_APPRAISE. A partition that is absent: likewise, its measure rules stay, widened.
 * ERR_NO_SPACE when cap is too small (RENDER_BYTES_MAX is always enough). ret_text points into buf.
 */
MUST_CHECK enum err render_rules(const struct policy *policy, const struct render_partition *partitions, char *buf, size_t cap,
                                 struct span *ret_text);

#endif
