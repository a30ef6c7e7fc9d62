/* SPDX-License-Identifier: Apache-2.0 */
/* The sub-commands of cosima export that have files of their own. */
#ifndef CLI_CMD_EXPORT_H
#define CLI_CMD_EXPORT_H

#include "cli/cli.h"

extern const struct cli_command cmd_export_keylime;
extern const struct cli_command cmd_export_sha256sums;

#endif
