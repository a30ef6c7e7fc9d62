/* SPDX-License-Identifier: Apache-2.0 */
/* The machine made in software: files, mounts, clock. */
#include "test/fakes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "test/fakes_parts.h"

const char fakes_policy[] = "cosima 1\n"
                            "name test\n"
                            "version 7\n"
                            "pcr 14\n"
                            "partition COS_OEM required label=COS_OEM partlabel=oem fs=ext4\n"
                            "partition COS_PERSISTENT required label=COS_PERSISTENT partlabel=persistent fs=ext4\n"
                            "classes identity\n"
                            "wait 10\n"
                            "walk COS_OEM\n"
                            "measure func=BPRM_CHECK partition=COS_PERSISTENT\n"
                            "measure func=FILE_CHECK mask=^MAY_READ partition=COS_OEM\n";

void fakes_effect(struct fakes *f)
{
        if (++f->effects == f->crash_at)
                longjmp(f->death, 1);
}

/* ---- files --------------------------------------------------------------------------------------------------------------- */

struct fakes_file *fakes_file(struct fakes *f, const char *path)
{
        for (unsigned i = 0; i < f->file_count; i++)
                if (strcmp(f->files[i].path, path) == 0)
                        return &f->files[i];
        return NULL;
}

void fakes_drop(struct fakes *f, const char *path)
{
        struct fakes_file *file = fakes_file(f, path);

        if (!file)
                return;
        free(file->bytes);
        *file = f->files[--f->file_count];
}

void fakes_put(struct fakes *f, const char *path, struct span bytes)
{
        struct fakes_file *file = fakes_file(f, path);
        uint8_t *copy = malloc(bytes.len + 1);

        assert_non_null(copy);
        if (bytes.len > 0)
                memcpy(copy, bytes.data, bytes.len);
        if (!file) {
                assert_true(f->file_count < FAKES_FILES_MAX);
                file = &f->files[f->file_count++];
                memset(file, 0, sizeof(*file));
                (void)snprintf(file->path, sizeof(file->path), "%s", path);
        }
        free(file->bytes);
        file->bytes = copy;
        file->len = bytes.len;
        file->owner = 0;
        file->xattr[0] = '\0';
}

static enum err file_read(void *context, const char *path, uint8_t *buf, size_t cap, struct span *ret_bytes)
{
        struct fakes *f = context;
        const struct fakes_file *file = fakes_file(f, path);

        if (f->unreadable && strcmp(f->unreadable, path) == 0)
                return ERR_FILE_READ;
        if (!file)
                return ERR_FILE_ABSENT;
        if (file->len > cap)
                return ERR_FILE_LARGE;
        if (file->len > 0)
                memcpy(buf, file->bytes, file->len);
        *ret_bytes = span_of(buf, file->len);
        fakes_ima_read(f, file);
        return ERR_OK;
}

static enum err file_write(void *context, const char *path, uint32_t owner, struct span bytes)
{
        struct fakes *f = context;

        fakes_effect(f);
        if (f->unwritable && strcmp(f->unwritable, path) == 0)
                return ERR_FILE_WRITE;
        fakes_put(f, path, bytes);
        fakes_file(f, path)->owner = owner;
        return ERR_OK;
}

static enum err setting_write(void *context, const char *path, struct span bytes)
{
        struct fakes *f = context;

        fakes_effect(f);
        if (!fakes_file(f, path))
                return ERR_FILE_ABSENT;
        fakes_put(f, path, bytes);
        return ERR_OK;
}

static enum err file_set_xattr(void *context, const char *path, const char *name, struct span value)
{
        struct fakes *f = context;
        struct fakes_file *file = fakes_file(f, path);

        if (!file || value.len == 0)
                return ERR_FILE_WRITE;
        (void)snprintf(file->xattr, sizeof(file->xattr), "%s", name);
        return ERR_OK;
}

static enum err folder_list(void *context, const char *path, char *buf, size_t cap, struct span *ret_names)
{
        const struct fakes *f = context;
        size_t len = 0, prefix = strlen(path);

        for (unsigned i = 0; i < f->file_count; i++) {
                const char *name = f->files[i].path;

                if (strncmp(name, path, prefix) != 0 || name[prefix] != '/')
                        continue;
                len += (size_t)snprintf(buf + len, cap - len, "%s", name + prefix + 1) + 1;
        }
        if (len == 0)
                return ERR_FILE_ABSENT;
        *ret_names = span_of(buf, len);
        return ERR_OK;
}

static enum err folder_make(void *context, const char *path)
{
        (void)path;
        fakes_effect(context);
        return ERR_OK;
}

static enum err log_append(void *context, struct span record)
{
        struct fakes *f = context;
        struct fakes_file *file = fakes_file(f, FAKES_LOG);
        uint8_t text[65536];
        size_t len = file ? file->len : 0;

        fakes_effect(f);
        if (++f->appends == f->append_fails_at || f->append_error != ERR_OK)
                return f->append_error ? f->append_error : ERR_EVENTLOG_WRITE;
        assert_true(len + record.len <= sizeof(text));
        if (len > 0)
                memcpy(text, file->bytes, len);
        memcpy(text + len, record.data, record.len);
        fakes_put(f, FAKES_LOG, span_of(text, len + record.len));
        return ERR_OK;
}

/* ---- mounts, clock, the rest ---------------------------------------------------------------------------------------------- */

static bool is_mounted(void *context, const char *path, const char *fs_type)
{
        const struct fakes *f = context;

        (void)path, (void)fs_type;
        return f->tmpfs;
}

