/* SPDX-License-Identifier: Apache-2.0 */
/* IMA's policy file (linux security/integrity/ima/ima_fs.c): one rule a write, errors only there. */
#include "port/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char *const folders[] = { "/sys/kernel/security/ima", "/sys/kernel/security/integrity/ima" };

static enum err open_error(int error)
{
        switch (error) {
        case ENOENT: /* the folder is there: the kernel takes the file away after the first load */
                return ERR_IMA_LOADED;
        case EBUSY: /* being written, or never again: kernels that let the policy be read keep the file */
                return ERR_IMA_BUSY;
        default:
                return ERR_IMA_OPEN;
        }
}

enum err securityfs_open(void *context)
{
        struct machine *m = context;

        for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
                int folder = machine_open(m, folders[i], O_RDONLY | O_DIRECTORY), fd, error;

                if (folder < 0)
                        continue;
                fd = openat(folder, "policy", O_WRONLY | O_CLOEXEC);
                error = errno;
                close(folder);
                if (fd < 0)
                        return open_error(error);
                securityfs_close(m);
                m->ima_fd = fd;
                return ERR_OK;
        }
        return ERR_IMA_ABSENT;
}

enum err securityfs_write(void *context, struct span line)
{
        const struct machine *m = context;
        ssize_t n = write(m->ima_fd, line.data, line.len);

        if (n == (ssize_t)line.len)
                return ERR_OK;
        if (n >= 0)
                return ERR_IMA_CUT;
        return errno == EACCES ? ERR_IMA_DENIED : errno == EINVAL ? ERR_IMA_RULE : ERR_IMA_WRITE;
}

void securityfs_close(void *context)
{
        struct machine *m = context;

        if (m->ima_fd >= 0)
                close(m->ima_fd);
        m->ima_fd = -1;
}
