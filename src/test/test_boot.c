/* SPDX-License-Identifier: Apache-2.0 */
/* measure, handover and fail on machines where one thing is not as it should be; every verdict is the events and what the TPM holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "test/fakes.h"

#define PCR 14 /* of the policy */
#define MEASURED "policy storage ima-policy "
#define COMPLETE MEASURED "content handover "

static struct fakes f;

static int set_up(void **state)
{
        (void)state;
        fakes_begin(&f);
        return 0;
}

static int tear_down(void **state)
{
        (void)state;
        fakes_end(&f);
        return 0;
}

static bool pcr_is_zero(unsigned pcr)
{
        return span_is_zero(digest_span(&f.tpm.pcrs[pcr].digests[0])) && span_is_zero(digest_span(&f.tpm.pcrs[pcr].digests[1]));
}

/* The command has failed, the events are these, and the TPM holds exactly what the log says. */
static void assert_failed(int (*command)(struct boot *b), const char *events)
{
        assert_int_equal(fakes_run(&f, command, ""), 1);
        assert_string_equal(fakes_events(&f), events);
        assert_true(fakes_log_is_pcr(&f, PCR));
        assert_false(pcr_is_zero(PCR));
}

/* ---- as it should be ------------------------------------------------------------------------------------------------------- */

static void measures_and_hands_over(void **state)
{
        (void)state;
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
        assert_string_equal(fakes_events(&f), MEASURED);
        assert_int_equal(f.tpm.commands, 5);
        assert_true(f.ima.active);
        for (unsigned i = 0; i < 6; i++) {
                static const char *const left[] = { "policy", "policy.sig", "signer.crt", "rules", "receipt", "state" };
                char path[64] = "/run/cosima/";

                assert_non_null(fakes_file(&f, strcat(path, left[i])));
        }
        assert_int_equal(fakes_run(&f, boot_handover, ""), 0);
        assert_string_equal(fakes_events(&f), COMPLETE);
        assert_int_equal(f.tpm.commands, 7);
        assert_true(fakes_log_is_pcr(&f, PCR));
        assert_int_equal(f.halts, 0);
}

static void does_nothing_twice(void **state)
{
        (void)state;
        for (unsigned i = 0; i < 3; i++)
                assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
        for (unsigned i = 0; i < 3; i++)
                assert_int_equal(fakes_run(&f, boot_handover, ""), 0);
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
        assert_string_equal(fakes_events(&f), COMPLETE);
        assert_int_equal(f.tpm.commands, 7);
}

static void logs_boot_without_extending(void **state)
{
        (void)state;
        fakes_put(&f, "/proc/sys/kernel/random/boot_id", span_of_str("01234567-89ab-cdef-0123-456789abcdef\n"));
        fakes_put(&f, "/proc/sys/kernel/osrelease", span_of_str("6.1.0\n"));
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
        assert_string_equal(fakes_events(&f), "policy info storage ima-policy ");
        assert_true(fakes_log_is_pcr(&f, PCR));
}

static void lets_the_tpm_hash_for_unknown_banks(void **state)
{
        (void)state;
        f.tpm.unknown_banks = 1;
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
        assert_int_equal(f.tpm.events, 3);
        assert_true(fakes_log_is_pcr(&f, PCR));
}

static void mounts_what_is_missing(void **state)
{
        (void)state;
        f.tmpfs = false;
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
        assert_int_equal(f.mounts_made, 5);
}

/* Somebody may have read the files before the rules were there: it is measured all the same, and a failure. */
static void names_what_is_mounted_too_early(void **state)
{
        (void)state;
        f.mounted_early = true;
        f.mounts[0].minor = 17; /* nobody declared that one */
        assert_failed(boot_measure, "policy storage failure:BOOT_MOUNTED@mounts ima-policy ");
        assert_true(f.ima.active);
        fakes_end(&f);
        fakes_begin(&f);
        f.mounted_early = true;
        f.mount_count = 0;
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
}

/* ---- trust ----------------------------------------------------------------------------------------------------------------- */

