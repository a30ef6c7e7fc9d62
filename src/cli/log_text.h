/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of the three logs as lines for people; every byte that came from elsewhere is escaped. */
#ifndef CLI_LOG_TEXT_H
#define CLI_LOG_TEXT_H

#include "log/replay.h"

void log_text_record(const struct cel_record *record);
void log_text_firmware(const struct tcg_event *event);
void log_text_ima(uint64_t number, const struct ima_entry *entry);
/* remark stands behind the value; it is ours. */
void log_text_pcr(enum alg bank, unsigned pcr, const struct digest *value, const char *remark);

#endif
