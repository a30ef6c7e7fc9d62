/* SPDX-License-Identifier: Apache-2.0 */
/* The survey: which devices are selected, what state results, and that the event does not depend on the order of devices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "storage/survey_event.h"

static struct survey survey;
static struct gpt gpt;
static struct probe probe;
static char buf[EVENT_BYTES_MAX];

static const struct policy policy = {
        .classes = CLASS_IDENTITY | CLASS_CONFIG,
        .partition_count = 2,
        .partitions = {
                { .name = { (const uint8_t *)"COS_OEM", 7 },
                  .required = true,
                  .label_count = 1,
                  .labels = { { (const uint8_t *)"COS_OEM", 7 } },
                  .partlabel_count = 1,
                  .partlabels = { { (const uint8_t *)"oem", 3 } },
                  .fs = { (const uint8_t *)"ext4", 4 } },
                { .name = { (const uint8_t *)"EXTRA", 5 },
                  .label_count = 1,
                  .labels = { { (const uint8_t *)"EXTRA", 5 } } },
        },
};

static struct survey_device device_of(const char *name, uint32_t number)
{
        struct survey_device d = { .major = 254, .minor = number, .size_bytes = 1 << 20, .sector_bytes = 512, .is_partition = true };

        strncpy(d.name, name, sizeof(d.name) - 1);
        d.kernel = (struct survey_kernel_view){ .number = number, .start_sectors = 2048, .size_sectors = 2048 };
        guid_format(span_of(gpt.entries[0].unique, GUID_BYTES), d.kernel.part_uuid);
        strcpy(d.kernel.part_name, gpt.entries[0].name);
        return d;
}

/* A disk with one partition, number 2, named oem, and an ext4 on it labelled COS_OEM. */
static int set_up(void **state)
{
        (void)state;
        memset(&gpt, 0, sizeof(gpt));
        memset(&probe, 0, sizeof(probe));
        gpt.table = (struct gpt_table){ .mbr = GPT_MBR_PROTECTIVE, .sector_bytes = 512, .count = 1, .disk_guid = { 1 } };
        gpt.entries[0] = (struct gpt_entry){ .number = 2, .unique = { 7 }, .first_lba = 2048, .last_lba = 4095, .name = "oem" };
        probe.count = 1;
        probe.hits[0] = (struct probe_hit){ PROBE_EXT4, ERR_OK };
        memcpy(probe.ext4.label, "COS_OEM", 8);
        probe.ext4.uuid[0] = 0xab;
        probe.ext4.features_compat = 4;
        probe.ext4.block_bytes = 4096;
        survey_begin(&survey, &policy);
        return 0;
}

static void add(const char *name)
{
        struct survey_device d = device_of(name, 2);

        survey_add_volume(&survey, &d, &gpt, ERR_OK, &probe, ERR_OK);
}

static enum err verdict(void)
{
        unsigned partition = 99;
        enum err e = survey_verdict(&survey, &partition);

        assert_int_equal(partition, e == ERR_OK ? 99 : 0);
        return e;
}

static void test_absent(void **state)
{
        (void)state;
        assert_string_equal(survey_state(&survey, 0), "absent");
        assert_false(survey_complete(&survey));
        assert_int_equal(verdict(), ERR_SURVEY_ABSENT);
}

static void test_present(void **state)
{
        struct render_partition rendered[2];

        (void)state;
        add("vda2");
        assert_string_equal(survey_state(&survey, 0), "present");
        assert_string_equal(survey_state(&survey, 1), "absent");
        assert_true(survey_complete(&survey));
        assert_int_equal(verdict(), ERR_OK);
        survey_render_partitions(&survey, rendered);
        assert_true(rendered[0].present);
        assert_string_equal(rendered[0].fs_uuid, "ab000000-0000-0000-0000-000000000000");
        assert_true(span_equal_str(rendered[0].fs_name, "ext4"));
        assert_false(rendered[1].present);
        assert_string_equal(rendered[1].fs_uuid, "");
}

