/* SPDX-License-Identifier: Apache-2.0 */
/* The machine made in software: its block devices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "test/fakes_parts.h"
#include "test/seeds.h"

static struct fakes_device *add_device(struct fakes *f, const char *name, uint32_t minor, uint64_t size_bytes)
{
        struct fakes_device *d = &f->devices[f->device_count++];

        assert_true(f->device_count <= FAKES_DEVICES_MAX);
        memset(d, 0, sizeof(*d));
        (void)snprintf(d->device.name, sizeof(d->device.name), "%s", name);
        d->device.major = 254;
        d->device.minor = minor;
        d->device.diskseq = 1 + minor / 16;
        d->device.size_bytes = size_bytes;
        d->device.sector_bytes = 512;
        d->bytes = calloc(1, (size_t)size_bytes);
        assert_non_null(d->bytes);
        return d;
}

/* A partition with a superblock that mke2fs wrote; its label names it as well as its partition's name does. */
static void add_partition(struct fakes *f, const char *name, uint32_t minor, uint32_t slot, const char *seed)
{
        const uint8_t *entry = gptdisk_entry(&f->disk, false, slot);
        uint64_t first = entry[32] + 256u * entry[33], last = entry[40] + 256u * entry[41];
        struct fakes_device *d = add_device(f, name, minor, 8 << 20); /* what its file system needs */
        char path[96];
        size_t len;

        (void)snprintf(path, sizeof(path), "build/corpus/ext4/%s", seed);
        uint8_t *superblock = seeds_load(path, 1024, &len);

        memcpy(d->bytes + 1024, superblock, len);
        free(superblock);
        d->device.is_partition = true;
        d->device.kernel.number = slot + 1;
        d->device.kernel.start_sectors = first;
        d->device.kernel.size_sectors = last - first + 1;
        (void)snprintf(d->device.kernel.part_name, sizeof(d->device.kernel.part_name), "%s", slot == 0 ? "oem" : "persistent");
}

void fakes_add_lettered_disk(struct fakes *f, const char *letter, uint32_t minor)
{
        char name[3][8];

        (void)snprintf(name[0], 8, "vd%s", letter);
        (void)snprintf(name[1], 8, "vd%s1", letter);
        (void)snprintf(name[2], 8, "vd%s3", letter);
        memcpy(add_device(f, name[0], minor, f->disk.span.len)->bytes, f->disk.bytes, f->disk.span.len);
        add_partition(f, name[1], minor + 1, 0, "ext4-default-8M");
        add_partition(f, name[2], minor + 3, 2, "ext4-plain-8M");
}

void fakes_add_disk(struct fakes *f)
{
        fakes_add_lettered_disk(f, "b", 16);
}

static enum err devices_begin(void *context)
{
        struct fakes *f = context;

        f->next_device = 0;
        return f->list_error;
}

static enum err devices_next(void *context, struct survey_device *ret_device, bool *ret_more)
{
        struct fakes *f = context;

        while (f->next_device < f->device_count && f->devices[f->next_device].appears_ms > f->now_ms)
                f->next_device++;
        *ret_more = f->next_device < f->device_count;
        if (*ret_more)
                *ret_device = f->devices[f->next_device++].device;
        return ERR_OK;
}

static void nothing(void *context)
{
        (void)context;
}

static struct fakes_device *by_number(struct fakes *f, uint32_t major, uint32_t minor)
{
        for (unsigned i = 0; i < f->device_count; i++)
                if (f->devices[i].device.major == major && f->devices[i].device.minor == minor)
                        return &f->devices[i];
        return NULL;
}

static enum err read_device(void *context, uint64_t offset, size_t len, uint8_t *ret_bytes)
{
        memcpy(ret_bytes, ((struct fakes_device *)context)->bytes + offset, len);
        return ERR_OK;
}

static enum err device_open(void *context, const struct survey_device *device, struct source *ret_source)
{
        struct fakes_device *d = by_number(context, device->major, device->minor);

        if (!d || d->open_error != ERR_OK)
                return d ? d->open_error : ERR_BLOCKDEV_OPEN;
        d->opens++;
        *ret_source = (struct source){ d, device->size_bytes, device->sector_bytes, read_device, NULL };
        return ERR_OK;
}

static enum err device_beneath(void *context, uint32_t major, uint32_t minor, uint32_t *ret_major, uint32_t *ret_minor)
{
        const struct fakes *f = context;
        bool is_mapping = major == 253 && minor == f->mapping_minor;

        *ret_major = is_mapping ? 254 : major;
        *ret_minor = is_mapping ? 3 : minor;
        return ERR_OK;
}

static enum err device_of_path(void *context, struct span path, uint32_t *ret_major, uint32_t *ret_minor)
{
        struct fakes *f = context;

        for (unsigned i = 0; i < f->device_count; i++) {
                if (path.len < 5 || !span_equal_str(span_sub(path, 5, path.len - 5), f->devices[i].device.name))
                        continue;
                *ret_major = f->devices[i].device.major;
                *ret_minor = f->devices[i].device.minor;
                return ERR_OK;
        }
        return ERR_BLOCKDEV_LIST;
}

static enum err device_by_number(void *context, uint32_t major, uint32_t minor, struct survey_device *ret_device)
{
        struct fakes *f = context;
        const struct fakes_device *d = by_number(f, major, minor);

        if (!d)
                return ERR_BLOCKDEV_LIST;
        *ret_device = d->device;
        return ERR_OK;
}

void fakes_add_devices(struct ports *p)
{
        p->devices_begin = devices_begin;
        p->devices_next = devices_next;
        p->devices_end = nothing;
        p->device_open = device_open;
        p->device_close = nothing;
        p->device_beneath = device_beneath;
        p->device_of_path = device_of_path;
        p->device_by_number = device_by_number;
}
