/* SPDX-License-Identifier: Apache-2.0 */
/* handover and fail on a machine that was measured as it should be, with one thing changed since. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "boot/stages.h"
#include "test/fakes.h"

#define PCR 14
#define MEASURED "policy storage ima-policy "

static struct fakes f;

static int set_up(void **state)
{
        (void)state;
        fakes_begin(&f);
        return fakes_run(&f, boot_measure, "");
}

static int tear_down(void **state)
{
        (void)state;
        fakes_end(&f);
        return 0;
}

static void again(void)
{
        fakes_end(&f);
        fakes_begin(&f);
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
}

static void assert_handover(int status, const char *events)
{
        assert_int_equal(fakes_run(&f, boot_handover, ""), status);
        assert_string_equal(fakes_events(&f), events);
        assert_true(fakes_log_is_pcr(&f, PCR));
}

static bool log_holds(const char *text)
{
        const struct fakes_file *log = fakes_file(&f, FAKES_LOG);
        static char copy[65536];

        memcpy(copy, log->bytes, log->len);
        copy[log->len] = '\0';
        return strstr(copy, text) != NULL;
}

static void names_what_is_not_mounted(void **state)
{
        (void)state;
        f.mount_count = 1;
        assert_handover(1, MEASURED "content handover failure:BOOT_NOT_MOUNTED@handover ");
        assert_true(log_holds("{\"matches\":false,\"name\":\"COS_PERSISTENT\",\"why\":\"BOOT_NOT_MOUNTED\"}"));
        again();
        f.mounts[0].root = span_of_str("/part"); /* walked is the whole file system only */
        assert_handover(1, MEASURED "failure:BOOT_NOT_MOUNTED@content handover ");
}

/* The file system of another device with the same label. */
static void names_another_device(void **state)
{
        (void)state;
        fakes_add_disk(&f);
        f.mounts[0].minor = 17;
        assert_handover(1, MEASURED "handover failure:BOOT_NOT_MOUNTED@handover ");
}

static void names_a_mount_over_a_partition(void **state)
{
        (void)state;
        f.mounts[2] = (struct ports_mount){ 0, 40, span_of_str("/"), span_of_str("/oem"), span_of_str("tmpfs"), span_of_str("tmpfs") };
        f.mount_count = 3;
        assert_handover(1, MEASURED "handover failure:BOOT_COVERED@handover ");
}

static void names_a_swapped_disk_and_file_system(void **state)
{
        (void)state;
        f.devices[1].device.diskseq++;
        assert_handover(1, MEASURED "handover failure:BOOT_SWAPPED@handover ");
        again();
        f.devices[1].bytes[1024 + 0x68] ^= 1; /* its UUID, behind a checksum that is wrong now */
        assert_handover(1, MEASURED "handover failure:BOOT_UUID@handover ");
}

static void goes_through_mappings_and_btrfs(void **state)
{
        (void)state;
        f.mounts[1].major = 253;
        f.mounts[1].minor = f.mapping_minor = 4;
        f.mounts[0].major = 0;
        f.mounts[0].minor = 33;
        f.devices[2].device.minor = 3;
        /* the mapping is read through the partition below it */
        f.devices[f.device_count] = f.devices[2];
        f.devices[f.device_count].bytes = NULL;
        assert_int_equal(fakes_run(&f, boot_handover, ""), 0);
        assert_string_equal(fakes_events(&f), MEASURED "content handover ");
}

static void measures_content(void **state)
{
        struct digest before, after;

        (void)state;
        assert_handover(0, MEASURED "content handover ");
        before = f.tpm.pcrs[PCR].digests[0];
        again();
        f.tree_byte = 1;
        assert_handover(0, MEASURED "content handover ");
        after = f.tpm.pcrs[PCR].digests[0];
        assert_false(span_equal(digest_span(&before), digest_span(&after)));
        again();
        f.tree_error = ERR_TREE_CHANGED;
        assert_handover(1, MEASURED "failure:TREE_CHANGED@content handover ");
}

