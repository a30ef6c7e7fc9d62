/* SPDX-License-Identifier: Apache-2.0 */
/* A machine for tests and the bench: a folder and the socket of an swtpm, named by the environment. Never linked into the product. */
#include "port/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

const char *machine_root(void)
{
        const char *root = getenv("COSIMA_ROOT");

        return root ? root : "/nonexistent";
}

int machine_open_tpm(void)
{
        const char *path = getenv("COSIMA_SWTPM");
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd;

        if (!path || strlen(path) >= sizeof(address.sun_path)) {
                errno = ENOENT;
                return -1;
        }
        memcpy(address.sun_path, path, strlen(path) + 1);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
                int error = errno;

                close(fd);
                errno = error;
                return -1;
        }
        return fd;
}
