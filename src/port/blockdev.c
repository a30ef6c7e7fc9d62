/* SPDX-License-Identifier: Apache-2.0 */
/* Block devices as sysfs lists them (Documentation/ABI/stable/sysfs-block), and bounded reads of one at a time. */
#include "port/machine.h"
#include "port/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#ifndef BLKGETDISKSEQ
#define BLKGETDISKSEQ _IOR(0x12, 128, uint64_t) /* Linux 5.15 */
#endif

#define FLOPPY_MAJOR 2     /* opening one without a disk takes seconds */
#define BENEATH_LEVELS 8   /* of mappings on mappings */
#define SECTOR 512         /* sysfs counts in these, whatever the device does */

/* ---- facts --------------------------------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
        return c >= '0' && c <= '9';
}

/* The number at *text, which is moved behind it; 0 when there is none. */
static uint64_t take_number(const char **text)
{
        uint64_t number = 0;

        for (; is_digit(**text); ++*text)
                number = number * 10 + (uint64_t)(**text - '0');
        return number;
}

static uint64_t read_number(int folder, const char *name)
{
        char text[32];
        const char *at = text;

        return machine_read_text(folder, name, text, sizeof(text)) == 0 ? take_number(&at) : 0;
}

static bool has_file(int folder, const char *name)
{
        struct stat st;

        return fstatat(folder, name, &st, 0) == 0;
}

/* The value of the first KEY=value line of a uevent text. */
static bool uevent_value(const char *uevent, const char *key, char *ret_value, size_t cap)
{
        size_t key_len = strlen(key), len;

        for (const char *line = uevent; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
                if (strncmp(line, key, key_len) != 0 || line[key_len] != '=')
                        continue;
                line += key_len + 1;
                len = strcspn(line, "\n");
                len = len < cap - 1 ? len : cap - 1;
                memcpy(ret_value, line, len);
                ret_value[len] = '\0';
                return true;
        }
        return false;
}

static uint64_t uevent_number(const char *uevent, const char *key)
{
        char value[32];
        const char *at = value;

        return uevent_value(uevent, key, value, sizeof(value)) ? take_number(&at) : 0;
}

/* What the uevent of a device says; false when it has none. */
static bool read_uevent(int folder, struct survey_device *d)
{
        char uevent[1024];

        if (machine_read_text(folder, "uevent", uevent, sizeof(uevent)) != 0 ||
            !uevent_value(uevent, "DEVNAME", d->name, sizeof(d->name)))
                return false;
        d->major = (uint32_t)uevent_number(uevent, "MAJOR");
        d->minor = (uint32_t)uevent_number(uevent, "MINOR");
        d->diskseq = uevent_number(uevent, "DISKSEQ");
        d->kernel.number = (uint32_t)uevent_number(uevent, "PARTN");
        if (d->kernel.number == 0)
                return true;
        uevent_value(uevent, "PARTNAME", d->kernel.part_name, sizeof(d->kernel.part_name));
        uevent_value(uevent, "PARTUUID", d->kernel.part_uuid, sizeof(d->kernel.part_uuid));
        return true;
}

/* All facts of the device whose sysfs folder is open; of a partition, those of its disk stand above it, unless disk has them already. */
static bool read_device(int folder, bool is_partition, const struct survey_device *disk, struct survey_device *ret_device)
{
        struct survey_device d;

        memset(&d, 0, sizeof(d));
        if (!read_uevent(folder, &d))
                return false;
        d.is_partition = is_partition;
        d.size_bytes = read_number(folder, "size") * SECTOR;
        d.sector_bytes = disk ? disk->sector_bytes
                              : (uint32_t)read_number(folder, is_partition ? "../queue/logical_block_size" : "queue/logical_block_size");
        d.removable = disk ? disk->removable : read_number(folder, is_partition ? "../removable" : "removable") != 0;
        if (is_partition) {
                d.kernel.number = d.kernel.number ? d.kernel.number : (uint32_t)read_number(folder, "partition");
                d.kernel.start_sectors = read_number(folder, "start");
                d.kernel.size_sectors = d.size_bytes / SECTOR;
        }
        if (d.sector_bytes == 0)
                d.sector_bytes = SECTOR;
        *ret_device = d;
        return d.size_bytes > 0 && d.major != FLOPPY_MAJOR;
}

/* Whether /sys/block/NAME is a link to ../devices/virtual/block/NAME: a mapping, a loop, RAM. */
static bool is_virtual(int folder, const char *name)
{
        static const char below_virtual[] = "../devices/virtual/block/";
        char target[512];
        ssize_t n = readlinkat(folder, name, target, sizeof(target) - 1);

        if (n < 0)
                return false;
        target[n] = '\0';
        return strncmp(target, below_virtual, sizeof(below_virtual) - 1) == 0;
}

