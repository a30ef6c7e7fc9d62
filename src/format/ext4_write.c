/* SPDX-License-Identifier: Apache-2.0 */
/* The facts of an ext2, ext3 or ext4 file system as canonical JSON, with e2fsprogs' names. */
#include "format/bits.h"
#include "format/ext4.h"

#define COMPAT_NAMES                                                                                                   \
        "dir_prealloc imagic_inodes has_journal ext_attr resize_inode dir_index lazy_bg - snapshot_bitmap sparse_super2 "  \
        "fast_commit stable_inodes orphan_file"
#define INCOMPAT_NAMES                                                                                                 \
        "compression filetype needs_recovery journal_dev meta_bg - extent 64bit mmp flex_bg ea_inode - dirdata "           \
        "metadata_csum_seed large_dir inline_data encrypt casefold"
#define RO_COMPAT_NAMES                                                                                                \
        "sparse_super large_file - huge_file uninit_bg dir_nlink extra_isize - quota bigalloc metadata_csum replica "      \
        "read-only project shared_blocks verity orphan_present"

/* Bits 5 and 6 of the default mount options are one number, the journal mode. */
#define MOUNT_OPTION_NAMES "debug bsdgroups user_xattr acl uid16 - - - nobarrier block_validity discard nodelalloc"
#define MOUNT_JOURNAL_MODE 0x60u
#define JOURNAL_MODE_NAMES "unset journal_data journal_data_ordered journal_data_writeback"

static void put_field_text(struct json_writer *w, const char *key, const uint8_t *field, size_t len)
{
        json_put_text(w, key, span_until_nul(span_of(field, len)));
}

static void write_features(struct json_writer *w, const struct ext4 *fs)
{
        json_put_object(w, "features");
        bits_put(w, "compat", fs->features_compat, COMPAT_NAMES);
        bits_put(w, "incompat", fs->features_incompat, INCOMPAT_NAMES);
        bits_put(w, "ro_compat", fs->features_ro_compat, RO_COMPAT_NAMES);
        json_object_close(w);
}

static void write_journal(struct json_writer *w, const struct ext4 *fs)
{
        json_put_object(w, "journal");
        json_put_u64(w, "device", fs->journal_device);
        json_put_u64(w, "inode", fs->journal_inode);
        guid_put_uuid(w, "uuid", fs->journal_uuid);
        json_object_close(w);
}

static void write_quota(struct json_writer *w, const struct ext4 *fs)
{
        json_put_object(w, "quota_inodes");
        json_put_u64(w, "group", fs->quota_inodes[1]);
        json_put_u64(w, "project", fs->quota_inodes[2]);
        json_put_u64(w, "user", fs->quota_inodes[0]);
        json_object_close(w);
}

static void write_encryption(struct json_writer *w, const struct ext4 *fs)
{
        json_put_u64(w, "encoding", fs->encoding);
        json_put_u64(w, "encoding_flags", fs->encoding_flags);
        json_put_hex(w, "encryption_algorithms", span_of(fs->encryption_algorithms, sizeof(fs->encryption_algorithms)));
        json_put_hex(w, "encryption_salt", span_of(fs->encryption_salt, sizeof(fs->encryption_salt)));
}

