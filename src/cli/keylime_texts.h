/* SPDX-License-Identifier: Apache-2.0 */
/* The texts that go beside the policies: what the node's agent is told, and the commands that enroll it. */
#ifndef CLI_KEYLIME_TEXTS_H
#define CLI_KEYLIME_TEXTS_H

#include "cli/cli.h"
#include "verify/baseline.h"

/* A drop-in for the agent's configuration. */
struct span keylime_text_agent(const struct baseline *baseline);
/* A shell script of tenant commands. */
struct span keylime_text_enroll(const struct cli *cli, const struct baseline *baseline);
/* The bank in which Keylime's agent is to quote: the first that both have. */
enum alg keylime_text_bank(const struct baseline *baseline);

#endif
