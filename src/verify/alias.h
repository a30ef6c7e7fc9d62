/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One name for each file. IMA logs the path by which a file was opened first: "/sysroot/oem/x" before switch_root, "/oem/x" after it, or a
 * name below a bind mount. All of them are led back to one.
 */
#ifndef VERIFY_ALIAS_H
#define VERIFY_ALIAS_H

#include "base/json.h"

#define ALIAS_MOUNTS_MAX 64
#define ALIAS_NAME_BYTES (6 * 4096 + 64) /* of a name as JSON */

/* Where files of a partition are seen. */
struct alias_mount {
        struct span partition; /* "COS_OEM" */
        struct span point;     /* "/oem" */
        struct span root;      /* which folder of the file system stands there: "/" is the whole of it */
        bool walked;           /* the policy reads every file of this partition once a boot */
};

/* The mount with the longest point that a path lies at or below, with or without "/sysroot" before it; NULL when there is none. */
const struct alias_mount *alias_mount_of(const struct alias_mount *mounts, unsigned count, struct span path);

/*
 * The name of a path, spelled as canonical JSON: a string, or {"hex":…} when it is not UTF-8. "/sysroot" is dropped; a path below a mount point
 * of a partition is led to the first mount of that partition whose root is "/", if there is one. ERR_NO_SPACE when ALIAS_NAME_BYTES are too
 * few, as they are for no path that the kernel logs. ret_name points into buf.
 */
MUST_CHECK enum err alias_name(const struct alias_mount *mounts, unsigned count, struct span path, char *buf, struct span *ret_name);

/*
 * The other way: the path by which mount number i shows the file that alias_name() called name (the JSON text without its quotes; points and
 * roots hold nothing that JSON escapes). False when it does not show it, or shows it by that very name. ret_path points into buf, of cap bytes.
 */
bool alias_seen_at(const struct alias_mount *mounts, unsigned count, unsigned i, struct span name, char *buf, size_t cap, struct span *ret_path);

#endif
