/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files in and out, never half a file. */
#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_BYTES (64u * 1024)

/* Read to the end by growing, since /proc, securityfs and pipes tell no size. */
static enum cli_exit read_fd(const struct cli *cli, int fd, const char *path, size_t max, struct span *ret_bytes)
{
        size_t cap = max < FIRST_BYTES ? max : FIRST_BYTES, len = 0;
        uint8_t *bytes = cli_alloc(cap + 1);

        for (;;) {
                ssize_t n = read(fd, bytes + len, cap + 1 - len);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0) {
                        free(bytes);
                        return cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
                }
                if (n == 0)
                        break;
                len += (size_t)n;
                if (len > max) {
                        free(bytes);
                        return cli_fail(cli, CLI_USAGE, "%s: larger than %zu bytes", path, max);
                }
                if (len > cap) {
                        size_t wider = cap > max / 2 ? max : cap * 2;
                        uint8_t *grown = realloc(bytes, wider + 1);

                        if (!grown) {
                                free(bytes);
                                return cli_fail(cli, CLI_FAILED, "%s: no memory for %zu bytes", path, wider);
                        }
                        bytes = grown;
                        cap = wider;
                }
        }
        bytes[len] = 0;
        *ret_bytes = span_of(bytes, len);
        return CLI_OK;
}

enum cli_exit file_read(const struct cli *cli, const char *path, size_t max, struct span *ret_bytes)
{
        if (strcmp(path, "-") == 0)
                return read_fd(cli, STDIN_FILENO, "standard input", max, ret_bytes);

        int fd = open(path, O_RDONLY | O_CLOEXEC);

        if (fd < 0)
                return cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));

        enum cli_exit status = read_fd(cli, fd, path, max, ret_bytes);

        close(fd);
        return status;
}

enum cli_exit file_nameless(const struct cli *cli, int *ret_fd)
{
        const char *folder = getenv("TMPDIR");
        int fd;

        if (!folder || !*folder)
                folder = "/var/tmp";
        fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        if (fd < 0)
                return cli_fail(cli, CLI_FAILED, "%s: %s", folder, strerror(errno));
        *ret_fd = fd;
        return CLI_OK;
}

/* Whether all bytes were written; errno says why not. */
static bool write_all(int fd, struct span bytes)
{
        size_t done = 0;

        while (done < bytes.len) {
                ssize_t n = write(fd, bytes.data + done, bytes.len - done);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return false;
                done += (size_t)n;
        }
        return true;
}

static enum cli_exit write_directly(const struct cli *cli, const char *path, struct span bytes)
{
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        bool written = fd >= 0 && write_all(fd, bytes);
        int why = errno;

        if (fd >= 0 && close(fd) != 0 && written) {
                written = false;
                why = errno;
        }
        return written ? CLI_OK : cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(why));
}

/* The directory of a path must be synced as well, or the rename may be lost. */
static bool sync_directory(const char *path)
{
        const char *slash = strrchr(path, '/');
        char *directory = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
        int fd = directory ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
        /* Some file systems cannot sync a directory; then there is nothing to wait for. */
        bool done = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);

        if (fd >= 0)
                close(fd);
        free(directory);
        return done;
}

/* Fill the new file and put it in place; errno says why not. */
static bool finish(int fd, const char *new_path, const char *path, unsigned mode, struct span bytes)
{
        bool good = fchmod(fd, mode) == 0 && write_all(fd, bytes) && fsync(fd) == 0;
        int why = errno;

        if (close(fd) != 0 && good) {
                good = false;
                why = errno;
        }
        errno = why;
        return good && rename(new_path, path) == 0 && sync_directory(path);
}

enum cli_exit file_write(const struct cli *cli, const char *path, unsigned mode, struct span bytes)
{
        struct stat st;

        if (strcmp(path, "-") == 0)
                return fwrite(bytes.data, 1, bytes.len, stdout) == bytes.len ? CLI_OK
                                                                              : cli_fail(cli, CLI_FAILED, "standard output: %s", strerror(errno));
        if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
                return write_directly(cli, path, bytes);

        size_t size = strlen(path) + sizeof(".XXXXXX");
        char *new_path = cli_alloc(size);
        enum cli_exit status = CLI_OK;

        snprintf(new_path, size, "%s.XXXXXX", path);

        int fd = mkostemp(new_path, O_CLOEXEC);

        if (fd < 0) {
                status = cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
        } else if (!finish(fd, new_path, path, mode, bytes)) {
                status = cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
                unlink(new_path);
        }
        free(new_path);
        return status;
}
