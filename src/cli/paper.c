/* SPDX-License-Identifier: Apache-2.0 */
/* The machine on paper: its files, disks, clock, TPM and event log. */
#include "cli/paper.h"

#include <stdlib.h>

#define MINORS_PER_DISK 1024

/* ---- files --------------------------------------------------------------------------------------------------------------- */

static struct paper_file *find_file(struct paper *p, const char *path)
{
        for (unsigned i = 0; i < p->file_count; i++)
                if (strcmp(p->files[i].path, path) == 0)
                        return &p->files[i];
        return NULL;
}

void paper_add_file(struct paper *p, const char *path, const char *ours)
{
        p->files[p->file_count++] = (struct paper_file){ .path = path, .ours = ours };
}

static enum err file_read(void *context, const char *path, uint8_t *buf, size_t cap, struct span *ret_bytes)
{
        struct paper *p = context;
        const struct paper_file log = { .bytes = p->log }, rules = { .bytes = span_of(p->rules, p->rules_len) };
        const struct paper_file *file = find_file(p, path);

        if (p->log.len > 0 && strcmp(path, BOOT_RUN "/events.cel") == 0)
                file = &log;
        if (p->shows_rules && strcmp(path, "/sys/kernel/security/ima/policy") == 0)
                file = &rules;
        if (!file)
                return ERR_FILE_ABSENT;
        if (file->ours)
                return p->host_ports.file_read(p->host_ports.context, file->ours, buf, cap, ret_bytes);
        if (file->bytes.len > cap)
                return ERR_FILE_LARGE;
        memcpy(buf, file->bytes.data, file->bytes.len);
        *ret_bytes = span_of(buf, file->bytes.len);
        paper_ima_saw(p, path, *ret_bytes);
        return ERR_OK;
}

static void *copy_of(struct span bytes)
{
        char *copy = cli_alloc(bytes.len + 1);

        memcpy(copy, bytes.data, bytes.len);
        return copy;
}

static enum err file_write(void *context, const char *path, uint32_t owner, struct span bytes)
{
        struct paper *p = context;
        struct paper_file *file = find_file(p, path);

        (void)owner;
        if (!file && p->file_count == PAPER_FILES_MAX)
                return ERR_FILE_WRITE;
        if (!file)
                file = &p->files[p->file_count++];
        *file = (struct paper_file){ .path = copy_of(span_of_str(path)), .bytes = span_of(copy_of(bytes), bytes.len) };
        return ERR_OK;
}

static enum err file_set_xattr(void *context, const char *path, const char *name, struct span value)
{
        (void)name, (void)value;
        return find_file(context, path) ? ERR_OK : ERR_FILE_WRITE;
}

static enum err folder_list(void *context, const char *path, char *buf, size_t cap, struct span *ret_names)
{
        const struct paper *p = context;
        size_t len = 0, prefix = strlen(path);

        for (unsigned i = 0; i < p->file_count; i++) {
                const char *full = p->files[i].path;

                if (strncmp(full, path, prefix) != 0 || full[prefix] != '/')
                        continue;
                if (strlen(full + prefix) > cap - len)
                        return ERR_FILE_LARGE;
                memcpy(buf + len, full + prefix + 1, strlen(full + prefix));
                len += strlen(full + prefix);
        }
        if (len == 0)
                return ERR_FILE_ABSENT;
        *ret_names = span_of(buf, len);
        return ERR_OK;
}

static enum err folder_make(void *context, const char *path)
{
        (void)context, (void)path;
        return ERR_OK;
}

/* A file system is at most as large as its partition; ours lies in one of any size. */
static bool is_hollow(const struct paper *p, const struct gather *tree)
{
        for (unsigned i = 0; i < POLICY_PARTITIONS_MAX; i++)
                if (p->tops[i] && strcmp(p->tops[i], tree->top) == 0 && tree->bytes / PORTS_HOLLOW >= p->room_bytes[i])
                        return true;
        return false;
}

