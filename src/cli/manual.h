/* SPDX-License-Identifier: Apache-2.0 */
/* Manual pages and completions, made of the tables that the help is made of. */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include <stdio.h>

#include "cli/cli.h"

/* Call visit for each command and group that is not hidden, with its words, "policy check"; first for the program itself, NULL and "". */
typedef void (*manual_visit)(void *arg, const struct cli_command *command, const char *words);
void manual_each(const struct cli_command *const *commands, manual_visit visit, void *arg);

/* The page of a command, "policy check", or of the program, "": man(7) source. False when there is no such command. */
bool manual_page(FILE *out, const struct cli_command *const *commands, const char *words);

void manual_bash(FILE *out, const struct cli_command *const *commands);
void manual_zsh(FILE *out, const struct cli_command *const *commands);

#endif
