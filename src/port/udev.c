/* SPDX-License-Identifier: Apache-2.0 */
/* What udev's database says of a block device: a text for each in /run/udev/data, its properties as lines E:KEY=value. */
#include "port/machine.h"
#include "port/text.h"

#define ENTRY_BYTES_MAX 16384

/* The value behind key, which begins with the end of the line before; nothing is copied when there is none. */
static void copy_value(struct span entry, const char *key, char *ret_value, size_t cap)
{
        const uint8_t *at = span_find(entry, key);
        size_t len = 0;

        if (!at)
                return;
        for (at += strlen(key); at + len < entry.data + entry.len && at[len] != '\n' && len < cap - 1; len++)
                ret_value[len] = (char)at[len];
        ret_value[len] = '\0';
}

void udev_read(void *context, struct survey_device *d)
{
        uint8_t buf[ENTRY_BYTES_MAX];
        struct span entry;
        struct text path;

        text_begin(&path);
        text_add(&path, "/run/udev/data/b");
        text_add_u64(&path, d->major);
        text_add(&path, ":");
        text_add_u64(&path, d->minor);
        if (files_read(context, path.buf, buf, sizeof(buf), &entry) != ERR_OK)
                return;
        copy_value(entry, "\nE:ID_FS_LABEL=", d->udev_label, sizeof(d->udev_label));
        copy_value(entry, "\nE:ID_FS_TYPE=", d->udev_type, sizeof(d->udev_type));
        copy_value(entry, "\nE:ID_PART_ENTRY_NAME=", d->udev_part_name, sizeof(d->udev_part_name));
}
