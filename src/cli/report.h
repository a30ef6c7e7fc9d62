/* SPDX-License-Identifier: Apache-2.0 */
/* A verdict as one HTML page that needs nothing else: no script, no font, no picture from anywhere. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdio.h>

#include "verify/judge.h"

/* How a part of the boot stands. */
enum report_state { REPORT_GOOD, REPORT_NOTE, REPORT_BAD, REPORT_UNKNOWN };
/* "good", "note", "bad", "unknown": the class of the element. */
const char *report_state_class(enum report_state state);

/* The questions that the judge answers, in the order of reason.def. */
enum report_question { REPORT_QUOTE, REPORT_LOGS, REPORT_EVENTS, REPORT_POLICY, REPORT_STORAGE, REPORT_FILES, REPORT_QUESTIONS };
enum report_question report_question_of(enum reason_code code);
/* The worst reason of a question. */
enum report_state report_state_of(const struct judge *j, enum report_question question);
enum report_state report_chain_state(const struct judge *j);

/* The whole page; name is that of the evidence. */
void report_write(FILE *out, const struct judge *j, enum judge_verdict verdict, const char *name);

/* Its parts: the boot as a timeline, the storage as a drawing. */
void report_timeline(FILE *out, const struct judge *j);
void report_storage(FILE *out, const struct judge *j);

#endif