/* In parallel, and what was read is kept for who wants to know more of it. */
static enum err tree_walk_ours(void *context, const struct ports_walk *walk)
{
        struct paper *p = context;
        struct gather *tree = &p->trees[p->tree_count];

        if (p->tree_count == POLICY_WALKS_MAX)
                return ERR_TREE_MANY;
        *tree = (struct gather){ .top = walk->top, .max_bytes = walk->max_bytes, .skip = walk->skip, .arg = walk->arg, .quiet = true };
        if (gather_tree(p->cli, tree) != CLI_OK)
                return tree->error;
        if (is_hollow(p, tree))
                return ERR_TREE_HOLLOW;
        p->tree_count++;
        for (size_t i = 0; i < tree->count; i++)
                TRY(walk->visit(walk->arg, tree->entries[i]));
        return ERR_OK;
}

/* ---- disks --------------------------------------------------------------------------------------------------------------- */

/* The kernel reads the table as we do, or the boot fails with the witnesses' difference. */
static struct survey_device partition_device(const struct gpt *gpt, const struct gpt_entry *entry, unsigned disk)
{
        uint64_t factor = gpt->table.sector_bytes / 512, sectors = (entry->last_lba - entry->first_lba + 1) * factor;
        struct survey_device d = { .is_partition = true, .sector_bytes = gpt->table.sector_bytes, .size_bytes = sectors * 512,
                                   .major = 254, .minor = disk * MINORS_PER_DISK + entry->number, .diskseq = disk + 1 };

        d.kernel.number = entry->number;
        d.kernel.start_sectors = entry->first_lba * factor;
        d.kernel.size_sectors = sectors;
        guid_format(span_of(entry->unique, GUID_BYTES), d.kernel.part_uuid);
        survey_kernel_name(entry->name, d.kernel.part_name);
        return d;
}

static void find_devices(struct paper_disk *disk, unsigned number)
{
        const struct source *source = &disk->image.source;
        struct gpt *gpt = cli_alloc(sizeof(*gpt));
        uint8_t *work = cli_alloc(GPT_WORK_BYTES);
        unsigned count = gpt_read(source, work, gpt) == ERR_OK ? gpt->table.count : 0;

        disk->device_count = 1 + count;
        disk->devices = cli_alloc(disk->device_count * sizeof(*disk->devices));
        disk->devices[0] = (struct survey_device){ .size_bytes = source->size_bytes, .sector_bytes = source->sector_bytes, .major = 254,
                                                   .minor = number * MINORS_PER_DISK, .diskseq = number + 1 };
        for (unsigned i = 0; i < count; i++)
                disk->devices[1 + i] = partition_device(gpt, &gpt->entries[i], number);
        free(work);
        free(gpt);
}

enum err paper_add_disk(struct paper *p, const char *image, uint32_t sector_bytes)
{
        struct paper_disk *disk = &p->disks[p->disk_count];

        TRY(image_open(image, sector_bytes, &disk->image));
        find_devices(disk, p->disk_count++);
        return ERR_OK;
}

static enum err devices_begin(void *context)
{
        struct paper *p = context;

        p->next_disk = p->next_device = 0;
        return ERR_OK;
}

static enum err devices_next(void *context, struct survey_device *ret_device, bool *ret_more)
{
        struct paper *p = context;

        if (p->next_disk < p->disk_count && p->next_device == p->disks[p->next_disk].device_count) {
                p->next_disk++;
                p->next_device = 0;
        }
        *ret_more = p->next_disk < p->disk_count;
        if (*ret_more)
                *ret_device = p->disks[p->next_disk].devices[p->next_device++];
        return ERR_OK;
}

static enum err device_open(void *context, const struct survey_device *device, struct source *ret_source)
{
        struct paper *p = context;
        const struct paper_disk *disk = &p->disks[device->minor / MINORS_PER_DISK];

        p->window = (struct source_window){ &disk->image.source, device->kernel.start_sectors * 512 };
        *ret_source = source_window_on(&p->window, device->size_bytes);
        return ERR_OK;
}

