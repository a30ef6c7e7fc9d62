/* SPDX-License-Identifier: Apache-2.0 */
/* The boot sector of FAT12, FAT16 and FAT32 (Microsoft FAT specification 1.03), and the label in its root directory. */
#ifndef FORMAT_VFAT_H
#define FORMAT_VFAT_H

#include "base/json.h"
#include "base/source.h"
#include "format/class.h"

#define VFAT_BOOT_SECTOR_BYTES 512
#define VFAT_LABEL_BYTES 11
#define VFAT_SERIAL_TEXT_SIZE 10 /* "XXXX-XXXX" and a NUL */

struct vfat {
        /* identity */
        uint32_t serial;
        uint8_t label[VFAT_LABEL_BYTES]; /* of the root directory's volume entry, padded with spaces; all spaces: none */

        /* config */
        uint8_t fat_bits; /* 12 or 16 by the number of clusters, or 32 */
        uint8_t oem_name[8];
        uint8_t type_text[8];                 /* what the boot sector calls itself; says nothing about fat_bits */
        uint8_t boot_label[VFAT_LABEL_BYTES]; /* the boot sector's copy of the label */
        uint32_t sector_bytes, cluster_bytes;
        uint16_t reserved_sectors;
        uint8_t fats;
        uint8_t media;
        uint16_t root_entries;
        uint16_t version; /* FAT32: 0 */
        uint16_t extended_flags;
        uint32_t root_cluster;
        uint16_t info_sector, backup_boot_sector;

        /* layout */
        uint32_t sectors;
        uint32_t fat_sectors;
        uint32_t clusters; /* that the table has entries for */
        uint32_t hidden_sectors;

        /* info */
        bool dirty;
};

/*
 * The facts in the boot sector alone; label stays all spaces. A boot sector has no checksum: it counts as FAT when it carries one of the
 * type texts, or the boot signature and parameters that are each plausible; else ERR_VFAT_NONE. With a type text an implausible parameter is
 * an ERR_VFAT_* of its own, and so are parameters that do not fit each other. ERR_SHORT when the span is shorter than VFAT_BOOT_SECTOR_BYTES.
 */
MUST_CHECK enum err vfat_parse(struct span boot_sector, struct vfat *ret_vfat);

/*
 * Read and parse, and look for the label in the root directory (of a chain its first 99 clusters, as libblkid does).
 * Also ERR_VFAT_DEVICE_SIZE when the file system claims more than the volume has, and the errors of the source; a volume too short is ERR_VFAT_NONE.
 */
#define VFAT_WORK_BYTES 4096
MUST_CHECK enum err vfat_read(const struct source *volume, uint8_t *work, struct vfat *ret_vfat);

/* The label alone, also of a file system that vfat_read() refuses and the kernel may mount all the same. ERR_VFAT_*, the errors of the source. */
MUST_CHECK enum err vfat_read_label(const struct source *volume, uint8_t *work, uint8_t *ret_label);

/* Without the padding. */
struct span vfat_label(const struct vfat *fs);
/* The serial number as libblkid writes it; ret_text has room for VFAT_SERIAL_TEXT_SIZE. */
void vfat_uuid(const struct vfat *fs, char *ret_text);

/* Write the members "config", "identity", "info", "layout" that classes asks for into the JSON object that is open. */
void vfat_write(struct json_writer *w, const struct vfat *fs, unsigned classes);

#endif
