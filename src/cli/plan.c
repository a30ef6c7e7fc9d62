/* SPDX-License-Identifier: Apache-2.0 */
/* A boot on paper: cosima-boot's own stages on a machine of images and files, and what its log says afterwards. */
#include "cli/plan.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>

#include "base/canon.h"
#include "boot/record.h"
#include "boot/stages.h"
#include "cli/cmd_policy.h"
#include "cli/file.h"
#include "cli/paper.h"
#include "cli/print.h"
#include "verify/judge_parts.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* What is worked with while a plan is made; large, so it is not on the stack. */
struct work {
        const struct cli *cli;
        struct plan *plan;
        struct paper paper;
        struct ports ports;
        struct boot boot;
};

/* ---- the machine --------------------------------------------------------------------------------------------------------- */

/* Path and the part behind it as one string that stays. */
static const char *join(const char *path, const char *behind)
{
        size_t size = strlen(path) + strlen(behind) + 1;
        char *joined = cli_alloc(size);

        snprintf(joined, size, "%s%s", path, behind);
        return joined;
}

static const char *beside(const char *path, const char *name)
{
        char *copy = cli_alloc(strlen(path) + 1);

        strcpy(copy, path);
        return join(dirname(copy), name);
}

static enum cli_exit add_files(struct work *w, const char *policy)
{
        const char *sig = cli_value(w->cli, "sig"), *rules = cli_value(w->cli, "rules"), *cert;

        if (!rules)
                rules = beside(policy, "/rules");
        paper_add_file(&w->paper, BOOT_ETC "/policy", policy);
        paper_add_file(&w->paper, BOOT_ETC "/policy.sig", sig ? sig : join(policy, ".sig"));
        paper_add_file(&w->paper, BOOT_ETC "/rules", rules);
        paper_add_file(&w->paper, BOOT_ETC "/rules.sig", join(rules, ".sig"));
        for (unsigned i = 0; (cert = cli_value_at(w->cli, "cert", i)) != NULL; i++) {
                const char name[] = { '/', 'c', 'e', 'r', 't', 's', '/', (char)('a' + i), '\0' };

                if (i == SIG_CERTS_MAX)
                        return cli_fail(w->cli, CLI_USAGE, "--cert: %s", err_text(ERR_SIG_CERTS));
                paper_add_file(&w->paper, join(BOOT_ETC, name), cert);
        }
        return CLI_OK;
}

static enum cli_exit add_disks(struct work *w)
{
        const char *sector = cli_value(w->cli, "sector"), *path;
        uint32_t sector_bytes = sector && strcmp(sector, "4096") == 0 ? 4096 : 512;

        if (sector && strcmp(sector, "512") != 0 && sector_bytes != 4096)
                return cli_fail(w->cli, CLI_USAGE, "--sector %s: 512 or 4096", sector);
        for (unsigned i = 0; (path = cli_value_at(w->cli, "disk", i)) != NULL; i++) {
                enum err e = paper_add_disk(&w->paper, path, sector_bytes);

                if (e != ERR_OK)
                        return cli_fail(w->cli, CLI_FAILED, "%s: %s", path, e == ERR_IMAGE_OPEN ? strerror(errno) : err_text(e));
        }
        return CLI_OK;
}

/* What IMA will be like: the words of the policy event, and one for a kernel that has other rules already. */
static enum cli_exit read_ima(struct work *w)
{
        const char *ima = cli_value(w->cli, "ima"), *loaded = cli_value(w->cli, "loaded");
        unsigned i = 0, k = 0;