static void refuses_policies_it_cannot_trust(void **state)
{
        static const struct {
                const char *path, *text, *events; /* text NULL: no such file */
        } cases[] = {
                { "/etc/cosima/policy", NULL, "failure:BOOT_NO_POLICY@policy " },
                { "/etc/cosima/policy", "", "failure:SIG_MISMATCH@policy " },
                { "/etc/cosima/policy", "# pcr\ncosima 1\npcr 14\n", "failure:SIG_MISMATCH@policy " },
                { "/etc/cosima/policy.sig", NULL, "failure:BOOT_NO_SIGNATURE@policy " },
                { "/etc/cosima/policy.sig", "\003\002", "failure:SIG_SHORT@policy " },
                { "/etc/cosima/certs/leaf.der", NULL, "failure:BOOT_NO_CERTIFICATES@policy " },
                { "/etc/cosima/certs/leaf.der", "0nonsense", "failure:SIG_CERT@policy " },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                bool names_pcr = fakes_file(&f, cases[i].path) && (strstr(cases[i].path, "policy.sig") || strstr(cases[i].path, "certs") || i == 2);
                unsigned pcr = names_pcr ? PCR : BOOT_DEFAULT_PCR;

                if (cases[i].text)
                        fakes_put(&f, cases[i].path, span_of_str(cases[i].text));
                else
                        fakes_drop(&f, cases[i].path);
                assert_int_equal(fakes_run(&f, boot_measure, ""), 1);
                assert_string_equal(fakes_events(&f), cases[i].events);
                assert_true(fakes_log_is_pcr(&f, pcr));
                assert_false(pcr_is_zero(pcr));
                assert_false(f.ima.active);
                assert_int_equal(f.halts, 0);
                fakes_end(&f);
                fakes_begin(&f);
        }
}

static void refuses_what_is_signed_by_others_or_wrong(void **state)
{
        char large[POLICY_BYTES_MAX + 2];

        (void)state;
        fakes_sign_policy(&f, fakes_policy, "stranger");
        assert_failed(boot_measure, "failure:SIG_NO_KEY@policy ");
        fakes_end(&f);
        fakes_begin(&f);
        fakes_sign_policy(&f, "cosima 1\nname x\nversion 1\npcr 14\nsurprise\n", "fleet");
        assert_failed(boot_measure, "failure:POLICY_DIRECTIVE@policy ");
        assert_non_null(strstr(f.said, "line 5: surprise"));
        fakes_end(&f);
        fakes_begin(&f);
        memset(large, '#', sizeof(large));
        fakes_put(&f, "/etc/cosima/policy", span_of(large, sizeof(large)));
        assert_int_equal(fakes_run(&f, boot_measure, ""), 1);
        assert_string_equal(fakes_events(&f), "failure:POLICY_LARGE@policy ");
}

static void halts_only_when_a_trusted_policy_says_so(void **state)
{
        char text[2048];

        (void)state;
        strcpy(text, fakes_policy);
        memcpy(strstr(text, "wait 10\n"), "wait 9 \n", 8);
        strcpy(strstr(text, "wait 9"), "wait 9\non-failure halt\n");
        strcat(text, strstr(fakes_policy, "walk COS_OEM"));
        fakes_sign_policy(&f, text, "fleet");
        f.devices[1].appears_ms = UINT64_MAX;
        assert_failed(boot_measure, "policy storage failure:SURVEY_ABSENT@storage ima-policy ");
        assert_int_equal(f.halts, 1);
        fakes_end(&f);
        fakes_begin(&f);
        fakes_sign_policy(&f, text, "stranger");
        assert_failed(boot_measure, "failure:SIG_NO_KEY@policy ");
        assert_int_equal(f.halts, 0);
}

/* ---- storage --------------------------------------------------------------------------------------------------------------- */

/* What was read of a device is forgotten when it is closed, so its table and its contents are read in one go. */
static void opens_each_device_once(void **state)
{
        (void)state;
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
        for (unsigned i = 0; i < f.device_count; i++)
                assert_int_equal(f.devices[i].opens, 1);
}

