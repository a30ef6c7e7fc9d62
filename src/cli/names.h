/* SPDX-License-Identifier: Apache-2.0 */
/* The names in one folder, sorted by bytes. */
#ifndef CLI_NAMES_H
#define CLI_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct names {
        char *text;    /* one after the other */
        char **sorted; /* into text */
        size_t count;
};

/* Read the folder fd, which stays open. False with errno. */
bool names_read(struct names *n, int fd);
void names_free(struct names *n);

#endif