static void test_selected_by_either_name(void **state)
{
        struct survey_device d;

        (void)state;
        probe.ext4.label[0] = 'X';
        add("vda2"); /* by its partition's name */
        assert_int_equal(survey.partitions[0].count, 1);
        strcpy(gpt.entries[0].name, "other");
        d = device_of("vdb2", 2);
        survey_add_volume(&survey, &d, &gpt, ERR_OK, &probe, ERR_OK);
        assert_int_equal(survey.partitions[0].count, 1);
        strcpy(d.kernel.part_name, "oem"); /* by the name that only the kernel sees */
        survey_add_volume(&survey, &d, &gpt, ERR_OK, &probe, ERR_OK);
        assert_int_equal(survey.partitions[0].count, 2);
        probe.ext4.label[0] = 'C'; /* a file system on a whole disk */
        d = (struct survey_device){ .name = "vdc", .size_bytes = 1 << 20, .sector_bytes = 512 };
        survey_add_volume(&survey, &d, NULL, ERR_GPT_NONE, &probe, ERR_OK);
        assert_int_equal(survey.partitions[0].count, 3);
}

static void test_selected_though_refused(void **state)
{
        struct survey_device d = { .name = "vdc", .size_bytes = 1 << 20, .sector_bytes = 512 };

        (void)state;
        add("vda2");
        /* A second disk whose file system is refused, but whose label others may go by. */
        probe.hits[0] = (struct probe_hit){ PROBE_BTRFS, ERR_BTRFS_CSUM_UNVERIFIED };
        probe.claims = (struct probe_claims){ .count = 1, .labels = { { 7, "COS_OEM" } } };
        survey_add_volume(&survey, &d, NULL, ERR_GPT_NONE, &probe, ERR_OK);
        assert_int_equal(survey.partitions[0].count, 2);
        assert_int_equal(verdict(), ERR_SURVEY_AMBIGUOUS);
}

/* A format that we do not know, or a partition table: whoever mounts by label goes by what udev found. */
static void test_selected_by_udev(void **state)
{
        struct survey_device d = { .name = "sr0", .size_bytes = 1 << 20, .sector_bytes = 2048, .udev_label = "COS_OEM" };

        (void)state;
        add("vda2");
        probe.count = 0;
        survey_add_volume(&survey, &d, NULL, ERR_GPT_NONE, &probe, ERR_OK);
        assert_int_equal(survey.partitions[0].count, 2);
        d = (struct survey_device){ .name = "sda2", .size_bytes = 1 << 20, .sector_bytes = 512, .is_partition = true, .udev_part_name = "oem" };
        survey_add_volume(&survey, &d, NULL, ERR_GPT_NONE, NULL, ERR_BLOCKDEV_READ);
        assert_int_equal(survey.partitions[0].count, 3);
        strcpy(d.udev_part_name, "COS_OEM"); /* a name is no label */
        survey_add_volume(&survey, &d, NULL, ERR_GPT_NONE, &probe, ERR_OK);
        assert_int_equal(survey.partitions[0].count, 3);
        assert_int_equal(verdict(), ERR_SURVEY_AMBIGUOUS);
}

/* A member of a volume group or an array that looks like a file system: what is mounted is made of it later. */
static void test_udev_sees_another_type(void **state)
{
        struct survey_device d = device_of("vda2", 2);

        (void)state;
        strcpy(d.udev_type, "ext3"); /* the name for these features */
        survey_add_volume(&survey, &d, &gpt, ERR_OK, &probe, ERR_OK);
        assert_int_equal(verdict(), ERR_OK);
        strcpy(d.udev_type, "LVM2_member");
        survey_begin(&survey, &policy);
        survey_add_volume(&survey, &d, &gpt, ERR_OK, &probe, ERR_OK);
        assert_string_equal(survey_state(&survey, 0), "malformed");
        assert_int_equal(verdict(), ERR_SURVEY_MALFORMED);
}

static void test_ambiguous(void **state)
{
        (void)state;
        add("vda2");
        add("vdb2");
        assert_string_equal(survey_state(&survey, 0), "ambiguous");
        assert_int_equal(verdict(), ERR_SURVEY_AMBIGUOUS);
}

