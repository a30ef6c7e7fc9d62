/* SPDX-License-Identifier: Apache-2.0 */
/* Names in a folder, straight from the kernel and in its order, without allocation. */
#ifndef PORT_FOLDER_H
#define PORT_FOLDER_H

#include "base/err.h"
#include "base/span.h"

struct folder {
        int fd; /* -1: not open */
        size_t pos, len;
        _Alignas(8) uint8_t buf[4096];
};

/* Take over an open folder. */
void folder_on(struct folder *f, int fd);
/* The next name, without "." and ".."; it lives until the next call. False at the end; *ret_error tells whether that is one. */
bool folder_next(struct folder *f, const char **ret_name, enum err *ret_error);
void folder_close(struct folder *f);

#endif
