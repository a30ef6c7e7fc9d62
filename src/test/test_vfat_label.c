/* SPDX-License-Identifier: Apache-2.0 */
/* The label in the root directory of a FAT file system: where it is found, where it is not, and where the search ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/vfat.h"
#include "test/breaks.h"
#include "test/seeds.h"

/* As in the boot sectors that are used. */
#define SECTOR 512u
#define ROOT_16 ((4 + 2 * 64) * SECTOR)
#define ROOT_16_ENTRIES 512u
#define TABLE_32 (32 * SECTOR)
#define DATA_32 ((32 + 2 * 1009) * SECTOR)
#define ENTRIES_PER_CLUSTER_32 16u

struct volume {
        uint8_t *bytes;
        struct span span;
        unsigned reads;
        uint64_t bad_offset; /* reading it fails, 0: nothing does */
};

static void volume_make(struct volume *v, const char *name, size_t len)
{
        char path[128];
        size_t sector_len;

        (void)snprintf(path, sizeof(path), "build/corpus/vfat/%s", name);
        uint8_t *sector = seeds_load(path, SECTOR, &sector_len);

        *v = (struct volume){ .bytes = calloc(1, len) };
        assert_non_null(v->bytes);
        memcpy(v->bytes, sector, sector_len);
        v->span = span_of(v->bytes, len);
        free(sector);
}

static enum err read_counted(void *context, uint64_t offset, size_t len, uint8_t *ret_bytes)
{
        struct volume *v = context;

        v->reads++;
        if (v->bad_offset != 0 && offset <= v->bad_offset && v->bad_offset - offset < len)
                return ERR_BLOCKDEV_READ;
        memcpy(ret_bytes, v->bytes + offset, len);
        return ERR_OK;
}

static void volume_free(struct volume *v)
{
        free(v->bytes);
}

static void put_entry(uint8_t *at, const char *name, uint8_t attributes, uint16_t cluster_high, uint16_t cluster_low)
{
        memcpy(at, name, 11);
        at[11] = attributes;
        at[20] = (uint8_t)cluster_high;
        at[26] = (uint8_t)cluster_low;
}

static void put_others(uint8_t *at, unsigned count)
{
        for (unsigned i = 0; i < count; i++)
                put_entry(at + (size_t)32 * i, "FILE    TXT", 0x20, 0, 5);
}

static void put_next(const struct volume *v, uint32_t cluster, uint32_t next)
{
        for (unsigned i = 0; i < 4; i++)
                v->bytes[TABLE_32 + 4 * cluster + i] = (uint8_t)(next >> 8 * i);
}

static uint8_t *cluster_at(const struct volume *v, uint32_t cluster)
{
        return v->bytes + DATA_32 + (size_t)(cluster - 2) * SECTOR;
}

static void assert_label(struct volume *v, const char *expected)
{
        struct source source = { v, v->span.len, SECTOR, read_counted, NULL };
        uint8_t work[VFAT_WORK_BYTES];
        struct vfat fs;

        v->reads = 0;
        assert_int_equal(vfat_read(&source, work, &fs), ERR_OK);
        if (!span_equal_str(vfat_label(&fs), expected))
                fail_msg("label \"%.11s\" instead of \"%s\"", (const char *)fs.label, expected);
}

static void entries_that_are_no_label_are_passed_over(void **state)
{
        struct volume v;
        uint8_t *root;

        (void)state;
        volume_make(&v, "vfat-16", 32u << 20);
        root = v.bytes + ROOT_16;
        assert_label(&v, "");
        put_entry(root, "\xe5" "ELETED    ", 0x08, 0, 0);
        put_entry(root + 32, "A\0l\0o\0n\0g\0 ", 0x0f, 0, 0);
        put_entry(root + 64, "FOLDER     ", 0x18, 0, 0);
        put_entry(root + 96, "HIGH       ", 0x08, 1, 0);
        put_entry(root + 128, "LOW        ", 0x08, 0, 1);
        put_entry(root + 160, "FILE    TXT", 0x20, 0, 0);
        assert_label(&v, "");
        put_entry(root + 192, "COS GRUB   ", 0x28, 0, 0);
        put_entry(root + 224, "SECOND     ", 0x08, 0, 0);
        assert_label(&v, "COS GRUB");
        root[0] = 0;
        assert_label(&v, "");
        volume_free(&v);
}

static void some_labels_stand_for_others(void **state)
{
        struct volume v;

        (void)state;
        volume_make(&v, "vfat-16", 32u << 20);
        put_entry(v.bytes + ROOT_16, "NO NAME    ", 0x08, 0, 0);
        put_entry(v.bytes + ROOT_16 + 32, "SECOND     ", 0x08, 0, 0);
        assert_label(&v, "");
        put_entry(v.bytes + ROOT_16, "\x05" "BC        ", 0x08, 0, 0);
        assert_label(&v, "\xe5" "BC");
        put_entry(v.bytes + ROOT_16, "ELEVENBYTES", 0x08, 0, 0);
        assert_label(&v, "ELEVENBYTES");
        volume_free(&v);
}

static void the_last_slot_is_searched_and_no_further(void **state)
{
        struct volume v;

        (void)state;
        volume_make(&v, "vfat-16", 32u << 20);
        put_others(v.bytes + ROOT_16, ROOT_16_ENTRIES);
        put_entry(v.bytes + ROOT_16 + 32 * ROOT_16_ENTRIES, "DATA       ", 0x08, 0, 0);
        assert_label(&v, "");
        put_entry(v.bytes + ROOT_16 + 32 * (ROOT_16_ENTRIES - 1), "LAST       ", 0x08, 0, 0);
        assert_label(&v, "LAST");
        volume_free(&v);
}

