/* SPDX-License-Identifier: Apache-2.0 */
/* The facts of a FAT file system as canonical JSON, and its label and serial number as text. */
#include "format/vfat.h"

static struct span without_padding(const uint8_t *text, size_t len)
{
        while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == 0))
                len--;
        return span_of(text, len);
}

struct span vfat_label(const struct vfat *fs)
{
        return without_padding(fs->label, VFAT_LABEL_BYTES);
}

void vfat_uuid(const struct vfat *fs, char *ret_text)
{
        static const char digits[] = "0123456789ABCDEF";

        for (unsigned i = 0; i < 8; i++)
                ret_text[i < 4 ? i : i + 1] = digits[fs->serial >> (28 - 4 * i) & 15];
        ret_text[4] = '-';
        ret_text[VFAT_SERIAL_TEXT_SIZE - 1] = '\0';
}

static void write_config(struct json_writer *w, const struct vfat *fs)
{
        json_put_object(w, "config");
        json_put_u64(w, "backup_boot_sector", fs->backup_boot_sector);
        json_put_text(w, "boot_label", without_padding(fs->boot_label, VFAT_LABEL_BYTES));
        json_put_u64(w, "cluster_bytes", fs->cluster_bytes);
        json_put_u64(w, "extended_flags", fs->extended_flags);
        json_put_u64(w, "fat_bits", fs->fat_bits);
        json_put_u64(w, "fats", fs->fats);
        json_put_u64(w, "info_sector", fs->info_sector);
        json_put_u64(w, "media", fs->media);
        json_put_text(w, "oem_name", without_padding(fs->oem_name, sizeof(fs->oem_name)));
        json_put_u64(w, "reserved_sectors", fs->reserved_sectors);
        json_put_u64(w, "root_cluster", fs->root_cluster);
        json_put_u64(w, "root_entries", fs->root_entries);
        json_put_u64(w, "sector_bytes", fs->sector_bytes);
        json_put_text(w, "type_text", without_padding(fs->type_text, sizeof(fs->type_text)));
        json_put_u64(w, "version", fs->version);
        json_object_close(w);
}

static void write_identity(struct json_writer *w, const struct vfat *fs)
{
        char serial[VFAT_SERIAL_TEXT_SIZE];

        vfat_uuid(fs, serial);
        json_put_object(w, "identity");
        json_put_text(w, "label", vfat_label(fs));
        json_put_str(w, "uuid", serial);
        json_object_close(w);
}

static void write_info(struct json_writer *w, const struct vfat *fs)
{
        json_put_object(w, "info");
        json_put_bool(w, "dirty", fs->dirty);
        json_object_close(w);
}

static void write_layout(struct json_writer *w, const struct vfat *fs)
{
        json_put_object(w, "layout");
        json_put_u64(w, "clusters", fs->clusters);
        json_put_u64(w, "fat_sectors", fs->fat_sectors);
        json_put_u64(w, "hidden_sectors", fs->hidden_sectors);
        json_put_u64(w, "sectors", fs->sectors);
        json_object_close(w);
}

void vfat_write(struct json_writer *w, const struct vfat *fs, unsigned classes)
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
