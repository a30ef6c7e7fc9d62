/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of an image that is not running: links in it lead nowhere else, as they would if it were the root. */
#ifndef CLI_ROOTFS_H
#define CLI_ROOTFS_H

#include "base/span.h"
#include "cli/cli.h"

/* Open the top of a tree. CLI_FAILED, having said why. */
enum cli_exit rootfs_open(const struct cli *cli, const char *path, int *ret_top);

/* A regular file of at most max bytes, in new memory that ends with a NUL; data is NULL when there is no such file. path has no leading slash. */
struct span rootfs_read(int top, const char *path, size_t max);

/* Call visit with the path of each entry of a folder, "etc/x", in the order of their names; folder may be absent. */
typedef void (*rootfs_visit)(void *arg, const char *path);
void rootfs_list(int top, const char *folder, rootfs_visit visit, void *arg);
/* Whether two paths are one folder, as lib and usr/lib often are. */
bool rootfs_is_same(int top, const char *a, const char *b);

#endif
