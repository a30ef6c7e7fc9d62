/* SPDX-License-Identifier: Apache-2.0 */
/* The prober table on images made by the tools of each format, on several signatures at once, on damage and on devices that fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/probe.h"
#include "test/breaks.h"
#include "test/seeds.h"

static uint8_t work[PROBE_WORK_BYTES];
static struct probe probe;

static void probe_image(const char *name)
{
        struct source image = seeds_image_open(name);

        assert_int_equal(probe_read(&image, work, &probe), ERR_OK);
        seeds_image_close(&image);
}

static void each_format_is_recognised(void **state)
{
        static const struct {
                const char *image, *name, *label, *uuid;
                enum probe_type type;
        } cases[] = {
                { "luks1.img", "crypto_LUKS", "", "00000040-c051-4a00-8000-000000000040", PROBE_LUKS1 },
                { "luks2.img", "crypto_LUKS", "COS_PERSISTENT", "00000042-c051-4a00-8000-000000000042", PROBE_LUKS2 },
                { "verity-sha256.img", "DM_verity_hash", "", "00000050-c051-4a00-8000-000000000050", PROBE_VERITY },
                { "ext4-default-8M.img", "ext4", "COS_OEM", "00000010-c051-4a00-8000-000000000010", PROBE_EXT4 },
                { "ext2.img", "ext2", "second", "00000014-c051-4a00-8000-000000000014", PROBE_EXT4 },
                { "ext3.img", "ext3", "third", "00000015-c051-4a00-8000-000000000015", PROBE_EXT4 },
                { "xfs-v4-300M.img", "xfs", "plain", "00000021-c051-4a00-8000-000000000021", PROBE_XFS },
                { "btrfs-crc32c.img", "btrfs", "COS_PERSISTENT", "00000030-c051-4a00-8000-000000000030", PROBE_BTRFS },
                { "vfat-16.img", "vfat", "COS_GRUB", "16C0-5A16", PROBE_VFAT },
                { "squashfs-gzip.img", "squashfs", "", "", PROBE_SQUASHFS },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const struct probe_hit *hit;
                char uuid[GUID_TEXT_SIZE];

                probe_image(cases[i].image);
                assert_int_equal(probe.count, 1);
                hit = probe_single(&probe);
                assert_non_null(hit);
                assert_int_equal(hit->type, cases[i].type);
                assert_string_equal(probe_name(&probe, hit), cases[i].name);
                assert_true(span_equal_str(probe_label(&probe, hit), cases[i].label));
                probe_uuid(&probe, hit, uuid);
                assert_string_equal(uuid, cases[i].uuid);
        }
}

static void assert_json(const struct probe_hit *hit, unsigned classes, const char *expected)
{
        char buf[1024];
        struct json_writer w = json_writer_on(buf, sizeof(buf) - 1);
        struct span text;

        probe_write(&w, &probe, hit, classes);
        assert_int_equal(json_writer_result(&w, &text), ERR_OK);
        buf[text.len] = '\0';
        assert_string_equal(buf, expected);
}

/* 128 KiB in memory with an ext4 superblock and others that can stand beside it. */
struct volume {
        uint8_t bytes[131072];
        struct span span;
        struct source source;
};

static void put_seed(struct volume *v, const char *path, size_t offset)
{
        size_t len;
        uint8_t *bytes = seeds_load(path, SIZE_MAX, &len);

        memcpy(v->bytes + offset, bytes, len);
        free(bytes);
}

static void volume_make(struct volume *v)
{
        memset(v->bytes, 0, sizeof(v->bytes));
        v->span = span_of(v->bytes, sizeof(v->bytes));
        v->source = source_of_span(&v->span, 512);
}

static void nothing_is_no_error(void **state)
{
        static struct volume v;

        (void)state;
        volume_make(&v);
        for (v.source.size_bytes = 0; v.source.size_bytes < 6000; v.source.size_bytes++) {
                assert_int_equal(probe_read(&v.source, work, &probe), ERR_OK);
                assert_int_equal(probe.count, 0);
        }
        assert_null(probe_single(&probe));
}

static void two_signatures_are_two_hits(void **state)
{
        static struct volume v;

        (void)state;
        volume_make(&v);
        put_seed(&v, "build/corpus/verity/verity-sha256", 0);
        put_seed(&v, "build/corpus/ext4/jbd", 1024);
        put_seed(&v, "build/corpus/btrfs/btrfs-crc32c", 65536);
        assert_int_equal(probe_read(&v.source, work, &probe), ERR_OK);
        assert_int_equal(probe.count, 3);
        assert_null(probe_single(&probe));
        assert_int_equal(probe.hits[0].type, PROBE_VERITY);
        assert_int_equal(probe.hits[0].error, ERR_OK);
        assert_int_equal(probe.hits[1].type, PROBE_EXT4);
        assert_int_equal(probe.hits[1].error, ERR_EXT4_DEVICE_SIZE);
        assert_int_equal(probe.hits[2].type, PROBE_BTRFS);
        assert_int_equal(probe.hits[2].error, ERR_BTRFS_DEVICE_SIZE);
        assert_json(&probe.hits[0], CLASS_LAYOUT, "{\"layout\":{\"data_blocks\":2048},\"type\":\"DM_verity_hash\"}");
}