static void the_chain_of_clusters_is_followed(void **state)
{
        struct volume v;

        (void)state;
        volume_make(&v, "vfat-32", 64u << 20);
        put_others(cluster_at(&v, 2), ENTRIES_PER_CLUSTER_32);
        put_others(cluster_at(&v, 1000), ENTRIES_PER_CLUSTER_32);
        put_entry(cluster_at(&v, 129023), "CHAINED    ", 0x08, 0, 0);
        put_next(&v, 2, 0xf0000000 | 1000);
        put_next(&v, 1000, 129023);
        put_next(&v, 129023, 0x0fffffff);
        assert_label(&v, "CHAINED");
        put_next(&v, 1000, 129024);
        assert_label(&v, "");
        put_next(&v, 1000, 1);
        assert_label(&v, "");
        put_next(&v, 1000, 0x0fffffff);
        assert_label(&v, "");
        volume_free(&v);
}

static void a_chain_without_end_is_left(void **state)
{
        struct volume v;

        (void)state;
        volume_make(&v, "vfat-32", 64u << 20);
        put_others(cluster_at(&v, 2), ENTRIES_PER_CLUSTER_32);
        put_next(&v, 2, 2);
        assert_label(&v, "");
        assert_true(v.reads < 200);
        for (uint32_t i = 2; i < 110; i++) {
                put_others(cluster_at(&v, i), ENTRIES_PER_CLUSTER_32);
                put_next(&v, i, i + 1);
        }
        put_entry(cluster_at(&v, 100), "99TH       ", 0x08, 0, 0);
        assert_label(&v, "99TH");
        put_others(cluster_at(&v, 100), 1);
        put_entry(cluster_at(&v, 101), "100TH      ", 0x08, 0, 0);
        assert_label(&v, "");
        volume_free(&v);
}

/* As libblkid does, to whose links mounts go. */
static void an_end_in_one_cluster_does_not_end_the_chain(void **state)
{
        struct volume v;

        (void)state;
        volume_make(&v, "vfat-32", 64u << 20);
        put_next(&v, 2, 3);
        put_next(&v, 3, 0x0fffffff);
        put_entry(cluster_at(&v, 3), "COS_OEM    ", 0x08, 0, 0);
        assert_label(&v, "COS_OEM");
        put_next(&v, 3, 1); /* the sector before the first cluster */
        memset(cluster_at(&v, 3), 0, 32);
        put_entry(cluster_at(&v, 2) - SECTOR, "BEFORE     ", 0x08, 0, 0);
        assert_label(&v, "BEFORE");
        volume_free(&v);
}

static void a_long_root_directory_is_searched_to_its_end(void **state)
{
        struct volume v;

        (void)state;
        volume_make(&v, "vfat-16", 32u << 20);
        v.bytes[18] = 0x10; /* 4096 entries */
        put_others(v.bytes + ROOT_16, 4095);
        put_entry(v.bytes + ROOT_16 + 32 * 4095, "COS_OEM    ", 0x08, 0, 0);
        assert_label(&v, "COS_OEM");
        volume_free(&v);
}

/* One sector larger than its volume: the kernel does not look at that. */
static void a_refused_volume_still_has_its_label(void **state)
{
        static const char *const names[] = { "vfat-16", "vfat-32" };
        uint8_t work[VFAT_WORK_BYTES], label[VFAT_LABEL_BYTES];
        struct volume v;
        struct vfat fs;

        (void)state;
        for (unsigned i = 0; i < 2; i++) {
                volume_make(&v, names[i], (32u << 20) * (i + 1) - SECTOR);
                put_entry(i == 0 ? v.bytes + ROOT_16 : cluster_at(&v, 2), "COS_OEM    ", 0x08, 0, 0);

                struct source source = { &v, v.span.len, SECTOR, read_counted, NULL };

                assert_int_equal(vfat_read(&source, work, &fs), ERR_VFAT_DEVICE_SIZE);
                assert_int_equal(vfat_read_label(&source, work, label), ERR_OK);
                assert_memory_equal(label, "COS_OEM    ", VFAT_LABEL_BYTES);
                volume_free(&v);
        }
}

static void what_cannot_be_read_is_told(void **state)
{
        static const uint64_t places[] = { 1, TABLE_32 + 8, DATA_32 };
        struct volume v;

        (void)state;
        volume_make(&v, "vfat-32", 64u << 20);
        put_others(cluster_at(&v, 2), ENTRIES_PER_CLUSTER_32);
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
                struct source source = { &v, v.span.len, SECTOR, read_counted, NULL };
                uint8_t work[VFAT_WORK_BYTES];
                struct vfat fs;

                v.bad_offset = places[i];
                breaks_fill(&fs, sizeof(fs));
                assert_int_equal(vfat_read(&source, work, &fs), ERR_BLOCKDEV_READ);
                assert_true(breaks_untouched(&fs, sizeof(fs)));
        }
        volume_free(&v);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(entries_that_are_no_label_are_passed_over),
                cmocka_unit_test(some_labels_stand_for_others),
                cmocka_unit_test(the_last_slot_is_searched_and_no_further),
                cmocka_unit_test(the_chain_of_clusters_is_followed),
                cmocka_unit_test(a_chain_without_end_is_left),
                cmocka_unit_test(an_end_in_one_cluster_does_not_end_the_chain),
                cmocka_unit_test(a_long_root_directory_is_searched_to_its_end),
                cmocka_unit_test(a_refused_volume_still_has_its_label),
                cmocka_unit_test(what_cannot_be_read_is_told),
        };

        return cmocka_run_group_tests_name("vfat_label", tests, NULL, NULL);
}
