/* SPDX-License-Identifier: Apache-2.0 */
/* The stages of the commands, in the order in which they are used. Each may be run alone by a test. */
#ifndef BOOT_STAGES_H
#define BOOT_STAGES_H

#include "boot/boot.h"

/* prepare.c: proc, sysfs, devtmpfs, securityfs and a tmpfs at BOOT_RUN, where they are missing. ERR_MOUNTS_MOUNT, ERR_FILE_WRITE. */
enum err prepare_mounts(struct boot *b);
/* One cosima at a time. ERR_EVENTLOG_LOCKED: after a long wait we go on without, since a failure must not be lost. */
enum err prepare_lock(struct boot *b);
/* BOOT_RUN and the lock alone, for a system that is up. */
enum err prepare_run_folder(struct boot *b);

/* history.c: what the log says was done, and whether that leaves anything to do. ERR_BOOT_LOG, ERR_BOOT_INTERRUPTED, ERR_BOOT_NOT_MEASURED. */
enum err history_for_measure(struct boot *b);
enum err history_for_handover(struct boot *b);
enum err history_for_fail(struct boot *b);

/* trust.c: read the policy, its signature and the certificates; verify, parse. ERR_BOOT_NO_*, ERR_SIG_*, ERR_POLICY_*, ERR_RULES_*. */
enum err trust_verify_policy(struct boot *b);
/* The policy that was verified when measuring, from BOOT_RUN: its digest stands in the log. ERR_BOOT_POLICY_CHANGED. */
enum err trust_reread_policy(struct boot *b);
/* The PCR for a failure when there is no policy to trust; see BOOT_DEFAULT_PCR. */
unsigned trust_guess_pcr(struct span policy_text);
/* Likewise, from the policy that was measured, else the one that would be. */
unsigned trust_guess_pcr_of_machine(struct boot *b);

/* disks.c: first udev has done its part; from then on the policy's wait counts. Never fails. */
enum err disks_await_udev(struct boot *b);
/* Look at every block device until all required partitions are there, within the policy's wait. ERR_BLOCKDEV_LIST, ERR_SURVEY_DISKS. */
enum err disks_survey(struct boot *b);

/* measure.c: the TPM and the events 1 and 2. */
enum err measure_open_tpm(struct boot *b);
/* The same while udev is still busy, if a TPM is there already. */
enum err measure_try_tpm(struct boot *b);
enum err measure_policy(struct boot *b);
enum err measure_storage(struct boot *b);

/*
 * rules.c: render the rules, load them, prove it by the receipt; event 3. ERR_RENDER_*, ERR_IMA_*, ERR_KEY_*,
 * ERR_BOOT_NO_RULES, _RULES_DIFFER, _RULES_REFUSED, _RECEIPT.
 */
enum err rules_measure(struct boot *b);
/* How IMA was found, from the first entry of its log. */
enum event_ima rules_ima_state(struct boot *b);

/* notes.c: leave what the handover and the quote need in BOOT_RUN; use it after notes_load(). ERR_FILE_WRITE, ERR_BOOT_STATE, ERR_BOOT_TPM_LATE. */
enum err notes_write(struct boot *b);
enum err notes_read(struct boot *b);
/* Read it again, before the TPM is opened: the banks stand there. */
void notes_load(struct boot *b);

/* handover.c: compare what is mounted with what was measured and read the walked trees; events 4 and 5. ERR_BOOT_*, ERR_TREE_*, ERR_MANIFEST_*. */
enum err handover_open_tpm(struct boot *b);
/* While measuring: no declared partition is mounted yet. ERR_BOOT_MOUNTED, ERR_MOUNTS_*. */
enum err handover_check_unmounted(struct boot *b);
enum err handover_measure(struct boot *b);
/* Its second half, once it is known why each partition is not the one that was measured (ERR_OK: it is). */
enum err handover_record(struct boot *b, const struct event_mount *mounts);

/* fail.c: always ERR_BOOT_REASON, which is what shall be recorded. */
enum err fail_with_reason(struct boot *b);

#endif
