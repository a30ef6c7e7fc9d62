/* SPDX-License-Identifier: Apache-2.0 */
/* squashfs superblocks as mksquashfs writes them, whole, cut and broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/squashfs.h"
#include "test/breaks.h"
#include "test/seeds.h"

static void assert_json(const struct squashfs *fs, unsigned classes, const char *expected)
{
        char buf[2048];
        struct json_writer w = json_writer_on(buf, sizeof(buf) - 1);
        struct span text;

        json_object_open(&w);
        squashfs_write(&w, fs, classes);
        json_object_close(&w);
        assert_int_equal(json_writer_result(&w, &text), ERR_OK);
        buf[text.len] = '\0';
        assert_string_equal(buf, expected);
}

static void reads_what_mksquashfs_wrote(void **state)
{
        static const struct {
                const char *image, *config;
        } cases[] = {
                { "squashfs-gzip.img", "{\"config\":{\"block_bytes\":131072,\"compression\":\"gzip\",\"flags\":[\"duplicates\",\"exportable\"]}}" },
                { "squashfs-xz.img", "{\"config\":{\"block_bytes\":131072,\"compression\":\"xz\",\"flags\":[\"duplicates\",\"exportable\"]}}" },
                { "squashfs-zstd.img", "{\"config\":{\"block_bytes\":131072,\"compression\":\"zstd\",\"flags\":[\"duplicates\",\"exportable\"]}}" },
                { "squashfs-bare.img",
                  "{\"config\":{\"block_bytes\":4096,\"compression\":\"gzip\",\"flags\":[\"no_fragments\",\"duplicates\",\"no_xattrs\"]}}" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct source image = seeds_image_open(cases[i].image);
                uint8_t work[SQUASHFS_BYTES];
                struct squashfs fs;

                assert_int_equal(squashfs_read(&image, work, &fs), ERR_OK);
                assert_json(&fs, CLASS_CONFIG, cases[i].config);
                assert_int_equal(fs.made_time, 1700000000);
                assert_int_equal(fs.inodes, 5);
                assert_true(fs.bytes_used <= image.size_bytes);
                seeds_image_close(&image);
        }
}

#define ONES "\xff\xff\xff\xff\xff\xff\xff\xff"
#define ZEROS "\0\0\0\0\0\0\0\0"

static const struct breaks breaks[] = {
        BREAKS_AT("magic", 0, "s", ERR_SQUASHFS_NONE),
        BREAKS_AT("version 3", 28, "\3", ERR_SQUASHFS_VERSION),
        BREAKS_AT("version 4.1", 30, "\1", ERR_SQUASHFS_VERSION),
        BREAKS_AT("block size without its logarithm", 12, "\0\0\1\0", ERR_SQUASHFS_BLOCK_SIZE),
        BREAKS_AT("block size 2 KiB", 12, "\0\x08\0\0\0\0\0\0\1\0\x0b", ERR_SQUASHFS_BLOCK_SIZE),
        BREAKS_AT("logarithm 33", 22, "\x21", ERR_SQUASHFS_BLOCK_SIZE),
        BREAKS_AT("compression 0", 20, "\0", ERR_SQUASHFS_COMPRESSION),
        BREAKS_AT("compression 7", 20, "\7", ERR_SQUASHFS_COMPRESSION),
        BREAKS_AT("no inodes", 4, "\0\0\0\0", ERR_SQUASHFS_EMPTY),
        BREAKS_AT("no owners", 26, "\0\0", ERR_SQUASHFS_EMPTY),
        BREAKS_AT("smaller than its superblock", 40, "\x5f\0\0\0\0\0\0\0", ERR_SQUASHFS_SIZE),
        BREAKS_AT("larger than the volume", 40, ONES, ERR_SQUASHFS_SIZE),
        BREAKS_AT("no owner table", 48, ONES, ERR_SQUASHFS_TABLE),
        BREAKS_AT("owner table in the superblock", 48, ZEROS, ERR_SQUASHFS_TABLE),
        BREAKS_AT("attribute table behind the end", 56, "\0\0\0\0\0\0\1\0", ERR_SQUASHFS_TABLE),
        BREAKS_AT("no inode table", 64, ONES, ERR_SQUASHFS_TABLE),
        BREAKS_AT("directory table before the inodes", 72, "\x60\0\0\0\0\0\0\0", ERR_SQUASHFS_TABLE),
        BREAKS_AT("fragment table in the superblock", 80, ZEROS, ERR_SQUASHFS_TABLE),
        BREAKS_AT("export table in the superblock", 88, ZEROS, ERR_SQUASHFS_TABLE),
};

static void one_broken_field_gives_one_code(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
                size_t len;
                uint8_t *bytes = seeds_load("build/corpus/squashfs/squashfs-gzip", SQUASHFS_BYTES, &len);
                struct squashfs fs;

                breaks_fill(&fs, sizeof(fs));
                breaks_apply(&breaks[i], bytes);
                enum err e = squashfs_parse(span_of(bytes, len), 4096, &fs);

                if (e != breaks[i].expected)
                        fail_msg("%s: %s", breaks[i].what, err_name(e));
                assert_true(breaks_untouched(&fs, sizeof(fs)));
                free(bytes);
        }
}

static void check_prefix(struct span prefix, size_t whole_len)
{
        struct source volume = source_of_span(&prefix, 512);
        bool cut = prefix.len < whole_len;
        uint8_t work[SQUASHFS_BYTES];
        struct squashfs fs;

        breaks_fill(&fs, sizeof(fs));
        assert_int_equal(squashfs_read(&volume, work, &fs), cut ? ERR_SQUASHFS_NONE : ERR_SQUASHFS_SIZE);
        assert_true(breaks_untouched(&fs, sizeof(fs)));
        assert_int_equal(squashfs_parse(prefix, UINT64_MAX, &fs), cut ? ERR_SHORT : ERR_OK);
        assert_int_equal(breaks_untouched(&fs, sizeof(fs)), cut);
}

static void every_prefix_is_an_error(void **state)
{
        (void)state;
        seeds_each_prefix("squashfs", check_prefix);
}

static void compressions_have_names(void **state)
{
        (void)state;
        assert_null(squashfs_compression_name(0));
        assert_string_equal(squashfs_compression_name(1), "gzip");
        assert_string_equal(squashfs_compression_name(6), "zstd");
        assert_null(squashfs_compression_name(7));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_what_mksquashfs_wrote),
                cmocka_unit_test(one_broken_field_gives_one_code),
                cmocka_unit_test(every_prefix_is_an_error),
                cmocka_unit_test(compressions_have_names),
        };

        return cmocka_run_group_tests_name("squashfs", tests, NULL, NULL);
}
