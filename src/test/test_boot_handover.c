/* SPDX-License-Identifier: Apache-2.0 */
/* handover and fail on a machine that was measured as it should be, with one thing changed since. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "boot/stages.h"
#include "test/fakes.h"
#include "test/seeds.h"

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

/* The number of a btrfs mount is nobody's; its source is the kernel's word. Of any other type it is the word of whoever mounted it. */
static void goes_through_btrfs_alone(void **state)
{
        (void)state;
        f.mounts[0].major = 0;
        f.mounts[0].minor = 33;
        f.mounts[0].fs_type = span_of_str("btrfs");
        assert_handover(0, MEASURED "content handover ");
        again();
        f.mounts[0].major = 0;
        f.mounts[0].minor = 33;
        f.mounts[0].fs_type = span_of_str("tmpfs");
        assert_handover(1, MEASURED "handover failure:BOOT_NOT_MOUNTED@handover ");
}

/* Of the file system that is walked. */
static void names_a_mount_below_a_walked_partition(void **state)
{
        (void)state;
        f.mounts[2] = (struct ports_mount){ 254, 1, span_of_str("/x"), span_of_str("/oem/y"), span_of_str("ext4"), span_of_str("/dev/vda1") };
        f.mount_count = 3;
        assert_handover(1, MEASURED "failure:TREE_MOUNT@content handover ");
        again();
        f.mounts[2] = f.mounts[0]; /* a bind mount of itself, as to make it private */
        f.mount_count = 3;
        assert_handover(0, MEASURED "content handover ");
        again();
        f.mounts[2].root = span_of_str("/sub");
        f.mounts[2].point = span_of_str("/oem");
        f.mount_count = 3;
        assert_handover(1, MEASURED "handover failure:BOOT_COVERED@handover ");
        again();
        f.mounts[2].point = span_of_str("/oems");
        f.mount_count = 3;
        assert_handover(0, MEASURED "content handover ");
}

/* ---- mappings ------------------------------------------------------------------------------------------------------------ */

#define LUKS2 "build/corpus/images/luks2.img"             /* the token names the file system of ext4-default-8M */
#define LUKS2_PLAIN "build/corpus/images/luks2-plain.img" /* no label, no token */
#define PERSISTENT 2

/* COS_PERSISTENT as a LUKS volume that was measured, then unlocked and mounted from 253:4, which holds the file system of that seed. */
static void unlocked(const char *volume, const char *inside, const char *name, const char *policy)
{
        struct fakes_device *d, *mapping;
        uint8_t *bytes;
        char path[96];
        size_t len;

        fakes_end(&f);
        fakes_begin(&f);
        fakes_sign_policy(&f, policy, "fleet");
        d = &f.devices[PERSISTENT];
        free(d->bytes);
        d->bytes = seeds_load(volume, 32 << 20, &len);
        d->device.size_bytes = len;
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);

        mapping = &f.devices[f.device_count++];
        *mapping = *d;
        mapping->device.major = 253;
        mapping->device.minor = f.mapping_minor = f.mounts[1].minor = 4;
        mapping->device.size_bytes = 8 << 20;
        mapping->bytes = calloc(1, 8 << 20);
        (void)snprintf(path, sizeof(path), "build/corpus/ext4/%s", inside);
        bytes = seeds_load(path, 1024, &len);
        memcpy(mapping->bytes + 1024, bytes, len);
        free(bytes);
        f.mounts[1].major = 253;
        fakes_put(&f, "/sys/dev/block/253:4/dm/uuid", span_of_str(name));
}

#define UNLABELLED                                                                                                                            \
        "cosima 1\nname test\nversion 7\npcr 14\npartition COS_OEM required partlabel=oem\n"                                                 \
        "partition COS_PERSISTENT required partlabel=persistent fs=ext4\nmeasure func=BPRM_CHECK partition=COS_PERSISTENT\n"
#define OF_LUKS2 "CRYPT-LUKS2-00000042c0514a008000000000000042-persistent\n"
#define OF_LUKS2_PLAIN "CRYPT-LUKS2-00000043c0514a008000000000000043-persistent\n"

static void follows_luks_to_what_is_inside(void **state)
{
        (void)state;
        unlocked(LUKS2_PLAIN, "ext4-plain-8M", OF_LUKS2_PLAIN, fakes_policy);
        assert_handover(0, MEASURED "content handover ");
        unlocked(LUKS2, "ext4-default-8M", OF_LUKS2, UNLABELLED);
        assert_handover(0, MEASURED "handover ");
        unlocked(LUKS2, "ext4-plain-8M", OF_LUKS2, UNLABELLED); /* another than the token names */
        assert_handover(1, MEASURED "handover failure:BOOT_UUID@handover ");
}

