/* SPDX-License-Identifier: Apache-2.0 */
/* Labels on volumes that we refuse, or of which we believe another header: they must still be found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/probe.h"
#include "test/seeds.h"

static struct probe probe;

static bool claims(const char *label)
{
        for (unsigned i = 0; i < probe.claims.count; i++)
                if (span_equal_str(probe_claims_label(&probe.claims, i), label))
                        return true;
        return false;
}

static void read_source(const struct source *volume)
{
        static uint8_t work[PROBE_WORK_BYTES];

        memset(&probe, 0xa5, sizeof(probe));
        assert_int_equal(probe_read(volume, work, &probe), ERR_OK);
        assert_int_equal(probe.count, 1);
}

static void read_image(const char *name)
{
        struct source image = seeds_image_open(name);

        read_source(&image);
        seeds_image_close(&image);
}

/* An image's first bytes with one of them changed. */
static void read_with_break(const char *path, size_t bytes, size_t offset)
{
        size_t len;
        uint8_t *copy = seeds_load(path, bytes, &len);
        struct span span = span_of(copy, len);
        struct source volume = source_of_span(&span, 512);

        copy[offset] ^= 0x10;
        read_source(&volume);
        free(copy);
}

static void sound_volumes_claim_nothing_more(void **state)
{
        static const char *const images[] = { "luks2.img", "luks1.img", "ext4-default-8M.img", "btrfs-crc32c.img", "vfat-16.img" };

        (void)state;
        for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
                read_image(images[i]);
                assert_int_equal(probe.claims.count, 0);
        }
}

static void both_luks2_headers_are_heard(void **state)
{
        (void)state;
        read_image("luks2-primary-bad.img");
        assert_int_equal(probe.luks2.state, LUKS2_PRIMARY_BAD);
        assert_true(claims("X"));
        read_image("luks2-secondary-bad.img");
        assert_true(claims("X"));
        read_image("luks2-secondary-newer.img");
        assert_int_equal(probe.luks2.state, LUKS2_DIFFER);
        assert_true(claims("newer"));
        /* Read from the secondary, while the primary says something else. */
        read_with_break("build/corpus/images/luks2.img", 32768, 30);
        assert_true(claims("COS_PE\x42SISTENT"));
        assert_true(claims("COS_PERSISTENT"));
}

static void refused_file_systems_are_heard(void **state)
{
        (void)state;
        read_image("btrfs-xxhash.img");
        assert_int_equal(probe.hits[0].error, ERR_BTRFS_CSUM_UNVERIFIED);
        assert_true(claims("COS_PERSISTENT"));
        read_with_break("build/corpus/images/ext4-default-8M.img", 65536, 1024 + 0x200);
        assert_true(probe.hits[0].error != ERR_OK);
        assert_true(claims("COS_OEM"));
        read_with_break("build/corpus/images/xfs-default-300M.img", 65536, 0x30);
        assert_true(claims("COS_OEM"));
        /* Larger than its volume, with spaces behind the label. */
        read_with_break("build/corpus/images/vfat-16.img", 65536, 4000);
        assert_true(claims("COS_GRUB"));
        read_with_break("build/corpus/images/vfat-32.img", 65536, 4000);
        assert_true(claims("COS_GRUB"));
        /* The boot sector names another, but what others go by is in the root directory. */
        read_with_break("build/corpus/images/vfat-16.img", (32u << 20) - 512, 43);
        assert_true(claims("COS_GRUB"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(sound_volumes_claim_nothing_more),
                cmocka_unit_test(both_luks2_headers_are_heard),
                cmocka_unit_test(refused_file_systems_are_heard),
        };

        return cmocka_run_group_tests_name("probe_claims", tests, NULL, NULL);
}
