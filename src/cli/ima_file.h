/* SPDX-License-Identifier: Apache-2.0 */
/* An IMA log in a file, a pipe or an archive, entry by entry in constant memory: it may be longer than memory. */
#ifndef CLI_IMA_FILE_H
#define CLI_IMA_FILE_H

#include "cli/archive.h"
#include "log/ima.h"

struct ima_file {
        const struct cli *cli;
        const char *path;
        int fd; /* -1: there is no log */
        uint64_t left;   /* bytes of the log that are not read, UINT64_MAX: up to the end of the file */
        uint64_t offset; /* of the next entry, or of the one that failed */
        uint64_t number;
        uint8_t *buffer;
        size_t start, len; /* what is read and not used yet */
};

/* The log of a file ("-": standard input), or of an archive, which need not stay open. CLI_FAILED, having said why. */
enum cli_exit ima_file_open(const struct cli *cli, const char *path, struct ima_file *ret_file);
enum cli_exit ima_file_in_archive(const struct cli *cli, const struct archive *archive, struct ima_file *ret_file);

/*
 * The next entry, which stays until the one after it is asked for. ret_done: there is none, or the log is malformed there, which is ret_error.
 * CLI_FAILED, having said why, when the file cannot be read.
 */
enum cli_exit ima_file_next(struct ima_file *f, struct ima_entry *ret_entry, bool *ret_done, enum err *ret_error);

#endif
