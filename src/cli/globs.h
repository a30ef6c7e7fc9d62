/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns of paths from options and baselines, in memory of their own. */
#ifndef CLI_GLOBS_H
#define CLI_GLOBS_H

#include "cli/cli.h"
#include "verify/alias.h"
#include "verify/glob.h"

struct globs {
        size_t count, cap;
        struct span *patterns;
        struct glob_set set;
};

/*
 * The patterns of an option that is given any number of times, and those in the files of the option NAME-from: one a line, empty lines and
 * lines that begin with '#' are none. One that reaches too far (glob_fault(); or all of a mount point) is CLI_USAGE, having named it.
 */
enum cli_exit globs_read(const struct cli *cli, const char *option, const struct alias_mount *mounts, unsigned mount_count,
                         struct globs *ret_globs);
/* A set of patterns that were checked before, in new memory. */
struct glob_set globs_compile(const struct span *patterns, size_t count);

#endif
