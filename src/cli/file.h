/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files in and out, with one line on standard error that names the file and the reason when it fails. */
#ifndef CLI_FILE_H
#define CLI_FILE_H

#include "base/span.h"
#include "cli/cli.h"

/*
 * Read a file (or "-", standard input) of at most max bytes into new memory, which is NUL-terminated behind its end and never freed.
 * CLI_FAILED when it cannot be read, CLI_USAGE when it is too large. ret_bytes stays untouched then.
 */
enum cli_exit file_read(const struct cli *cli, const char *path, size_t max, struct span *ret_bytes);

/* A file without a name, in $TMPDIR or /var/tmp, that is gone when it is closed. CLI_FAILED, having said why. */
enum cli_exit file_nameless(const struct cli *cli, int *ret_fd);

/*
 * Write a file whole or not at all: into a new file beside it, synced, then renamed. mode is that of a new file. A path that is no regular
 * file (a terminal, a pipe) is written directly; "-" is standard output. CLI_FAILED when that is not possible.
 */
enum cli_exit file_write(const struct cli *cli, const char *path, unsigned mode, struct span bytes);

/*
 * The same with content that is longer than memory: fill puts it into an empty file that can be written at any place, and says itself what is
 * wrong. What goes to a pipe is made in a file without a name first.
 */
enum cli_exit file_write_by(const struct cli *cli, const char *path, unsigned mode, enum cli_exit (*fill)(void *arg, int fd), void *arg);

/* Write all bytes at the place where the file stands; errno says why not. */
bool file_put(int fd, struct span bytes);

#endif