/* ---- listing --------------------------------------------------------------------------------------------------------- */

enum err blockdev_begin(void *context)
{
        struct machine *m = context;
        int fd = machine_open(m, "/sys/block", O_RDONLY | O_DIRECTORY);

        blockdev_end(m);
        if (fd < 0)
                return ERR_BLOCKDEV_LIST;
        folder_on(&m->listing.disks, fd);
        return ERR_OK;
}

void blockdev_end(void *context)
{
        struct machine *m = context;

        folder_close(&m->listing.partitions);
        folder_close(&m->listing.disks);
}

/* The next partition of the disk whose folder is open: a folder in it, named after it, with a file "partition". */
static bool next_partition(struct machine *m, struct survey_device *ret_device, enum err *ret_error)
{
        struct folder *f = &m->listing.partitions;
        const char *name;

        while (folder_next(f, &name, ret_error)) {
                int fd = is_digit(name[strlen(name) - 1]) ? openat(f->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
                bool good = fd >= 0 && has_file(fd, "partition") && read_device(fd, true, &m->listing.disk, ret_device);

                if (fd >= 0)
                        close(fd);
                if (good)
                        return true;
        }
        return false;
}

/* The next disk; its folder stays open for its partitions. */
static bool next_disk(struct machine *m, struct survey_device *ret_device, enum err *ret_error)
{
        struct folder *f = &m->listing.disks;
        const char *name;

        while (folder_next(f, &name, ret_error)) {
                int fd = openat(f->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

                if (fd < 0)
                        continue;
                folder_on(&m->listing.partitions, fd);
                if (read_device(fd, false, NULL, ret_device)) {
                        ret_device->is_virtual = is_virtual(f->fd, name);
                        m->listing.disk = *ret_device;
                        return true;
                }
                folder_close(&m->listing.partitions);
        }
        return false;
}

enum err blockdev_next(void *context, struct survey_device *ret_device, bool *ret_more)
{
        struct machine *m = context;
        enum err error = ERR_OK;
        bool found = false;

        if (m->listing.partitions.fd >= 0) {
                found = next_partition(m, ret_device, &error);
                if (found)
                        ret_device->is_virtual = m->listing.disk.is_virtual;
                else
                        folder_close(&m->listing.partitions);
        }
        if (!found && error == ERR_OK)
                found = next_disk(m, ret_device, &error);
        if (error != ERR_OK)
                return ERR_BLOCKDEV_LIST;
        if (found)
                udev_read(m, ret_device);
        *ret_more = found;
        return ERR_OK;
}

/* ---- reading --------------------------------------------------------------------------------------------------------- */

/* A device that answers every read must still not keep us for ever: what we read of one is bounded. */
static enum err read_at(void *context, uint64_t offset, size_t len, uint8_t *ret_bytes)
{
        struct machine *m = context;
        size_t got = 0;

        if (len > MACHINE_DEVICE_READS_MAX - m->device.bytes_read)
                return ERR_BLOCKDEV_READ;
        m->device.bytes_read += len;
        while (got < len) {
                ssize_t n = pread(m->device.fd, ret_bytes + got, len - got, (off_t)(m->device.offset + offset + got));

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return ERR_BLOCKDEV_READ;
                got += (size_t)n;
        }
        return ERR_OK;
}

static void expect(void *context, uint64_t offset, size_t len)
{
        const struct machine *m = context;

        posix_fadvise(m->device.fd, (off_t)(m->device.offset + offset), (off_t)len, POSIX_FADV_WILLNEED);
}

/* Whether an open file is the device that was listed: the numbers, and the disk in it. */
static bool is_listed_device(int fd, const struct survey_device *device)
{
        struct stat st;
        uint64_t diskseq;

        if (fstat(fd, &st) != 0 || !S_ISBLK(st.st_mode) || major(st.st_rdev) != device->major || minor(st.st_rdev) != device->minor)
                return false;
        return device->diskseq == 0 || ioctl(fd, BLKGETDISKSEQ, &diskseq) != 0 || diskseq == device->diskseq;
}

static int open_node(const struct machine *m, const char *name)
{
        struct text path;

        text_begin(&path);
        text_add(&path, "/dev/");
        text_add(&path, name);
        return machine_open(m, path.buf, O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

enum err blockdev_open(void *context, const struct survey_device *device, struct source *ret_source)
{
        struct machine *m = context;
        bool is_image = m->root[0] != '\0';
        int fd = open_node(m, device->name);
        uint64_t offset = 0;

        if (fd < 0 && is_image && device->is_partition) {
                fd = open_node(m, m->listing.disk.name);
                offset = device->kernel.start_sectors * SECTOR;
        }
        if (fd < 0)
                return ERR_BLOCKDEV_OPEN;
        if (!is_image && !is_listed_device(fd, device)) {
                close(fd);
                return ERR_BLOCKDEV_OPEN;
        }
        blockdev_close(m);
        posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
        m->device.fd = fd;
        m->device.offset = offset;
        m->device.bytes_read = 0;
        *ret_source = (struct source){ m, device->size_bytes, device->sector_bytes, read_at, expect };
        return ERR_OK;
}

void blockdev_close(void *context)
{
        struct machine *m = context;

        if (m->device.fd >= 0)
                close(m->device.fd);
        m->device.fd = -1;
}

/* ---- one device by number ---------------------------------------------------------------------------------------------- */

static int open_by_number(const struct machine *m, uint32_t major, uint32_t minor, const char *below)
{
        struct text path;

        text_begin(&path);
        text_add(&path, "/sys/dev/block/");
        text_add_u64(&path, major);
        text_add(&path, ":");
        text_add_u64(&path, minor);
        text_add(&path, below);
        return machine_open(m, path.buf, O_RDONLY | O_DIRECTORY);
}

enum err blockdev_by_number(void *context, uint32_t major, uint32_t minor, struct survey_device *ret_device)
{
        int fd = open_by_number(context, major, minor, "");
        struct survey_device device;
        bool good;

        if (fd < 0)
                return ERR_BLOCKDEV_LIST;
        good = read_device(fd, has_file(fd, "partition"), NULL, &device);
        close(fd);
        if (!good)
                return ERR_BLOCKDEV_LIST;
        *ret_device = device;
        return ERR_OK;
}

/* "253:0" */
static bool parse_numbers(const char *text, uint32_t *ret_major, uint32_t *ret_minor)
{
        uint64_t major, minor;

        if (!is_digit(*text))
                return false;
        major = take_number(&text);
        if (*text++ != ':' || !is_digit(*text))
                return false;
        minor = take_number(&text);
        if (*text != '\0' || major > UINT32_MAX || minor > UINT32_MAX)
                return false;
        *ret_major = (uint32_t)major;
        *ret_minor = (uint32_t)minor;
        return true;
}

/* The numbers of the only device in a folder "slaves", whose file descriptor is taken over. *ret_count is how many there are. */
static enum err read_slave(int slaves, unsigned *ret_count, uint32_t *major, uint32_t *minor)
{
        struct folder folder;
        const char *slave;
        struct text name;
        char numbers[32];
        enum err result;

        *ret_count = 0;
        folder_on(&folder, slaves);
        while (folder_next(&folder, &slave, &result)) {
                text_begin(&name);
                text_add(&name, slave);
                text_add(&name, "/dev");
                if (++*ret_count == 1 && (machine_read_text(slaves, name.buf, numbers, sizeof(numbers)) != 0 ||
                                          !parse_numbers(numbers, major, minor))) {
                        result = ERR_BLOCKDEV_LIST;
                        break;
                }
        }
        folder_close(&folder);
        return result;
}

enum err blockdev_beneath(void *context, uint32_t major, uint32_t minor, uint32_t *ret_major, uint32_t *ret_minor)
{
        unsigned count = 1;

        for (unsigned level = 0; level < BENEATH_LEVELS && count == 1; level++) {
                int slaves = open_by_number(context, major, minor, "/slaves");

                count = 0;
                if (slaves >= 0)
                        TRY(read_slave(slaves, &count, &major, &minor));
                if (count > 1)
                        return ERR_BLOCKDEV_MANY;
        }
        *ret_major = major;
        *ret_minor = minor;
        return ERR_OK;
}

enum err blockdev_of_path(void *context, struct span path, uint32_t *ret_major, uint32_t *ret_minor)
{
        char text[PORTS_PATH_MAX], full[MACHINE_PATH_MAX];
        struct stat st;

        if (path.len >= sizeof(text) || path.len == 0 || path.data[0] != '/')
                return ERR_BLOCKDEV_LIST;
        memcpy(text, path.data, path.len);
        text[path.len] = '\0';
        TRY(machine_path(context, text, full));
        if (stat(full, &st) != 0 || !S_ISBLK(st.st_mode))
                return ERR_BLOCKDEV_LIST;
        *ret_major = major(st.st_rdev);
        *ret_minor = minor(st.st_rdev);
        return ERR_OK;
}
