/* SPDX-License-Identifier: Apache-2.0 */
/* FAT boot sectors as mkfs.vfat writes them, whole, cut and broken, and labels in root directories made by the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/vfat.h"
#include "test/breaks.h"
#include "test/seeds.h"

static uint8_t *load(const char *name)
{
        char path[128];
        size_t len;

        (void)snprintf(path, sizeof(path), "build/corpus/vfat/%s", name);
        uint8_t *bytes = seeds_load(path, SIZE_MAX, &len);

        assert_int_equal(len, VFAT_BOOT_SECTOR_BYTES);
        return bytes;
}

static enum err read_image(const char *name, struct vfat *ret)
{
        struct source image = seeds_image_open(name);
        uint8_t work[VFAT_WORK_BYTES];
        enum err e = vfat_read(&image, work, ret);

        seeds_image_close(&image);
        return e;
}

static void assert_json(const struct vfat *fs, unsigned classes, const char *expected)
{
        char buf[2048];
        struct json_writer w = json_writer_on(buf, sizeof(buf) - 1);
        struct span text;

        json_object_open(&w);
        vfat_write(&w, fs, classes);
        json_object_close(&w);
        assert_int_equal(json_writer_result(&w, &text), ERR_OK);
        buf[text.len] = '\0';
        assert_string_equal(buf, expected);
}

static void reads_what_mkfs_wrote(void **state)
{
        struct vfat fs;

        (void)state;
        assert_int_equal(read_image("vfat-32.img", &fs), ERR_OK);
        assert_json(&fs, CLASS_ALL,
                    "{\"config\":{\"backup_boot_sector\":6,\"boot_label\":\"COS_GRUB\",\"cluster_bytes\":512,\"extended_flags\":0,"
                    "\"fat_bits\":32,\"fats\":2,\"info_sector\":1,\"media\":248,\"oem_name\":\"mkfs.fat\",\"reserved_sectors\":32,"
                    "\"root_cluster\":2,\"root_entries\":0,\"sector_bytes\":512,\"type_text\":\"FAT32\",\"version\":0},"
                    "\"identity\":{\"label\":\"COS_GRUB\",\"uuid\":\"32C0-5A32\"},\"info\":{\"dirty\":false},"
                    "\"layout\":{\"clusters\":129022,\"fat_sectors\":1009,\"hidden_sectors\":0,\"sectors\":131072}}");
        assert_int_equal(read_image("vfat-16.img", &fs), ERR_OK);
        assert_int_equal(fs.fat_bits, 16);
        assert_int_equal(fs.clusters, 16343);
        assert_int_equal(read_image("vfat-12.img", &fs), ERR_OK);
        assert_json(&fs, CLASS_IDENTITY, "{\"identity\":{\"label\":\"OEM12\",\"uuid\":\"12C0-5A12\"}}");
        assert_int_equal(fs.fat_bits, 12);
        assert_int_equal(read_image("vfat-32-unnamed.img", &fs), ERR_OK);
        assert_int_equal(vfat_label(&fs).len, 0);
        assert_json(&fs, 0, "{}");
}

static const struct breaks breaks_16[] = {
        BREAKS_AT("no sector size", 11, "\0\0", ERR_VFAT_SECTOR_SIZE),
        BREAKS_AT("sectors of 256 bytes", 11, "\0\1", ERR_VFAT_SECTOR_SIZE),
        BREAKS_AT("sectors of 768 bytes", 11, "\0\3", ERR_VFAT_SECTOR_SIZE),
        BREAKS_AT("sectors of 8192 bytes", 11, "\0\x20", ERR_VFAT_SECTOR_SIZE),
        BREAKS_AT("clusters of no sectors", 13, "\0", ERR_VFAT_CLUSTER_SIZE),
        BREAKS_AT("clusters of 3 sectors", 13, "\3", ERR_VFAT_CLUSTER_SIZE),
        BREAKS_AT("no reserved sectors", 14, "\0\0", ERR_VFAT_RESERVED),
        BREAKS_AT("no table", 16, "\0", ERR_VFAT_FATS),
        BREAKS_AT("media byte", 21, "\xf7", ERR_VFAT_MEDIA),
        BREAKS_AT("no root directory", 17, "\0\0", ERR_VFAT_ROOT),
        BREAKS_AT("root directory of half a sector", 17, "\x08\0", ERR_VFAT_ROOT),
        BREAKS_AT("no sectors", 32, "\0\0\0\0", ERR_VFAT_SECTORS),
        BREAKS_AT("tables longer than the disk", 22, "\xff\xff", ERR_VFAT_SECTORS),
        BREAKS_AT("no sector behind the tables", 32, "\xa4\0\0\0", ERR_VFAT_SECTORS),
        BREAKS_AT("too many clusters", 22, "\xff\xff\x20\0\4\0\0\0\0\0\0\0\0\1", ERR_VFAT_CLUSTERS),
};

static const struct breaks breaks_32[] = {
        BREAKS_AT("root cluster 1", 44, "\1", ERR_VFAT_ROOT),
        BREAKS_AT("root cluster behind the last", 44, "\0\xf8\1\0", ERR_VFAT_ROOT),
        BREAKS_AT("root cluster -1", 44, "\xff\xff\xff\xff", ERR_VFAT_ROOT),
        BREAKS_AT("empty table", 36, "\0\0\0\0", ERR_VFAT_FAT_SIZE),
        BREAKS_AT("too many clusters", 32, "\xff\xff\xff\xff\0\0\x20\0", ERR_VFAT_CLUSTERS),
};

static void assert_refused(const char *what, struct span sector, enum err expected)
{
        struct vfat fs;

        breaks_fill(&fs, sizeof(fs));
        enum err e = vfat_parse(sector, &fs);

        if (e != expected)
                fail_msg("%s: %s", what, err_name(e));
        assert_true(breaks_untouched(&fs, sizeof(fs)));
}

/* Parameters that are plausible each, but do not fit each other: the kernel may mount that all the same. */
static bool is_misfit(enum err e)
{
        return e == ERR_VFAT_ROOT || e == ERR_VFAT_SECTORS || e == ERR_VFAT_CLUSTERS;
}

