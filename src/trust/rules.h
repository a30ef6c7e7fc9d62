/* SPDX-License-Identifier: Apache-2.0 */
/* One IMA rule, judged by the kernel's own grammar before the kernel sees it. */
#ifndef TRUST_RULES_H
#define TRUST_RULES_H

#include "base/err.h"
#include "base/span.h"

#define RULES_LINE_MAX 4000 /* of a rule as rendered; the kernel cuts a longer text than 4095 bytes in silence */

#define RULES_RECEIPT_OWNER 4242424242u /* no rule of a policy may name it: it is the receipt's (trust/render.h) */

/* The oldest kernel that must take a rule. What a kernel takes, the later ones take too. */
enum rules_kernel { RULES_KERNEL_6_1, RULES_KERNEL_6_12, RULES_KERNEL_7_2, RULES_KERNELS };

enum rules_action {
        RULES_MEASURE,
        RULES_DONT_MEASURE,
        RULES_APPRAISE,
        RULES_DONT_APPRAISE,
        RULES_AUDIT,
        RULES_DONT_AUDIT,
        RULES_HASH,
        RULES_DONT_HASH,
        RULES_ACTIONS
};

struct rules_rule {
        enum rules_action action;
        struct span token;     /* "partition=NAME" inside the line, empty when the rule has none */
        struct span partition; /* NAME, which the caller looks up */
};

/* "6.1", "6.12", "7.2". */
const char *rules_kernel_name(enum rules_kernel kernel);
bool rules_kernel_by_name(struct span name, enum rules_kernel *ret_kernel);

/* Whether a line that begins with this word is a rule: it is one of the kernel's actions. */
bool rules_is_action(struct span word);

/* Whether an action takes files out of what later rules would do: the dont_ ones. */
bool rules_exempts(enum rules_action action);

/*
 * Judge one line (printable ASCII, space and tab; it begins with an action) as linux security/integrity/ima/ima_policy.c does in
 * ima_parse_rule() and ima_validate_rule(), and further refuse what the kernel accepts but then ignores, what cannot work before
 * switch_root, and what a verifier cannot read: ERR_RULES_*, one code a check. ret_token, the word it is about (empty: the whole rule), is set on failure only.
 */
MUST_CHECK enum err rules_parse(struct span line, enum rules_kernel kernel, struct rules_rule *ret_rule, struct span *ret_token);

#endif
