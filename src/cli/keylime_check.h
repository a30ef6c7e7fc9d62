/* SPDX-License-Identifier: Apache-2.0 */
/* What will not work with Keylime, said before a node is enrolled. */
#ifndef CLI_KEYLIME_CHECK_H
#define CLI_KEYLIME_CHECK_H

#include "cli/keylime_files.h"

/* Options that keylime_check() knows, for a command's table. */
#define KEYLIME_CHECK_OPTIONS                                                                                                                  \
        { "verifier-conf", "FILE", "with --check: the verifier's configuration", 0 },                                                          \
        { "agent-conf", "FILE", "with --check: the agent's configuration", 0 },                                                                \
        { "interval", "SECONDS", "with --check: the verifier's quote_interval; default: 2", 0 }

/* Prints one line each on standard output. CLI_FAILED when one of them says error. */
enum cli_exit keylime_check(const struct cli *cli, const struct baseline *baseline, const struct keylime_files *files, size_t policy_bytes);

#endif