static void needs_what_measuring_left(void **state)
{
        (void)state;
        fakes_put(&f, "/run/cosima/policy", span_of_str("cosima 1\n"));
        assert_handover(1, MEASURED "failure:BOOT_POLICY_CHANGED@policy ");
        again();
        fakes_drop(&f, "/run/cosima/state");
        assert_handover(1, MEASURED "failure:BOOT_STATE@notes ");
        again();
        fakes_put(&f, "/run/cosima/state", span_of_str("{\"partitions\":[{}],\"tpm\":\"ready\"}"));
        assert_handover(1, MEASURED "failure:BOOT_STATE@notes ");
}

static void fails_without_measuring(void **state)
{
        (void)state;
        fakes_end(&f);
        fakes_begin(&f);
        assert_int_equal(fakes_run(&f, boot_handover, ""), 1);
        assert_string_equal(fakes_events(&f), "failure:BOOT_NOT_MEASURED@log ");
        assert_true(fakes_log_is_pcr(&f, PCR));
        assert_int_equal(fakes_run(&f, boot_handover, ""), 1);
        assert_int_equal(fakes_run(&f, boot_measure, ""), 1);
        assert_string_equal(fakes_events(&f), "failure:BOOT_NOT_MEASURED@log ");
}

/* The log was cut inside its last record, or holds nonsense: nothing is taken up, and the PCR is spoilt. */
static void does_not_go_on_behind_a_broken_log(void **state)
{
        struct fakes_file *log = fakes_file(&f, FAKES_LOG);
        struct digest before = f.tpm.pcrs[PCR].digests[0];

        (void)state;
        log->len -= 20;
        assert_int_equal(fakes_run(&f, boot_handover, ""), 1);
        assert_false(span_equal(digest_span(&before), digest_span(&f.tpm.pcrs[PCR].digests[0])));
        again();
        before = f.tpm.pcrs[PCR].digests[0];
        fakes_file(&f, FAKES_LOG)->bytes[30] = '\n';
        assert_int_equal(fakes_run(&f, boot_measure, ""), 1);
        assert_false(span_equal(digest_span(&before), digest_span(&f.tpm.pcrs[PCR].digests[0])));
}

static void records_failures_from_elsewhere(void **state)
{
        (void)state;
        assert_handover(0, MEASURED "content handover ");
        assert_int_equal(fakes_run(&f, boot_fail, "emergency shell"), 1);
        assert_string_equal(fakes_events(&f), MEASURED "content handover failure:BOOT_REASON@fail ");
        assert_true(fakes_log_is_pcr(&f, PCR));
        assert_true(log_holds("\"detail\":\"emergency shell\""));
        fakes_end(&f);
        fakes_begin(&f);
        assert_int_equal(fakes_run(&f, boot_fail, "early"), 1);
        assert_string_equal(fakes_events(&f), "failure:BOOT_REASON@fail ");
        assert_true(fakes_log_is_pcr(&f, PCR));
}

static void guesses_the_pcr_of_an_untrusted_policy(void **state)
{
        static const struct {
                const char *text;
                unsigned pcr;
        } cases[] = {
                { "", 15 },           { "cosima 1\npcr 8\n", 8 },   { "pcr 16\n", 15 },    { "pcr 10\npcr 11\n", 11 },
                { "pcr 9", 9 },       { "pcr \t9 # x\n", 9 },        { "pcr 4294967304\n", 15 }, { "xpcr 8\n", 15 },
                { "\n\npcr 12\n", 12 }, { "pcr -8\n", 15 },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                assert_int_equal(trust_guess_pcr(span_of_str(cases[i].text)), cases[i].pcr);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        const struct CMUnitTest tests[] = {
                TEST(names_what_is_not_mounted), TEST(names_another_device), TEST(names_a_mount_over_a_partition),
                TEST(names_a_swapped_disk_and_file_system), TEST(goes_through_mappings_and_btrfs), TEST(measures_content),
                TEST(needs_what_measuring_left), TEST(fails_without_measuring), TEST(does_not_go_on_behind_a_broken_log),
                TEST(records_failures_from_elsewhere), TEST(guesses_the_pcr_of_an_untrusted_policy),
        };

        return cmocka_run_group_tests_name("boot-handover", tests, NULL, NULL);
}
