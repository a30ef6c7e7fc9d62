/* SPDX-License-Identifier: Apache-2.0 */
/* Superblocks of ext2, ext3 and ext4 as mke2fs writes them, whole, cut and broken; after a change the checksum is made right again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/crc.h"
#include "base/reader.h"
#include "format/ext4.h"
#include "test/breaks.h"
#include "test/seeds.h"

#define RO_COMPAT 0x64
#define CHECKSUM 0x3fc

static void make_checksum_right(uint8_t *superblock)
{
        uint32_t crc = crc_update_32c(CRC_START, span_of(superblock, CHECKSUM));

        for (unsigned i = 0; i < 4; i++)
                superblock[CHECKSUM + i] = (uint8_t)(crc >> 8 * i);
}

static uint8_t *load(const char *name)
{
        char path[128];
        size_t len;

        (void)snprintf(path, sizeof(path), "build/corpus/ext4/%s", name);
        uint8_t *bytes = seeds_load(path, SIZE_MAX, &len);

        assert_int_equal(len, EXT4_SUPERBLOCK_BYTES);
        return bytes;
}

static void parse(const char *name, struct ext4 *ret)
{
        uint8_t *bytes = load(name);

        assert_int_equal(ext4_parse(span_of(bytes, EXT4_SUPERBLOCK_BYTES), ret), ERR_OK);
        free(bytes);
}

static void assert_json(const struct ext4 *fs, unsigned classes, const char *expected)
{
        char buf[4096];
        struct json_writer w = json_writer_on(buf, sizeof(buf) - 1);
        struct span text;

        json_object_open(&w);
        ext4_write(&w, fs, classes);
        json_object_close(&w);
        assert_int_equal(json_writer_result(&w, &text), ERR_OK);
        buf[text.len] = '\0';
        assert_string_equal(buf, expected);
}

static void reads_what_mke2fs_wrote(void **state)
{
        static const struct {
                const char *name, *type, *label, *uuid;
        } seeds[] = {
                { "ext4-default-8M", "ext4", "COS_OEM", "00000010-c051-4a00-8000-000000000010" },
                { "ext4-plain-8M", "ext4", "COS_PERSISTENT", "00000011-c051-4a00-8000-000000000011" },
                { "ext2", "ext2", "second", "00000014-c051-4a00-8000-000000000014" },
                { "ext3", "ext3", "third", "00000015-c051-4a00-8000-000000000015" },
                { "jbd", "jbd", "journal", "00000017-c051-4a00-8000-000000000017" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
                char uuid[GUID_TEXT_SIZE];
                struct ext4 fs;

                parse(seeds[i].name, &fs);
                ext4_uuid(&fs, uuid);
                assert_string_equal(ext4_type_name(&fs), seeds[i].type);
                assert_true(span_equal_str(ext4_label(&fs), seeds[i].label));
                assert_string_equal(uuid, seeds[i].uuid);
        }
}

static void writes_each_class(void **state)
{
        struct ext4 fs;

        (void)state;
        parse("ext4-options", &fs);
        fs.created_s = 1700000000;
        fs.hash_seed[0] = 0xab;
        memset(fs.hash_seed + 1, 0, 15);
        fs.checksum_seed = 7;
        memset(fs.encryption_salt, 0, sizeof(fs.encryption_salt));
        assert_json(&fs, CLASS_IDENTITY,
                    "{\"identity\":{\"created_s\":1700000000,\"label\":\"options\",\"uuid\":\"00000016-c051-4a00-8000-000000000016\"}}");
        assert_json(&fs, CLASS_LAYOUT,
                    "{\"layout\":{\"backup_groups\":[0,0],\"blocks\":16384,\"blocks_per_group\":8192,\"first_data_block\":1,"
                    "\"first_meta_group\":0,\"inodes\":4096,\"inodes_per_group\":2048,\"mmp_block\":0,\"reserved_blocks\":819,"
                    "\"reserved_gdt_blocks\":127}}");
        assert_json(&fs, CLASS_CONFIG,
                    "{\"config\":{\"block_bytes\":1024,\"check_interval_s\":0,\"checksum_seed\":7,\"checksum_type\":\"crc32c\","
                    "\"cluster_bytes\":1024,\"creator_os\":\"Linux\",\"default_journal_mode\":\"unset\","
                    "\"default_mount_options\":[\"user_xattr\",\"acl\",\"nobarrier\"],\"descriptor_bytes\":64,\"encoding\":1,"
                    "\"encoding_flags\":0,\"encryption_algorithms\":\"01040000\",\"encryption_salt\":\"00000000000000000000000000000000\","
                    "\"errors\":\"remount-ro\",\"features\":{\"compat\":[\"has_journal\",\"ext_attr\",\"resize_inode\",\"dir_index\"],"
                    "\"incompat\":[\"filetype\",\"extent\",\"64bit\",\"flex_bg\",\"metadata_csum_seed\",\"encrypt\",\"casefold\"],"
                    "\"ro_compat\":[\"sparse_super\",\"large_file\",\"huge_file\",\"dir_nlink\",\"extra_isize\",\"metadata_csum\"]},"
                    "\"first_inode\":11,\"flags\":[\"signed_directory_hash\"],\"flex_group_bits\":4,\"hash\":\"half_md4\","
                    "\"hash_seed\":\"ab000000-0000-0000-0000-000000000000\",\"inode_bytes\":256,\"journal\":{\"device\":0,\"inode\":8,"
                    "\"uuid\":\"00000000-0000-0000-0000-000000000000\"},\"max_mount_count\":65535,\"min_extra_isize\":32,"
                    "\"mmp_interval_s\":0,\"mount_options\":\"data=journal\",\"orphan_file_inode\":0,"
                    "\"quota_inodes\":{\"group\":0,\"project\":0,\"user\":0},\"raid_stride_blocks\":0,\"raid_stripe_width_blocks\":0,"
                    "\"reserved_gid\":0,\"reserved_uid\":0,\"revision\":1,\"revision_minor\":0,\"want_extra_isize\":32}}");
        assert_json(&fs, 0, "{}");
}

/* What mounting, writing and checking change must not reach what is measured. */
static void use_changes_only_info(void **state)
{
        static const struct breaks use[] = {
                BREAKS_AT("free blocks and inodes", 0x0c, "\1\0\0\0\1\0\0\0", ERR_OK),
                BREAKS_AT("times, mount count", 0x2c, "\1\2\3\4\5\6\7\x08\x09\0", ERR_OK),
                BREAKS_AT("state", 0x3a, "\2", ERR_OK),
                BREAKS_AT("last check", 0x40, "\1\2\3\4", ERR_OK),
                BREAKS_AT("needs recovery", 0x60, "\xc6", ERR_OK),
                BREAKS_AT("orphans present", 0x66, "\1", ERR_OK),
                BREAKS_AT("last mounted", 0x88, "/oem", ERR_OK),
                BREAKS_AT("last orphan", 0xe8, "\x0c", ERR_OK),
                BREAKS_AT("kilobytes written", 0x178, "\1\2\3", ERR_OK),
                BREAKS_AT("error count", 0x194, "\1", ERR_OK),
                BREAKS_AT("overhead", 0x248, "\1\2", ERR_OK),
                BREAKS_AT("lost+found", 0x268, "\x0b", ERR_OK),
                BREAKS_AT("high times", 0x274, "\1\1\0\1", ERR_OK),
        };
        uint8_t *bytes = load("ext4-default-8M");
        char buf[2][8192];
        struct span text[2];

        (void)state;
        for (unsigned i = 0; i < 2; i++) {
                struct json_writer w = json_writer_on(buf[i], sizeof(buf[i]));
                struct ext4 fs;

                for (size_t k = 0; i == 1 && k < sizeof(use) / sizeof(use[0]); k++)
                        breaks_apply(&use[k], bytes);
                make_checksum_right(bytes);
                assert_int_equal(ext4_parse(span_of(bytes, EXT4_SUPERBLOCK_BYTES), &fs), ERR_OK);
                assert_int_equal(fs.needs_recovery, i == 1);
                assert_int_equal(fs.orphan_present, i == 1);
                assert_string_equal(ext4_type_name(&fs), "ext4");
                json_object_open(&w);
                ext4_write(&w, &fs, CLASS_CONFIG | CLASS_IDENTITY | CLASS_LAYOUT);
                json_object_close(&w);
                assert_int_equal(json_writer_result(&w, &text[i]), ERR_OK);
        }
        assert_true(span_equal(text[0], text[1]));
        free(bytes);
}

