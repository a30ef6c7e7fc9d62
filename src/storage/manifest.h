/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest of a partition's files: one digest over the sorted list of path, type, mode, owner, size and content. */
#ifndef STORAGE_MANIFEST_H
#define STORAGE_MANIFEST_H

#include "base/json.h"
#include "event/digest.h"
#include "trust/policy.h"

#define MANIFEST_PATH_MAX 4095 /* a longer path is a failure */

struct manifest_entry {
        struct span path; /* from the partition's root: "/" is the root itself, "/bin/agent" a file in it */
        char type;        /* as find -printf %y prints it: f d l b c p s */
        uint32_t mode;    /* permission bits, 07777 */
        uint32_t uid, gid;
        uint64_t size_bytes;     /* of a regular file or of a link's target, else 0 */
        uint32_t major, minor;   /* of a device node, else 0 */
        uint8_t sha256[32];      /* of a regular file's content or a link's target, else zero */
};

struct manifest {
        const struct policy_walk *walk;
        struct digest_state state;
        uint64_t entries, files, bytes;
        enum err error;
        size_t last_len;
        uint8_t last[MANIFEST_PATH_MAX];
};

void manifest_begin(struct manifest *m, const struct policy_walk *walk);

/*
 * Whether a walk leaves this path and all below it out: the policy's except= paths. The directory /lost+found itself is never listed (mkfs
 * makes it, a copied tree has none), but what lies in it is; manifest_add() sees to that.
 */
bool manifest_excludes(const struct policy_walk *walk, struct span path);

/*
 * The next entry. Paths must come in the order of a walk that sorts each directory by bytes, that is, as if '/' were the smallest byte:
 * "/a", "/a/b", "/a-b". ERR_MANIFEST_ORDER when they do not, ERR_MANIFEST_PATH when a path is longer than MANIFEST_PATH_MAX or not absolute,
 * ERR_MANIFEST_LARGE when a file exceeds the walk's max=.
 */
MUST_CHECK enum err manifest_add(struct manifest *m, const struct manifest_entry *entry);

/* The manifest's SHA-256; the counts stand in m. */
MUST_CHECK enum err manifest_end(struct manifest *m, struct digest *ret_digest);

/* Order of two paths as above: negative, zero or positive. */
int manifest_compare_paths(struct span a, struct span b);

#endif
