/* SPDX-License-Identifier: Apache-2.0 */
/* cosima probe: what stands on a disk, as cosima-boot sees it. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/print.h"
#include "cli/probe_table.h"
#include "format/gpt.h"
#include "format/probe.h"
#include "port/image.h"

#define JSON_BYTES (8u * 1024 * 1024) /* every entry used, each with LUKS2 headers as large as we read them */

/* A disk or a volume, and what is being said of it. */
struct look {
        const struct cli *cli;
        const char *path;
        const struct source *disk;
        uint8_t *work; /* for both readers, one after the other */
        struct gpt *gpt;
        enum err gpt_error;
        struct probe *probe; /* of the volume at hand */
        struct json_writer json;
        struct probe_table table;
        bool malformed, unreadable;
};

/* One complaint on standard error: the file, where in it, what. */
static void complain(const struct look *l, const struct gpt_entry *entry, uint64_t offset, enum err e)
{
        fflush(stdout);
        fprintf(stderr, "%s: %s: ", l->cli->name, l->path);
        if (entry)
                fprintf(stderr, "partition %u, ", entry->number);
        fprintf(stderr, "at byte %" PRIu64 ": %s\n", offset, err_text(e));
}

/* Probe the volume at offset into l->probe and complain of what is wrong. */
static enum err probe_volume(struct look *l, const struct gpt_entry *entry, uint64_t offset, uint64_t size)
{
        struct source_window window = { l->disk, offset };
        struct source volume = source_window_on(&window, size);
        enum err e = probe_read(&volume, l->work, l->probe);

        if (e != ERR_OK) {
                complain(l, entry, offset, e);
                l->unreadable = true;
                return e;
        }
        for (unsigned i = 0; i < l->probe->count; i++)
                if (l->probe->hits[i].error != ERR_OK) {
                        complain(l, entry, offset + probe_offset_bytes(&l->probe->hits[i]), l->probe->hits[i].error);
                        l->malformed = true;
                }
        return ERR_OK;
}

static void write_signatures(struct look *l, enum err e)
{
        json_key(&l->json, "signatures");
        if (e != ERR_OK) {
                json_str(&l->json, err_name(e));
                return;
        }
        json_array_open(&l->json);
        for (unsigned i = 0; i < l->probe->count; i++)
                probe_write(&l->json, l->probe, &l->probe->hits[i], CLASS_ALL);
        json_array_close(&l->json);
}

static enum err probe_partition(struct look *l, const struct gpt_entry *entry)
{
        uint64_t sector_bytes = l->disk->sector_bytes;

        return probe_volume(l, entry, entry->first_lba * sector_bytes, (entry->last_lba - entry->first_lba + 1) * sector_bytes);
}

static void write_partitions(struct look *l)
{
        json_key(&l->json, "partitions");
        json_array_open(&l->json);
        for (uint32_t i = 0; i < l->gpt->table.count; i++) {
                enum err e = probe_partition(l, &l->gpt->entries[i]);

                json_object_open(&l->json);
                json_key(&l->json, "entry");
                gpt_write_entry(&l->json, &l->gpt->entries[i], CLASS_ALL);
                write_signatures(l, e);
                json_object_close(&l->json);
        }
        json_array_close(&l->json);
}

static enum cli_exit write_json(struct look *l)
{
        l->json = json_writer_on(cli_alloc(JSON_BYTES), JSON_BYTES);
        json_object_open(&l->json);
        json_put_str(&l->json, "gpt", l->gpt_error == ERR_OK ? "ok" : err_name(l->gpt_error));
        if (l->gpt_error == ERR_OK)
                write_partitions(l);
        json_put_u64(&l->json, "sector_bytes", l->disk->sector_bytes);
        write_signatures(l, probe_volume(l, NULL, 0, l->disk->size_bytes));
        json_put_u64(&l->json, "size_bytes", l->disk->size_bytes);
        if (l->gpt_error == ERR_OK) {
                json_key(&l->json, "table");
                gpt_write_table(&l->json, &l->gpt->table, CLASS_ALL);
        }
        json_object_close(&l->json);
        return print_json(l->cli, &l->json);
}

static void print_table_state(const struct gpt_table *t)
{
        char guid[GUID_TEXT_SIZE];

        guid_format(span_of(t->disk_guid, GUID_BYTES), guid);
        printf("GPT %s, MBR %s, disk %s\n", gpt_state_name(t->state), gpt_mbr_name(t->mbr), guid);
        if (t->primary_error != ERR_OK)
                printf("! primary: %s\n", err_text(t->primary_error));
        if (t->backup_error != ERR_OK)
                printf("! backup: %s\n", err_text(t->backup_error));
        if (t->state == GPT_BACKUP_DIFFERS)
                printf("! the two tables differ; the primary is used\n");
        if (t->overlaps)
                printf("! partitions overlap\n");
        if (t->duplicate_guids)
                printf("! two partitions have the same GUID\n");
}

