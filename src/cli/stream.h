/* SPDX-License-Identifier: Apache-2.0 */
/* Gives an IMA log to the judge in pieces, in constant memory and on two threads. */
#ifndef CLI_STREAM_H
#define CLI_STREAM_H

#include "cli/archive.h"
#include "verify/judge.h"

/* The log from offset on; it must be where an entry begins. ret_end is where the last whole entry ended. CLI_FAILED, having said why. */
enum cli_exit stream_ima(const struct cli *cli, const struct archive *a, uint64_t offset, struct judge *j, uint64_t *ret_end);

#endif
