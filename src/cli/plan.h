/* SPDX-License-Identifier: Apache-2.0 */
/* A boot on paper: the events that it will measure, made by cosima-boot's own code from a signed policy, disk images and trees of files. */
#ifndef CLI_PLAN_H
#define CLI_PLAN_H

#include "cli/gather.h"
#include "cli/signed.h"
#include "event/event.h"
#include "trust/policy.h"

#define PLAN_EVENTS_MAX (32 + 2 * POLICY_WALKS_MAX) /* those of a boot, with a failure of each stage and each walk */

struct plan {
        unsigned pcr;
        unsigned event_count;
        struct span events[PLAN_EVENTS_MAX];
        unsigned failure_count;            /* of these events */
        unsigned tree_count;
        const struct gather *trees;        /* the folders that the boot reads, by their real paths */
        bool has_handover;                 /* all trees were there, and the boot gets that far */
        struct digest measure[ALG_COUNT];  /* the PCR after `cosima-boot measure`, by bank */
        struct digest handover[ALG_COUNT]; /* after `cosima-boot handover`; with has_handover only */
};

/*
 * Make the plan from the options --sig, --cert, --disk, --tree, --sector, --ima, --loaded, --rules, --earlier and --failing. Says on standard error what is
 * wrong: CLI_FAILED when the boot would not be without failure (unless --failing asks for that), CLI_USAGE for options that make no sense.
 */
enum cli_exit plan_make(const struct cli *cli, const char *policy_path, struct plan *ret_plan);

/* The folder that --tree gives for a partition, NULL when there is none. */
const char *plan_tree(const struct cli *cli, struct span partition);

#endif