static const struct breaks breaks[] = {
        BREAKS_AT("magic", 0x38, "\x54", ERR_EXT4_NONE),
        BREAKS_AT("revision 2", 0x4c, "\2", ERR_EXT4_REVISION),
        BREAKS_AT("checksum type 2", 0x175, "\2", ERR_EXT4_CHECKSUM_TYPE),
        BREAKS_AT("no checksum type", 0x175, "\0", ERR_EXT4_CHECKSUM_TYPE),
        BREAKS_AT("copy of group 1", 0x5a, "\1", ERR_EXT4_GROUP),
        BREAKS_AT("blocks of 128 KiB", 0x18, "\7\0\0\0\7", ERR_EXT4_BLOCK_SIZE),
        BREAKS_AT("block size beyond the shift", 0x18, "\xff\xff\xff\xff", ERR_EXT4_BLOCK_SIZE),
        BREAKS_AT("clusters smaller than blocks", 0x18, "\2\0\0\0\1", ERR_EXT4_CLUSTER_SIZE),
        BREAKS_AT("clusters without bigalloc", 0x1c, "\1", ERR_EXT4_CLUSTER_SIZE),
        BREAKS_AT("cluster size beyond the shift", 0x1c, "\xff\xff\xff\xff", ERR_EXT4_CLUSTER_SIZE),
        BREAKS_AT("inodes of 64 bytes", 0x58, "\x40\0", ERR_EXT4_INODE_SIZE),
        BREAKS_AT("inodes of 192 bytes", 0x58, "\xc0\0", ERR_EXT4_INODE_SIZE),
        BREAKS_AT("inodes larger than a block", 0x58, "\0\x08", ERR_EXT4_INODE_SIZE),
        BREAKS_AT("descriptors of 32 bytes", 0xfe, "\x20\0", ERR_EXT4_DESCRIPTOR_SIZE),
        BREAKS_AT("descriptors of 96 bytes", 0xfe, "\x60\0", ERR_EXT4_DESCRIPTOR_SIZE),
        BREAKS_AT("descriptors of 2048 bytes", 0xfe, "\0\x08", ERR_EXT4_DESCRIPTOR_SIZE),
        BREAKS_AT("no blocks", 0x4, "\0\0\0\0", ERR_EXT4_BLOCKS),
        BREAKS_AT("more reserved than all", 0x8, "\1\x20\0\0", ERR_EXT4_BLOCKS),
        BREAKS_AT("more free than all", 0xc, "\1\x20\0\0", ERR_EXT4_BLOCKS),
        BREAKS_AT("first data block 0", 0x14, "\0", ERR_EXT4_FIRST_BLOCK),
        BREAKS_AT("first data block 2", 0x14, "\2", ERR_EXT4_FIRST_BLOCK),
        BREAKS_AT("one block, none reserved or free", 0x4, "\1\0\0\0\0\0\0\0\0\0\0\0", ERR_EXT4_FIRST_BLOCK),
        BREAKS_AT("no clusters in a group", 0x24, "\0\0\0\0", ERR_EXT4_GROUP_SIZE),
        BREAKS_AT("more clusters than bits", 0x20, "\1\x20\0\0\1\x20\0\0", ERR_EXT4_GROUP_SIZE),
        BREAKS_AT("blocks that are not clusters", 0x20, "\0\x10", ERR_EXT4_GROUP_SIZE),
        BREAKS_AT("no inodes in a group", 0x28, "\0\0\0\0", ERR_EXT4_GROUP_SIZE),
        BREAKS_AT("more inodes than bits", 0x28, "\1\x20\0\0", ERR_EXT4_GROUP_SIZE),
        BREAKS_AT("no inodes", 0x0, "\0\0\0\0", ERR_EXT4_INODES),
        BREAKS_AT("inodes of half a group", 0x0, "\1\0\0\0", ERR_EXT4_INODES),
        BREAKS_AT("more free inodes than all", 0x10, "\xff\xff\xff\xff", ERR_EXT4_INODES),
        BREAKS_AT("more groups than inodes", 0x4, "\0\0\1\0", ERR_EXT4_INODES),
        BREAKS_AT("2^63 blocks", 0x150, "\0\0\0\x80", ERR_EXT4_INODES),
};

