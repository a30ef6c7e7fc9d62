/* SPDX-License-Identifier: Apache-2.0 */
/* Verdict and reasons, in words or as JSON. */
#ifndef CLI_VERDICT_H
#define CLI_VERDICT_H

#include <stdio.h>

#include "cli/cli.h"
#include "verify/judge.h"

/* First line the verdict, then one line a reason, then the boot chain. */
void verdict_print(const struct judge *j, enum judge_verdict verdict);
/* {"boot_chain":{…},"reasons":[…],"reasons_count":N,"verdict":"untrusted"} */
enum cli_exit verdict_print_json(const struct cli *cli, const struct judge *j, enum judge_verdict verdict);
/* The same in new memory, without a line end. */
MUST_CHECK enum err verdict_write_json(const struct judge *j, enum judge_verdict verdict, struct span *ret_text);
/* One reason, without the line end. */
void verdict_print_reason(FILE *out, const struct reason *reason);

/* Who wants the boot chain in the verdict gets it as one more reason; the verdict after that. */
enum judge_verdict verdict_require_chain(struct judge *j, enum judge_verdict verdict);

/* 0, 1, 2. */
enum cli_exit verdict_exit(enum judge_verdict verdict);

#endif
