/* SPDX-License-Identifier: Apache-2.0 */
/* Gives an IMA log to the judge in pieces, in constant memory and on two threads. */
#ifndef CLI_STREAM_H
#define CLI_STREAM_H

#include "cli/archive.h"
#include "verify/judge.h"

/* Sees the entries after the judge has, whole ones, in an order of pieces that is the log's; not those of a piece that is malformed. */
struct stream_visitor {
        void (*visit)(void *arg, struct span entries);
        void *arg;
};

/* The log from offset on; it must be where an entry begins. visitor may be NULL. ret_end is where the last whole entry ended. CLI_FAILED, having said why. */
enum cli_exit stream_ima(const struct cli *cli, const struct archive *a, uint64_t offset, struct judge *j,
                        const struct stream_visitor *visitor, uint64_t *ret_end);

#endif
