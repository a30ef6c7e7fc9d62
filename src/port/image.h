/* SPDX-License-Identifier: Apache-2.0 */
/* A disk image file or a block device as a source of bytes, for the command line. */
#ifndef PORT_IMAGE_H
#define PORT_IMAGE_H

#include "base/source.h"

struct image {
        int fd;
        struct source source;
};

/*
 * Open for reading. sector_bytes is the logical sector size to assume for a file (a block device tells its own). The source points into
 * *ret_image, which must stay where it is until image_close(). ERR_IMAGE_OPEN (errno tells why), ERR_IMAGE_TYPE when it is neither a
 * regular file nor a block device.
 */
MUST_CHECK enum err image_open(const char *path, uint32_t sector_bytes, struct image *ret_image);
void image_close(struct image *image);

#endif
