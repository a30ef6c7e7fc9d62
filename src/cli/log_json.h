/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of the three logs as JSON objects, each written whole by the caller's writer. */
#ifndef CLI_LOG_JSON_H
#define CLI_LOG_JSON_H

#include "base/json.h"
#include "log/replay.h"

#define LOG_JSON_BYTES_MAX (7u * IMA_DATA_BYTES_MAX) /* of one entry: a path of control characters takes six bytes for each */

void log_json_record(struct json_writer *w, const struct cel_record *record);
void log_json_firmware(struct json_writer *w, const struct tcg_event *event);
void log_json_ima(struct json_writer *w, uint64_t number, const struct ima_entry *entry);

#endif
