/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the boot sector of a FAT file system as the kernel does, and its label as libblkid does. */
#include "format/vfat.h"

#include "base/reader.h"

/* Offsets in the boot sector (FAT specification 1.03, "Boot Sector and BPB Structure"). */
enum offset {
        BS_OEM_NAME = 3,
        BPB_BYTS_PER_SEC = 11,
        BPB_SEC_PER_CLUS = 13,
        BPB_RSVD_SEC_CNT = 14,
        BPB_NUM_FATS = 16,
        BPB_ROOT_ENT_CNT = 17,
        BPB_TOT_SEC_16 = 19,
        BPB_MEDIA = 21,
        BPB_FAT_SZ_16 = 22,
        BPB_HIDD_SEC = 28,
        BPB_TOT_SEC_32 = 32,
        BPB_FAT_SZ_32 = 36,
        BPB_EXT_FLAGS = 40,
        BPB_FS_VER = 42,
        BPB_ROOT_CLUS = 44,
        BPB_FS_INFO = 48,
        BPB_BK_BOOT_SEC = 50,
        BS_SIGNATURE = 510,
};

/* The fields behind the BPB stand further back in FAT32. */
struct tail {
        uint8_t state, serial, label, type;
};
static const struct tail tail_16 = { 37, 39, 43, 54 };
static const struct tail tail_32 = { 65, 67, 71, 82 };

#define STATE_DIRTY 0x01
#define FAT12_CLUSTERS_MAX 4084
#define FAT16_CLUSTERS_MAX 65524
#define FAT32_CLUSTERS_MAX 0x0ffffff6
#define FIRST_CLUSTER 2

/* Directory entries ("FAT Directory Structure"). */
#define ENTRY_BYTES 32
#define ENTRY_ATTRIBUTES 11
#define ENTRY_CLUSTER_HIGH 20
#define ENTRY_CLUSTER_LOW 26
#define ENTRY_END 0x00
#define ENTRY_FREE 0xe5
#define ENTRY_E5 0x05 /* stands for a first byte of 0xe5 */
#define ATTRIBUTE_VOLUME 0x08
#define ATTRIBUTE_DIRECTORY 0x10
#define ATTRIBUTE_LONG_NAME 0x0f
#define ATTRIBUTE_MASK 0x3f

#define ROOT_CLUSTERS_MAX 99 /* of a root directory in FAT32 */
#define LABEL_NONE "NO NAME    "

static bool is_power_of_two(uint32_t n)
{
        return n != 0 && (n & (n - 1)) == 0;
}

static bool starts_with(struct span sector, size_t offset, const char *text)
{
        return span_equal_str(span_sub(sector, offset, strlen(text)), text);
}

static bool has_type_text(struct span s)
{
        return starts_with(s, tail_16.type, "FAT12   ") || starts_with(s, tail_16.type, "FAT16   ") ||
               starts_with(s, tail_16.type, "FAT     ") || starts_with(s, tail_16.type, "MSDOS") ||
               starts_with(s, tail_32.type, "FAT32   ") || starts_with(s, tail_32.type, "MSWIN");
}

/* OS/2 put a boot sector that looks like FAT before other file systems, and names them where FAT names itself. */
static bool may_be_fat(struct span s)
{
        return reader_at_u16le(s, BS_SIGNATURE) == 0xaa55 && !starts_with(s, tail_16.type, "JFS     ") &&
               !starts_with(s, tail_16.type, "HPFS    ");
}

static enum err parse_parameters(struct span s, struct vfat *fs)
{
        uint8_t sectors_per_cluster = reader_at_u8(s, BPB_SEC_PER_CLUS);

        fs->sector_bytes = reader_at_u16le(s, BPB_BYTS_PER_SEC);
        fs->reserved_sectors = reader_at_u16le(s, BPB_RSVD_SEC_CNT);
        fs->fats = reader_at_u8(s, BPB_NUM_FATS);
        fs->media = reader_at_u8(s, BPB_MEDIA);
        if (!is_power_of_two(fs->sector_bytes) || fs->sector_bytes < 512 || fs->sector_bytes > 4096)
                return ERR_VFAT_SECTOR_SIZE;
        if (!is_power_of_two(sectors_per_cluster))
                return ERR_VFAT_CLUSTER_SIZE;
        if (fs->reserved_sectors == 0)
                return ERR_VFAT_RESERVED;
        if (fs->fats == 0)
                return ERR_VFAT_FATS;
        if (fs->media < 0xf8 && fs->media != 0xf0)
                return ERR_VFAT_MEDIA;
        fs->cluster_bytes = fs->sector_bytes * sectors_per_cluster;
        fs->root_entries = reader_at_u16le(s, BPB_ROOT_ENT_CNT);
        fs->sectors = reader_at_u16le(s, BPB_TOT_SEC_16);
        if (fs->sectors == 0)
                fs->sectors = reader_at_u32le(s, BPB_TOT_SEC_32);
        fs->fat_sectors = reader_at_u16le(s, BPB_FAT_SZ_16);
        if (fs->fat_sectors == 0) {
                fs->fat_sectors = reader_at_u32le(s, BPB_FAT_SZ_32);
                fs->fat_bits = 32;
        }
        return fs->fat_sectors == 0 ? ERR_VFAT_FAT_SIZE : ERR_OK;
}

