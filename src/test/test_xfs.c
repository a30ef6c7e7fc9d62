/* SPDX-License-Identifier: Apache-2.0 */
/* XFS superblocks as mkfs.xfs writes them, whole, cut and broken; after a change the checksum is made right again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/crc.h"
#include "format/xfs.h"
#include "test/breaks.h"
#include "test/seeds.h"

#define CRC 224

/* Version 5 only; what is written there in version 4 is not looked at. */
static void make_checksum_right(uint8_t *sector, size_t len)
{
        memset(sector + CRC, 0, 4);
        uint32_t crc = ~crc_update_32c(CRC_START, span_of(sector, len));

        for (unsigned i = 0; i < 4; i++)
                sector[CRC + i] = (uint8_t)(crc >> 8 * i);
}

static uint8_t *load(const char *name, size_t *ret_len)
{
        char path[128];

        (void)snprintf(path, sizeof(path), "build/corpus/xfs/%s", name);
        return seeds_load(path, SIZE_MAX, ret_len);
}

static void parse(const char *name, struct xfs *ret)
{
        size_t len;
        uint8_t *bytes = load(name, &len);

        assert_int_equal(xfs_parse(span_of(bytes, len), ret), ERR_OK);
        free(bytes);
}

static void assert_json(const struct xfs *fs, unsigned classes, const char *expected)
{
        char buf[4096];
        struct json_writer w = json_writer_on(buf, sizeof(buf) - 1);
        struct span text;

        json_object_open(&w);
        xfs_write(&w, fs, classes);
        json_object_close(&w);
        assert_int_equal(json_writer_result(&w, &text), ERR_OK);
        buf[text.len] = '\0';
        assert_string_equal(buf, expected);
}

static void reads_what_mkfs_wrote(void **state)
{
        char uuid[GUID_TEXT_SIZE];
        struct xfs fs;

        (void)state;
        parse("xfs-default-300M", &fs);
        xfs_uuid(&fs, uuid);
        assert_string_equal(uuid, "00000020-c051-4a00-8000-000000000020");
        assert_true(span_equal_str(xfs_label(&fs), "COS_OEM"));
        assert_json(&fs, CLASS_CONFIG,
                    "{\"config\":{\"block_bytes\":4096,\"directory_block_bytes\":4096,\"features\":{\"compat\":[],"
                    "\"features2\":[\"lazysbcount\",\"attr2\",\"projid32bit\",\"crc\"],\"incompat\":[\"ftype\",\"sparse_inodes\",\"bigtime\"],"
                    "\"ro_compat\":[\"finobt\",\"reflink\",\"inobtcount\"],"
                    "\"version\":[\"nlink\",\"align\",\"logv2\",\"extflg\",\"dirv2\",\"morebits\"]},\"inode_alignment_blocks\":8,"
                    "\"inode_bytes\":512,\"inode_max_percent\":25,\"log_internal\":true,\"log_sector_bytes\":0,\"root_inode\":128,"
                    "\"sector_bytes\":512,\"shared_version\":0,\"sparse_inode_alignment_blocks\":4,\"version\":5}}");
        assert_json(&fs, CLASS_INFO,
                    "{\"info\":{\"features_log_incompat\":[],\"free_blocks\":60384,\"free_inodes\":61,\"free_realtime_extents\":0,"
                    "\"has_attributes\":false,\"has_quota\":false,\"inodes\":64,\"log_sequence\":0,\"needs_repair\":false,"
                    "\"quota_flags\":0}}");
        assert_json(&fs, CLASS_LAYOUT,
                    "{\"layout\":{\"data_blocks\":76800,\"group_blocks\":19200,\"group_count\":4,\"log_blocks\":16384,"
                    "\"log_start_block\":65542,\"log_stripe_bytes\":1,\"realtime_blocks\":0,\"realtime_extent_blocks\":1,"
                    "\"realtime_extents\":0,\"stripe_unit_blocks\":0,\"stripe_width_blocks\":0}}");
        assert_json(&fs, 0, "{}");
        parse("xfs-v4-300M", &fs);
        assert_int_equal(fs.version, 4);
        parse("xfs-sectors", &fs);
        assert_int_equal(fs.sector_bytes, 4096);
}

static void a_changed_uuid_leaves_the_one_in_the_metadata(void **state)
{
        struct xfs fs;

        (void)state;
        parse("xfs-metauuid", &fs);
        assert_json(&fs, CLASS_IDENTITY,
                    "{\"identity\":{\"label\":\"COS_OEM\",\"meta_uuid\":\"00000020-c051-4a00-8000-000000000020\","
                    "\"uuid\":\"00000024-c051-4a00-8000-000000000024\"}}");
}