static void test_second_signature(void **state)
{
        (void)state;
        probe.count = 2;
        probe.hits[0] = (struct probe_hit){ PROBE_LUKS2, ERR_OK };
        probe.hits[1] = (struct probe_hit){ PROBE_EXT4, ERR_OK };
        strcpy(gpt.entries[0].name, "other");
        add("vda2");
        assert_int_equal(survey.partitions[0].count, 1);
        assert_string_equal(survey_state(&survey, 0), "malformed");
        assert_int_equal(verdict(), ERR_SURVEY_MALFORMED);
}

static void test_malformed_and_unreadable(void **state)
{
        struct survey_device d = device_of("vda2", 2);

        (void)state;
        probe.hits[0].error = ERR_EXT4_CHECKSUM;
        add("vda2");
        assert_int_equal(verdict(), ERR_SURVEY_MALFORMED);
        survey_begin(&survey, &policy);
        survey_add_volume(&survey, &d, &gpt, ERR_OK, NULL, ERR_BLOCKDEV_READ);
        assert_int_equal(survey.partitions[0].count, 1);
        assert_int_equal(verdict(), ERR_SURVEY_MALFORMED);
}

static void test_witnesses(void **state)
{
        struct survey_device changed[4];

        (void)state;
        for (size_t i = 0; i < 4; i++)
                changed[i] = device_of("vda2", 2);
        changed[0].kernel.start_sectors++;
        changed[1].kernel.size_sectors--;
        changed[2].kernel.part_uuid[0] = 'f';
        strcpy(changed[3].kernel.part_name, "oen");
        for (size_t i = 0; i < 4; i++) {
                survey_begin(&survey, &policy);
                survey_add_volume(&survey, &changed[i], &gpt, ERR_OK, &probe, ERR_OK);
                assert_int_equal(verdict(), ERR_SURVEY_WITNESS);
        }
        changed[0] = device_of("vda3", 3);
        survey_begin(&survey, &policy);
        survey_add_volume(&survey, &changed[0], &gpt, ERR_OK, &probe, ERR_OK);
        assert_int_equal(verdict(), ERR_SURVEY_NO_ENTRY);
}

/* What linux block/partitions/efi.c makes of names: U+00E9 stays one byte, U+0101 becomes 0x01 and so '!', a pair is two units. */
static void test_kernel_names(void **state)
{
        static const struct {
                const char *ours, *kernel;
                bool agree;
        } names[] = {
                { "oem", "oem", true },          { "oem", "oe", false },         { "oe", "oem", false },
                { "\xc3\xa9", "\xe9", true },    { "\xc4\x81", "!", true },      { "a\x7f", "a!", true },
                { "a\xc4\x80z", "a", true },     { "\xf0\x9f\x98\x80", "=", true },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                struct survey_device d;

                strcpy(gpt.entries[0].name, names[i].ours);
                d = device_of("vda2", 2);
                strcpy(d.kernel.part_name, names[i].kernel);
                survey_begin(&survey, &policy);
                survey_add_volume(&survey, &d, &gpt, ERR_OK, &probe, ERR_OK);
                assert_int_equal(verdict(), names[i].agree ? ERR_OK : ERR_SURVEY_WITNESS);
        }
}

static void test_type(void **state)
{
        (void)state;
        probe.hits[0].type = PROBE_XFS;
        add("vda2");
        assert_int_equal(verdict(), ERR_SURVEY_TYPE);
        probe.hits[0].type = PROBE_LUKS1;
        survey_begin(&survey, &policy);
        add("vda2");
        assert_int_equal(verdict(), ERR_OK);
}

static struct span event_of(unsigned classes, char *to)
{
        struct span text;

        assert_int_equal(survey_event_write(&survey, classes, to, sizeof(buf), &text), ERR_OK);
        return text;
}

static void test_order_of_devices(void **state)
{
        static char other[sizeof(buf)];
        struct span first, second;

        (void)state;
        for (unsigned pass = 0; pass < 2; pass++) {
                survey_begin(&survey, &policy);
                for (unsigned i = 0; i < 3; i++) {
                        gpt.entries[0].unique[0] = (uint8_t)(pass == 0 ? i : 2 - i);
                        add(pass == 0 ? "vda2" : "vdb2");
                }
                if (pass == 0)
                        first = event_of(policy.classes, buf);
                else
                        second = event_of(policy.classes, other);
        }
        assert_true(span_equal(first, second));
        /* The device's name is for people. */
        assert_null(memmem(first.data, first.len, "vda2", 4));
        first = event_of(CLASS_ALL, buf);
        assert_non_null(memmem(first.data, first.len, "vdb2", 4));
}