static void waits_for_partitions(void **state)
{
        (void)state;
        f.devices[2].appears_ms = 4000;
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
        assert_true(f.now_ms >= 4000 && f.now_ms < 4100);
        fakes_end(&f);
        fakes_begin(&f);
        f.devices[2].appears_ms = UINT64_MAX;
        assert_failed(boot_measure, "policy storage failure:SURVEY_ABSENT@storage ima-policy ");
        assert_true(f.now_ms >= 11000 && f.now_ms < 11100);
}

/* A second disk may come while udev is at work, however long after the first; the policy's wait counts from then on. */
static void looks_when_udev_has_settled(void **state)
{
        (void)state;
        f.udev_settles_ms = 60000;
        f.devices[2].appears_ms = 69000;
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
        assert_true(f.now_ms >= 69000 && f.now_ms < 69100);
        assert_int_equal(f.settled, 1);
        fakes_end(&f);
        fakes_begin(&f);
        f.udev_settles_ms = 60000;
        fakes_add_disk(&f);
        f.devices[3].appears_ms = f.devices[4].appears_ms = f.devices[5].appears_ms = 59000;
        assert_failed(boot_measure, "policy storage failure:SURVEY_AMBIGUOUS@storage ima-policy ");
}

static void goes_on_when_udev_never_settles(void **state)
{
        (void)state;
        f.udev_settles_ms = UINT64_MAX;
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
        assert_non_null(strstr(f.said, "udev has not settled"));
        assert_int_equal(f.now_ms, 121000);
}

/* The TPM is asked before udev has settled, and again afterwards where it came by udev. */
static void finds_the_tpm_before_udev_settles(void **state)
{
        (void)state;
        f.udev_settles_ms = 60000;
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
        assert_true(f.tpm_commands_before > 0);
        fakes_end(&f);
        fakes_begin(&f);
        f.udev_settles_ms = 60000;
        f.tpm.appears_ms = 65000;
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
        assert_int_equal(f.tpm_commands_before, 0);
        assert_string_equal(fakes_events(&f), MEASURED);
}

/* Why a partition is absent: a disk without a table and one whose two headers are damaged are told apart, in the log and to people. */
static void names_disks_without_a_table(void **state)
{
        size_t backup = f.disk.span.len - 512;

        (void)state;
        f.devices[1].appears_ms = f.devices[2].appears_ms = UINT64_MAX;
        f.devices[0].bytes[512 + 40] ^= 1;
        f.devices[0].bytes[backup + 40] ^= 1;
        assert_failed(boot_measure, "policy storage info failure:SURVEY_ABSENT@storage ima-policy ");
        assert_non_null(strstr(f.said, "no partition of vda can be read: GPT_HEADER_CRC\n"));
        fakes_end(&f);
        fakes_begin(&f);
        f.devices[1].appears_ms = f.devices[2].appears_ms = UINT64_MAX;
        memset(f.devices[0].bytes, 0, 1024);
        memset(f.devices[0].bytes + backup, 0, 512);
        assert_failed(boot_measure, "policy storage info failure:SURVEY_ABSENT@storage ima-policy ");
        assert_non_null(strstr(f.said, "no partition of vda can be read: GPT_NONE\n"));
}

static void does_not_wait_on_live_media(void **state)
{
        (void)state;
        fakes_put(&f, "/proc/cmdline", span_of_str("root=live:LABEL=COS_LIVE\n"));
        f.devices[2].appears_ms = UINT64_MAX;
        assert_failed(boot_measure, "policy storage failure:SURVEY_ABSENT@storage ima-policy ");
        assert_int_equal(f.now_ms, 1000);
}

static void acts_once_all_is_there(void **state)
{
        (void)state;
        f.devices[1].appears_ms = 2000;
        assert_int_equal(fakes_run_nowait(&f), 0);
        assert_string_equal(fakes_events(&f), "");
        assert_int_equal(f.now_ms, 1000);
        assert_int_equal(f.tpm.commands, 0);
        assert_int_equal(f.settled, 0); /* udev itself has started us */
        f.now_ms = 2000;
        assert_int_equal(fakes_run_nowait(&f), 0);
        assert_string_equal(fakes_events(&f), MEASURED);
        assert_int_equal(fakes_run_nowait(&f), 0);
        assert_string_equal(fakes_events(&f), MEASURED);
}