static void assert_refused(const char *what, struct span superblock, enum err expected)
{
        struct ext4 fs;

        breaks_fill(&fs, sizeof(fs));
        enum err e = ext4_parse(superblock, &fs);

        if (e != expected)
                fail_msg("%s: %s", what, err_name(e));
        assert_true(breaks_untouched(&fs, sizeof(fs)));
}

static void one_broken_field_gives_one_code(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
                uint8_t *bytes = load("ext4-default-8M");

                breaks_apply(&breaks[i], bytes);
                make_checksum_right(bytes);
                assert_refused(breaks[i].what, span_of(bytes, EXT4_SUPERBLOCK_BYTES), breaks[i].expected);
                free(bytes);
        }
}

static void every_bit_counts_with_a_checksum(void **state)
{
        uint8_t *bytes = load("ext4-default-8M");

        (void)state;
        for (size_t bit = 0; bit < EXT4_SUPERBLOCK_BYTES * 8; bit++) {
                struct ext4 fs;
                /* Without its bit in the features there is no checksum to hold; the test above looks at the fields alone. */
                bool feature = bit == RO_COMPAT * 8 + 10 || (bit >= 0x4c * 8 && bit < 0x50 * 8);

                bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
                if (!feature)
                        assert_int_not_equal(ext4_parse(span_of(bytes, EXT4_SUPERBLOCK_BYTES), &fs), ERR_OK);
                bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        bytes[0x78] ^= 1;
        assert_refused("label", span_of(bytes, EXT4_SUPERBLOCK_BYTES), ERR_EXT4_CHECKSUM);
        free(bytes);
}

/* Without 64bit, e2fsprogs would not see a high half that the kernel does see. */
static void the_high_half_of_the_size_needs_its_feature(void **state)
{
        uint8_t *bytes = load("ext4-plain-8M");

        (void)state;
        bytes[0x150] = 1;
        assert_refused("high half", span_of(bytes, EXT4_SUPERBLOCK_BYTES), ERR_EXT4_BLOCKS);
        free(bytes);
}

static void unknown_features_and_values_are_kept(void **state)
{
        uint8_t *bytes = load("ext4-plain-8M");
        struct json_writer w;
        char buf[8192];
        struct span text;
        struct ext4 fs;

        (void)state;
        memcpy(bytes + 0x5c, "\0\0\0\x80\0\0\0\x40\4\0\0\x20", 12);
        bytes[0x3c] = 9;
        memcpy(bytes + 0x78, "\xff\xfe", 3);
        memset(bytes + 0x200, 'x', 64);
        assert_int_equal(ext4_parse(span_of(bytes, EXT4_SUPERBLOCK_BYTES), &fs), ERR_OK);
        free(bytes);
        w = json_writer_on(buf, sizeof(buf) - 1);
        json_object_open(&w);
        ext4_write(&w, &fs, CLASS_CONFIG | CLASS_IDENTITY);
        json_object_close(&w);
        assert_int_equal(json_writer_result(&w, &text), ERR_OK);
        buf[text.len] = '\0';
        assert_non_null(strstr(buf, "\"features\":{\"compat\":[\"0x80000000\"],\"incompat\":[\"0x40000000\"],\"ro_compat\":[\"0x4\",\"0x20000000\"]}"));
        assert_non_null(strstr(buf, "\"errors\":9,"));
        assert_non_null(strstr(buf, "\"label\":{\"hex\":\"fffe\"}"));
        assert_non_null(strstr(buf, "\"mount_options\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\""));
}

static void the_first_revision_has_no_features(void **state)
{
        uint8_t *bytes = load("ext2");
        struct ext4 fs;

        (void)state;
        memset(bytes + 0x4c, 0, 4);
        bytes[0x58] = 1;
        assert_int_equal(ext4_parse(span_of(bytes, EXT4_SUPERBLOCK_BYTES), &fs), ERR_OK);
        assert_int_equal(fs.inode_bytes, 128);
        assert_int_equal(fs.first_inode, 11);
        assert_int_equal(fs.features_compat | fs.features_incompat | fs.features_ro_compat, 0);
        assert_string_equal(ext4_type_name(&fs), "ext2");
        free(bytes);
}

static void check_prefix(struct span prefix, size_t whole_len)
{
        if (prefix.len < whole_len)
                assert_refused("cut", prefix, ERR_SHORT);
}

static void every_prefix_is_an_error(void **state)
{
        (void)state;
        seeds_each_prefix("ext4", check_prefix);
}

static void a_volume_must_hold_the_file_system(void **state)
{
        struct source image = seeds_image_open("ext4-default-8M.img");
        uint8_t work[EXT4_SUPERBLOCK_BYTES];
        struct ext4 fs;

        (void)state;
        assert_int_equal(ext4_read(&image, work, &fs), ERR_OK);
        assert_int_equal(fs.blocks, 8192);
        breaks_fill(&fs, sizeof(fs));
        image.size_bytes--;
        assert_int_equal(ext4_read(&image, work, &fs), ERR_EXT4_DEVICE_SIZE);
        image.size_bytes = 2047;
        assert_int_equal(ext4_read(&image, work, &fs), ERR_EXT4_NONE);
        assert_true(breaks_untouched(&fs, sizeof(fs)));
        seeds_image_close(&image);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_what_mke2fs_wrote),
                cmocka_unit_test(writes_each_class),
                cmocka_unit_test(use_changes_only_info),
                cmocka_unit_test(one_broken_field_gives_one_code),
                cmocka_unit_test(every_bit_counts_with_a_checksum),
                cmocka_unit_test(the_high_half_of_the_size_needs_its_feature),
                cmocka_unit_test(unknown_features_and_values_are_kept),
                cmocka_unit_test(the_first_revision_has_no_features),
                cmocka_unit_test(every_prefix_is_an_error),
                cmocka_unit_test(a_volume_must_hold_the_file_system),
        };

        return cmocka_run_group_tests_name("ext4", tests, NULL, NULL);
}
