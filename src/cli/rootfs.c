/* SPDX-License-Identifier: Apache-2.0 */
/* Resolves every path inside the tree (openat2, RESOLVE_IN_ROOT). */
#include "cli/rootfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATH_BYTES 4096

static int open_inside(int top, const char *path, uint64_t flags)
{
        struct open_how how = { .flags = flags | O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };

        return (int)syscall(SYS_openat2, top, path, &how, sizeof(how));
}

enum cli_exit rootfs_open(const struct cli *cli, const char *path, int *ret_top)
{
        int top = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

        if (top < 0)
                return cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
        *ret_top = top;
        return CLI_OK;
}

struct span rootfs_read(int top, const char *path, size_t max)
{
        int fd = open_inside(top, path, 0);
        struct span bytes = { NULL, 0 };
        struct stat status;
        uint8_t *buf;
        size_t len = 0;
        ssize_t got = 1;

        if (fd < 0)
                return bytes;
        if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
                max = (size_t)status.st_size < max ? (size_t)status.st_size : max;
                buf = cli_alloc(max + 1);
                while (len < max && (got = read(fd, buf + len, max - len)) > 0)
                        len += (size_t)got;
                bytes = span_of(buf, len);
        }
        close(fd);
        return bytes;
}

static int compare(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

void rootfs_list(int top, const char *folder, rootfs_visit visit, void *arg)
{
        int fd = open_inside(top, folder, O_DIRECTORY);
        DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
        char **names = NULL, path[PATH_BYTES];
        size_t count = 0;
        struct dirent *entry;

        while (d && (entry = readdir(d)) != NULL) {
                if (entry->d_name[0] == '.')
                        continue;
                if ((count & (count + 1)) == 0) {
                        char **wider = cli_alloc((2 * count + 2) * sizeof(*wider));

                        memcpy(wider, names ? names : wider, count * sizeof(*wider));
                        free(names);
                        names = wider;
                }
                names[count++] = strdup(entry->d_name);
        }
        if (count > 0)
                qsort(names, count, sizeof(*names), compare);
        for (size_t i = 0; i < count; i++) {
                int len = snprintf(path, sizeof(path), "%s/%s", folder, names[i]);

                if (len > 0 && (size_t)len < sizeof(path))
                        visit(arg, path);
                free(names[i]);
        }
        free(names);
        if (d)
                closedir(d);
        else if (fd >= 0)
                close(fd);
}

bool rootfs_is_same(int top, const char *a, const char *b)
{
        int first = open_inside(top, a, O_DIRECTORY), second = open_inside(top, b, O_DIRECTORY);
        struct stat x, y;
        bool same = first >= 0 && second >= 0 && fstat(first, &x) == 0 && fstat(second, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;

        if (first >= 0)
                close(first);
        if (second >= 0)
                close(second);
        return same;
}
