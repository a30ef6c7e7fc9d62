/* SPDX-License-Identifier: Apache-2.0 */
/* What a first boot would show, taken from its parts. */
#include "cli/offline.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "cli/cmd_policy.h"
#include "cli/entries.h"
#include "cli/file.h"
#include "cli/globs.h"
#include "cli/node.h"
#include "cli/plan.h"
#include "cli/print.h"
#include "verify/baseline.h"

#define AK_BYTES_MAX 16384
#define NAMES_SHOWN 10

struct offline {
        const struct cli *cli;
        struct policy policy;
        struct plan plan;
        struct baseline baseline;
        struct node_request quoted; /* which PCRs the node will quote */
        struct globs allowed, excluded;
        struct entries entries;
        char path[2 * MANIFEST_PATH_MAX + 2];
        size_t point_len;
        unsigned odd_names;
};

/* ---- mounts ---------------------------------------------------------------------------------------------------------------- */

static const char *mount_point(const struct cli *cli, struct span partition)
{
        const char *value;

        for (unsigned i = 0; (value = cli_value_at(cli, "mount", i)) != NULL; i++)
                if (strncmp(value, (const char *)partition.data, partition.len) == 0 && value[partition.len] == '=')
                        return value + partition.len + 1;
        if (span_equal_str(partition, "COS_OEM"))
                return "/oem";
        return span_equal_str(partition, "COS_PERSISTENT") ? "/usr/local" : NULL;
}

static bool is_walked(const struct policy *policy, unsigned partition)
{
        for (unsigned i = 0; i < policy->walk_count; i++)
                if (policy->walks[i].partition == partition)
                        return true;
        return false;
}

static enum cli_exit set_mounts(struct offline *o)
{
        const struct policy *policy = &o->policy;
        struct baseline *b = &o->baseline;

        for (unsigned i = 0; i < policy->partition_count; i++) {
                struct span name = policy->partitions[i].name;
                const char *point = mount_point(o->cli, name);

                if (!point || point[0] != '/' || point[1] == '\0' || point[strlen(point) - 1] == '/')
                        return cli_fail(o->cli, CLI_USAGE, "--mount %.*s=/DIR is needed: where is it mounted?", (int)name.len,
                                        (const char *)name.data);
                b->mounts[b->mount_count++] =
                        (struct alias_mount){ name, span_of_str(point), span_of_str("/"), is_walked(policy, i) };
        }
        return CLI_OK;
}

/* ---- files ----------------------------------------------------------------------------------------------------------------- */

static struct span path_at_point(struct offline *o, struct span path)
{
        memcpy(o->path + o->point_len, path.data, path.len);
        return span_of(o->path, o->point_len + path.len);
}

static void set_point(struct offline *o, const struct alias_mount *mount)
{
        memcpy(o->path, mount->point.data, mount->point.len);
        o->point_len = mount->point.len;
}

/* Files that are not enrolled need not be read, unless they are part of a walk. */
static bool leave_out(void *arg, struct span path)
{
        struct offline *o = arg;
        struct span full = path_at_point(o, path);

        return (o->allowed.count > 0 && glob_matches(&o->allowed.set, full)) || (o->excluded.count > 0 && glob_matches(&o->excluded.set, full));
}

/* A line feed ends a line in many a log, and bytes that are no text are spelled differently by everybody. */
static void warn_of_name(struct offline *o, struct span path)
{
        bool odd = !json_is_utf8(path);

        for (size_t i = 0; !odd && i < path.len; i++)
                odd = path.data[i] < ' ' || path.data[i] == 0x7f;
        if (!odd)
                return;
        o->odd_names++;
        if (o->odd_names > NAMES_SHOWN)
                return;
        fprintf(stderr, "%s: warning: ", o->cli->name);
        print_escaped(stderr, path);
        fputs(": a name with control characters or invalid UTF-8, which tools that read logs stumble over\n", stderr);
}

static void add_files(struct offline *o, const struct gather *tree)
{
        for (size_t i = 0; i < tree->count; i++) {
                const struct manifest_entry *e = tree->entries[i];
                char text[BASELINE_DIGEST_BYTES];
                struct span path, digest;

                if (e->type != 'f' || leave_out(o, e->path))
                        continue;
                path = path_at_point(o, e->path);
                warn_of_name(o, path);
                digest = baseline_digest_text(span_of_str("sha256"), span_of(e->sha256, sizeof(e->sha256)), text);
                entries_add(&o->entries, &o->baseline, path, digest, 0);
        }
}

/* What the boot on paper has read already. */
static const struct gather *walked_tree(const struct offline *o, const char *top)
{
        char *real = realpath(top, NULL);
        const struct gather *found = NULL;

        for (unsigned i = 0; real && i < o->plan.tree_count; i++)
                if (strcmp(o->plan.trees[i].top, real) == 0)
                        found = &o->plan.trees[i];
        free(real);
        return found;
}

