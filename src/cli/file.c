/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files in and out, never half a file. */
#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_BYTES (64u * 1024)

struct buffer {
        uint8_t *bytes;
        size_t len, cap; /* and one byte more */
};

/* What the file says of its size: /proc, securityfs and pipes say nothing, and a file may grow. */
static size_t expected_bytes(int fd, size_t max)
{
        struct stat st;
        bool is_known = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > (off_t)FIRST_BYTES;
        size_t size = is_known ? (uint64_t)st.st_size : FIRST_BYTES;

        return size < max ? size : max;
}

static void *begin_buffer(size_t size)
{
        size_t rounded = (size + CLI_HUGE_BYTES - 1) / CLI_HUGE_BYTES * CLI_HUGE_BYTES;
        void *memory;

        if (size < CLI_HUGE_BYTES)
                return malloc(size);
        memory = aligned_alloc(CLI_HUGE_BYTES, rounded);
        if (memory)
                cli_use_huge_pages(memory, rounded);
        return memory;
}

static bool grow(struct buffer *b, size_t max)
{
        size_t wider = b->cap > max / 2 ? max : b->cap * 2;
        uint8_t *grown = realloc(b->bytes, wider + 1);

        if (!grown)
                return false;
        b->bytes = grown;
        b->cap = wider;
        return true;
}

static enum cli_exit read_all(const struct cli *cli, int fd, const char *path, size_t max, struct buffer *b)
{
        for (;;) {
                ssize_t n = read(fd, b->bytes + b->len, b->cap + 1 - b->len);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
                if (n == 0)
                        return CLI_OK;
                b->len += (size_t)n;
                if (b->len > max)
                        return cli_fail(cli, CLI_USAGE, "%s: larger than %zu bytes", path, max);
                if (b->len > b->cap && !grow(b, max))
                        return cli_fail(cli, CLI_FAILED, "%s: no memory for %zu bytes", path, b->cap);
        }
}

static enum cli_exit read_fd(const struct cli *cli, int fd, const char *path, size_t max, struct span *ret_bytes)
{
        struct buffer b = { .cap = expected_bytes(fd, max) };
        enum cli_exit status;

        b.bytes = begin_buffer(b.cap + 1);
        if (!b.bytes)
                return cli_fail(cli, CLI_FAILED, "%s: no memory for %zu bytes", path, b.cap);
        status = read_all(cli, fd, path, max, &b);
        if (status != CLI_OK) {
                free(b.bytes);
                return status;
        }
        b.bytes[b.len] = 0;
        *ret_bytes = span_of(b.bytes, b.len);
        return CLI_OK;
}

enum cli_exit file_read(const struct cli *cli, const char *path, size_t max, struct span *ret_bytes)
{
        if (strcmp(path, "-") == 0)
                return read_fd(cli, STDIN_FILENO, "standard input", max, ret_bytes);

        int fd = open(path, O_RDONLY | O_CLOEXEC);
        struct stat st;

        if (fd < 0)
                return cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
        /* What tells its size is not read in vain. */
        if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size > max) {
                close(fd);
                return cli_fail(cli, CLI_USAGE, "%s: larger than %zu bytes", path, max);
        }

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

bool file_put(int fd, struct span bytes)
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
        bool written = fd >= 0 && file_put(fd, bytes);
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

/* Sync the new file and put it in place; errno says why not. */
static bool finish(int fd, const char *new_path, const char *path, unsigned mode)
{
        bool good = fchmod(fd, mode) == 0 && fsync(fd) == 0;
        int why = errno;

        if (close(fd) != 0 && good) {
                good = false;
                why = errno;
        }
        errno = why;
        return good && rename(new_path, path) == 0 && sync_directory(path);
}

/* Into a new file beside the one that is to be. */
static enum cli_exit replace(const struct cli *cli, const char *path, unsigned mode, enum cli_exit (*fill)(void *arg, int fd), void *arg)
{
        size_t size = strlen(path) + sizeof(".XXXXXX");
        char *new_path = cli_alloc(size);
        enum cli_exit status;
        sigset_t ends, before;
        int fd;

        /* Whoever ends us meanwhile waits until the new file is in place or gone. */
        sigemptyset(&ends);
        sigaddset(&ends, SIGHUP);
        sigaddset(&ends, SIGINT);
        sigaddset(&ends, SIGTERM);
        sigprocmask(SIG_BLOCK, &ends, &before);
        snprintf(new_path, size, "%s.XXXXXX", path);
        fd = mkostemp(new_path, O_CLOEXEC);
        if (fd < 0) {
                status = cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
        } else {
                status = fill(arg, fd);
                if (status != CLI_OK)
                        close(fd);
                else if (!finish(fd, new_path, path, mode))
                        status = cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
                if (status != CLI_OK)
                        unlink(new_path);
        }
        free(new_path);
        sigprocmask(SIG_SETMASK, &before, NULL);
        return status;
}

static bool is_replaced(const char *path)
{
        struct stat st;

        return strcmp(path, "-") != 0 && (stat(path, &st) != 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode));
}

/* Bytes in memory, as something that fills a file. */
struct bytes {
        const struct cli *cli;
        const char *path;
        struct span span;
};

static enum cli_exit put_bytes(void *arg, int fd)
{
        const struct bytes *b = arg;

        return file_put(fd, b->span) ? CLI_OK : cli_fail(b->cli, CLI_FAILED, "%s: %s", b->path, strerror(errno));
}

enum cli_exit file_write(const struct cli *cli, const char *path, unsigned mode, struct span bytes)
{
        struct bytes b = { cli, path, bytes };

        if (is_replaced(path))
                return replace(cli, path, mode, put_bytes, &b);
        if (strcmp(path, "-") != 0)
                return write_directly(cli, path, bytes);
        return fwrite(bytes.data, 1, bytes.len, stdout) == bytes.len ? CLI_OK
                                                                      : cli_fail(cli, CLI_FAILED, "standard output: %s", strerror(errno));
}

static enum cli_exit copy_to(const struct cli *cli, int from, int to, const char *path)
{
        uint8_t *buf = cli_alloc(FIRST_BYTES);
        ssize_t n = lseek(from, 0, SEEK_SET);

        while (n >= 0 && (n = read(from, buf, FIRST_BYTES)) > 0)
                if (!file_put(to, span_of(buf, (size_t)n)))
                        n = -1;
        free(buf);
        return n == 0 ? CLI_OK : cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
}

enum cli_exit file_write_by(const struct cli *cli, const char *path, unsigned mode, enum cli_exit (*fill)(void *arg, int fd), void *arg)
{
        bool is_output = strcmp(path, "-") == 0;
        enum cli_exit status;
        int to, from;

        if (is_replaced(path))
                return replace(cli, path, mode, fill, arg);
        to = is_output ? dup(STDOUT_FILENO) : open(path, O_WRONLY | O_CLOEXEC);
        if (to < 0)
                return cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
        status = file_nameless(cli, &from);
        if (status == CLI_OK) {
                status = fill(arg, from);
                if (status == CLI_OK)
                        status = copy_to(cli, from, to, is_output ? "standard output" : path);
                close(from);
        }
        close(to);
        return status;
}
