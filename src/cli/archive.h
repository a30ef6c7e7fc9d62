/* SPDX-License-Identifier: Apache-2.0 */
/* An evidence archive in a file, of which the IMA log stays there: it may be longer than memory. */
#ifndef CLI_ARCHIVE_H
#define CLI_ARCHIVE_H

#include "cli/cli.h"
#include "verify/evidence.h"

#define ARCHIVE_IMA_BYTES_MAX (UINT64_C(1) << 40)

struct archive {
        const char *path;
        int fd; /* can be read at any place; what comes from a pipe is copied to a file without a name first */
        struct evidence evidence; /* all members but the IMA log, in memory that is never freed */
        bool has_ima;
        uint64_t ima_offset, ima_size;
};

/*
 * Open and read an archive ("-": standard input). CLI_USAGE when it is none, with the reason in ret_error and nothing said; CLI_FAILED, having
 * said why, when it cannot be read. Members besides the IMA log must be of less than 4 MiB.
 */
enum cli_exit archive_open(const struct cli *cli, const char *path, struct archive *ret_archive, struct evidence_error *ret_error);
/* The same with an open file, which is taken over; path is its name for messages. */
enum cli_exit archive_open_fd(const struct cli *cli, int fd, const char *path, struct archive *ret_archive, struct evidence_error *ret_error);
void archive_close(struct archive *a);

/* Read at most len bytes of the IMA log from offset on, fewer at its end only. CLI_FAILED, having said why. */
enum cli_exit archive_read_ima(const struct cli *cli, const struct archive *a, uint64_t offset, size_t len, uint8_t *ret_bytes, size_t *ret_len);

#endif
