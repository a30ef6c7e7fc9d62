/* SPDX-License-Identifier: Apache-2.0 */
/* Every command, each defined in the file of its name: cmd_quote in cmd_quote.c. commands.c holds them in the order of the help. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/cli.h"

extern const struct cli_command cmd_baseline;
extern const struct cli_command cmd_enroll;
extern const struct cli_command cmd_explain;
extern const struct cli_command cmd_export;
extern const struct cli_command cmd_help;
extern const struct cli_command cmd_log;
extern const struct cli_command cmd_luks;
extern const struct cli_command cmd_policy;
extern const struct cli_command cmd_predict;
extern const struct cli_command cmd_probe;
extern const struct cli_command cmd_quote;
extern const struct cli_command cmd_report;
extern const struct cli_command cmd_status;
extern const struct cli_command cmd_verify;
extern const struct cli_command cmd_watch;

/* All of them, in the order of the help; NULL at the end. */
extern const struct cli_command *const commands_all[];

#endif
