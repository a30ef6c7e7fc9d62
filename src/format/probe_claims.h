/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Labels that stand on a volume though we do not take them for its label: in superblocks that we refuse and in the LUKS2 header that does
 * not count. Others look less closely (libblkid verifies no LUKS2 checksum, the kernel mounts btrfs with checksums that we cannot compute),
 * so a volume is also looked for under these: it may be what /dev/disk/by-label leads to.
 */
#ifndef FORMAT_PROBE_CLAIMS_H
#define FORMAT_PROBE_CLAIMS_H

#include "base/source.h"

#define PROBE_CLAIMS_MAX 16   /* one for each place where a label may stand that we look at */
#define PROBE_CLAIMS_BYTES 48 /* of LUKS2, the longest label that a policy can name; btrfs has longer ones, which are cut */

struct probe_claims {
        unsigned count;
        struct probe_claims_label {
                uint8_t len;
                uint8_t bytes[PROBE_CLAIMS_BYTES];
        } labels[PROBE_CLAIMS_MAX];
};

struct probe;

/* Add what the label fields of a probed volume's doubtful signatures hold. ERR_BLOCKDEV_READ; what is too short holds nothing. */
MUST_CHECK enum err probe_claims_read(const struct source *volume, const struct probe *probe, struct probe_claims *ret_claims);

/* Label number i, borrowed from claims. */
struct span probe_claims_label(const struct probe_claims *claims, unsigned i);

#endif