static uint64_t root_start_sectors(const struct vfat *fs)
{
        return fs->reserved_sectors + (uint64_t)fs->fats * fs->fat_sectors;
}

static uint64_t data_start_sectors(const struct vfat *fs)
{
        return root_start_sectors(fs) + (uint32_t)fs->root_entries * ENTRY_BYTES / fs->sector_bytes;
}

/* The kernel counts the clusters that fit, decides the type by them, and then leaves out those that the table has no entry for. */
static enum err parse_clusters(struct vfat *fs)
{
        uint32_t sectors_per_cluster = fs->cluster_bytes / fs->sector_bytes;

        if ((uint32_t)fs->root_entries * ENTRY_BYTES % fs->sector_bytes != 0 || (fs->fat_bits != 32 && fs->root_entries == 0))
                return ERR_VFAT_ROOT;
        if (data_start_sectors(fs) >= fs->sectors)
                return ERR_VFAT_SECTORS;
        fs->clusters = (uint32_t)((fs->sectors - data_start_sectors(fs)) / sectors_per_cluster);
        if (fs->fat_bits != 32)
                fs->fat_bits = fs->clusters > FAT12_CLUSTERS_MAX ? 16 : 12;
        uint64_t table_entries = (uint64_t)fs->fat_sectors * fs->sector_bytes * 8 / fs->fat_bits;

        if (fs->clusters + (uint64_t)FIRST_CLUSTER > table_entries)
                fs->clusters = (uint32_t)(table_entries - FIRST_CLUSTER);
        return fs->clusters > (fs->fat_bits == 32 ? FAT32_CLUSTERS_MAX : FAT16_CLUSTERS_MAX) ? ERR_VFAT_CLUSTERS : ERR_OK;
}

static void fill_tail(struct span s, struct vfat *fs)
{
        const struct tail *t = fs->fat_bits == 32 ? &tail_32 : &tail_16;

        memset(fs->label, ' ', VFAT_LABEL_BYTES);
        fs->serial = reader_at_u32le(s, t->serial);
        memcpy(fs->oem_name, s.data + BS_OEM_NAME, sizeof(fs->oem_name));
        memcpy(fs->type_text, s.data + t->type, sizeof(fs->type_text));
        memcpy(fs->boot_label, s.data + t->label, VFAT_LABEL_BYTES);
        fs->hidden_sectors = reader_at_u32le(s, BPB_HIDD_SEC);
        fs->dirty = reader_at_u8(s, t->state) & STATE_DIRTY;
}

static enum err parse_fat32(struct span s, struct vfat *fs)
{
        fs->extended_flags = reader_at_u16le(s, BPB_EXT_FLAGS);
        fs->version = reader_at_u16le(s, BPB_FS_VER);
        fs->root_cluster = reader_at_u32le(s, BPB_ROOT_CLUS);
        fs->info_sector = reader_at_u16le(s, BPB_FS_INFO);
        fs->backup_boot_sector = reader_at_u16le(s, BPB_BK_BOOT_SEC);
        if (fs->root_cluster < FIRST_CLUSTER || fs->root_cluster - FIRST_CLUSTER >= fs->clusters)
                return ERR_VFAT_ROOT;
        return ERR_OK;
}

enum err vfat_parse(struct span boot_sector, struct vfat *ret_vfat)
{
        struct vfat fs = { 0 };

        if (boot_sector.len < VFAT_BOOT_SECTOR_BYTES)
                return ERR_SHORT;
        bool named = has_type_text(boot_sector);

        if (!named && !may_be_fat(boot_sector))
                return ERR_VFAT_NONE;
        enum err e = parse_parameters(boot_sector, &fs);

        if (e != ERR_OK)
                return named ? e : ERR_VFAT_NONE;
        TRY(parse_clusters(&fs));
        if (fs.fat_bits == 32)
                TRY(parse_fat32(boot_sector, &fs));
        fill_tail(boot_sector, &fs);
        *ret_vfat = fs;
        return ERR_OK;
}

/* ---- label ----------------------------------------------------------------------------------------------------------- */

