/* SPDX-License-Identifier: Apache-2.0 */
/* cosima predict: what the PCR will hold after a boot from these disks under this policy, computed by the code that measures. */
#include <stdlib.h>

#include "cli/cmd_policy.h"
#include "cli/commands.h"
#include "cli/plan.h"
#include "cli/print.h"

#define JSON_BYTES (PLAN_EVENTS_MAX * EVENT_BYTES_MAX + 16384)

static void put_values(struct json_writer *w, const char *key, const struct digest *pcr)
{
        json_key(w, key);
        json_object_open(w);
        for (unsigned i = 0; i < ALG_COUNT; i++)
                json_put_hex(w, alg_info((enum alg)i)->name, digest_span(&pcr[i]));
        json_object_close(w);
}

static enum cli_exit print_plan_json(const struct cli *cli, const struct plan *plan)
{
        struct json_writer w = json_writer_on(cli_alloc(JSON_BYTES), JSON_BYTES);

        json_object_open(&w);
        json_key(&w, "events");
        json_array_open(&w);
        for (unsigned i = 0; i < plan->event_count; i++)
                json_raw(&w, plan->events[i]);
        json_array_close(&w);
        json_put_u64(&w, "failures", plan->failure_count);
        if (plan->has_handover)
                put_values(&w, "handover", plan->handover);
        put_values(&w, "measure", plan->measure);
        json_put_u64(&w, "pcr", plan->pcr);
        json_object_close(&w);
        return print_json(cli, &w);
}

static void print_values(const char *when, unsigned pcr, const struct digest *values)
{
        printf("PCR %u %s\n", pcr, when);
        for (unsigned i = 0; i < ALG_COUNT; i++) {
                printf("  %-8s", alg_info((enum alg)i)->name);
                print_hex(stdout, digest_span(&values[i]));
                putchar('\n');
        }
}

static void print_plan(const struct plan *plan)
{
        if (plan->failure_count > 0)
                puts("THIS BOOT FAILS: these values are for comparison, never to be pinned");
        print_values("after measure, while COS_OEM and COS_PERSISTENT are not mounted yet", plan->pcr, plan->measure);
        if (plan->has_handover)
                print_values("after handover", plan->pcr, plan->handover);
        else
                puts("after handover: not known without --tree for each partition that the policy walks; there is none after a halt");
}

static enum cli_exit run_predict(const struct cli *cli)
{
        struct plan *plan = cli_alloc(sizeof(*plan));
        enum cli_exit status = plan_make(cli, cli_value(cli, "policy"), plan);

        if (status != CLI_OK)
                return status;
        if (cli->json)
                return print_plan_json(cli, plan);
        print_plan(plan);
        return CLI_OK;
}

static const struct cli_option options[] = {
        { "policy", "FILE", "the policy that will be in the initramfs", CLI_REQUIRED },
        SIGNED_OPTION_SIG,
        SIGNED_OPTION_CERT,
        { "disk", "FILE", "an image of a disk that will be there, or the block device", CLI_REQUIRED | CLI_REPEAT },
        { "tree", "NAME=DIR", "the files of a partition that the policy walks, with their owners and modes", CLI_REPEAT },
        { "sector", "BYTES", "logical sector size of the disks in image files: 512 (the default) or 4096", 0 },
        { "ima", "STATE", "what IMA will be: active (the default), tpm-bypass, loaded (it has other rules already) or absent", 0 },
        { "loaded", "HOW", "how the kernel will take the rules: text (the default), path (signed ones only) or none", 0 },
        { "rules", "FILE", "the signed rules for --loaded path, with FILE.sig; default: rules beside the policy", 0 },
        { "earlier", "FILE", "rules that the image loads before cosima, on a kernel that takes some at any time", 0 },
        { "failing", NULL, "say what a boot that fails will leave, too, with the events of its failures", 0 },
        { NULL, NULL, NULL, 0 },
};

const struct cli_command cmd_predict = {
        .name = "predict",
        .summary = "Compute the PCR values that a boot will leave, before it happens",
        .details = "cosima-boot's own code runs on a machine of these files, so the values are those of its boot, in every bank that cosima knows.\n"
                   "Exit status 1: a boot without failures is not possible with them, and why.\n"
                   "With --failing the values of such a boot are told all the same. NEVER PIN OR SEAL TO A VALUE OF A FAILING BOOT: whoever can make\n"
                   "the boot fail would then be trusted. They serve to compare what was predicted with what was quoted; \"failures\" counts them.",
        .example = "cosima predict --policy policy --cert leaf.pem --disk disk.img --tree COS_OEM=oem/",
        .json = true,
        .options = options,
        .run = run_predict,
};
