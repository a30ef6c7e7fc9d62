/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence as a stock Keylime verifier takes it without an agent: the body of POST /v2.5/verify/evidence. */
#ifndef CLI_KEYLIME_BODY_H
#define CLI_KEYLIME_BODY_H

#include "cli/cli.h"
#include "verify/evidence.h"

struct keylime_policies {
        struct span runtime, tpm, mb; /* JSON texts; mb is empty when there is no boot log */
};

/* The firmware's log with our events behind it; empty when the evidence holds neither. CLI_USAGE, having said why. */
enum cli_exit keylime_body_boot_log(const struct cli *cli, const struct evidence *evidence, struct span *ret_log);

/* Says what is wrong with the evidence: CLI_USAGE. */
enum cli_exit keylime_body_make(const struct cli *cli, const struct evidence *evidence, struct span boot_log,
                                const struct keylime_policies *policies, struct span *ret_body);

#endif
