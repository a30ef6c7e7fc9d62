/* SPDX-License-Identifier: Apache-2.0 */
/* What a volume holds: every format that recognises its own signature, never only the first. */
#ifndef FORMAT_PROBE_H
#define FORMAT_PROBE_H

#include "base/json.h"
#include "base/source.h"
#include "format/class.h"
#include "format/btrfs.h"
#include "format/ext4.h"
#include "format/luks.h"
#include "format/probe_claims.h"
#include "format/squashfs.h"
#include "format/vfat.h"
#include "format/verity.h"
#include "format/xfs.h"

enum probe_type {
        PROBE_LUKS1,
        PROBE_LUKS2,
        PROBE_VERITY,
        PROBE_EXT4, /* and ext2, ext3: probe_hit.name tells */
        PROBE_XFS,
        PROBE_BTRFS,
        PROBE_VFAT,
        PROBE_SQUASHFS,
        PROBE_TYPES
};

/* One recognised signature. When error is not ERR_OK the magic is there but the rest is malformed, and facts are not to be used. */
struct probe_hit {
        enum probe_type type;
        enum err error;
};

struct probe {
        unsigned count;
        struct probe_hit hits[PROBE_TYPES]; /* in the order of enum probe_type, at most one a type */
        struct luks1 luks1;
        struct luks2 luks2;
        struct verity verity;
        struct ext4 ext4;
        struct xfs xfs;
        struct btrfs btrfs;
        struct vfat vfat;
        struct squashfs squashfs;
        struct probe_claims claims; /* labels of doubtful signatures */
};

/* Scratch memory that probe_read() needs: LUKS2's header and the pool for its JSON need the most. */
#define PROBE_WORK_BYTES (LUKS_WORK_BYTES > XFS_WORK_BYTES ? LUKS_WORK_BYTES : XFS_WORK_BYTES)

/*
 * Tell the source what probe_read() will read of a volume that holds nothing or a file system, all of it before anything is waited for. Worth a call
 * when a device was just opened and nothing else of it has been read.
 */
void probe_expect(const struct source *volume);

/*
 * Look at a volume with every prober. An empty volume is success with count 0. ERR_BLOCKDEV_READ when the device cannot be read;
 * malformed contents are no error here but stand in the hit. A volume too short for a prober has no hit of it.
 */
MUST_CHECK enum err probe_read(const struct source *volume, uint8_t *work, struct probe *ret_probe);

/* The hit that tells what the volume is when there is exactly one and it is not malformed, else NULL. */
const struct probe_hit *probe_single(const struct probe *probe);

/* "ext2", "ext3", "ext4", "xfs", "btrfs", "vfat", "squashfs", "crypto_LUKS", "DM_verity_hash": libblkid's names. */
const char *probe_name(const struct probe *probe, const struct probe_hit *hit);
/* Where in the volume that signature's first structure stands. */
uint32_t probe_offset_bytes(const struct probe_hit *hit);
/* Label and UUID as libblkid prints them; empty when the format has none. ret_uuid has room for GUID_TEXT_SIZE. */
struct span probe_label(const struct probe *probe, const struct probe_hit *hit);
void probe_uuid(const struct probe *probe, const struct probe_hit *hit, char *ret_uuid);

/*
 * One hit as a JSON object: one member for each class asked for ("error" with the code's name instead when malformed), and "type".
 * Every format has a function that writes its members into an object that is open already, so a volume is one object.
 */
void probe_write(struct json_writer *w, const struct probe *probe, const struct probe_hit *hit, unsigned classes);

#endif
