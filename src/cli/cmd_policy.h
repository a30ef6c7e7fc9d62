/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands of `cosima policy` share. */
#ifndef CLI_CMD_POLICY_H
#define CLI_CMD_POLICY_H

#include "cli/cli.h"
#include "trust/policy.h"

extern const struct cli_command cmd_policy_check, cmd_policy_sign, cmd_policy_verify, cmd_policy_render;

/* Say on standard error where and why a policy is refused: FILE:LINE: reason: "word". */
void cmd_policy_refuse(const char *path, const struct policy_error *error);

/*
 * Read and parse a policy, whose text stays in memory. CLI_FAILED or CLI_USAGE when it cannot be read (said by file_read());
 * CLI_FAILED with ret_error set when it is refused (not said yet).
 */
enum cli_exit cmd_policy_read(const struct cli *cli, const char *path, struct policy *ret_policy, struct policy_error *ret_error);

/* The same, and say why it is refused. */
enum cli_exit cmd_policy_load(const struct cli *cli, const char *path, struct policy *ret_policy);

#endif
