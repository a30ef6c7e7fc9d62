/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a baseline, gathered one by one, and the baseline written out with them. */
#ifndef CLI_ENTRIES_H
#define CLI_ENTRIES_H

#include "cli/cli.h"
#include "verify/baseline.h"

struct entries {
        struct baseline_entry *list;
        struct entries_link *links; /* for each entry, those of the same name */
        size_t count, cap, text_bytes;
        uint32_t *slots; /* by the hash of a name: the newest entry and one, 0 for none */
        size_t slot_count;
        uint64_t seed;
        uint8_t *chunk; /* names and digests, one after the other */
        size_t chunk_left;
        char name[ALIAS_NAME_BYTES];
};

/*
 * A file under the name that the mounts of b give it; of one name, the one that was added first is the older. Nothing of the arguments is kept.
 * What baseline_write() would leave out is not kept either: memory grows with the files and their contents, not with how often they were seen.
 */
void entries_add(struct entries *e, const struct baseline *b, struct span path, struct span digest, uint64_t number);

/* Forget what was told by the entry number count of the log, from 0, or a later one. Nothing can be added afterwards. */
void entries_cut(struct entries *e, uint64_t count);

/* Patterns, sorted, as the baseline's "allowed"; empty when there are none. CLI_FAILED, having said why. */
enum cli_exit entries_write_allowed(const struct cli *cli, struct span *patterns, size_t count, struct span *ret_allowed);

/* Write the baseline to --out and say so. CLI_FAILED, having said why: it would be larger than any that is read, too. */
enum cli_exit entries_write_baseline(const struct cli *cli, const struct baseline *b, struct entries *e);

#endif
