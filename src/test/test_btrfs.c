/* SPDX-License-Identifier: Apache-2.0 */
/* btrfs superblocks as mkfs.btrfs writes them, whole, cut and broken; after a change the checksum is made right again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/crc.h"
#include "format/btrfs.h"
#include "test/breaks.h"
#include "test/seeds.h"

static void make_csum_right(uint8_t *superblock)
{
        uint32_t crc = ~crc_update_32c(CRC_START, span_of(superblock + 32, BTRFS_BYTES - 32));

        memset(superblock, 0, 32);
        for (unsigned i = 0; i < 4; i++)
                superblock[i] = (uint8_t)(crc >> 8 * i);
}

static enum err read_image(const char *name, struct btrfs *ret)
{
        struct source image = seeds_image_open(name);
        uint8_t work[BTRFS_BYTES];
        enum err e = btrfs_read(&image, work, ret);

        seeds_image_close(&image);
        return e;
}

static void assert_json(const struct btrfs *fs, unsigned classes, const char *expected)
{
        char buf[2048];
        struct json_writer w = json_writer_on(buf, sizeof(buf) - 1);
        struct span text;

        json_object_open(&w);
        btrfs_write(&w, fs, classes);
        json_object_close(&w);
        assert_int_equal(json_writer_result(&w, &text), ERR_OK);
        buf[text.len] = '\0';
        assert_string_equal(buf, expected);
}

static void reads_what_mkfs_wrote(void **state)
{
        char uuid[GUID_TEXT_SIZE];
        struct btrfs fs;

        (void)state;
        assert_int_equal(read_image("btrfs-crc32c.img", &fs), ERR_OK);
        btrfs_uuid(&fs, uuid);
        assert_string_equal(uuid, "00000030-c051-4a00-8000-000000000030");
        assert_true(span_equal_str(btrfs_label(&fs), "COS_PERSISTENT"));
        assert_json(&fs, CLASS_CONFIG,
                    "{\"config\":{\"csum_type\":\"crc32c\",\"device_count\":1,\"features\":{\"compat\":[],\"compat_ro\":[\"free_space_tree\","
                    "\"free_space_tree_valid\"],\"incompat\":[\"mixed_backref\",\"extended_iref\",\"skinny_metadata\",\"no_holes\"]},"
                    "\"flags\":[\"written\"],\"node_bytes\":16384,\"sector_bytes\":4096}}");
        assert_json(&fs, CLASS_INFO | CLASS_LAYOUT,
                    "{\"info\":{\"generation\":6},\"layout\":{\"device_bytes\":134217728,\"total_bytes\":134217728}}");

        assert_int_equal(read_image("btrfs-large.img", &fs), ERR_OK);
        assert_int_equal(fs.node_bytes, 65536);
        assert_true(span_equal_str(btrfs_label(&fs), "large"));
        assert_int_equal(read_image("btrfs-two-b.img", &fs), ERR_OK);
        assert_int_equal(fs.device_count, 2);
        assert_int_equal(fs.device_id, 2);
}

static void checksums_are_verified_or_said_to_be_not(void **state)
{
        struct btrfs fs;

        (void)state;
        assert_int_equal(read_image("btrfs-sha256.img", &fs), ERR_OK);
        assert_int_equal(fs.csum_type, BTRFS_CSUM_SHA256);
        breaks_fill(&fs, sizeof(fs));
        assert_int_equal(read_image("btrfs-xxhash.img", &fs), ERR_BTRFS_CSUM_UNVERIFIED);
        assert_int_equal(read_image("btrfs-blake2.img", &fs), ERR_BTRFS_CSUM_UNVERIFIED);
        assert_true(breaks_untouched(&fs, sizeof(fs)));
}

static void sha256_notices_each_byte(void **state)
{
        size_t len;
        uint8_t *bytes = seeds_load("build/corpus/btrfs/btrfs-sha256", BTRFS_BYTES, &len);
        struct btrfs fs;

        (void)state;
        for (size_t at = 0; at < len; at += 97) {
                if (at >= 0x40 && at < 0x48)
                        continue;
                bytes[at] ^= 1;
                enum err e = btrfs_parse(span_of(bytes, len), &fs);

                /* A changed checksum type is another matter. */
                if (at != 0xc4 && at != 0xc5)
                        assert_int_equal(e, ERR_BTRFS_CSUM);
                bytes[at] ^= 1;
        }
        assert_int_equal(btrfs_parse(span_of(bytes, len), &fs), ERR_OK);
        free(bytes);
}

static void a_changed_metadata_uuid_is_kept_apart(void **state)
{
        char fsid[GUID_TEXT_SIZE], metadata[GUID_TEXT_SIZE];
        struct btrfs fs;

        (void)state;
        assert_int_equal(read_image("btrfs-metauuid.img", &fs), ERR_OK);
        guid_format_uuid(span_of(fs.fsid, GUID_BYTES), fsid);
        guid_format_uuid(span_of(fs.metadata_uuid, GUID_BYTES), metadata);
        assert_string_equal(fsid, "00000036-c051-4a00-8000-000000000036");
        assert_string_equal(metadata, "00000030-c051-4a00-8000-000000000030");
}

#define ONES_64 "\xff\xff\xff\xff\xff\xff\xff\xff"