static void print_people(struct look *l)
{
        char size[PROBE_TABLE_SIZE_TEXT];
        enum err e;

        probe_table_size(l->disk->size_bytes, size);
        printf("%s: %s, sectors of %" PRIu32 " bytes\n", l->path, size, l->disk->sector_bytes);
        if (l->gpt_error == ERR_OK)
                print_table_state(&l->gpt->table);
        for (uint32_t i = 0; l->gpt_error == ERR_OK && i < l->gpt->table.count; i++) {
                e = probe_partition(l, &l->gpt->entries[i]);
                probe_table_add(&l->table, &l->gpt->entries[i], l->disk->sector_bytes, l->probe, e);
        }
        e = probe_volume(l, NULL, 0, l->disk->size_bytes);
        if (e != ERR_OK || l->probe->count > 0)
                probe_table_add_whole(&l->table, l->disk->size_bytes, l->probe, e);
        probe_table_print(&l->table);
}

/* A table that makes no sense is said at once; that there is none only when nothing else is there either. */
static enum cli_exit exit_of(struct look *l)
{
        if (l->gpt_error == ERR_GPT_NONE && l->probe->count == 0 && !l->unreadable)
                return cli_fail(l->cli, CLI_FAILED, "%s: at byte %" PRIu32 " and at the end: %s, and no known signature", l->path,
                                l->disk->sector_bytes, err_text(l->gpt_error));
        if (l->unreadable)
                return CLI_FAILED;
        return l->malformed ? CLI_USAGE : CLI_OK;
}

static enum cli_exit look_at(struct look *l)
{
        enum cli_exit status = CLI_OK;

        l->gpt_error = gpt_read(l->disk, l->work, l->gpt);
        if (l->gpt_error != ERR_OK && l->gpt_error != ERR_GPT_NONE) {
                complain(l, NULL, l->disk->sector_bytes, l->gpt_error);
                l->unreadable = l->gpt_error == ERR_BLOCKDEV_READ;
                l->malformed = !l->unreadable;
        }
        if (l->cli->json)
                status = write_json(l);
        else
                print_people(l);
        return status == CLI_OK ? exit_of(l) : status;
}

static const char *const sector_sizes[] = { "512", "1024", "2048", "4096" };

static enum cli_exit run(const struct cli *cli)
{
        const char *sector = cli_value(cli, "sector-size");
        bool known = sector == NULL;
        struct image image;
        struct look l = { .cli = cli, .path = cli->arguments[0] };

        for (size_t i = 0; sector && i < sizeof(sector_sizes) / sizeof(sector_sizes[0]); i++)
                known |= strcmp(sector, sector_sizes[i]) == 0;
        if (!known)
                return cli_fail(cli, CLI_USAGE, "--sector-size %s: not 512, 1024, 2048 or 4096", sector);
        enum err e = image_open(l.path, sector ? (uint32_t)strtoul(sector, NULL, 10) : 512, &image);

        if (e != ERR_OK)
                return cli_fail(cli, CLI_FAILED, "%s: %s", l.path, e == ERR_IMAGE_OPEN ? strerror(errno) : err_text(e));
        l.disk = &image.source;
        l.work = cli_alloc(PROBE_WORK_BYTES > GPT_WORK_BYTES ? PROBE_WORK_BYTES : GPT_WORK_BYTES);
        l.gpt = cli_alloc(sizeof(*l.gpt));
        l.probe = cli_alloc(sizeof(*l.probe));
        enum cli_exit status = look_at(&l);

        image_close(&image);
        return status;
}

static const struct cli_option options[] = {
        { "sector-size", "BYTES", "logical sector size of an image file (default 512)", 0 },
        { NULL, NULL, NULL, 0 },
};

const struct cli_command cmd_probe = {
        .name = "probe",
        .summary = "Show what stands on a disk or volume",
        .details = "Reads the GUID partition table and every known signature of each partition; writes nothing.\n"
                   "Exit status: 0 all well-formed, 1 unreadable or nothing there, 2 something is malformed.",
        .example = "cosima probe disk.img\ncosima probe --json /dev/vda",
        .arguments = "DISK",
        .arguments_min = 1,
        .arguments_max = 1,
        .json = true,
        .options = options,
        .run = run,
};
