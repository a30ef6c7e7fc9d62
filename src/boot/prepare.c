/* SPDX-License-Identifier: Apache-2.0 */
/* What must be there before anything else: mounts, our folder, the lock. */
#include "boot/stages.h"

static const struct {
        char path[24], fs_type[12];
        bool needed;
} mounts[] = {
        { "/proc", "proc", true },
        { "/sys", "sysfs", true },
        { "/dev", "devtmpfs", true },
        { "/sys/kernel/security", "securityfs", false }, /* a kernel without it has no IMA, which is found later */
};

static enum err mount_missing(const struct ports *p, const char *path, const char *fs_type)
{
        if (p->is_mounted(p->context, path, fs_type))
                return ERR_OK;
        TRY(p->folder_make(p->context, path));
        return p->mount(p->context, path, fs_type, "");
}

/* The log must outlive the initramfs and be nobody's but root's: a tmpfs of its own, unless /run is one, which is moved to the new root. */
enum err prepare_run_folder(struct boot *b)
{
        const struct ports *p = b->ports;

        TRY(p->folder_make(p->context, "/run"));
        TRY(p->folder_make(p->context, BOOT_RUN));
        if (p->is_mounted(p->context, "/run", "tmpfs") || p->is_mounted(p->context, BOOT_RUN, "tmpfs"))
                return ERR_OK;
        return p->mount(p->context, BOOT_RUN, "tmpfs", "mode=0700,size=32m");
}

enum err prepare_mounts(struct boot *b)
{
        enum err result = ERR_OK;

        for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
                enum err e = mount_missing(b->ports, mounts[i].path, mounts[i].fs_type);

                if (e == ERR_OK || !mounts[i].needed)
                        continue;
                text_add(&b->detail, mounts[i].path);
                result = e;
                break;
        }
        /* even then the log needs its folder */
        if (result == ERR_OK)
                return prepare_run_folder(b);
        return prepare_run_folder(b) == ERR_OK ? result : ERR_MOUNTS_MOUNT;
}

/* Whoever has the lock that long waits for the same partitions itself: a run that need not act leaves it to that one. */
enum err prepare_lock(struct boot *b)
{
        enum err e = b->ports->lock_take(b->ports->context, BOOT_LOCK_WAIT_MS);

        b->finished = b->nowait && e == ERR_EVENTLOG_LOCKED;
        return b->finished ? ERR_OK : e;
}