        w->paper.other_rules = ima && strcmp(ima, "loaded") == 0;
        if (!ima || w->paper.other_rules)
                ima = event_ima_text(EVENT_IMA_ACTIVE);
        if (!loaded)
                loaded = event_load_text(EVENT_LOAD_TEXT);
        while (i < EVENT_IMA_COUNT && strcmp(ima, event_ima_text((enum event_ima)i)) != 0)
                i++;
        while (k < EVENT_LOAD_COUNT && strcmp(loaded, event_load_text((enum event_load)k)) != 0)
                k++;
        if (i == EVENT_IMA_COUNT)
                return cli_fail(w->cli, CLI_USAGE, "--ima %s: active, tpm-bypass, loaded or absent", ima);
        if (k == EVENT_LOAD_COUNT)
                return cli_fail(w->cli, CLI_USAGE, "--loaded %s: text, path or none", loaded);
        w->paper.ima = (enum event_ima)i;
        w->paper.loads = (enum event_load)k;
        return CLI_OK;
}

static enum cli_exit read_earlier(struct work *w)
{
        const char *path = cli_value(w->cli, "earlier");
        struct span rules;
        enum cli_exit status = path ? file_read(w->cli, path, RENDER_BYTES_MAX, &rules) : CLI_OK;

        if (!path || status != CLI_OK)
                return status;
        memcpy(w->paper.rules, rules.data, rules.len);
        w->paper.rules_len = rules.len;
        w->paper.shows_rules = true;
        return CLI_OK;
}

static enum cli_exit make_machine(struct work *w, const char *policy)
{
        enum cli_exit status;

        paper_begin(&w->paper);
        w->ports = paper_ports(&w->paper);
        w->boot.ports = &w->ports;
        status = read_ima(w);
        if (status == CLI_OK)
                status = read_earlier(w);
        if (status == CLI_OK)
                status = add_files(w, policy);
        return status == CLI_OK ? add_disks(w) : status;
}

/* What is wrong with the signed policy is better said with the names of our files than as the boot will say it. */
static enum cli_exit check_policy(const struct cli *cli, const char *path)
{
        struct signed_file file = { 0 };
        struct sig_signer signer;
        struct policy policy;
        enum cli_exit status = signed_read(cli, path, &file);
        enum err e;

        if (status == CLI_OK)
                status = cmd_policy_load(cli, path, &policy);
        if (status != CLI_OK)
                return status;
        e = signed_verify(&file, &signer);
        return e == ERR_OK ? CLI_OK : cli_fail(cli, CLI_FAILED, "%s: %s", signed_blame(&file), err_text(e));
}

/* ---- handover ------------------------------------------------------------------------------------------------------------ */

const char *plan_tree(const struct cli *cli, struct span partition)
{
        const char *value;

        for (unsigned i = 0; (value = cli_value_at(cli, "tree", i)) != NULL; i++)
                if (strncmp(value, (const char *)partition.data, partition.len) == 0 && value[partition.len] == '=')
                        return value + partition.len + 1;
        return NULL;
}

/* Whether every partition that will be walked has a tree. One that is not as declared is not walked. */
static enum cli_exit find_trees(struct work *w, bool *ret_complete)
{
        const struct policy *policy = &w->boot.policy;
        bool complete = true;

        for (unsigned i = 0; i < policy->walk_count; i++) {
                unsigned partition = policy->walks[i].partition;
                const char *given = plan_tree(w->cli, policy->partitions[partition].name);

                if (strcmp(survey_state(&w->boot.survey, partition), "present") != 0)
                        continue;
                complete = complete && given;
                if (!given)
                        continue;
                w->paper.room_bytes[partition] = w->boot.survey.partitions[partition].candidates[0].device.size_bytes;
                w->paper.tops[partition] = realpath(given, NULL);
                if (!w->paper.tops[partition] || strlen(w->paper.tops[partition]) > MANIFEST_PATH_MAX)
                        return cli_fail(w->cli, CLI_FAILED, "%s: %s", given, strerror(w->paper.tops[partition] ? ENAMETOOLONG : errno));
        }
        *ret_complete = complete;
        return CLI_OK;
}

/* What is mounted is what was measured, with the files of the trees; so far as it was there to be mounted. */
static enum err hand_over(struct boot *b)
{
        const struct paper *p = b->ports->context;
        struct event_mount mounts[POLICY_PARTITIONS_MAX];

