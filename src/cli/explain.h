/* SPDX-License-Identifier: Apache-2.0 */
/* Reasons as a person would say them. */
#ifndef CLI_EXPLAIN_H
#define CLI_EXPLAIN_H

#include <stdio.h>

#include "verify/judge.h"

/* One reason, without the line end: what it is about, what was, what is, and where it was seen first. */
void explain_reason(FILE *out, const struct judge *j, const struct reason *reason);
/* Whether an earlier one of the kept reasons says the same of the same thing. */
bool explain_is_repeated(const struct judge *j, unsigned reason);
/* What firmware, boot loader or kernel put into a PCR of the boot chain. */
const char *explain_pcr(unsigned pcr);

#endif