static void what_is_malformed_is_a_hit_with_its_reason(void **state)
{
        static struct volume v;
        char uuid[GUID_TEXT_SIZE] = "x";

        (void)state;
        volume_make(&v);
        put_seed(&v, "build/corpus/ext4/ext2", 1024);
        v.bytes[1024 + 0x18] = 7;
        assert_int_equal(probe_read(&v.source, work, &probe), ERR_OK);
        assert_int_equal(probe.count, 1);
        assert_null(probe_single(&probe));
        assert_json(&probe.hits[0], CLASS_ALL, "{\"error\":\"EXT4_BLOCK_SIZE\",\"type\":\"ext4\"}");
        assert_int_equal(probe_label(&probe, &probe.hits[0]).len, 0);
        probe_uuid(&probe, &probe.hits[0], uuid);
        assert_string_equal(uuid, "");
        assert_int_equal(probe_offset_bytes(&probe.hits[0]), 1024);
}

/* libblkid cuts blanks at the end of a label, and links in /dev/disk/by-label go by that. */
static void labels_end_before_blanks(void **state)
{
        (void)state;
        probe_image("ext2.img");
        memcpy(probe.ext4.label, " COS OEM \t\n ", 13);
        assert_true(span_equal_str(probe_label(&probe, &probe.hits[0]), " COS OEM"));
}

struct faulty {
        struct source whole;
        uint64_t bad_offset;
        unsigned reads;
        size_t bytes;
};

static enum err read_faulty(void *context, uint64_t offset, size_t len, uint8_t *ret_bytes)
{
        struct faulty *f = context;

        f->reads++;
        f->bytes += len;
        if (offset <= f->bad_offset && f->bad_offset - offset < len)
                return ERR_BLOCKDEV_READ;
        return source_read(&f->whole, offset, len, ret_bytes);
}

static void a_device_that_fails_is_no_volume_without_signatures(void **state)
{
        static const uint64_t places[] = { 0, 600, 1024, 4095, 65536 };

        (void)state;
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
                struct source image = seeds_image_open("ext4-default-8M.img");
                struct faulty f = { .whole = image, .bad_offset = places[i] };
                struct source source = { &f, image.size_bytes, 512, read_faulty, NULL };

                breaks_fill(&probe, sizeof(probe));
                assert_int_equal(probe_read(&source, work, &probe), ERR_BLOCKDEV_READ);
                assert_true(breaks_untouched(&probe, sizeof(probe)));
                seeds_image_close(&image);
        }
}

static void a_volume_takes_few_reads(void **state)
{
        static const char *const names[] = { "ext4-default-8M.img", "xfs-default-300M.img", "vfat-16.img", "luks1.img" };

        (void)state;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                struct source image = seeds_image_open(names[i]);
                struct faulty f = { .whole = image, .bad_offset = UINT64_MAX };
                struct source source = { &f, image.size_bytes, 512, read_faulty, NULL };

                assert_int_equal(probe_read(&source, work, &probe), ERR_OK);
                assert_true(f.reads <= 24);
                assert_true(f.bytes <= 64u * 1024);
                seeds_image_close(&image);
        }
}

/* A source that remembers what it was told to expect, and gives nothing else. */
struct told {
        struct source whole;
        unsigned count;
        struct {
                uint64_t offset;
                size_t len;
        } pieces[16];
};

static void note_piece(void *context, uint64_t offset, size_t len)
{
        struct told *t = context;

        assert_true(t->count < 16);
        t->pieces[t->count].offset = offset;
        t->pieces[t->count++].len = len;
}

static enum err read_told(void *context, uint64_t offset, size_t len, uint8_t *ret_bytes)
{
        const struct told *t = context;

        for (unsigned i = 0; i < t->count; i++)
                if (offset >= t->pieces[i].offset && offset + len <= t->pieces[i].offset + t->pieces[i].len)
                        return source_read(&t->whole, offset, len, ret_bytes);
        fail_msg("%llu was read and not asked for", (unsigned long long)offset);
        return ERR_BLOCKDEV_READ;
}

/* Everything is on its way before the first part of it is waited for, in few requests. */
static void what_is_read_was_asked_for(void **state)
{
        static const char *const names[] = { "ext4-default-8M.img", "xfs-v4-300M.img", "btrfs-crc32c.img", "squashfs-gzip.img" };

        (void)state;
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
                struct source image = seeds_image_open(names[i]);
                struct told told = { .whole = image };
                struct source source = { &told, image.size_bytes, 512, read_told, note_piece };

                probe_expect(&source);
                assert_true(told.count <= 7);
                assert_int_equal(probe_read(&source, work, &probe), ERR_OK);
                assert_int_equal(probe.count, 1);
                seeds_image_close(&image);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_format_is_recognised),
                cmocka_unit_test(nothing_is_no_error),
                cmocka_unit_test(two_signatures_are_two_hits),
                cmocka_unit_test(what_is_malformed_is_a_hit_with_its_reason),
                cmocka_unit_test(labels_end_before_blanks),
                cmocka_unit_test(a_device_that_fails_is_no_volume_without_signatures),
                cmocka_unit_test(a_volume_takes_few_reads),
                cmocka_unit_test(what_is_read_was_asked_for),
        };

        return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