static const struct breaks unsealed[] = {
        BREAKS_AT("magic", 0x40, "-", ERR_BTRFS_NONE),
        BREAKS_AT("checksum", 0, "\0\0\0\0", ERR_BTRFS_CSUM),
        BREAKS_AT("label without a new checksum", 0x12b, "X", ERR_BTRFS_CSUM),
        BREAKS_AT("last byte without a new checksum", 4095, "X", ERR_BTRFS_CSUM),
        BREAKS_AT("checksum xxhash64", 0xc4, "\1", ERR_BTRFS_CSUM_UNVERIFIED),
        BREAKS_AT("checksum 4", 0xc4, "\4", ERR_BTRFS_CSUM_TYPE),
        BREAKS_AT("checksum 256", 0xc5, "\1", ERR_BTRFS_CSUM_TYPE),
};

static const struct breaks sealed[] = {
        BREAKS_AT("position of the first copy", 0x30, "\0\0\0\4", ERR_BTRFS_BYTENR),
        BREAKS_AT("sector size 2048", 0x90, "\0\x08", ERR_BTRFS_SECTOR_SIZE),
        BREAKS_AT("sector size 0", 0x90, "\0\0", ERR_BTRFS_SECTOR_SIZE),
        BREAKS_AT("sector size 5000", 0x90, "\x88\x13", ERR_BTRFS_SECTOR_SIZE),
        BREAKS_AT("node size 128 KiB", 0x94, "\0\0\2", ERR_BTRFS_NODE_SIZE),
        BREAKS_AT("nodes smaller than sectors", 0x90, "\0\x80\0\0\0\x40", ERR_BTRFS_NODE_SIZE),
        BREAKS_AT("chunk array of 2049 bytes", 0xa0, "\1\x08", ERR_BTRFS_CHUNK_ARRAY),
        BREAKS_AT("no devices", 0x88, "\0", ERR_BTRFS_DEVICE_COUNT),
        BREAKS_AT("device of another file system", 0x11b, "\x99", ERR_BTRFS_DEVICE_FSID),
        BREAKS_AT("metadata UUID that was never set", 0xbc, "\x41\x07", ERR_BTRFS_DEVICE_FSID),
};

static void check_breaks(const struct breaks *all, size_t count, bool seal)
{
        for (size_t i = 0; i < count; i++) {
                size_t len;
                uint8_t *bytes = seeds_load("build/corpus/btrfs/btrfs-crc32c", BTRFS_BYTES, &len);
                struct btrfs fs;

                breaks_fill(&fs, sizeof(fs));
                breaks_apply(&all[i], bytes);
                if (seal)
                        make_csum_right(bytes);
                enum err e = btrfs_parse(span_of(bytes, len), &fs);

                if (e != all[i].expected)
                        fail_msg("%s: %s", all[i].what, err_name(e));
                assert_true(breaks_untouched(&fs, sizeof(fs)));
                free(bytes);
        }
}

static void one_broken_field_gives_one_code(void **state)
{
        (void)state;
        check_breaks(unsealed, sizeof(unsealed) / sizeof(unsealed[0]), false);
        check_breaks(sealed, sizeof(sealed) / sizeof(sealed[0]), true);
}

static void a_label_needs_its_end(void **state)
{
        size_t len;
        uint8_t *bytes = seeds_load("build/corpus/btrfs/btrfs-crc32c", BTRFS_BYTES, &len);
        struct btrfs fs;

        (void)state;
        memset(bytes + 0x12b, 'x', 255);
        make_csum_right(bytes);
        assert_int_equal(btrfs_parse(span_of(bytes, len), &fs), ERR_OK);
        assert_int_equal(btrfs_label(&fs).len, 255);
        bytes[0x12b + 255] = 'x';
        make_csum_right(bytes);
        breaks_fill(&fs, sizeof(fs));
        assert_int_equal(btrfs_parse(span_of(bytes, len), &fs), ERR_BTRFS_LABEL);
        assert_true(breaks_untouched(&fs, sizeof(fs)));
        free(bytes);
}

static void a_device_must_fit_its_volume(void **state)
{
        struct source image = seeds_image_open("btrfs-crc32c.img");
        uint8_t work[BTRFS_BYTES];
        struct btrfs fs;

        (void)state;
        breaks_fill(&fs, sizeof(fs));
        image.size_bytes -= 4096;
        assert_int_equal(btrfs_read(&image, work, &fs), ERR_BTRFS_DEVICE_SIZE);
        image.size_bytes = BTRFS_OFFSET + BTRFS_BYTES - 1;
        assert_int_equal(btrfs_read(&image, work, &fs), ERR_BTRFS_NONE);
        assert_true(breaks_untouched(&fs, sizeof(fs)));
        seeds_image_close(&image);
}

static void check_prefix(struct span prefix, size_t whole_len)
{
        struct btrfs fs;

        if (prefix.len == whole_len)
                return;
        breaks_fill(&fs, sizeof(fs));
        assert_int_equal(btrfs_parse(prefix, &fs), ERR_SHORT);
        assert_true(breaks_untouched(&fs, sizeof(fs)));
}

static void every_prefix_is_an_error(void **state)
{
        (void)state;
        seeds_each_prefix("btrfs", check_prefix);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_what_mkfs_wrote),
                cmocka_unit_test(checksums_are_verified_or_said_to_be_not),
                cmocka_unit_test(sha256_notices_each_byte),
                cmocka_unit_test(a_changed_metadata_uuid_is_kept_apart),
                cmocka_unit_test(one_broken_field_gives_one_code),
                cmocka_unit_test(a_label_needs_its_end),
                cmocka_unit_test(a_device_must_fit_its_volume),
                cmocka_unit_test(every_prefix_is_an_error),
        };

        return cmocka_run_group_tests_name("btrfs", tests, NULL, NULL);
}
