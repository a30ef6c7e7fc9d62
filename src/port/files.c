/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files in and out of buffers whose size was fixed beforehand, and lists of names. */
#include "port/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static enum err read_error(int error)
{
        return error == ENOENT || error == ENOTDIR ? ERR_FILE_ABSENT : ERR_FILE_READ;
}

/* Up to len bytes, fewer only at the end of the file; -1 on error. */
static ssize_t read_all(int fd, uint8_t *buf, size_t len)
{
        size_t got = 0;

        while (got < len) {
                ssize_t n = read(fd, buf + got, len - got);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -1;
                if (n == 0)
                        break;
                got += (size_t)n;
        }
        return (ssize_t)got;
}

enum err files_read(void *context, const char *path, uint8_t *buf, size_t cap, struct span *ret_bytes)
{
        int fd = machine_open(context, path, O_RDONLY | O_NOCTTY);
        enum err result = ERR_FILE_READ;
        uint8_t more;
        ssize_t n;

        if (fd < 0)
                return read_error(errno);
        n = read_all(fd, buf, cap);
        if (n >= 0 && (size_t)n == cap && read_all(fd, &more, 1) != 0) {
                result = ERR_FILE_LARGE;
        } else if (n >= 0) {
                *ret_bytes = span_of(buf, (size_t)n);
                result = ERR_OK;
        }
        close(fd);
        return result;
}

static bool write_all(int fd, struct span bytes)
{
        while (bytes.len > 0) {
                ssize_t n = write(fd, bytes.data, bytes.len);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return false;
                bytes = span_of(bytes.data + n, bytes.len - (size_t)n);
        }
        return true;
}

enum err files_write(void *context, const char *path, uint32_t owner, struct span bytes)
{
        char full[MACHINE_PATH_MAX], fresh[MACHINE_PATH_MAX + 4];
        bool good;
        int fd;

        TRY(machine_path(context, path, full));
        memcpy(fresh, full, strlen(full));
        memcpy(fresh + strlen(full), ".new", 5);
        if (unlink(fresh) != 0 && errno != ENOENT)
                return ERR_FILE_WRITE;
        fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0)
                return ERR_FILE_WRITE;
        good = write_all(fd, bytes) && (owner == 0 || fchown(fd, owner, (gid_t)-1) == 0) && fsync(fd) == 0;
        good = close(fd) == 0 && good;
        if (good && rename(fresh, full) == 0)
                return ERR_OK;
        unlink(fresh);
        return ERR_FILE_WRITE;
}

enum err files_write_setting(void *context, const char *path, struct span bytes)
{
        int fd = machine_open(context, path, O_WRONLY | O_NOCTTY);
        bool good;

        if (fd < 0)
                return errno == ENOENT ? ERR_FILE_ABSENT : ERR_FILE_WRITE;
        good = write_all(fd, bytes);
        return close(fd) == 0 && good ? ERR_OK : ERR_FILE_WRITE;
}

enum err files_set_xattr(void *context, const char *path, const char *name, struct span value)
{
        char full[MACHINE_PATH_MAX];

        TRY(machine_path(context, path, full));
        return lsetxattr(full, name, value.data, value.len, 0) == 0 ? ERR_OK : ERR_FILE_WRITE;
}

/* Put a name at its place among the sorted ones in buf[0..len). */
static void insert_name(char *buf, size_t len, const char *name)
{
        size_t size = strlen(name) + 1, at = 0;

        while (at < len && strcmp(buf + at, name) < 0)
                at += strlen(buf + at) + 1;
        memmove(buf + at + size, buf + at, len - at);
        memcpy(buf + at, name, size);
}

enum err files_list(void *context, const char *path, char *buf, size_t cap, struct span *ret_names)
{
        int fd = machine_open(context, path, O_RDONLY | O_DIRECTORY);
        struct folder folder;
        const char *name;
        enum err result;
        size_t len = 0;

        if (fd < 0)
                return read_error(errno);
        folder_on(&folder, fd);
        while (folder_next(&folder, &name, &result)) {
                if (strlen(name) + 1 > cap - len) {
                        result = ERR_FILE_LARGE;
                        break;
                }
                insert_name(buf, len, name);
                len += strlen(name) + 1;
        }
        folder_close(&folder);
        if (result == ERR_OK)
                *ret_names = span_of(buf, len);
        return result;
}

enum err files_make_folder(void *context, const char *path)
{
        char full[MACHINE_PATH_MAX];
        struct stat st;

        TRY(machine_path(context, path, full));
        if (mkdir(full, 0700) == 0)
                return ERR_OK;
        return errno == EEXIST && lstat(full, &st) == 0 && S_ISDIR(st.st_mode) ? ERR_OK : ERR_FILE_WRITE;
}

enum err files_stream_open(void *context, const char *path)
{
        struct machine *m = context;
        int fd = machine_open(m, path, O_RDONLY | O_NOCTTY);

        if (fd < 0)
                return read_error(errno);
        files_stream_close(m);
        m->stream_fd = fd;
        return ERR_OK;
}

enum err files_stream_read(void *context, uint8_t *buf, size_t cap, size_t *ret_len)
{
        const struct machine *m = context;
        ssize_t n;

        do {
                n = read(m->stream_fd, buf, cap);
        } while (n < 0 && errno == EINTR);
        if (n < 0)
                return ERR_FILE_READ;
        *ret_len = (size_t)n;
        return ERR_OK;
}

void files_stream_close(void *context)
{
        struct machine *m = context;

        if (m->stream_fd >= 0)
                close(m->stream_fd);
        m->stream_fd = -1;
}
