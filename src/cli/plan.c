/* SPDX-License-Identifier: Apache-2.0 */
/* A boot on paper: the same events by the same writers as in cosima-boot, from images instead of devices. */
#include "cli/plan.h"

#include <errno.h>
#include <stdlib.h>

#include "cli/cmd_policy.h"
#include "cli/print.h"
#include "port/image.h"
#include "port/machine.h"
#include "storage/survey_event.h"
#include "trust/render.h"

/* What is worked with while a plan is made; large, so it is not on the stack. */
struct work {
        const struct cli *cli;
        struct plan *plan;
        struct survey survey;
        struct gpt gpt;
        struct probe probe;
        struct manifest manifest;
        uint8_t gpt_work[GPT_WORK_BYTES];
        uint8_t probe_work[PROBE_WORK_BYTES];
        char rules[RENDER_BYTES_MAX];
};

/* ---- events and PCR values --------------------------------------------------------------------------------------------- */

static void add_event(struct plan *plan, struct span content)
{
        struct digest value;

        plan->events[plan->event_count++] = content;
        for (unsigned i = 0; i < ALG_COUNT; i++) {
                digest_of((enum alg)i, content, &value);
                digest_extend(&plan->handover[i], digest_span(&value));
        }
}

/* An event's content must stay until the plan is printed, so each gets its own memory. */
static char *event_room(void)
{
        return cli_alloc(EVENT_BYTES_MAX);
}

static enum err add_policy_event(struct work *w, const struct signed_file *file, const struct sig_signer *signer, enum event_ima ima)
{
        const struct policy *policy = &w->plan->policy;
        struct event_policy e = { .name = policy->name, .version = policy->version, .pcr = policy->pcr, .ima = ima };
        struct digest digest;
        struct span content;

        digest_of(ALG_SHA256, file->text, &digest);
        memcpy(e.sha256, digest.bytes, sizeof(e.sha256));
        memcpy(e.signer, signer->spki_sha256, sizeof(e.signer));
        TRY(event_write_policy(&e, event_room(), EVENT_BYTES_MAX, &content));
        add_event(w->plan, content);
        return ERR_OK;
}

static enum err add_storage_event(struct work *w)
{
        struct span content;

        TRY(survey_event_write(&w->survey, w->plan->policy.classes, event_room(), EVENT_BYTES_MAX, &content));
        add_event(w->plan, content);
        return ERR_OK;
}

static enum err add_rules_event(struct work *w, enum event_load loaded)
{
        struct render_partition partitions[POLICY_PARTITIONS_MAX];
        struct event_ima_policy e = { .loaded = loaded, .result = ERR_OK };
        struct digest digest;
        struct span content, rules;

        survey_render_partitions(&w->survey, partitions);
        TRY(render_rules(&w->plan->policy, partitions, w->rules, sizeof(w->rules), &rules));
        digest_of(ALG_SHA256, rules, &digest);
        memcpy(e.sha256, digest.bytes, sizeof(e.sha256));
        TRY(event_write_ima_policy(&e, event_room(), EVENT_BYTES_MAX, &content));
        add_event(w->plan, content);
        return ERR_OK;
}

static enum err add_handover_event(struct work *w)
{
        struct event_mount mounts[POLICY_PARTITIONS_MAX];
        const struct policy *policy = &w->plan->policy;
        struct span content;

        for (unsigned i = 0; i < policy->partition_count; i++) {
                bool absent = w->survey.partitions[i].count == 0;

                mounts[i] = (struct event_mount){ policy->partitions[i].name, absent ? ERR_BOOT_NOT_MOUNTED : ERR_OK };
        }
        TRY(event_write_handover(mounts, policy->partition_count, event_room(), EVENT_BYTES_MAX, &content));
        add_event(w->plan, content);
        return ERR_OK;
}

/* ---- disks --------------------------------------------------------------------------------------------------------------- */

/* The kernel reads the table as we do, or the boot fails with the witnesses' difference. */
static struct survey_device partition_device(const struct gpt *gpt, const struct gpt_entry *entry)
{
        uint64_t factor = gpt->table.sector_bytes / 512, sectors = (entry->last_lba - entry->first_lba + 1) * factor;
        struct survey_device d = { .is_partition = true, .sector_bytes = gpt->table.sector_bytes, .size_bytes = sectors * 512 };

        d.kernel.number = entry->number;
        d.kernel.start_sectors = entry->first_lba * factor;
        d.kernel.size_sectors = sectors;
        guid_format(span_of(entry->unique, GUID_BYTES), d.kernel.part_uuid);
        survey_kernel_name(entry->name, d.kernel.part_name);
        return d;
}

