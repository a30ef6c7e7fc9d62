/* SPDX-License-Identifier: Apache-2.0 */
/* One look at a node: what is new since the last one is judged, and whoever wants to know is told. */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include "cli/cli.h"
#include "verify/judge.h"

/*
 * Look once, with the options of cosima watch. CLI_OK with the verdict; CLI_FAILED or CLI_USAGE, having said why, when there is none: the evidence,
 * the baseline or the state cannot be read or written, or the hook failed, which is run again by the next look then.
 */
enum cli_exit watch_look(const struct cli *cli, enum judge_verdict *ret_verdict);

#endif
