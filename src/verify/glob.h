/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns of paths, many of them asked at once: '?' is one byte but '/', '*' any number of those, '**' any number of any bytes, '\' takes the next
 * byte as it is. A pattern is about whole paths. All patterns are one tree of bytes, and a path is followed in it along all ways at the same
 * time: no going back, and a path that begins like none of them is done with after a few bytes.
 */
#ifndef VERIFY_GLOB_H
#define VERIFY_GLOB_H

#include "base/span.h"

struct glob_node {
        uint8_t kind, byte;
        bool accepts;         /* a pattern ends here */
        uint32_t child, next; /* number of the first child, and of the next one of the same parent; 0: none */
};

/* Nodes, and room for as many numbers in each of the others, are the caller's. */
struct glob_set {
        struct glob_node *nodes;
        uint32_t *marks, *now, *then;
        uint32_t count, cap, turn;
};

/* cap: the bytes of all patterns, and one. All memory is zero. */
struct glob_set glob_set_in(struct glob_node *nodes, uint32_t *marks, uint32_t *now, uint32_t *then, uint32_t cap);

/*
 * Why a pattern must not be used, as text, or NULL: it does not begin with '/', names no folder before its first wildcard (and so may match
 * everything), holds ".", ".." or an empty name, or ends in '\'.
 */
const char *glob_fault(struct span pattern);
/* Add a pattern; false when cap does not suffice. */
bool glob_add(struct glob_set *set, struct span pattern);
bool glob_matches(struct glob_set *set, struct span path);

#endif
