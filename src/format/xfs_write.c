/* SPDX-License-Identifier: Apache-2.0 */
/* The facts of an XFS file system as canonical JSON. */
#include "format/bits.h"
#include "format/xfs.h"

#define VERSION_NAMES "- - - - attr nlink quota align dalign shared logv2 sector extflg dirv2 borg morebits"
#define FEATURES2_NAMES "- lazysbcount - attr2 parent - - projid32bit crc ftype"
#define RO_COMPAT_NAMES "finobt rmapbt reflink inobtcount"
#define INCOMPAT_NAMES "ftype sparse_inodes meta_uuid bigtime needsrepair nrext64 exchange parent metadir zoned zone_gaps"

static void write_config(struct json_writer *w, const struct xfs *fs)
{
        json_put_object(w, "config");
        json_put_u64(w, "block_bytes", fs->block_bytes);
        json_put_u64(w, "directory_block_bytes", fs->directory_block_bytes);
        json_put_object(w, "features");
        bits_put(w, "compat", fs->features_compat, "");
        bits_put(w, "features2", fs->features2, FEATURES2_NAMES);
        bits_put(w, "incompat", fs->features_incompat, INCOMPAT_NAMES);
        bits_put(w, "ro_compat", fs->features_ro_compat, RO_COMPAT_NAMES);
        bits_put(w, "version", fs->version_flags, VERSION_NAMES);
        json_object_close(w);
        json_put_u64(w, "inode_alignment_blocks", fs->inode_alignment_blocks);
        json_put_u64(w, "inode_bytes", fs->inode_bytes);
        json_put_u64(w, "inode_max_percent", fs->inode_max_percent);
        json_put_bool(w, "log_internal", fs->log_internal);
        json_put_u64(w, "log_sector_bytes", fs->log_sector_bytes);
        json_put_u64(w, "root_inode", fs->root_inode);
        json_put_u64(w, "sector_bytes", fs->sector_bytes);
        json_put_u64(w, "shared_version", fs->shared_version);
        json_put_u64(w, "sparse_inode_alignment_blocks", fs->sparse_inode_alignment_blocks);
        json_put_u64(w, "version", fs->version);
        json_object_close(w);
}

static void write_identity(struct json_writer *w, const struct xfs *fs)
{
        json_put_object(w, "identity");
        json_put_text(w, "label", xfs_label(fs));
        guid_put_uuid(w, "meta_uuid", fs->meta_uuid);
        guid_put_uuid(w, "uuid", fs->uuid);
        json_object_close(w);
}

static void write_info(struct json_writer *w, const struct xfs *fs)
{
        json_put_object(w, "info");
        bits_put(w, "features_log_incompat", fs->features_log_incompat, "xattrs");
        json_put_u64(w, "free_blocks", fs->free_blocks);
        json_put_u64(w, "free_inodes", fs->free_inodes);
        json_put_u64(w, "free_realtime_extents", fs->free_realtime_extents);
        json_put_bool(w, "has_attributes", fs->has_attributes);
        json_put_bool(w, "has_quota", fs->has_quota);
        json_put_u64(w, "inodes", fs->inodes);
        json_put_u64(w, "log_sequence", fs->log_sequence);
        json_put_bool(w, "needs_repair", fs->needs_repair);
        json_put_u64(w, "quota_flags", fs->quota_flags);
        json_object_close(w);
}

static void write_layout(struct json_writer *w, const struct xfs *fs)
{
        json_put_object(w, "layout");
        json_put_u64(w, "data_blocks", fs->data_blocks);
        json_put_u64(w, "group_blocks", fs->group_blocks);
        json_put_u64(w, "group_count", fs->group_count);
        json_put_u64(w, "log_blocks", fs->log_blocks);
        json_put_u64(w, "log_start_block", fs->log_start_block);
        json_put_u64(w, "log_stripe_bytes", fs->log_stripe_bytes);
        json_put_u64(w, "realtime_blocks", fs->realtime_blocks);
        json_put_u64(w, "realtime_extent_blocks", fs->realtime_extent_blocks);
        json_put_u64(w, "realtime_extents", fs->realtime_extents);
        json_put_u64(w, "stripe_unit_blocks", fs->stripe_unit_blocks);
        json_put_u64(w, "stripe_width_blocks", fs->stripe_width_blocks);
        json_object_close(w);
}

void xfs_write(struct json_writer *w, const struct xfs *fs, unsigned classes)
{
        if (classes & CLASS_CONFIG)
                write_config(w, fs);
        if (classes & CLASS_IDENTITY)
                write_identity(w, fs);
        if (classes & CLASS_INFO)
                write_info(w, fs);
        if (classes & CLASS_LAYOUT)
                write_layout(w, fs);
}
