/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a baseline as Keylime looks them up: every path of each, with the digests that are to be allowed. */
#ifndef CLI_KEYLIME_FILES_H
#define CLI_KEYLIME_FILES_H

#include "cli/cli.h"
#include "verify/keylime.h"

struct keylime_files {
        struct keylime_entry *entries; /* sorted */
        size_t count, cap, text_bytes;
        size_t files;   /* of the baseline, without what is special */
        size_t refused; /* names that Keylime cannot carry, each said on standard error */
        bool has_aggregate, has_receipt;
        struct span excludes[512];
        unsigned exclude_count;
};

#define KEYLIME_BASELINES_MAX 16

/* Options that keylime_files_collect() knows, for a command's table. */
#define KEYLIME_FILES_OPTIONS                                                                                                                  \
        { "add", "PATH=FILE", "allow FILE's digest for PATH too, beside what the baseline has", CLI_REPEAT },                                  \
        { "replace", "PATH=FILE", "allow only FILE's digest for PATH", CLI_REPEAT },                                                           \
        { "exclude", "PATH", "leave out this file or folder, by all its names", CLI_REPEAT }

/*
 * The files of all baselines; the mount points are those of the first. Says what is wrong: CLI_USAGE, CLI_FAILED. Names that Keylime cannot
 * carry are said and counted only.
 */
enum cli_exit keylime_files_collect(const struct cli *cli, const struct baseline *const *baselines, unsigned count,
                                    struct keylime_files *ret_files);

#endif