static enum err mounts_visit_none(void *context, ports_mount_visit visit, void *arg)
{
        (void)context, (void)visit, (void)arg;
        return ERR_OK;
}

/* ---- TPM and log --------------------------------------------------------------------------------------------------------- */

static enum err tpm_open_paper(void *context)
{
        (void)context;
        return ERR_OK;
}

static enum err tpm_banks_all(void *context, unsigned pcr, struct ports_banks *ret_banks)
{
        (void)context, (void)pcr;
        *ret_banks = (struct ports_banks){ .count = ALG_COUNT };
        for (unsigned i = 0; i < ALG_COUNT; i++)
                ret_banks->algs[i] = (enum alg)i;
        return ERR_OK;
}

static enum err tpm_pcr_read_paper(void *context, unsigned pcr, const struct ports_banks *banks, struct digest_set *ret_values)
{
        const struct paper *p = context;

        (void)pcr, (void)banks;
        ret_values->count = ALG_COUNT;
        memcpy(ret_values->digests, p->pcr, sizeof(p->pcr));
        return ERR_OK;
}

static enum err tpm_extend_paper(void *context, unsigned pcr, const struct digest_set *digests)
{
        struct paper *p = context;

        (void)pcr;
        for (unsigned i = 0; i < ALG_COUNT; i++)
                digest_extend(&p->pcr[i], digest_span(&digests->digests[i]));
        return ERR_OK;
}

static enum err log_append(void *context, struct span record)
{
        struct paper *p = context;

        if (record.len > sizeof(p->log_bytes) - p->log.len)
                return ERR_EVENTLOG_WRITE;
        memcpy(p->log_bytes + p->log.len, record.data, record.len);
        p->log = span_of(p->log_bytes, p->log.len + record.len);
        return ERR_OK;
}

/* ---- the rest ------------------------------------------------------------------------------------------------------------ */

static uint64_t now_ms(void *context)
{
        return ((struct paper *)context)->now_ms;
}

static void sleep_ms(void *context, uint32_t ms)
{
        ((struct paper *)context)->now_ms += ms;
}

static bool settle(void *context, uint32_t wait_ms)
{
        (void)context, (void)wait_ms;
        return true;
}

static void say_nothing(void *context, const char *line)
{
        (void)context, (void)line;
}

static void halt(void *context)
{
        ((struct paper *)context)->halted = true;
}

static void nothing_to_end(void *context)
{
        (void)context;
}

static bool is_mounted(void *context, const char *path, const char *fs_type)
{
        (void)context, (void)path, (void)fs_type;
        return true;
}

static enum err lock_take(void *context, uint32_t wait_ms)
{
        (void)context, (void)wait_ms;
        return ERR_OK;
}

void paper_begin(struct paper *p)
{
        p->host_ports = machine_ports(&p->host);
        p->host.root = "";
        p->loads = EVENT_LOAD_TEXT;
        for (unsigned i = 0; i < ALG_COUNT; i++)
                p->pcr[i] = (struct digest){ .alg = (enum alg)i };
}

/* What is left out is never asked for while measuring, nor by the recording half of the handover. */
struct ports paper_ports(struct paper *p)
{
        struct ports ports = {
                .context = p, .now_ms = now_ms, .sleep_ms = sleep_ms, .say = say_nothing, .halt = halt,
                .file_read = file_read, .file_write = file_write, .file_set_xattr = file_set_xattr,
                .folder_list = folder_list, .folder_make = folder_make, .is_mounted = is_mounted, .mounts_visit = mounts_visit_none,
                .devices_begin = devices_begin, .devices_next = devices_next, .devices_end = nothing_to_end,
                .device_open = device_open, .device_close = nothing_to_end, .tree_walk = tree_walk_ours,
                .tpm_open = tpm_open_paper, .tpm_close = nothing_to_end, .tpm_banks = tpm_banks_all,
                .tpm_pcr_read = tpm_pcr_read_paper, .tpm_extend = tpm_extend_paper,
                .settle = settle, .lock_take = lock_take, .log_append = log_append,
        };

        paper_ima_add(&ports);
        return ports;
}