/* With its type text a boot sector is malformed, without it an implausible one is nothing that we know. */
static void assert_breaks(const char *name, const struct breaks *breaks, size_t count, size_t type_text)
{
        for (size_t i = 0; i < count; i++) {
                uint8_t *bytes = load(name);

                breaks_apply(&breaks[i], bytes);
                assert_refused(breaks[i].what, span_of(bytes, VFAT_BOOT_SECTOR_BYTES), breaks[i].expected);
                bytes[type_text] = 'x';
                assert_refused(breaks[i].what, span_of(bytes, VFAT_BOOT_SECTOR_BYTES),
                               is_misfit(breaks[i].expected) ? breaks[i].expected : ERR_VFAT_NONE);
                free(bytes);
        }
}

static void one_broken_field_gives_one_code(void **state)
{
        (void)state;
        assert_breaks("vfat-16", breaks_16, sizeof(breaks_16) / sizeof(breaks_16[0]), 54);
        assert_breaks("vfat-32", breaks_32, sizeof(breaks_32) / sizeof(breaks_32[0]), 82);
}

static void without_a_type_text_the_signature_is_needed(void **state)
{
        uint8_t *bytes = load("vfat-16");
        struct vfat fs;

        (void)state;
        memset(bytes + 54, ' ', 8);
        assert_int_equal(vfat_parse(span_of(bytes, VFAT_BOOT_SECTOR_BYTES), &fs), ERR_OK);
        bytes[511] = 0;
        assert_refused("no signature", span_of(bytes, VFAT_BOOT_SECTOR_BYTES), ERR_VFAT_NONE);
        memcpy(bytes + 54, "FAT     ", 8);
        assert_int_equal(vfat_parse(span_of(bytes, VFAT_BOOT_SECTOR_BYTES), &fs), ERR_OK);
        bytes[511] = 0xaa;
        memcpy(bytes + 54, "HPFS    ", 8);
        assert_refused("HPFS", span_of(bytes, VFAT_BOOT_SECTOR_BYTES), ERR_VFAT_NONE);
        memcpy(bytes + 54, "JFS     ", 8);
        assert_refused("JFS", span_of(bytes, VFAT_BOOT_SECTOR_BYTES), ERR_VFAT_NONE);
        free(bytes);
}

/* The type goes by the number of clusters and never by the text; a table too short for them leaves some out. */
static void clusters_decide_the_type(void **state)
{
        static const struct {
                uint32_t clusters;
                uint8_t bits;
        } cases[] = { { 1, 12 }, { 4084, 12 }, { 4085, 16 }, { 65524, 16 } };
        uint8_t *bytes = load("vfat-16");
        struct vfat fs;

        (void)state;
        bytes[13] = 1;
        memcpy(bytes + 22, "\xff\2", 2);
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                uint32_t sectors = 4 + 2 * 0x2ff + 32 + cases[i].clusters;

                for (unsigned k = 0; k < 4; k++)
                        bytes[32 + k] = (uint8_t)(sectors >> 8 * k);
                assert_int_equal(vfat_parse(span_of(bytes, VFAT_BOOT_SECTOR_BYTES), &fs), ERR_OK);
                assert_int_equal(fs.clusters, cases[i].clusters);
                assert_int_equal(fs.fat_bits, cases[i].bits);
        }
        bytes[22] = 1;
        bytes[23] = 0;
        assert_int_equal(vfat_parse(span_of(bytes, VFAT_BOOT_SECTOR_BYTES), &fs), ERR_OK);
        assert_int_equal(fs.clusters, 254);
        free(bytes);
}

static void use_changes_only_info(void **state)
{
        uint8_t *bytes = load("vfat-32");
        struct vfat fs;

        (void)state;
        bytes[65] = 1;
        assert_int_equal(vfat_parse(span_of(bytes, VFAT_BOOT_SECTOR_BYTES), &fs), ERR_OK);
        assert_json(&fs, CLASS_INFO, "{\"info\":{\"dirty\":true}}");
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
        seeds_each_prefix("vfat", check_prefix);
}

static void a_volume_must_hold_the_file_system(void **state)
{
        struct source image = seeds_image_open("vfat-16.img");
        uint8_t work[VFAT_WORK_BYTES];
        struct vfat fs;

        (void)state;
        breaks_fill(&fs, sizeof(fs));
        image.size_bytes--;
        assert_int_equal(vfat_read(&image, work, &fs), ERR_VFAT_DEVICE_SIZE);
        image.size_bytes = 511;
        assert_int_equal(vfat_read(&image, work, &fs), ERR_VFAT_NONE);
        assert_true(breaks_untouched(&fs, sizeof(fs)));
        seeds_image_close(&image);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_what_mkfs_wrote),
                cmocka_unit_test(one_broken_field_gives_one_code),
                cmocka_unit_test(without_a_type_text_the_signature_is_needed),
                cmocka_unit_test(clusters_decide_the_type),
                cmocka_unit_test(use_changes_only_info),
                cmocka_unit_test(every_prefix_is_an_error),
                cmocka_unit_test(a_volume_must_hold_the_file_system),
        };

        return cmocka_run_group_tests_name("vfat", tests, NULL, NULL);
}
