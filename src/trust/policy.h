/* SPDX-License-Identifier: Apache-2.0 */
/* The signed policy: what is declared, what is measured, which IMA rules are loaded. The format is described in policy/README.md. */
#ifndef TRUST_POLICY_H
#define TRUST_POLICY_H

#include "base/err.h"
#include "base/span.h"
#include "trust/rules.h"

#define POLICY_BYTES_MAX (256u * 1024) /* a larger file is refused */
#define POLICY_LINE_MAX RULES_LINE_MAX
#define POLICY_PARTITIONS_MAX 8
#define POLICY_WALKS_MAX 8
#define POLICY_RULES_MAX 128
#define POLICY_NAMES_MAX 4  /* labels or partition labels of one partition line */
#define POLICY_EXCEPT_MAX 8 /* exceptions of one walk line */

/* All spans point into the policy text, which must outlive the policy. */
struct policy_partition {
        struct span name; /* how the other lines call it; upper-case letters, digits, underscore */
        bool required;    /* else optional: absence is measured, but is no failure */
        unsigned label_count, partlabel_count;
        struct span labels[POLICY_NAMES_MAX];     /* file system or LUKS labels that select it */
        struct span partlabels[POLICY_NAMES_MAX]; /* GPT partition names that select it */
        struct span fs;                           /* the file system type that the kernel calls it by; empty: any */
};

struct policy_walk {
        unsigned partition; /* index into policy.partitions */
        unsigned except_count;
        struct span except[POLICY_EXCEPT_MAX]; /* absolute paths inside the partition; a path leaves out all below it too */
        uint64_t max_bytes;                    /* a larger file is a failure; 0: no limit */
};

struct policy_rule {
        struct span line;  /* the rule as written, without the line end */
        unsigned line_no;  /* from 1 */
        enum rules_action action;
        int partition;     /* index of partition=NAME, -1 when the rule names none */
        struct span token; /* the bytes "partition=NAME" inside line, empty when partition is -1 */
};

enum policy_disks { POLICY_DISKS_OPEN, POLICY_DISKS_CLOSED };
enum policy_on_failure { POLICY_CONTINUE, POLICY_HALT };

struct policy {
        struct span text; /* the whole file, as signed */
        struct span name;
        uint32_t version;
        unsigned pcr;
        unsigned classes; /* set of enum class (format/class.h); CLASS_INFO never */
        enum policy_disks disks;
        uint32_t wait_s;
        enum policy_on_failure on_failure;
        enum rules_kernel kernel; /* the oldest that the rules are for */
        unsigned partition_count, walk_count, rule_count;
        struct policy_partition partitions[POLICY_PARTITIONS_MAX];
        struct policy_walk walks[POLICY_WALKS_MAX];
        struct policy_rule rules[POLICY_RULES_MAX];
};

/* Where and why a policy was refused. line_no is 0 when it is not about one line; token points into the text or is empty. */
struct policy_error {
        enum err code;
        unsigned line_no;
        struct span token;
};

/*
 * Parse a whole policy file. Its signature is somebody else's concern (trust/sig.h) and is checked before. Nothing is guessed: an unknown
 * directive, a repeated one, a value out of range, CR, NUL, a byte that is not printable ASCII, a line over POLICY_LINE_MAX, a missing
 * last line end, no rule at all: each has its own code. Defaults: policy/README.md. The IMA rules are checked against
 * the grammar of the oldest kernel named (trust/rules.h), 6.1 unless the policy names a newer one. ret_error says where; it is set on
 * failure only, ret_policy on success only.
 */
MUST_CHECK enum err policy_parse(struct span text, struct policy *ret_policy, struct policy_error *ret_error);

/* The index of a partition by name, -1 when it is not declared. */
int policy_partition_index(const struct policy *policy, struct span name);

/* Whether this volume or GPT entry is selected by a partition line: one of its labels or one of its partition labels matches. */
bool policy_partition_selects(const struct policy_partition *p, struct span label, struct span partlabel);

#endif
