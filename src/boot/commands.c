/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of cosima-boot, each as the list of its stages. */
#include "boot/record.h"
#include "boot/stages.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct boot_stage measure_stages[] = {
        /* stage       run                  stops */
        { "prepare", prepare_mounts,      false },
        { "lock",    prepare_lock,        false },
        { "log",     history_for_measure, true },
        { "policy",  trust_verify_policy, true },
        { "disks",   disks_survey,        false },
        { "tpm",     measure_open_tpm,    false },
        { "policy",  measure_policy,      true },
        { "storage", measure_storage,     false },
        { "rules",   rules_measure,       false },
        { "notes",   notes_write,         false },
};

static const struct boot_stage handover_stages[] = {
        { "prepare",  prepare_run_folder,   false },
        { "lock",     prepare_lock,         false },
        { "log",      history_for_handover, true },
        { "tpm",      handover_open_tpm,    false },
        { "notes",    notes_read,           true },
        { "policy",   trust_reread_policy,  true },
        { "handover", handover_measure,     false },
};

static const struct boot_stage fail_stages[] = {
        { "prepare", prepare_run_folder, false },
        { "lock",    prepare_lock,       false },
        { "log",     history_for_fail,   false },
        { "fail",    fail_with_reason,   true },
};

/* Only a policy that was verified may stop the machine, and only after the failure was extended. */
static void halt_if_told(struct boot *b)
{
        if (b->failures == 0 || !b->trusted || b->policy.on_failure != POLICY_HALT)
                return;
        b->ports->say(b->ports->context, "halting, as the policy says on-failure halt");
        b->ports->halt(b->ports->context);
}

int boot_run(struct boot *b, const struct boot_stage *stages, unsigned count)
{
        b->pcr = BOOT_DEFAULT_PCR;
        b->started_ms = b->ports->now_ms(b->ports->context);
        for (unsigned i = 0; i < count && !b->finished; i++) {
                enum err e;

                text_begin(&b->detail);
                e = stages[i].run(b);
                if (e == ERR_OK)
                        continue;
                record_failure(b, stages[i].name, e);
                if (stages[i].stops)
                        break;
        }
        halt_if_told(b);
        b->ports->tpm_close(b->ports->context);
        return b->failures == 0 ? 0 : 1;
}

int boot_measure(struct boot *b)
{
        return boot_run(b, measure_stages, COUNT(measure_stages));
}

int boot_handover(struct boot *b)
{
        return boot_run(b, handover_stages, COUNT(handover_stages));
}

int boot_fail(struct boot *b)
{
        return boot_run(b, fail_stages, COUNT(fail_stages));
}
