/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of cosima-boot, each as the list of its stages. */
#include "boot/record.h"
#include "boot/stages.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct boot_stage measure_stages[] = {
        { "prepare", prepare_mounts,      BOOT_RECORD_LATER },
        { "lock",    prepare_lock,        BOOT_RECORD_LATER },
        { "log",     history_for_measure, BOOT_STOP },
        { "policy",  trust_verify_policy, BOOT_STOP },
        { "tpm",     measure_try_tpm,     BOOT_GO_ON },
        { "udev",    disks_await_udev,    BOOT_GO_ON },
        { "disks",   disks_survey,        BOOT_GO_ON },
        { "tpm",     measure_open_tpm,    BOOT_GO_ON },
        { "policy",  measure_policy,      BOOT_STOP },
        { "storage", measure_storage,     BOOT_GO_ON },
        { "mounts",  handover_check_unmounted, BOOT_GO_ON },
        { "rules",   rules_measure,       BOOT_GO_ON },
        { "notes",   notes_write,         BOOT_GO_ON },
};

static const struct boot_stage handover_stages[] = {
        { "prepare",  prepare_run_folder,   BOOT_RECORD_LATER },
        { "lock",     prepare_lock,         BOOT_RECORD_LATER },
        { "log",      history_for_handover, BOOT_STOP },
        { "tpm",      handover_open_tpm,    BOOT_GO_ON },
        { "notes",    notes_read,           BOOT_STOP },
        { "policy",   trust_reread_policy,  BOOT_STOP },
        { "handover", handover_measure,     BOOT_GO_ON },
};

static const struct boot_stage fail_stages[] = {
        { "prepare", prepare_run_folder, BOOT_RECORD_LATER },
        { "lock",    prepare_lock,       BOOT_RECORD_LATER },
        { "log",     history_for_fail,   BOOT_GO_ON },
        { "fail",    fail_with_reason,   BOOT_STOP },
};

/* Only a policy that was verified may stop the machine, and only after the failure was extended. */
static void halt_if_told(struct boot *b)
{
        if (b->failures == 0 || !b->trusted || b->policy.on_failure != POLICY_HALT)
                return;
        b->ports->say(b->ports->context, "halting, as the policy says on-failure halt");
        b->ports->halt(b->ports->context);
}

static void remember(struct boot *b, const char *stage, enum err e)
{
        if (e == ERR_OK || b->later.stage)
                return;
        b->later.stage = stage;
        b->later.error = e;
        b->later.detail = b->detail;
}

/* A run that has nothing to do fails by nothing either. */
static void record_remembered(struct boot *b)
{
        struct text detail = b->detail;

        if (!b->later.stage || b->finished)
                return;
        b->detail = b->later.detail;
        record_failure(b, b->later.stage, b->later.error);
        b->later.stage = NULL;
        b->detail = detail;
}

int boot_run(struct boot *b, const struct boot_stage *stages, unsigned count)
{
        b->pcr = BOOT_DEFAULT_PCR;
        b->started_ms = b->ports->now_ms(b->ports->context);
        for (unsigned i = 0; i < count && !b->finished; i++) {
                enum err e;

                text_begin(&b->detail);
                e = stages[i].run(b);
                if (stages[i].on_failure == BOOT_RECORD_LATER) {
                        remember(b, stages[i].name, e);
                        continue;
                }
                record_remembered(b);
                if (e == ERR_OK)
                        continue;
                record_failure(b, stages[i].name, e);
                if (stages[i].on_failure == BOOT_STOP)
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
