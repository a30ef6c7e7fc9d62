/* SPDX-License-Identifier: Apache-2.0 */
/* A field of the storage event, as a person would call it. */
#ifndef VERIFY_FIELD_H
#define VERIFY_FIELD_H

#include "base/span.h"

#define FIELD_NAME_BYTES 256 /* a longer name is cut */

struct field {
        struct span type;  /* of the signature it belongs to, as the event spells it: "ext4", "crypto_LUKS"; empty for other fields */
        struct span klass; /* "identity", "config", "layout": which of a policy's classes measures it; empty when it is always measured */
        struct span name;  /* "mount options", "partition guid"; in the caller's buffer */
};

/*
 * Read the path of a storage reason ("signatures.config.mount_options", by verify/diff.h) about a partition; storage is the event that the
 * partition is in. name has FIELD_NAME_BYTES.
 */
struct field field_of(struct span storage, struct span partition, struct span path, char *name);

#endif