static void test_many_candidates(void **state)
{
        struct span text;

        (void)state;
        for (unsigned i = 0; i < 100; i++)
                add("vda2");
        text = event_of(policy.classes, buf);
        assert_non_null(memmem(text.data, text.len, "\"candidates\":[],\"count\":100,", 28));
}

static void test_disks(void **state)
{
        struct survey_device disks[3] = { { .size_bytes = 1, .sector_bytes = 512 },
                                          { .size_bytes = 2, .sector_bytes = 512 },
                                          { .size_bytes = 3, .sector_bytes = 512, .is_virtual = true } };
        uint8_t digests[2][32];

        (void)state;
        assert_int_equal(survey_add_disk(&survey, &disks[0], &gpt, ERR_OK), ERR_OK);
        assert_int_equal(survey_add_disk(&survey, &disks[1], NULL, ERR_GPT_NONE), ERR_OK);
        assert_int_equal(survey_add_disk(&survey, &disks[2], NULL, ERR_GPT_NONE), ERR_OK);
        assert_int_equal(survey.disk_count, 2);
        memcpy(digests, survey.disk_digests, sizeof(digests));
        assert_true(memcmp(digests[0], digests[1], 32) < 0);
        survey_begin(&survey, &policy);
        assert_int_equal(survey_add_disk(&survey, &disks[1], NULL, ERR_GPT_NONE), ERR_OK);
        assert_int_equal(survey_add_disk(&survey, &disks[0], &gpt, ERR_OK), ERR_OK);
        assert_memory_equal(digests, survey.disk_digests, sizeof(digests));
        gpt.entries[0].last_lba++; /* grown: the same disk */
        survey_begin(&survey, &policy);
        assert_int_equal(survey_add_disk(&survey, &disks[1], NULL, ERR_GPT_NONE), ERR_OK);
        assert_int_equal(survey_add_disk(&survey, &disks[0], &gpt, ERR_OK), ERR_OK);
        assert_memory_equal(digests, survey.disk_digests, sizeof(digests));
        for (unsigned i = 2; i < SURVEY_DISKS_MAX; i++)
                assert_int_equal(survey_add_disk(&survey, &disks[0], &gpt, ERR_OK), ERR_OK);
        assert_int_equal(survey_add_disk(&survey, &disks[0], &gpt, ERR_OK), ERR_SURVEY_DISKS);
}

static void test_event_space(void **state)
{
        struct span text = { NULL, 0 };
        struct span whole;

        (void)state;
        add("vda2");
        whole = event_of(policy.classes, buf);
        for (size_t cap = 0; cap < whole.len; cap++)
                assert_int_equal(survey_event_write(&survey, policy.classes, buf, cap, &text), ERR_NO_SPACE);
        assert_null(text.data);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup(test_absent, set_up),
                cmocka_unit_test_setup(test_present, set_up),
                cmocka_unit_test_setup(test_selected_by_either_name, set_up),
                cmocka_unit_test_setup(test_selected_though_refused, set_up),
                cmocka_unit_test_setup(test_selected_by_udev, set_up),
                cmocka_unit_test_setup(test_udev_sees_another_type, set_up),
                cmocka_unit_test_setup(test_ambiguous, set_up),
                cmocka_unit_test_setup(test_second_signature, set_up),
                cmocka_unit_test_setup(test_malformed_and_unreadable, set_up),
                cmocka_unit_test_setup(test_witnesses, set_up),
                cmocka_unit_test_setup(test_kernel_names, set_up),
                cmocka_unit_test_setup(test_type, set_up),
                cmocka_unit_test_setup(test_order_of_devices, set_up),
                cmocka_unit_test_setup(test_many_candidates, set_up),
                cmocka_unit_test_setup(test_disks, set_up),
                cmocka_unit_test_setup(test_event_space, set_up),
        };

        return cmocka_run_group_tests_name("survey", tests, NULL, NULL);
}
