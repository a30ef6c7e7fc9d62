/* SPDX-License-Identifier: Apache-2.0 */
/* One baseline of several, and of a vendor's part. */
#ifndef CLI_MERGE_H
#define CLI_MERGE_H

#include "cli/cli.h"
#include "verify/vendor.h"

/* The options that name a vendor's part, for the tables of the commands. */
#define MERGE_OPTION_VENDOR { "vendor", "FILE", "a vendor's part of the baseline; what it says replaces what was enrolled of its partition", 0 }
#define MERGE_OPTION_VENDOR_SIG { "vendor-sig", "FILE", "its signature; default: FILE.sig", 0 }
#define MERGE_OPTION_VENDOR_CERT { "vendor-cert", "CERT", "the vendor's certificate, DER or PEM; needed with --vendor", 0 }

/* Files and their contents, growing. */
struct merge_files {
        struct baseline_entry *entries;
        size_t count, cap, text_bytes;
};
/* Add all contents of a file; those that one of the baselines before it has already are left out. age is that of the first. */
void merge_add_file(struct merge_files *f, const struct baseline_file *file, const struct baseline *const *before, unsigned count, uint64_t age);
/* Sort them as baseline_write() wants them. */
void merge_sort(struct merge_files *f);

/* Read and verify the part that the options name. CLI_FAILED when it is not signed by the vendor, CLI_USAGE when it is none; having said why. */
enum cli_exit merge_read_vendor(const struct cli *cli, struct vendor *ret_vendor);

/*
 * Make one baseline of several, the oldest first: they must be of one machine, one storage and one policy. ret_merged's spans point into theirs.
 * CLI_FAILED, having said in what they differ.
 */
enum cli_exit merge_baselines(const struct cli *cli, const struct baseline *const *baselines, const char *const *paths, unsigned count,
                              struct baseline *ret_merged, struct merge_files *ret_files);

/*
 * Whether a part may take the place of the one that the baseline was made with: of the same name, and not older. --vendor-older says that any
 * may. CLI_FAILED, having said why not.
 */
enum cli_exit merge_check_vendor(const struct cli *cli, const struct vendor *vendor, const struct baseline *merged);
/* Let a vendor's part take the place of what was enrolled of its partition. CLI_FAILED, having said which file of it lies elsewhere. */
enum cli_exit merge_use_vendor(const struct cli *cli, const struct vendor *vendor, struct baseline *merged, struct merge_files *files);

/* The text of a baseline, with its line feed, in new memory. */
enum cli_exit merge_write(const struct cli *cli, const struct baseline *merged, const struct merge_files *files, struct span *ret_text);

/* Put the part that --vendor names into a baseline for one verdict: the judge holds its version against the baseline's. */
enum cli_exit merge_vendor(const struct cli *cli, struct baseline **baseline);

#endif