static void write_config(struct json_writer *w, const struct ext4 *fs)
{
        json_put_object(w, "config");
        json_put_u64(w, "block_bytes", fs->block_bytes);
        json_put_u64(w, "check_interval_s", fs->check_interval_s);
        json_put_u64(w, "checksum_seed", fs->checksum_seed);
        bits_put_name(w, "checksum_type", fs->checksum_type, "none crc32c");
        json_put_u64(w, "cluster_bytes", fs->cluster_bytes);
        bits_put_name(w, "creator_os", fs->creator_os, "Linux Hurd Masix FreeBSD Lites");
        bits_put_name(w, "default_journal_mode", (fs->default_mount_options & MOUNT_JOURNAL_MODE) >> 5, JOURNAL_MODE_NAMES);
        bits_put(w, "default_mount_options", fs->default_mount_options & ~MOUNT_JOURNAL_MODE, MOUNT_OPTION_NAMES);
        json_put_u64(w, "descriptor_bytes", fs->descriptor_bytes);
        write_encryption(w, fs);
        bits_put_name(w, "errors", fs->errors_behaviour, "- continue remount-ro panic");
        write_features(w, fs);
        json_put_u64(w, "first_inode", fs->first_inode);
        bits_put(w, "flags", fs->flags, "signed_directory_hash unsigned_directory_hash test_filesystem");
        json_put_u64(w, "flex_group_bits", fs->flex_group_bits);
        bits_put_name(w, "hash", fs->hash_version, "legacy half_md4 tea - - - siphash");
        guid_put_uuid(w, "hash_seed", fs->hash_seed);
        json_put_u64(w, "inode_bytes", fs->inode_bytes);
        write_journal(w, fs);
        json_put_u64(w, "max_mount_count", fs->max_mount_count);
        json_put_u64(w, "min_extra_isize", fs->min_extra_isize);
        json_put_u64(w, "mmp_interval_s", fs->mmp_interval_s);
        put_field_text(w, "mount_options", fs->mount_options, EXT4_MOUNT_OPTIONS_BYTES);
        json_put_u64(w, "orphan_file_inode", fs->orphan_file_inode);
        write_quota(w, fs);
        json_put_u64(w, "raid_stride_blocks", fs->raid_stride);
        json_put_u64(w, "raid_stripe_width_blocks", fs->raid_stripe_width);
        json_put_u64(w, "reserved_gid", fs->reserved_gid);
        json_put_u64(w, "reserved_uid", fs->reserved_uid);
        json_put_u64(w, "revision", fs->revision);
        json_put_u64(w, "revision_minor", fs->minor_revision);
        json_put_u64(w, "want_extra_isize", fs->want_extra_isize);
        json_object_close(w);
}

static void write_identity(struct json_writer *w, const struct ext4 *fs)
{
        json_put_object(w, "identity");
        json_put_u64(w, "created_s", fs->created_s);
        json_put_text(w, "label", ext4_label(fs));
        guid_put_uuid(w, "uuid", fs->uuid);
        json_object_close(w);
}

static void write_info(struct json_writer *w, const struct ext4 *fs)
{
        json_put_object(w, "info");
        json_put_u64(w, "checked_s", fs->checked_s);
        json_put_u64(w, "error_count", fs->error_count);
        json_put_u64(w, "free_blocks", fs->free_blocks);
        json_put_u64(w, "free_inodes", fs->free_inodes);
        put_field_text(w, "last_mounted", fs->last_mounted, EXT4_LAST_MOUNTED_BYTES);
        json_put_u64(w, "last_orphan_inode", fs->last_orphan_inode);
        json_put_u64(w, "mount_count", fs->mount_count);
        json_put_u64(w, "mounted_s", fs->mounted_s);
        json_put_bool(w, "needs_recovery", fs->needs_recovery);
        json_put_bool(w, "orphan_present", fs->orphan_present);
        json_put_u64(w, "overhead_clusters", fs->overhead_clusters);
        bits_put(w, "state", fs->state, "clean errors orphans fast_commit_replay");
        json_put_u64(w, "written_kib", fs->written_kib);
        json_put_u64(w, "written_s", fs->written_s);
        json_object_close(w);
}

static void write_layout(struct json_writer *w, const struct ext4 *fs)
{
        json_put_object(w, "layout");
        json_key(w, "backup_groups");
        json_array_open(w);
        json_u64(w, fs->backup_groups[0]);
        json_u64(w, fs->backup_groups[1]);
        json_array_close(w);
        json_put_u64(w, "blocks", fs->blocks);
        json_put_u64(w, "blocks_per_group", fs->blocks_per_group);
        json_put_u64(w, "first_data_block", fs->first_data_block);
        json_put_u64(w, "first_meta_group", fs->first_meta_group);
        json_put_u64(w, "inodes", fs->inodes);
        json_put_u64(w, "inodes_per_group", fs->inodes_per_group);
        json_put_u64(w, "mmp_block", fs->mmp_block);
        json_put_u64(w, "reserved_blocks", fs->reserved_blocks);
        json_put_u64(w, "reserved_gdt_blocks", fs->reserved_gdt_blocks);
        json_object_close(w);
}

void ext4_write(struct json_writer *w, const struct ext4 *fs, unsigned classes)
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
