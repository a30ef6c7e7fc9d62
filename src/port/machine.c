/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's table of ports, and the effects that are too small for a file of their own: clock, kernel log, halt. */
#include "port/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/reboot.h>
#include <time.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SAY_BYTES 512 /* of one line; the rest is cut off */

enum err machine_path(const struct machine *m, const char *path, char *ret_path)
{
        size_t root = strlen(m->root), len = strlen(path);

        if (root + len >= MACHINE_PATH_MAX)
                return ERR_FILE_ABSENT;
        memcpy(ret_path, m->root, root);
        memcpy(ret_path + root, path, len + 1);
        return ERR_OK;
}

int machine_open(const struct machine *m, const char *path, int flags)
{
        char full[MACHINE_PATH_MAX];

        if (machine_path(m, path, full) != ERR_OK) {
                errno = ENAMETOOLONG;
                return -1;
        }
        return open(full, flags | O_CLOEXEC, 0600);
}

int machine_read_text(int folder, const char *name, char *buf, size_t cap)
{
        int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
        ssize_t n;

        if (fd < 0)
                return -1;
        n = read(fd, buf, cap - 1);
        close(fd);
        if (n < 0)
                return -1;
        if (n > 0 && buf[n - 1] == '\n')
                n--;
        buf[n] = '\0';
        return 0;
}

static uint64_t now_ms(void *context)
{
        struct timespec t;

        (void)context;
        /* not by way of the vDSO, whose lookup is more code than all our uses of time */
        syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
        return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void sleep_ms(void *context, uint32_t ms)
{
        struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

        (void)context;
        while (nanosleep(&t, &t) != 0 && errno == EINTR)
                ;
}

/* Level 5 (notice) of facility 1 (user). Names of devices and files may stand in a line: nothing but printable ASCII goes out. */
static void say(void *context, const char *line)
{
        struct machine *m = context;
        char buf[SAY_BYTES] = "<13>cosima: ";
        size_t len = strlen(buf);

        if (m->say_fd < 0)
                m->say_fd = machine_open(m, "/dev/kmsg", O_WRONLY | O_APPEND | O_NOCTTY);
        for (; *line && len < sizeof(buf) - 1; line++)
                buf[len++] = *line >= 0x20 && *line < 0x7f ? *line : '?';
        buf[len++] = '\n';
        if (m->say_fd >= 0 && write(m->say_fd, buf, len) < 0)
                errno = 0; /* there is nobody else to tell */
}

static void halt(void *context)
{
        const struct machine *m = context;

        if (m->root[0] != '\0')
                return; /* a folder that stands for a machine */
        sync();
        reboot(RB_HALT_SYSTEM);
}

struct ports machine_ports(struct machine *m)
{
        m->root = machine_root();
        m->say_fd = m->lock_fd = m->stream_fd = m->ima_fd = m->device.fd = -1;
        m->listing.disks.fd = m->listing.partitions.fd = -1;
        m->listing.in_disk = false;
        m->tpm.open = false;
        return (struct ports){
                .context = m,
                .now_ms = now_ms,
                .sleep_ms = sleep_ms,
                .say = say,
                .halt = halt,
                .file_read = files_read,
                .file_write = files_write,
                .file_set_xattr = files_set_xattr,
                .folder_list = files_list,
                .folder_make = files_make_folder,
                .setting_write = files_write_setting,
                .stream_open = files_stream_open,
                .stream_read = files_stream_read,
                .stream_close = files_stream_close,
                .is_mounted = mounts_is_mounted,
                .mount = mounts_mount,
                .unmount = mounts_unmount,
                .mounts_visit = mounts_visit,
                .devices_begin = blockdev_begin,
                .devices_next = blockdev_next,
                .devices_end = blockdev_end,
                .device_open = blockdev_open,
                .device_close = blockdev_close,
                .device_beneath = blockdev_beneath,
                .device_of_path = blockdev_of_path,
                .device_by_number = blockdev_by_number,
                .settle = settle_wait,
                .tree_walk = tree_walk,
                .tpm_open = tpm_open,
                .tpm_close = tpm_close,
                .tpm_banks = tpm_banks,
                .tpm_pcr_read = tpm_pcr_read,
                .tpm_extend = tpm_extend,
                .tpm_event = tpm_event,
                .ima_open = securityfs_open,
                .ima_write = securityfs_write,
                .ima_close = securityfs_close,
                .key_find_ring = keyring_find,
                .key_make_ring = keyring_make,
                .key_add = keyring_add,
                .key_restrict = keyring_restrict,
                .lock_take = eventlog_lock,
                .log_append = eventlog_append,
        };
}

static void close_fd(int *fd)
{
        if (*fd >= 0)
                close(*fd);
        *fd = -1;
}

void machine_close(struct machine *m)
{
        tpm_close(m);
        blockdev_end(m);
        close_fd(&m->say_fd);
        close_fd(&m->lock_fd);
        close_fd(&m->stream_fd);
        close_fd(&m->ima_fd);
        close_fd(&m->device.fd);
}
