/* SPDX-License-Identifier: Apache-2.0 */
/* cosima policy check: is this a policy that cosima-boot and the kernel will take? */
#include <inttypes.h>
#include <unistd.h>

#include "cli/cmd_policy.h"
#include "cli/collide.h"
#include "cli/print.h"
#include "cli/rootfs.h"
#include "format/class.h"

#define JSON_BYTES (256u * 1024) /* names, one word of at most 4000 bytes, and what is found in an image */

static void put_error(struct json_writer *w, const struct policy_error *error)
{
        json_key(w, "error");
        json_object_open(w);
        json_put_str(w, "code", err_name(error->code));
        json_put_u64(w, "line", error->line_no);
        json_put_str(w, "reason", err_text(error->code));
        json_put_text(w, "token", error->token);
        json_object_close(w);
}

static void put_classes(struct json_writer *w, unsigned classes)
{
        json_key(w, "classes");
        json_array_open(w);
        if (classes & CLASS_CONFIG)
                json_str(w, "config");
        if (classes & CLASS_IDENTITY)
                json_str(w, "identity");
        if (classes & CLASS_LAYOUT)
                json_str(w, "layout");
        json_array_close(w);
}

static void put_policy(struct json_writer *w, const struct policy *p)
{
        json_key(w, "policy");
        json_object_open(w);
        put_classes(w, p->classes);
        json_put_str(w, "disks", p->disks == POLICY_DISKS_CLOSED ? "closed" : "open");
        json_put_str(w, "kernel", rules_kernel_name(p->kernel));
        json_put_text(w, "name", p->name);
        json_put_str(w, "on-failure", p->on_failure == POLICY_HALT ? "halt" : "continue");
        json_key(w, "partitions");
        json_array_open(w);
        for (unsigned i = 0; i < p->partition_count; i++)
                json_text(w, p->partitions[i].name);
        json_array_close(w);
        json_put_u64(w, "pcr", p->pcr);
        json_put_u64(w, "rules", p->rule_count);
        json_put_u64(w, "version", p->version);
        json_put_u64(w, "wait", p->wait_s);
        json_put_u64(w, "walks", p->walk_count);
        json_object_close(w);
}

static void put_image(struct json_writer *w, const struct collide *c)
{
        json_key(w, "image");
        json_array_open(w);
        for (unsigned i = 0; i < c->count; i++) {
                json_object_open(w);
                json_put_str(w, "code", c->findings[i].code);
                json_put_bool(w, "collides", c->findings[i].collides);
                json_put_text(w, "file", span_of_str(c->findings[i].file));
                json_put_u64(w, "line", c->findings[i].line_no);
                json_put_str(w, "text", c->findings[i].text);
                json_object_close(w);
        }
        json_array_close(w);
}

static enum cli_exit print_check(const struct cli *cli, const char *path, const struct policy *p, const struct policy_error *error,
                                 const struct collide *image)
{
        struct json_writer w = json_writer_on(cli_alloc(JSON_BYTES), JSON_BYTES);

        json_object_open(&w);
        if (error->code != ERR_OK)
                put_error(&w, error);
        json_put_text(&w, "file", span_of_str(path));
        if (image)
                put_image(&w, image);
        if (error->code == ERR_OK)
                put_policy(&w, p);
        json_put_bool(&w, "valid", error->code == ERR_OK);
        json_object_close(&w);
        return print_json(cli, &w);
}

/* With --kernel the policy must do with that kernel; "newer" is the newest whose grammar we know. */
static enum cli_exit check_kernel(const struct cli *cli, const struct policy *p, struct policy_error *ret_error)
{
        const char *name = cli_value(cli, "kernel");
        enum rules_kernel kernel = RULES_KERNEL_7_2;

        if (!name)
                return CLI_OK;
        if (strcmp(name, "newer") != 0 && !rules_kernel_by_name(span_of_str(name), &kernel))
                return cli_fail(cli, CLI_USAGE, "--kernel: %s", err_text(ERR_POLICY_KERNEL));
        if (p->kernel <= kernel)
                return CLI_OK;
        *ret_error = (struct policy_error){ .code = ERR_RULES_KERNEL, .token = span_of_str(rules_kernel_name(p->kernel)) };
        return CLI_FAILED;
}

static void print_summary(const char *path, const struct policy *p)
{
        printf("%s: %.*s version %" PRIu32 ", PCR %u, %u partitions, %u walks, %u rules\n", path, (int)p->name.len, (const char *)p->name.data,
               p->version, p->pcr, p->partition_count, p->walk_count, p->rule_count);
}

static void print_image(const struct collide *c)
{
        for (unsigned i = 0; i < c->count; i++) {
                const struct collide_finding *f = &c->findings[i];

                if (!f->collides)
                        fputs("note: ", stdout);
                print_escaped(stdout, span_of_str(f->file));
                if (f->line_no > 0)
                        printf(":%u", f->line_no);
                printf(": %s\n", f->text);
        }
}

/* With --root the image must not get in the way; NULL without. */
static enum cli_exit check_image(const struct cli *cli, const struct policy *p, struct collide **ret_image)
{
        const char *root = cli_value(cli, "root");
        enum cli_exit status;
        int top;

        *ret_image = NULL;
        if (!root)
                return CLI_OK;
        status = rootfs_open(cli, root, &top);
        if (status != CLI_OK)
                return status;
        *ret_image = cli_alloc(sizeof(**ret_image));
        collide_find(top, p, *ret_image);
        close(top);
        return CLI_OK;
}

static enum cli_exit check_one(const struct cli *cli, const char *path)
{
        struct policy_error error = { 0 };
        struct collide *image = NULL;
        struct policy policy;
        enum cli_exit status = cmd_policy_read(cli, path, &policy, &error);

        if (status == CLI_OK)
                status = check_kernel(cli, &policy, &error);
        if (status != CLI_OK && error.code == ERR_OK)
                return status; /* it was said already */
        if (status == CLI_OK) {
                status = check_image(cli, &policy, &image);
                if (status != CLI_OK)
                        return status;
                if (image && collide_is_bad(image))
                        status = CLI_FAILED;
        }
        if (cli->json) {
                enum cli_exit printed = print_check(cli, path, &policy, &error, image);

                return printed > status ? printed : status;
        }
        if (error.code == ERR_OK)
                print_summary(path, &policy);
        else
                cmd_policy_refuse(path, &error);
        if (image)
                print_image(image);
        return status;
}

static enum cli_exit run_check(const struct cli *cli)
{
        enum cli_exit worst = CLI_OK;

        for (unsigned i = 0; i < cli->argument_count; i++) {
                enum cli_exit status = check_one(cli, cli->arguments[i]);

                worst = status > worst ? status : worst;
        }
        return worst;
}

static const struct cli_option check_options[] = {
        { "kernel", "VERSION", "the oldest kernel of the fleet: 6.1 (the default of a policy), 6.12 or newer", 0 },
        { "root", "DIR", "an image's tree: says what in it would get in the way of the rules", 0 },
        { NULL, NULL, NULL, 0 },
};

const struct cli_command cmd_policy_check = {
        .name = "check",
        .summary = "Judge policies as cosima-boot and the kernel will",
        .details = "Says FILE:LINE: reason for the first thing that is wrong. The format is described in policy/README.md.",
        .example = "cosima policy check policy/kairos-grub\n"
                   "cosima policy check policy/kairos-grub --root /mnt/image",
        .arguments = "POLICY...",
        .arguments_min = 1,
        .arguments_max = 256,
        .json = true,
        .options = check_options,
        .run = run_check,
};
