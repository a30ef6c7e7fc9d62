/* SPDX-License-Identifier: Apache-2.0 */
/* The nonce on the command line. */
#ifndef CLI_NONCE_H
#define CLI_NONCE_H

#include "base/span.h"
#include "cli/cli.h"

#define NONCE_BYTES_MIN 8
#define NONCE_BYTES_MAX 64 /* what every TPM takes as qualifying data */

/* Hex to bytes in new memory. CLI_USAGE, having said why. */
enum cli_exit nonce_parse(const struct cli *cli, const char *hex, struct span *ret_nonce);

#endif