        for (unsigned i = 0; i < b->policy.partition_count; i++) {
                bool present = strcmp(b->notes[i].state, "present") == 0;

                mounts[i] = (struct event_mount){ b->policy.partitions[i].name, present ? ERR_OK : ERR_BOOT_NOT_MOUNTED };
                if (p->tops[i])
                        strcpy(b->places[i].point, p->tops[i]);
        }
        return handover_record(b, mounts);
}

static const struct boot_stage handover_stages[] = {
        { "log",      history_for_handover, BOOT_STOP },
        { "tpm",      handover_open_tpm,    BOOT_GO_ON },
        { "notes",    notes_read,           BOOT_STOP },
        { "policy",   trust_reread_policy,  BOOT_STOP },
        { "handover", hand_over,            BOOT_GO_ON },
};

static void begin_handover(struct boot *b, const struct ports *ports)
{
        memset(b, 0, sizeof(*b));
        b->ports = ports;
}

static enum cli_exit plan_handover(struct work *w)
{
        bool complete = true;
        enum cli_exit status = w->boot.trusted ? find_trees(w, &complete) : CLI_OK;

        if (status != CLI_OK || !complete || w->paper.halted)
                return status;
        begin_handover(&w->boot, &w->ports);
        (void)boot_run(&w->boot, handover_stages, COUNT(handover_stages));
        w->plan->tree_count = w->paper.tree_count;
        memcpy(w->plan->handover, w->paper.pcr, sizeof(w->paper.pcr));
        w->plan->has_handover = true;
        return CLI_OK;
}

/* ---- what came of it ----------------------------------------------------------------------------------------------------- */

static struct span text_of(struct span content, const char *key)
{
        struct span value, text = { NULL, 0 };

        return canon_member(content, key, &value) == ERR_OK && canon_plain_string(value, &text) == ERR_OK ? text : span_of(NULL, 0);
}

/* The failure in words, and what it is about. */
static enum cli_exit refuse(const struct cli *cli, struct span content)
{
        struct span detail = text_of(content, "detail"), subject = detail.len > 0 ? detail : text_of(content, "stage");

        return cli_fail(cli, CLI_FAILED, "%.*s: %s", (int)subject.len, (const char *)subject.data,
                        err_text(judge_events_error(text_of(content, "error"))));
}

static enum cli_exit read_log(struct work *w, bool failing)
{
        struct plan *plan = w->plan;
        struct cel_record record;

        for (struct cel_reader r = cel_reader_on(w->paper.log); !cel_done(&r);) {
                enum event_type type;
                bool failed;
                enum err e = cel_next(&r, &record);

                if (e == ERR_OK)
                        e = event_type_of(record.content, &type);
                if (e != ERR_OK || plan->event_count == PLAN_EVENTS_MAX)
                        return cli_fail(w->cli, CLI_FAILED, "the boot on paper left a log that cannot be read: %s", err_text(e));
                failed = type == EVENT_FAILURE;
                plan->pcr = record.pcr;
                plan->failure_count += failed;
                if (failed && !failing)
                        return refuse(w->cli, record.content);
                if (!record.info)
                        plan->events[plan->event_count++] = record.content;
        }
        return CLI_OK;
}

enum cli_exit plan_make(const struct cli *cli, const char *policy_path, struct plan *ret_plan)
{
        struct work *w = cli_alloc(sizeof(*w));
        bool failing = cli_flag(cli, "failing");
        enum cli_exit status;

        memset(w, 0, sizeof(*w));
        memset(ret_plan, 0, sizeof(*ret_plan));
        w->cli = cli;
        w->plan = ret_plan;
        w->paper.cli = cli;
        ret_plan->trees = w->paper.trees;
        status = make_machine(w, policy_path);
        if (status == CLI_OK && !failing)
                status = check_policy(cli, policy_path);
        if (status != CLI_OK)
                return status;
        (void)boot_measure(&w->boot);
        memcpy(ret_plan->measure, w->paper.pcr, sizeof(w->paper.pcr));
        status = plan_handover(w);
        return status == CLI_OK ? read_log(w, failing) : status;
}
