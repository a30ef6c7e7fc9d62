/* SPDX-License-Identifier: Apache-2.0 */
/* A baseline without a boot: from disk images, the policy, and the trees of files that will be on the partitions. */
#ifndef CLI_OFFLINE_H
#define CLI_OFFLINE_H

#include "cli/cli.h"

/* cosima enroll without --evidence. Writes --out; CLI_FAILED or CLI_USAGE, having said why. */
enum cli_exit offline_enroll(const struct cli *cli);

#endif
