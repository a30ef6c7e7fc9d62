/* SPDX-License-Identifier: Apache-2.0 */
/* All that lies below a folder, with the digest of each file: listed by one thread, and read by two while the list grows. */
#ifndef CLI_GATHER_H
#define CLI_GATHER_H

#include "cli/cli.h"
#include "storage/manifest.h"

struct gather {
        /* in */
        const char *top;
        uint64_t max_bytes; /* a larger file is ERR_MANIFEST_LARGE; 0: no limit */
        bool (*skip)(void *arg, struct span path);      /* what is not listed, nor what is below it; or NULL */
        bool (*leave_out)(void *arg, struct span path); /* a file that is listed but not read, its digest is zero; or NULL */
        void *arg;
        bool quiet; /* say nothing of a fault */

        /* out, in memory that is never freed */
        size_t count;
        const struct manifest_entry **entries; /* in the order of manifest_add() */
        uint64_t files, bytes;                 /* that were read */
        enum err error;                        /* ERR_OK, or the fault: ERR_TREE_*, ERR_MANIFEST_LARGE, ERR_MANIFEST_PATH */
};

/* A bar on standard error shows how far it is, when that is a terminal. CLI_FAILED, having said why, after a fault. */
enum cli_exit gather_tree(const struct cli *cli, struct gather *g);

#endif