/* What mounting and writing change must not reach what is measured. */
static void use_changes_only_info(void **state)
{
        static const struct breaks use[] = {
                BREAKS_AT("attributes and quota", 101, "\xf5", ERR_OK),
                BREAKS_AT("inodes, free inodes, free blocks, free extents", 128, "\0\0\0\0\1\1\1\1\0\0\0\0\1\1\1\1\0\0\0\0\1\1\1\1", ERR_OK),
                BREAKS_AT("quota inodes", 160, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\1\1", ERR_OK),
                BREAKS_AT("needs repair", 219, "\x1b", ERR_OK),
                BREAKS_AT("log features", 223, "\1", ERR_OK),
                BREAKS_AT("project quota inode, log sequence", 232, "\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\1\0\0\0\2", ERR_OK),
        };
        char buf[2][4096];
        struct span text[2];
        size_t len;
        uint8_t *bytes = load("xfs-default-300M", &len);

        (void)state;
        for (unsigned i = 0; i < 2; i++) {
                struct json_writer w = json_writer_on(buf[i], sizeof(buf[i]));
                struct xfs fs;

                for (size_t k = 0; i == 1 && k < sizeof(use) / sizeof(use[0]); k++)
                        breaks_apply(&use[k], bytes);
                make_checksum_right(bytes, len);
                assert_int_equal(xfs_parse(span_of(bytes, len), &fs), ERR_OK);
                assert_int_equal(fs.needs_repair && fs.has_attributes && fs.has_quota, i == 1);
                json_object_open(&w);
                xfs_write(&w, &fs, CLASS_CONFIG | CLASS_IDENTITY | CLASS_LAYOUT);
                json_object_close(&w);
                assert_int_equal(json_writer_result(&w, &text[i]), ERR_OK);
        }
        assert_true(span_equal(text[0], text[1]));
        free(bytes);
}

static const struct breaks breaks[] = {
        BREAKS_AT("magic", 3, "C", ERR_XFS_NONE),
        BREAKS_AT("version 3", 101, "\xa3", ERR_XFS_VERSION),
        BREAKS_AT("version 6", 101, "\xa6", ERR_XFS_VERSION),
        BREAKS_AT("sectors of 256 bytes", 102, "\1\0", ERR_XFS_SECTOR_SIZE),
        BREAKS_AT("sectors of 768 bytes", 102, "\3\0", ERR_XFS_SECTOR_SIZE),
        BREAKS_AT("no sectors", 102, "\0\0", ERR_XFS_SECTOR_SIZE),
        BREAKS_AT("in progress", 126, "\1", ERR_XFS_IN_PROGRESS),
        BREAKS_AT("no blocks", 4, "\0\0\0\0", ERR_XFS_BLOCK_SIZE),
        BREAKS_AT("blocks of 256 bytes", 4, "\0\0\1\0", ERR_XFS_BLOCK_SIZE),
        BREAKS_AT("blocks of 128 KiB", 4, "\0\2\0\0", ERR_XFS_BLOCK_SIZE),
        BREAKS_AT("blocks of 5120 bytes", 4, "\0\0\x14\0", ERR_XFS_BLOCK_SIZE),
        BREAKS_AT("inodes of 128 bytes", 104, "\0\x80", ERR_XFS_INODE_SIZE),
        BREAKS_AT("inodes of 4096 bytes", 104, "\x10\0", ERR_XFS_INODE_SIZE),
        BREAKS_AT("inodes of 768 bytes", 104, "\3\0", ERR_XFS_INODE_SIZE),
        BREAKS_AT("inodes per block", 107, "\4", ERR_XFS_LOGARITHM),
        BREAKS_AT("logarithm of the block size", 120, "\x0d", ERR_XFS_LOGARITHM),
        BREAKS_AT("logarithm beyond the shift", 120, "\xff", ERR_XFS_LOGARITHM),
        BREAKS_AT("logarithm of the sector size", 121, "\x0a", ERR_XFS_LOGARITHM),
        BREAKS_AT("logarithm of the inode size", 122, "\x08", ERR_XFS_LOGARITHM),
        BREAKS_AT("logarithm of the inodes per block", 123, "\4", ERR_XFS_LOGARITHM),
        BREAKS_AT("directory blocks of 128 KiB", 192, "\5", ERR_XFS_DIRECTORY_SIZE),
        BREAKS_AT("directory blocks beyond the shift", 192, "\xff", ERR_XFS_DIRECTORY_SIZE),
        BREAKS_AT("no groups", 88, "\0\0\0\0", ERR_XFS_GROUPS),
        BREAKS_AT("one group too many", 88, "\0\0\0\5", ERR_XFS_GROUPS),
        BREAKS_AT("one group too few", 88, "\0\0\0\3", ERR_XFS_GROUPS),
        BREAKS_AT("groups of 63 blocks", 84, "\0\0\0\x3f", ERR_XFS_GROUPS),
        BREAKS_AT("groups larger than their numbers", 124, "\x0e", ERR_XFS_GROUPS),
        BREAKS_AT("group numbers beyond the shift", 124, "\x20", ERR_XFS_GROUPS),
        BREAKS_AT("no data", 8, "\0\0\0\0\0\0\0\0", ERR_XFS_GROUPS),
        BREAKS_AT("2^63 blocks", 8, "\x80", ERR_XFS_GROUPS),
        BREAKS_AT("no log", 96, "\0\0\0\0", ERR_XFS_LOG),
        BREAKS_AT("log larger than a group", 96, "\0\0\x4b\0", ERR_XFS_LOG),
        BREAKS_AT("log in a fifth group", 48, "\0\0\0\0\0\2\0\6", ERR_XFS_LOG),
        BREAKS_AT("log behind the end of a group", 48, "\0\0\0\0\0\1\x4b\0", ERR_XFS_LOG),
        BREAKS_AT("log at -1", 48, "\xff\xff\xff\xff\xff\xff\xff\xff", ERR_XFS_LOG),
        BREAKS_AT("root inode 0", 56, "\0\0\0\0\0\0\0\0", ERR_XFS_ROOT_INODE),
        BREAKS_AT("root inode -1", 56, "\xff\xff\xff\xff\xff\xff\xff\xff", ERR_XFS_ROOT_INODE),
        BREAKS_AT("101 percent for inodes", 127, "\x65", ERR_XFS_INODE_PERCENT),
};

static void assert_refused(const char *what, struct span superblock, enum err expected)
{
        struct xfs fs;

        breaks_fill(&fs, sizeof(fs));
        enum err e = xfs_parse(superblock, &fs);

        if (e != expected)
                fail_msg("%s: %s", what, err_name(e));
        assert_true(breaks_untouched(&fs, sizeof(fs)));
}

static void one_broken_field_gives_one_code(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
                size_t len;
                uint8_t *bytes = load("xfs-default-300M", &len);

                breaks_apply(&breaks[i], bytes);
                make_checksum_right(bytes, len);
                assert_refused(breaks[i].what, span_of(bytes, len), breaks[i].expected);
                free(bytes);
        }
}