static void measures_odd_storage_as_a_failure(void **state)
{
        (void)state;
        fakes_add_disk(&f);
        assert_failed(boot_measure, "policy storage failure:SURVEY_AMBIGUOUS@storage ima-policy ");
        fakes_end(&f);
        fakes_begin(&f);
        f.devices[1].device.kernel.start_sectors++;
        assert_failed(boot_measure, "policy storage failure:SURVEY_WITNESS@storage ima-policy ");
        fakes_end(&f);
        fakes_begin(&f);
        f.devices[1].open_error = ERR_BLOCKDEV_READ;
        assert_failed(boot_measure, "policy storage failure:SURVEY_MALFORMED@storage ima-policy ");
        fakes_end(&f);
        fakes_begin(&f);
        f.list_error = ERR_BLOCKDEV_LIST;
        assert_failed(boot_measure, "failure:BLOCKDEV_LIST@disks policy storage failure:SURVEY_ABSENT@storage ima-policy ");
}

/* ---- TPM ------------------------------------------------------------------------------------------------------------------- */

static void names_a_pcr_that_was_used(void **state)
{
        (void)state;
        f.tpm.pcrs[PCR].digests[1].bytes[3] = 1;
        assert_int_equal(fakes_run(&f, boot_measure, ""), 1);
        assert_string_equal(fakes_events(&f), "failure:BOOT_DIRTY@tpm " MEASURED);
}

static void goes_on_without_a_tpm(void **state)
{
        static const enum err errors[] = { ERR_TPM_ABSENT, ERR_TPM_12, ERR_TPM_IO };

        (void)state;
        for (size_t i = 0; i < 3; i++) {
                char events[96] = "failure:";

                f.tpm.open_error = errors[i];
                assert_int_equal(fakes_run(&f, boot_measure, ""), 1);
                assert_string_equal(fakes_events(&f), strcat(strcat(strcat(events, err_name(errors[i])), "@tpm "), MEASURED));
                assert_true(f.ima.active);
                assert_true(pcr_is_zero(PCR));
                fakes_end(&f);
                fakes_begin(&f);
        }
        /* one that is there, and of no use */
        f.tpm.fail_at = 1;
        f.tpm.error = ERR_TPM_12;
        assert_int_equal(fakes_run(&f, boot_measure, ""), 1);
        assert_string_equal(fakes_events(&f), "failure:TPM_12@tpm " MEASURED);
}

/* What was only logged could be played into the PCR by others, so the late TPM gets the failure. */
static void spoils_a_tpm_that_comes_late(void **state)
{
        (void)state;
        f.tpm.open_error = ERR_TPM_ABSENT;
        assert_int_equal(fakes_run(&f, boot_measure, ""), 1);
        f.tpm.open_error = ERR_OK;
        assert_int_equal(fakes_run(&f, boot_handover, ""), 1);
        assert_non_null(strstr(fakes_events(&f), "failure:BOOT_TPM_LATE@notes "));
        assert_false(pcr_is_zero(PCR));
}

static void waits_for_the_tpm(void **state)
{
        (void)state;
        f.tpm.appears_ms = 5000;
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
        assert_true(f.now_ms >= 5000 && f.now_ms < 5100);
}

static struct digest golden(void)
{
        struct digest d;

        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
        assert_int_equal(fakes_run(&f, boot_handover, ""), 0);
        d = f.tpm.pcrs[PCR].digests[0];
        fakes_end(&f);
        fakes_begin(&f);
        return d;
}

static bool is_golden(const struct digest *d)
{
        return span_equal(digest_span(d), digest_span(&f.tpm.pcrs[PCR].digests[0]));
}