/* Without a token the rules name the type that the policy declares, and the label is all that tells which file system it is. */
static void names_what_luks_should_not_hold(void **state)
{
        (void)state;
        unlocked(LUKS2_PLAIN, "ext4-default-8M", OF_LUKS2_PLAIN, fakes_policy);
        assert_handover(1, MEASURED "content handover failure:BOOT_INNER@handover ");
        unlocked(LUKS2_PLAIN, "ext4-plain-8M", OF_LUKS2_PLAIN, fakes_policy);
        f.mounts[1].fs_type = span_of_str("xfs");
        assert_handover(1, MEASURED "content handover failure:BOOT_INNER@handover ");
}

/* A mapping on the right partition shows whatever its table says. */
static void names_another_mapping(void **state)
{
        static const char *const names[] = {
                "CRYPT-LUKS2-00000044c0514a008000000000000044-persistent\n", /* of another header */
                "CRYPT-LUKS2-00000043c0514a008000000000000043",              /* no name behind it */
                "CRYPT-LUKS2-00000043c0514a0080000000000000430-x\n",
                "CRYPT-PLAIN-persistent\n",
                "CRYPT-LUKS",
                "",
        };

        (void)state;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                unlocked(LUKS2_PLAIN, "ext4-plain-8M", names[i], fakes_policy);
                assert_handover(1, MEASURED "content handover failure:BOOT_MAPPING@handover ");
        }
        unlocked(LUKS2_PLAIN, "ext4-plain-8M", OF_LUKS2_PLAIN, fakes_policy);
        fakes_drop(&f, "/sys/dev/block/253:4/dm/uuid");
        assert_handover(1, MEASURED "content handover failure:BOOT_MAPPING@handover ");
        unlocked(LUKS2_PLAIN, "ext4-plain-8M", OF_LUKS2_PLAIN, fakes_policy);
        f.mounts[2] = f.mounts[1]; /* the right one elsewhere, and before it a loop device on the same partition */
        f.mounts[2].point = span_of_str("/mnt");
        f.mounts[1].major = 254;
        f.mounts[1].minor = 3;
        f.mount_count = 3;
        assert_handover(1, MEASURED "content handover failure:BOOT_MAPPING@handover ");
        again(); /* a plain partition needs none */
        f.mounts[1].major = 253;
        f.mounts[1].minor = f.mapping_minor = 4;
        assert_handover(1, MEASURED "content handover failure:BOOT_MAPPING@handover ");
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
        static const char *const no_banks[] = {
                "{\"banks\":[],\"partitions\":[],\"tpm\":\"ready\"}",
                "{\"banks\":[\"sha384\",\"sha256\"],\"partitions\":[],\"tpm\":\"ready\"}",
                "{\"banks\":[\"sha256\",\"sha256\"],\"partitions\":[],\"tpm\":\"ready\"}",
                "{\"banks\":[\"none\"],\"partitions\":[],\"tpm\":\"ready\"}",
                "{\"banks\":[256],\"partitions\":[],\"tpm\":\"ready\"}",
        };

        (void)state;
        fakes_put(&f, "/run/cosima/policy", span_of_str("cosima 1\n"));
        assert_handover(1, MEASURED "failure:BOOT_POLICY_CHANGED@policy ");
        again();
        fakes_drop(&f, "/run/cosima/state");
        assert_handover(1, MEASURED "failure:BOOT_STATE@notes ");
        again();
        fakes_put(&f, "/run/cosima/state", span_of_str("{\"partitions\":[{}],\"tpm\":\"ready\"}"));
        assert_handover(1, MEASURED "failure:BOOT_STATE@notes ");
        for (size_t i = 0; i < sizeof(no_banks) / sizeof(no_banks[0]); i++) {
                again();
                fakes_put(&f, "/run/cosima/state", span_of_str(no_banks[i]));
                assert_handover(1, MEASURED "failure:BOOT_STATE@notes ");
        }
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
                TEST(names_a_swapped_disk_and_file_system), TEST(goes_through_btrfs_alone),
                TEST(names_a_mount_below_a_walked_partition), TEST(follows_luks_to_what_is_inside), TEST(names_what_luks_should_not_hold),
                TEST(names_another_mapping), TEST(measures_content),
                TEST(needs_what_measuring_left), TEST(fails_without_measuring), TEST(does_not_go_on_behind_a_broken_log),
                TEST(records_failures_from_elsewhere), TEST(guesses_the_pcr_of_an_untrusted_policy),
        };

        return cmocka_run_group_tests_name("boot-handover", tests, NULL, NULL);
}
