/* SPDX-License-Identifier: Apache-2.0 */
/* The machine as it is: its root, and its TPM behind the kernel's resource manager. */
#include "port/machine.h"

#include <errno.h>
#include <fcntl.h>

const char *machine_root(void)
{
        return "";
}

/* Without the resource manager (TPM 1.2, or a kernel that lacks it) the device itself is used, by one process at a time. */
int machine_open_tpm(void)
{
        int fd = open("/dev/tpmrm0", O_RDWR | O_CLOEXEC);

        if (fd < 0 && (errno == ENOENT || errno == ENODEV || errno == ENXIO))
                fd = open("/dev/tpm0", O_RDWR | O_CLOEXEC);
        return fd;
}
