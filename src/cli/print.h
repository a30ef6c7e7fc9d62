/* SPDX-License-Identifier: Apache-2.0 */
/* Printing what others wrote: names in logs and labels on disks are hostile, so every byte that could steer a terminal is escaped. */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include <stdio.h>

#include "base/json.h"
#include "base/span.h"
#include "cli/cli.h"

/* Printable ASCII and well-formed UTF-8 above U+00A0 as they are; the backslash doubled; \n, \r, \t; every other byte as \xHH. */
void print_escaped(FILE *out, struct span text);
/* What makes a terminal show the text behind it otherwise, PRINT_PLAIN again as before; empty for what is no terminal, and with NO_COLOR. */
enum print_style { PRINT_PLAIN, PRINT_BOLD, PRINT_DIM, PRINT_GOOD, PRINT_NOTE, PRINT_BAD };
const char *print_style(FILE *out, enum print_style style);

/* Lower-case hex. */
void print_hex(FILE *out, struct span bytes);

/* The text of a finished JSON writer and a line end on standard output. Says what is wrong when the writer failed. */
enum cli_exit print_json(const struct cli *cli, const struct json_writer *w);

#endif
