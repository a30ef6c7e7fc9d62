/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a folder. */
#include "cli/names.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

static int compare(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add(struct names *n, size_t *len, size_t *cap, const char *name)
{
        size_t size = strlen(name) + 1;

        if (size > *cap - *len) {
                char *wider = cli_alloc(2 * *cap + size);

                memcpy(wider, n->text, *len);
                free(n->text);
                n->text = wider;
                *cap = 2 * *cap + size;
        }
        memcpy(n->text + *len, name, size);
        *len += size;
        n->count++;
}

static void sort(struct names *n)
{
        char *name = n->text;

        n->sorted = cli_alloc((n->count + 1) * sizeof(char *));
        for (size_t i = 0; i < n->count; i++, name += strlen(name) + 1)
                n->sorted[i] = name;
        qsort(n->sorted, n->count, sizeof(char *), compare);
}

bool names_read(struct names *n, int fd)
{
        size_t len = 0, cap = 4096;
        int copy = dup(fd), why;
        DIR *folder = copy < 0 ? NULL : fdopendir(copy);
        const struct dirent *entry;

        if (!folder) {
                if (copy >= 0)
                        close(copy);
                return false;
        }
        *n = (struct names){ .text = cli_alloc(cap) };
        errno = 0;
        while ((entry = readdir(folder)) != NULL)
                if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                        add(n, &len, &cap, entry->d_name);
        why = errno;
        closedir(folder);
        errno = why;
        sort(n);
        return why == 0;
}

void names_free(struct names *n)
{
        free(n->text);
        free(n->sorted);
}