static enum err survey_partitions(struct work *w, const struct source *disk)
{
        for (uint32_t i = 0; i < w->gpt.table.count; i++) {
                const struct gpt_entry *entry = &w->gpt.entries[i];
                struct survey_device device = partition_device(&w->gpt, entry);
                struct source_window window = { disk, entry->first_lba * w->gpt.table.sector_bytes };
                struct source volume = source_window_on(&window, device.size_bytes);

                TRY(probe_read(&volume, w->probe_work, &w->probe));
                survey_add_volume(&w->survey, &device, &w->gpt, ERR_OK, &w->probe, ERR_OK);
        }
        return ERR_OK;
}

static enum err survey_disk(struct work *w, const struct source *disk)
{
        struct survey_device device = { .size_bytes = disk->size_bytes, .sector_bytes = disk->sector_bytes };
        enum err e = gpt_read(disk, w->gpt_work, &w->gpt);

        TRY(survey_add_disk(&w->survey, &device, e == ERR_OK ? &w->gpt : NULL, e));
        if (e == ERR_OK)
                return survey_partitions(w, disk);
        TRY(probe_read(disk, w->probe_work, &w->probe));
        survey_add_volume(&w->survey, &device, NULL, e, &w->probe, ERR_OK);
        return ERR_OK;
}

static enum cli_exit survey_disks(struct work *w, uint32_t sector_bytes)
{
        const char *path;

        for (unsigned i = 0; (path = cli_value_at(w->cli, "disk", i)) != NULL; i++) {
                struct image image;
                enum err e = image_open(path, sector_bytes, &image);

                if (e == ERR_IMAGE_OPEN)
                        return cli_fail(w->cli, CLI_FAILED, "%s: %s", path, strerror(errno));
                if (e == ERR_OK) {
                        e = survey_disk(w, &image.source);
                        image_close(&image);
                }
                if (e != ERR_OK)
                        return cli_fail(w->cli, CLI_FAILED, "%s: %s", path, err_text(e));
        }
        return CLI_OK;
}

static enum cli_exit judge_storage(struct work *w)
{
        unsigned partition;
        enum err e = survey_verdict(&w->survey, &partition);
        struct span name;

        if (e == ERR_OK)
                return CLI_OK;
        name = w->plan->policy.partitions[partition].name;
        return cli_fail(w->cli, CLI_FAILED, "%.*s: %s", (int)name.len, (const char *)name.data, err_text(e));
}

/* ---- trees --------------------------------------------------------------------------------------------------------------- */

static bool skip_path(void *arg, struct span path)
{
        struct work *w = arg;

        return manifest_excludes(w->manifest.walk, path);
}

static enum err add_path(void *arg, const struct manifest_entry *entry)
{
        struct work *w = arg;

        return manifest_add(&w->manifest, entry);
}

static enum err add_content_event(struct work *w, const struct policy_walk *walk, const char *top)
{
        struct machine machine = { .root = "" };
        struct ports ports = machine_ports(&machine);
        struct ports_walk question = { .top = top, .max_bytes = walk->max_bytes, .skip = skip_path, .visit = add_path, .arg = w };
        struct event_content e = { .partition = w->plan->policy.partitions[walk->partition].name };
        struct digest digest;
        struct span content;

        manifest_begin(&w->manifest, walk);
        TRY(ports.tree_walk(ports.context, &question));
        TRY(manifest_end(&w->manifest, &digest));
        e.files = w->manifest.entries;
        e.bytes = w->manifest.bytes;
        memcpy(e.sha256, digest.bytes, sizeof(e.sha256));
        TRY(event_write_content(&e, event_room(), EVENT_BYTES_MAX, &content));
        add_event(w->plan, content);
        return ERR_OK;
}

/* The folder given for a partition, NULL when there is none. */
static const char *find_tree(const struct cli *cli, struct span name)
{
        const char *value;

        for (unsigned i = 0; (value = cli_value_at(cli, "tree", i)) != NULL; i++)
                if (strncmp(value, (const char *)name.data, name.len) == 0 && value[name.len] == '=')
                        return value + name.len + 1;
        return NULL;
}

static enum cli_exit walk_trees(struct work *w, bool *ret_complete)
{
        const struct policy *policy = &w->plan->policy;