static enum err mount_one(void *context, const char *path, const char *fs_type, const char *options)
{
        struct fakes *f = context;

        (void)path, (void)fs_type, (void)options;
        fakes_effect(f);
        f->mounts_made++;
        return f->mount_error;
}

static enum err mounts_visit(void *context, ports_mount_visit visit, void *arg)
{
        const struct fakes *f = context;

        for (unsigned i = 0; i < f->mount_count && (!f->measuring || f->mounted_early); i++)
                TRY(visit(arg, &f->mounts[i]));
        return ERR_OK;
}

static enum err tree_walk(void *context, const struct ports_walk *walk)
{
        const struct fakes *f = context;
        const struct manifest_entry top = { .path = span_of_str("/"), .type = 'd', .mode = 0755 };
        struct manifest_entry file = { .path = span_of_str("/90_custom.yaml"), .type = 'f', .mode = 0644, .size_bytes = 9 };

        memset(file.sha256, f->tree_byte, sizeof(file.sha256));
        TRY(f->tree_error);
        TRY(walk->visit(walk->arg, &top));
        return (walk->skip)(walk->arg, file.path) ? ERR_OK : walk->visit(walk->arg, &file);
}

static uint64_t now_ms(void *context)
{
        return ((struct fakes *)context)->now_ms;
}

static void sleep_ms(void *context, uint32_t ms)
{
        ((struct fakes *)context)->now_ms += ms;
}

static bool settle(void *context, uint32_t wait_ms)
{
        struct fakes *f = context;
        bool settles = f->udev_settles_ms <= f->now_ms + wait_ms;

        f->settled++;
        f->tpm_commands_before = f->tpm.commands;
        f->now_ms = !settles ? f->now_ms + wait_ms : f->now_ms < f->udev_settles_ms ? f->udev_settles_ms : f->now_ms;
        return settles;
}

static void say(void *context, const char *line)
{
        struct fakes *f = context;

        strncat(f->said, line, sizeof(f->said) - strlen(f->said) - 2);
        strcat(f->said, "\n");
}

static void halt(void *context)
{
        ((struct fakes *)context)->halts++;
}

static enum err lock_take(void *context, uint32_t wait_ms)
{
        (void)wait_ms;
        return ((struct fakes *)context)->lock_error;
}

struct ports fakes_ports(struct fakes *f)
{
        struct ports p = {
                .context = f, .now_ms = now_ms, .sleep_ms = sleep_ms, .say = say, .halt = halt,
                .file_read = file_read, .file_write = file_write, .file_set_xattr = file_set_xattr,
                .folder_list = folder_list, .folder_make = folder_make, .setting_write = setting_write,
                .is_mounted = is_mounted, .mount = mount_one, .mounts_visit = mounts_visit,
                .settle = settle, .tree_walk = tree_walk, .lock_take = lock_take, .log_append = log_append,
        };

        fakes_add_devices(&p);
        fakes_add_tpm(&p);
        fakes_add_ima(&p);
        return p;
}

/* ---- a whole machine ------------------------------------------------------------------------------------------------------- */

void fakes_sign_policy(struct fakes *f, const char *text, const char *seed)
{
        struct signer signer;

        signer_make(&signer, seed, span_of_str(text));
        fakes_put(f, "/etc/cosima/policy", span_of_str(text));
        fakes_put(f, "/etc/cosima/policy.sig", span_of(signer.sig, signer.sig_len));
}

void fakes_begin(struct fakes *f)
{
        struct signer signer;

        memset(f, 0, sizeof(*f));
        f->tmpfs = true;
        f->now_ms = 1000;
        gptdisk_make(&f->disk, 512, 128);
        fakes_add_lettered_disk(f, "a", 0);
        fakes_sign_policy(f, fakes_policy, "fleet");
        signer_make(&signer, "fleet", span_of_str(fakes_policy));
        fakes_put(f, "/etc/cosima/certs/leaf.der", span_of(signer.cert, signer.cert_len));
        fakes_put(f, "/proc/cmdline", span_of_str("root=LABEL=COS_ACTIVE\n"));
        f->mounts[0] = (struct ports_mount){ 254, 1, span_of_str("/"), span_of_str("/oem"), span_of_str("ext4"), span_of_str("/dev/vda1") };
        f->mounts[1] = (struct ports_mount){ 254, 3, span_of_str("/"), span_of_str("/usr/local"), span_of_str("ext4"), span_of_str("/dev/vda3") };
        f->mount_count = 2;
        fakes_begin_tpm(f);
        fakes_begin_ima(f);
}

void fakes_end(struct fakes *f)
{
        while (f->file_count > 0)
                fakes_drop(f, f->files[0].path);
        for (unsigned i = 0; i < f->device_count; i++)
                free(f->devices[i].bytes);
        gptdisk_free(&f->disk);
}

static int run(struct fakes *f, int (*command)(struct boot *b), const char *reason, bool nowait)
{
        struct boot *volatile b = calloc(1, sizeof(*b));
        struct ports ports = fakes_ports(f);
        volatile int status = -1;

        assert_non_null(b);
        b->ports = &ports;
        b->nowait = nowait;
        b->reason = span_of_str(reason);
        f->measuring = command == boot_measure;
        if (setjmp(f->death) == 0)
                status = command(b);
        free(b);
        return status;
}

int fakes_run(struct fakes *f, int (*command)(struct boot *b), const char *reason)
{
        return run(f, command, reason, false);
}

int fakes_run_nowait(struct fakes *f)
{
        return run(f, boot_measure, "", true);
}