static void a_failing_command_never_leaves_the_golden_value(void **state)
{
        struct digest d = golden();

        (void)state;
        for (unsigned at = 1; at <= 7; at++) {
                int measured, handed_over;

                f.tpm.fail_at = at;
                f.tpm.error = ERR_TPM_REFUSED;
                measured = fakes_run(&f, boot_measure, "");
                handed_over = fakes_run(&f, boot_handover, "");
                assert_true(measured == 1 || handed_over == 1);
                assert_false(is_golden(&d));
                assert_non_null(strstr(fakes_events(&f), "failure:TPM_REFUSED@"));
                fakes_end(&f);
                fakes_begin(&f);
        }
}

/* Whenever the process dies, starting it again gives the golden value with a clean log, or neither. */
static void dying_anywhere_never_looks_better(void **state)
{
        struct digest d = golden();
        unsigned died = 0, at = 0;
        volatile unsigned again = 1;

        (void)state;
        while (again) {
                f.crash_at = ++at;
                again = fakes_run(&f, boot_measure, "") == -1 || fakes_run(&f, boot_handover, "") == -1;
                died += again;
                (void)fakes_run(&f, boot_measure, "");
                (void)fakes_run(&f, boot_handover, "");
                if (is_golden(&d))
                        assert_string_equal(fakes_events(&f), COMPLETE);
                else
                        assert_true(strstr(fakes_events(&f), "failure:") != NULL || !fakes_log_is_pcr(&f, PCR));
                fakes_end(&f);
                fakes_begin(&f);
        }
        assert_in_range(died, 15, 100);
}

/* ---- log and notes --------------------------------------------------------------------------------------------------------- */

static void extends_a_failure_that_it_cannot_log(void **state)
{
        (void)state;
        f.append_error = ERR_EVENTLOG_WRITE;
        assert_int_equal(fakes_run(&f, boot_measure, ""), 1);
        assert_null(fakes_file(&f, FAKES_LOG));
        assert_false(pcr_is_zero(PCR));
        assert_non_null(strstr(f.said, "not logged"));
}

static void goes_on_when_it_cannot_prepare(void **state)
{
        (void)state;
        f.lock_error = ERR_EVENTLOG_LOCKED;
        assert_int_equal(fakes_run_nowait(&f), 0); /* whoever has the lock looks for the same partitions */
        assert_string_equal(fakes_events(&f), "");
        assert_int_equal(fakes_run(&f, boot_measure, ""), 1);
        assert_string_equal(fakes_events(&f), "failure:EVENTLOG_LOCKED@lock " MEASURED);
        fakes_end(&f);
        fakes_begin(&f);
        f.tmpfs = false;
        f.mount_error = ERR_MOUNTS_MOUNT;
        assert_int_equal(fakes_run(&f, boot_measure, ""), 1);
        assert_string_equal(fakes_events(&f), "failure:MOUNTS_MOUNT@prepare " MEASURED);
        fakes_end(&f);
        fakes_begin(&f);
        f.unwritable = "/run/cosima/state";
        assert_failed(boot_measure, MEASURED "failure:FILE_WRITE@notes ");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        const struct CMUnitTest tests[] = {
                TEST(measures_and_hands_over), TEST(does_nothing_twice), TEST(logs_boot_without_extending),
                TEST(lets_the_tpm_hash_for_unknown_banks), TEST(mounts_what_is_missing), TEST(names_what_is_mounted_too_early),
                TEST(refuses_policies_it_cannot_trust), TEST(refuses_what_is_signed_by_others_or_wrong),
                TEST(halts_only_when_a_trusted_policy_says_so), TEST(opens_each_device_once), TEST(waits_for_partitions),
                TEST(looks_when_udev_has_settled), TEST(goes_on_when_udev_never_settles), TEST(finds_the_tpm_before_udev_settles),
                TEST(names_disks_without_a_table), TEST(does_not_wait_on_live_media),
                TEST(acts_once_all_is_there), TEST(measures_odd_storage_as_a_failure), TEST(names_a_pcr_that_was_used),
                TEST(goes_on_without_a_tpm), TEST(spoils_a_tpm_that_comes_late), TEST(waits_for_the_tpm),
                TEST(a_failing_command_never_leaves_the_golden_value), TEST(dying_anywhere_never_looks_better),
                TEST(extends_a_failure_that_it_cannot_log),
                TEST(goes_on_when_it_cannot_prepare),
        };

        return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