        for (unsigned i = 0; i < policy->walk_count; i++) {
                const struct policy_walk *walk = &policy->walks[i];
                const char *given = find_tree(w->cli, policy->partitions[walk->partition].name);
                char *top = given ? realpath(given, NULL) : NULL;
                enum err e;

                if (!given)
                        return CLI_OK;
                if (!top)
                        return cli_fail(w->cli, CLI_FAILED, "%s: %s", given, strerror(errno));
                e = add_content_event(w, walk, top);
                free(top);
                if (e != ERR_OK)
                        return cli_fail(w->cli, CLI_FAILED, "%s: %s", given, err_text(e));
        }
        *ret_complete = true;
        return CLI_OK;
}

/* ---- options and order ----------------------------------------------------------------------------------------------------- */

struct choices {
        enum event_ima ima;
        enum event_load loaded;
        uint32_t sector_bytes;
};

static enum cli_exit read_choices(const struct cli *cli, struct choices *ret)
{
        const char *ima = cli_value(cli, "ima"), *loaded = cli_value(cli, "loaded"), *sector = cli_value(cli, "sector");
        unsigned i = 0, k = EVENT_LOAD_TEXT;

        while (ima && i < EVENT_IMA_COUNT && strcmp(ima, event_ima_text((enum event_ima)i)) != 0)
                i++;
        while (loaded && k < EVENT_LOAD_COUNT && strcmp(loaded, event_load_text((enum event_load)k)) != 0)
                k++;
        if (i == EVENT_IMA_COUNT)
                return cli_fail(cli, CLI_USAGE, "--ima %s: active, tpm-bypass or absent", ima);
        if (k == EVENT_LOAD_COUNT)
                return cli_fail(cli, CLI_USAGE, "--loaded %s: text or path", loaded);
        if (sector && strcmp(sector, "512") != 0 && strcmp(sector, "4096") != 0)
                return cli_fail(cli, CLI_USAGE, "--sector %s: 512 or 4096", sector);
        *ret = (struct choices){ (enum event_ima)i, (enum event_load)k, sector && strcmp(sector, "4096") == 0 ? 4096 : 512 };
        return CLI_OK;
}

static void begin_values(struct plan *plan)
{
        for (unsigned i = 0; i < ALG_COUNT; i++)
                plan->handover[i] = (struct digest){ .alg = (enum alg)i };
}

static enum cli_exit plan_measure(struct work *w, const char *policy_path, const struct choices *choices)
{
        struct signed_file file = { 0 };
        struct sig_signer signer;
        enum cli_exit status = signed_read(w->cli, policy_path, &file);
        enum err e;

        if (status == CLI_OK)
                status = cmd_policy_load(w->cli, policy_path, &w->plan->policy);
        if (status != CLI_OK)
                return status;
        e = signed_verify(&file, &signer);
        if (e != ERR_OK)
                return cli_fail(w->cli, CLI_FAILED, "%s: %s", signed_blame(&file), err_text(e));
        survey_begin(&w->survey, &w->plan->policy);
        status = survey_disks(w, choices->sector_bytes);
        if (status == CLI_OK)
                status = judge_storage(w);
        if (status != CLI_OK)
                return status;
        e = add_policy_event(w, &file, &signer, choices->ima);
        if (e == ERR_OK)
                e = add_storage_event(w);
        if (e == ERR_OK)
                e = add_rules_event(w, choices->loaded);
        return e == ERR_OK ? CLI_OK : cli_fail(w->cli, CLI_FAILED, "%s: %s", policy_path, err_text(e));
}

static enum cli_exit plan_handover(struct work *w)
{
        bool complete = false;
        enum cli_exit status = walk_trees(w, &complete);
        enum err e;

        if (status != CLI_OK || !complete)
                return status;
        e = add_handover_event(w);
        if (e != ERR_OK)
                return cli_fail(w->cli, CLI_FAILED, "%s", err_text(e));
        w->plan->has_handover = true;
        return CLI_OK;
}

enum cli_exit plan_make(const struct cli *cli, const char *policy_path, struct plan *ret_plan)
{
        struct work *w = cli_alloc(sizeof(*w));
        struct choices choices;
        enum cli_exit status = read_choices(cli, &choices);

        memset(w, 0, sizeof(*w));
        memset(ret_plan, 0, sizeof(*ret_plan));
        w->cli = cli;
        w->plan = ret_plan;
        begin_values(ret_plan);
        if (status == CLI_OK)
                status = plan_measure(w, policy_path, &choices);
        if (status != CLI_OK)
                return status;
        memcpy(ret_plan->measure, ret_plan->handover, sizeof(ret_plan->measure));
        return plan_handover(w);
}
