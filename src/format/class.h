/* SPDX-License-Identifier: Apache-2.0 */
/* The classes of facts about a volume: which of them a policy measures, and which are only logged. */
#ifndef FORMAT_CLASS_H
#define FORMAT_CLASS_H

/* A set of these is an unsigned. In JSON each class is an object of its own, in this (alphabetical) order. */
enum class {
        CLASS_CONFIG = 1u << 0,   /* "config": features, mount options, keyslots: what changes behaviour */
        CLASS_IDENTITY = 1u << 1, /* "identity": UUIDs, labels, types */
        CLASS_INFO = 1u << 2,     /* "info": changes from boot to boot, never measured */
        CLASS_LAYOUT = 1u << 3,   /* "layout": sizes and positions, which growing changes */
};

#define CLASS_ALL (CLASS_CONFIG | CLASS_IDENTITY | CLASS_INFO | CLASS_LAYOUT)

#endif
