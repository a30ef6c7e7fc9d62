/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The superblock of squashfs 4.0. It has no UUID, no label and no checksum: nothing in it tells one image from another of the same
 * size and time, so only a digest of the contents identifies it. Source: kernel Documentation/filesystems/squashfs.rst, section 3.
 */
#ifndef FORMAT_SQUASHFS_H
#define FORMAT_SQUASHFS_H

#include "base/json.h"
#include "base/source.h"
#include "format/class.h"

#define SQUASHFS_BYTES 96

struct squashfs {
        uint32_t inodes;
        uint32_t made_time; /* seconds since 1970 */
        uint32_t block_bytes;
        uint32_t fragments;
        uint16_t compression; /* 1 gzip, 2 lzma, 3 lzo, 4 xz, 5 lz4, 6 zstd */
        uint16_t flags;
        uint16_t ids;
        uint64_t root_inode;
        uint64_t bytes_used;
};

/*
 * The superblock of a volume of volume_bytes. ERR_SQUASHFS_NONE without the magic; ERR_SHORT below SQUASHFS_BYTES; else the
 * ERR_SQUASHFS_* of the first check that fails.
 */
MUST_CHECK enum err squashfs_parse(struct span superblock, uint64_t volume_bytes, struct squashfs *ret_squashfs);
/* The same from a device, with ERR_BLOCKDEV_READ besides; a volume too short is ERR_SQUASHFS_NONE. work: SQUASHFS_BYTES. */
MUST_CHECK enum err squashfs_read(const struct source *volume, uint8_t *work, struct squashfs *ret_squashfs);

/* Write the members "config", "identity", "info", "layout" that classes asks for into the JSON object that is open. */
void squashfs_write(struct json_writer *w, const struct squashfs *squashfs, unsigned classes);

/* "gzip", "zstd", ...; NULL for a number that is not known. */
const char *squashfs_compression_name(uint16_t compression);

#endif
