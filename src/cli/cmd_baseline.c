/* SPDX-License-Identifier: Apache-2.0 */
/* cosima baseline: what is done with baselines besides enrolling. */
#include "cli/cmd_baseline.h"

#include "cli/commands.h"

static const struct cli_command *const subcommands[] = { &cmd_baseline_merge, &cmd_baseline_part, &cmd_baseline_sign, NULL };

const struct cli_command cmd_baseline = {
        .name = "baseline",
        .summary = "Merge baselines, and make a vendor's part of one",
        .example = "cosima baseline merge before.json after.json --out baseline.json",
        .subcommands = subcommands,
};
