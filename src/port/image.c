/* SPDX-License-Identifier: Apache-2.0 */
/* Reading disk images and block devices with pread. */
#include "port/image.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static enum err read_at(void *context, uint64_t offset, size_t len, uint8_t *ret_bytes)
{
        const struct image *image = context;

        while (len > 0) {
                ssize_t n = pread(image->fd, ret_bytes, len, (off_t)offset);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return ERR_BLOCKDEV_READ;
                if (n == 0)
                        return ERR_SHORT;
                ret_bytes += n;
                offset += (uint64_t)n;
                len -= (size_t)n;
        }
        return ERR_OK;
}

static enum err measure_size(int fd, uint32_t *sector_bytes, uint64_t *ret_size)
{
        struct stat st;
        int sector;

        if (fstat(fd, &st) != 0)
                return ERR_IMAGE_OPEN;
        if (S_ISREG(st.st_mode)) {
                *ret_size = (uint64_t)st.st_size;
                return ERR_OK;
        }
        if (!S_ISBLK(st.st_mode))
                return ERR_IMAGE_TYPE;
        if (ioctl(fd, BLKGETSIZE64, ret_size) != 0 || ioctl(fd, BLKSSZGET, &sector) != 0 || sector <= 0)
                return ERR_IMAGE_OPEN;
        *sector_bytes = (uint32_t)sector;
        return ERR_OK;
}

enum err image_open(const char *path, uint32_t sector_bytes, struct image *ret_image)
{
        uint64_t size;
        enum err e;
        /* Opening a fifo would wait for its writer. */
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

        if (fd < 0)
                return ERR_IMAGE_OPEN;
        e = measure_size(fd, &sector_bytes, &size);
        if (e != ERR_OK) {
                (void)close(fd);
                return e;
        }
        ret_image->fd = fd;
        ret_image->source = (struct source){ ret_image, size, sector_bytes, read_at, NULL };
        return ERR_OK;
}

void image_close(struct image *image)
{
        (void)close(image->fd);
        image->fd = -1;
}
