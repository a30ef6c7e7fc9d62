/* SPDX-License-Identifier: Apache-2.0 */
/* The entries of getdents64(2), one by one. */
#include "port/folder.h"

#include <sys/syscall.h>
#include <unistd.h>

/* struct linux_dirent64: u64 inode | s64 offset | u16 record length | u8 type | name, NUL-terminated. */
enum { RECLEN_AT = 16, NAME_AT = 19 };

void folder_on(struct folder *f, int fd)
{
        f->fd = fd;
        f->pos = f->len = 0;
}

static bool fill(struct folder *f, enum err *ret_error)
{
        long n = syscall(SYS_getdents64, f->fd, f->buf, sizeof(f->buf));

        *ret_error = n < 0 ? ERR_FILE_READ : ERR_OK;
        f->pos = 0;
        f->len = n > 0 ? (size_t)n : 0;
        return n > 0;
}

bool folder_next(struct folder *f, const char **ret_name, enum err *ret_error)
{
        for (;;) {
                const char *name;
                uint16_t reclen;

                if (f->pos >= f->len && !fill(f, ret_error))
                        return false;
                memcpy(&reclen, f->buf + f->pos + RECLEN_AT, sizeof(reclen));
                name = (const char *)f->buf + f->pos + NAME_AT;
                f->pos += reclen;
                if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
                        continue;
                *ret_name = name;
                *ret_error = ERR_OK;
                return true;
        }
}

void folder_close(struct folder *f)
{
        if (f->fd >= 0)
                close(f->fd);
        f->fd = -1;
}