/* Whether the directory ends in these entries or has its volume entry here, which is then copied to label; *ret_found tells which. */
static bool search_entries(struct span entries, uint8_t *label, bool *ret_found)
{
        for (size_t at = 0; at < entries.len; at += ENTRY_BYTES) {
                struct span entry = span_sub(entries, at, ENTRY_BYTES);
                uint8_t first = reader_at_u8(entry, 0);
                uint8_t attributes = reader_at_u8(entry, ENTRY_ATTRIBUTES);

                if (first == ENTRY_END)
                        return true;
                if (first == ENTRY_FREE || reader_at_u16le(entry, ENTRY_CLUSTER_HIGH) != 0 ||
                    reader_at_u16le(entry, ENTRY_CLUSTER_LOW) != 0 || (attributes & ATTRIBUTE_MASK) == ATTRIBUTE_LONG_NAME ||
                    (attributes & (ATTRIBUTE_VOLUME | ATTRIBUTE_DIRECTORY)) != ATTRIBUTE_VOLUME)
                        continue;
                if (!starts_with(entry, 0, LABEL_NONE)) {
                        memcpy(label, entry.data, VFAT_LABEL_BYTES);
                        if (first == ENTRY_E5)
                                label[0] = 0xe5;
                }
                *ret_found = true;
                return true;
        }
        return false;
}

/* Search [offset, offset + len) of the volume, as far as it is there. */
static enum err search_range(const struct source *volume, uint64_t offset, uint64_t len, uint8_t *work, uint8_t *label, bool *ret_found)
{
        bool found = false, done = false;

        for (uint64_t at = 0; at < len && !done;) {
                size_t part = len - at < VFAT_WORK_BYTES ? (size_t)(len - at) : VFAT_WORK_BYTES;
                enum err e = source_read(volume, offset + at, part, work);

                if (e == ERR_SHORT)
                        break;
                TRY(e);
                done = search_entries(span_of(work, part), label, &found);
                at += part;
        }
        *ret_found = found;
        return ERR_OK;
}

/*
 * The chain is the disk's word: it may leave the file system or go round in circles. It is followed as libblkid does, or there would be labels
 * that we do not see: an end in one cluster does not end it, and numbers of sectors have 32 bits.
 */
static enum err search_root_32(const struct source *volume, const struct vfat *fs, uint8_t *work, uint8_t *label)
{
        uint64_t table = (uint64_t)fs->reserved_sectors * fs->sector_bytes;
        uint32_t cluster = fs->root_cluster, table_entries = (uint32_t)((uint64_t)fs->fat_sectors * fs->sector_bytes / 4);
        bool found = false;

        for (unsigned i = 0; i < ROOT_CLUSTERS_MAX && cluster != 0 && cluster < table_entries; i++) {
                uint32_t sector = (uint32_t)root_start_sectors(fs) + (cluster - FIRST_CLUSTER) * (fs->cluster_bytes / fs->sector_bytes);
                enum err e;

                TRY(search_range(volume, (uint64_t)sector * fs->sector_bytes, fs->cluster_bytes, work, label, &found));
                if (found)
                        break;
                e = source_read(volume, table + (uint64_t)cluster * 4, 4, work);
                if (e == ERR_SHORT)
                        break;
                TRY(e);
                cluster = reader_at_u32le(span_of(work, 4), 0) & 0x0fffffff;
        }
        return ERR_OK;
}

static enum err search_root(const struct source *volume, const struct vfat *fs, uint8_t *work, uint8_t *label)
{
        bool found;

        if (fs->fat_bits == 32)
                return search_root_32(volume, fs, work, label);
        return search_range(volume, root_start_sectors(fs) * fs->sector_bytes, (uint32_t)fs->root_entries * ENTRY_BYTES, work, label, &found);
}

enum err vfat_read_label(const struct source *volume, uint8_t *work, uint8_t *ret_label)
{
        uint8_t label[VFAT_LABEL_BYTES];
        struct span sector = span_of(work, VFAT_BOOT_SECTOR_BYTES);
        struct vfat fs = { 0 };

        TRY(source_read(volume, 0, VFAT_BOOT_SECTOR_BYTES, work));
        TRY(parse_parameters(sector, &fs));
        fs.root_cluster = reader_at_u32le(sector, BPB_ROOT_CLUS);
        memset(label, ' ', sizeof(label));
        TRY(search_root(volume, &fs, work, label));
        memcpy(ret_label, label, sizeof(label));
        return ERR_OK;
}

enum err vfat_read(const struct source *volume, uint8_t *work, struct vfat *ret_vfat)
{
        struct vfat fs;

        if (volume->size_bytes < VFAT_BOOT_SECTOR_BYTES)
                return ERR_VFAT_NONE;
        TRY(source_read(volume, 0, VFAT_BOOT_SECTOR_BYTES, work));
        TRY(vfat_parse(span_of(work, VFAT_BOOT_SECTOR_BYTES), &fs));
        if (fs.sectors > volume->size_bytes / fs.sector_bytes)
                return ERR_VFAT_DEVICE_SIZE;
        TRY(search_root(volume, &fs, work, fs.label));
        *ret_vfat = fs;
        return ERR_OK;
}
