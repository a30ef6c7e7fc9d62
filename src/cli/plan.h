/* SPDX-License-Identifier: Apache-2.0 */
/* The events that a boot without failures will measure, made from a signed policy, disk images and trees of files. */
#ifndef CLI_PLAN_H
#define CLI_PLAN_H

#include "cli/signed.h"
#include "event/event.h"
#include "trust/policy.h"

#define PLAN_EVENTS_MAX (4 + POLICY_WALKS_MAX) /* policy, storage, ima-policy, handover, and a content event a walk */

struct plan {
        struct policy policy;
        unsigned event_count;
        struct span events[PLAN_EVENTS_MAX];
        bool has_handover;                  /* all trees were there */
        struct digest measure[ALG_COUNT];  /* the policy's PCR after `cosima-boot measure`, by bank */
        struct digest handover[ALG_COUNT]; /* after `cosima-boot handover`; with has_handover only */
};

/*
 * Make the plan from the options --sig, --cert, --disk, --tree, --sector, --ima and --loaded. Says on standard error what is wrong: CLI_FAILED
 * when such a boot would not be without failure, CLI_USAGE for options that make no sense.
 */
enum cli_exit plan_make(const struct cli *cli, const char *policy_path, struct plan *ret_plan);

#endif
