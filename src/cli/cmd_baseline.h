/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of `cosima baseline`. */
#ifndef CLI_CMD_BASELINE_H
#define CLI_CMD_BASELINE_H

#include "cli/cli.h"

extern const struct cli_command cmd_baseline_merge, cmd_baseline_part, cmd_baseline_sign;

#endif