/* The checksum covers the sector, of which the fields are only the beginning. */
static void every_byte_of_the_sector_counts(void **state)
{
        size_t len;
        uint8_t *bytes = load("xfs-sectors", &len);
        struct xfs fs;

        (void)state;
        assert_int_equal(len, 4096);
        for (size_t i = 4; i < len; i++) {
                bytes[i] ^= 0x40;
                assert_int_not_equal(xfs_parse(span_of(bytes, len), &fs), ERR_OK);
                bytes[i] ^= 0x40;
        }
        bytes[4095] ^= 1;
        assert_refused("last byte", span_of(bytes, len), ERR_XFS_CHECKSUM);
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
        seeds_each_prefix("xfs", check_prefix);
}

static void a_volume_must_hold_the_file_system(void **state)
{
        static uint8_t work[XFS_WORK_BYTES];
        struct source image = seeds_image_open("xfs-sectors.img");
        struct xfs fs;

        (void)state;
        assert_int_equal(xfs_read(&image, work, &fs), ERR_OK);
        image.size_bytes = fs.data_blocks * fs.block_bytes - 1;
        breaks_fill(&fs, sizeof(fs));
        assert_int_equal(xfs_read(&image, work, &fs), ERR_XFS_DEVICE_SIZE);
        image.size_bytes = 4095;
        assert_int_equal(xfs_read(&image, work, &fs), ERR_SHORT);
        image.size_bytes = 511;
        assert_int_equal(xfs_read(&image, work, &fs), ERR_XFS_NONE);
        assert_true(breaks_untouched(&fs, sizeof(fs)));
        seeds_image_close(&image);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_what_mkfs_wrote),
                cmocka_unit_test(a_changed_uuid_leaves_the_one_in_the_metadata),
                cmocka_unit_test(use_changes_only_info),
                cmocka_unit_test(one_broken_field_gives_one_code),
                cmocka_unit_test(every_byte_of_the_sector_counts),
                cmocka_unit_test(every_prefix_is_an_error),
                cmocka_unit_test(a_volume_must_hold_the_file_system),
        };

        return cmocka_run_group_tests_name("xfs", tests, NULL, NULL);
}