static enum cli_exit gather_files(struct offline *o)
{
        for (unsigned i = 0; i < o->policy.partition_count; i++) {
                const struct gather *walked;
                struct gather tree = { .top = plan_tree(o->cli, o->policy.partitions[i].name), .leave_out = leave_out, .arg = o };
                enum cli_exit status = CLI_OK;

                if (!tree.top)
                        continue;
                walked = walked_tree(o, tree.top);
                set_point(o, &o->baseline.mounts[i]);
                if (!walked)
                        status = gather_tree(o->cli, &tree);
                if (status != CLI_OK)
                        return status;
                add_files(o, walked ? walked : &tree);
        }
        if (o->odd_names > NAMES_SHOWN)
                fprintf(stderr, "%s: warning: and %u more names like these\n", o->cli->name, o->odd_names - NAMES_SHOWN);
        return CLI_OK;
}

/* ---- the rest of the baseline ------------------------------------------------------------------------------------------------ */

static struct span member(struct span event, const char *key)
{
        struct span value, text;

        return canon_member(event, key, &value) == ERR_OK && canon_plain_string(value, &text) == ERR_OK ? text : span_of(NULL, 0);
}

static enum cli_exit set_ak(struct offline *o)
{
        const char *path = cli_value(o->cli, "ak");
        struct span pem;
        enum cli_exit status = file_read(o->cli, path, AK_BYTES_MAX, &pem);
        enum err e;

        if (status != CLI_OK)
                return status;
        e = quote_ak_sha256(pem, o->baseline.ak_sha256);
        return e == ERR_OK ? CLI_OK : cli_fail(o->cli, CLI_USAGE, "%s: %s", path, err_text(e));
}

static enum err take_event(struct baseline *b, struct span event)
{
        struct span type = member(event, "event");

        if (span_equal_str(type, "storage"))
                b->storage = event;
        if (span_equal_str(type, "content") && b->content_count < BASELINE_CONTENT_MAX)
                b->content[b->content_count++] = event;
        if (!span_equal_str(type, "policy"))
                return ERR_OK;
        TRY(hex_decode(member(event, "sha256"), sizeof(b->policy_sha256), b->policy_sha256));
        return hex_decode(member(event, "signer"), sizeof(b->policy_signer), b->policy_signer);
}

static enum cli_exit set_facts(struct offline *o)
{
        const struct plan *plan = &o->plan;
        struct baseline *b = &o->baseline;

        b->policy_name = o->policy.name;
        b->policy_version = o->policy.version;
        b->pcr = plan->pcr;
        for (unsigned i = 0; i < o->quoted.selection_count; i++) {
                enum alg alg = o->quoted.selections[i].alg;

                b->selection[alg] = o->quoted.selections[i].pcrs;
                b->pcrs.digests[b->pcrs.count++] = plan->handover[alg];
        }
        for (unsigned i = 0; i < plan->event_count; i++) {
                enum err e = take_event(b, plan->events[i]);

                if (e != ERR_OK)
                        return cli_fail(o->cli, CLI_FAILED, "%s: %s", cli_value(o->cli, "policy"), err_text(e));
        }
        return CLI_OK;
}

static enum cli_exit set_patterns(struct offline *o)
{
        struct baseline *b = &o->baseline;
        enum cli_exit status = globs_read(o->cli, "allow", b->mounts, b->mount_count, &o->allowed);

        if (status == CLI_OK)
                status = globs_read(o->cli, "exclude", b->mounts, b->mount_count, &o->excluded);
        if (status == CLI_OK)
                status = entries_write_allowed(o->cli, o->allowed.patterns, o->allowed.count, &b->allowed);
        return status;
}

static enum cli_exit check_options(const struct cli *cli)
{
        static const char *const needed[] = { "policy", "disk", "tree", "ak" };

        for (unsigned i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
                if (!cli_value(cli, needed[i]))
                        return cli_fail(cli, CLI_USAGE, "either --evidence is needed, or --policy, --disk, --tree and --ak");
        return CLI_OK;
}

enum cli_exit offline_enroll(const struct cli *cli)
{
        struct offline *o = cli_alloc(sizeof(*o));
        enum cli_exit status = check_options(cli);

        o->cli = cli;
        if (status == CLI_OK)
                status = node_parse_pcrs(cli, cli_value(cli, "pcrs") ? cli_value(cli, "pcrs") : "0-15", &o->quoted);
        if (status == CLI_OK)
                status = set_ak(o);
        if (status == CLI_OK)
                status = cmd_policy_load(cli, cli_value(cli, "policy"), &o->policy);
        if (status == CLI_OK)
                status = plan_make(cli, cli_value(cli, "policy"), &o->plan);
        if (status == CLI_OK && !o->plan.has_handover)
                status = cli_fail(cli, CLI_USAGE, "a --tree is needed for each partition that the policy walks");
        if (status == CLI_OK)
                status = set_mounts(o);
        if (status == CLI_OK)
                status = set_patterns(o);
        if (status == CLI_OK)
                status = gather_files(o);
        if (status == CLI_OK)
                status = set_facts(o);
        if (status != CLI_OK)
                return status;
        return entries_write_baseline(cli, &o->baseline, &o->entries);
}
