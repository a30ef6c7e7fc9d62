/* SPDX-License-Identifier: Apache-2.0 */
/* Commands of the user's, run by the shell. */
#ifndef CLI_CHILD_H
#define CLI_CHILD_H

#include "base/span.h"
#include "cli/cli.h"

/*
 * Run a command whose standard output is kept in a file without a name, which ret_fd is then. CLI_FAILED, having said why, also when its exit
 * status is not 0. env, ended by NULL, are "NAME=value" pairs besides our own environment.
 */
enum cli_exit child_read(const struct cli *cli, const char *command, char *const *env, int *ret_fd);
/* Run a command that reads text from its standard input. */
enum cli_exit child_write(const struct cli *cli, const char *command, struct span text);

#endif
