/* SPDX-License-Identifier: Apache-2.0 */
/* The two headers of LUKS2: as cryptsetup writes them, cut, broken, and at odds with each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/luks2_header.h"
#include "test/breaks.h"
#include "test/luks2_image.h"
#include "test/seeds.h"

#define WIDE_HEADER (128u * 1024)

static uint8_t work[LUKS_WORK_BYTES];
static struct luks2 luks;

/* A volume in memory: both headers of an image that cryptsetup made, cut behind the second. */
struct volume {
        uint8_t *bytes;
        struct span span;
        struct source source;
};

static void volume_open(struct volume *v, const char *path, size_t max)
{
        size_t len;

        v->bytes = seeds_load(path, max, &len);
        v->span = span_of(v->bytes, len);
        v->source = source_of_span(&v->span, 512);
        /* What the headers describe lies behind them and is not read. */
        v->source.size_bytes = UINT64_C(32) << 20;
}

static void volume_usual(struct volume *v)
{
        volume_open(v, "build/corpus/images/luks2.img", LUKS2_IMAGE_BYTES);
}

static void volume_close(struct volume *v)
{
        free(v->bytes);
}

/* Read a volume of which nothing but the headers exists: beyond them, reading past the end says so. */
static enum err read_volume(const struct volume *v)
{
        breaks_fill(&luks, sizeof(luks));

        enum err e = luks2_read(&v->source, work, &luks);

        if (e != ERR_OK)
                assert_true(breaks_untouched(&luks, sizeof(luks)));
        return e;
}

static enum err read_image(const char *name)
{
        struct source image = seeds_image_open(name);

        breaks_fill(&luks, sizeof(luks));

        enum err e = luks2_read(&image, work, &luks);

        seeds_image_close(&image);
        return e;
}

static void reads_what_cryptsetup_wrote(void **state)
{
        char uuid[GUID_TEXT_SIZE];

        (void)state;
        assert_int_equal(read_image("luks2.img"), ERR_OK);
        luks2_uuid(&luks, uuid);
        assert_string_equal(uuid, "00000042-c051-4a00-8000-000000000042");
        luks2_inner_uuid(&luks, uuid);
        assert_string_equal(uuid, "00000010-c051-4a00-8000-000000000010");
        assert_true(span_equal_str(luks2_label(&luks), "COS_PERSISTENT"));
        assert_string_equal(luks.subsystem, "cosima");
        assert_string_equal(luks.checksum_alg, "sha256");
        assert_int_equal(luks.state, LUKS2_BOTH);
        assert_int_equal(luks.lints, 0);
        assert_int_equal(luks.keyslot_count, 2);
        assert_int_equal(luks.segment_count, 1);
        assert_int_equal(luks.digest_count, 1);
        assert_int_equal(luks.token_count, 1);
        assert_int_equal(luks.header_bytes, LUKS2_IMAGE_HEADER);

        assert_int_equal(read_image("luks2-plain.img"), ERR_OK);
        luks2_inner_uuid(&luks, uuid);
        assert_string_equal(uuid, "");
        assert_int_equal(luks2_label(&luks).len, 0);

        assert_int_equal(read_image("luks2-wide.img"), ERR_OK);
        assert_int_equal(luks.header_bytes, WIDE_HEADER);
        assert_int_equal(luks.state, LUKS2_BOTH);
}

static void other_formats_are_not_luks2(void **state)
{
        static const char *const images[] = { "luks1.img", "ext4-default-8M.img", "btrfs-crc32c.img", "disk-cos.img", "vfat-12.img" };

        (void)state;
        for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
                assert_int_equal(read_image(images[i]), ERR_LUKS2_NONE);
                assert_true(breaks_untouched(&luks, sizeof(luks)));
        }
}

static const struct breaks unsealed[] = {
        BREAKS_AT("magic", 0, "M", ERR_LUKS2_NONE),
        BREAKS_AT("secondary's magic", 0, "SKUL", ERR_LUKS2_NONE),
        BREAKS_AT("version 1", 7, "\1", ERR_LUKS2_NONE),
        BREAKS_AT("version 3", 7, "\3", ERR_LUKS2_VERSION),
        BREAKS_AT("another place", 256, "\0\0\0\0\0\0\x40\0", ERR_LUKS2_OFFSET),
        BREAKS_AT("size 0", 8, "\0\0\0\0\0\0\0\0", ERR_LUKS2_SIZE),
        BREAKS_AT("size 20 KiB", 8, "\0\0\0\0\0\0\x50\0", ERR_LUKS2_SIZE),
        BREAKS_AT("size 8 MiB", 8, "\0\0\0\0\0\x80\0\0", ERR_LUKS2_SIZE),
        BREAKS_AT("size beyond 2^63", 8, "\x80\0\0\0\0\0\x40\0", ERR_LUKS2_SIZE),
        BREAKS_AT("size 64 KiB", 8, "\0\0\0\0\0\1\0\0", ERR_LUKS2_BOUNDS),
        BREAKS_AT("size of another header", 8, "\0\0\0\0\0\0\x80\0", ERR_LUKS2_CSUM),
        BREAKS_AT("no checksum algorithm", 72, "\0", ERR_LUKS2_CSUM_ALG),
        BREAKS_AT("sha1", 72, "sha1\0", ERR_LUKS2_CSUM_ALG),
        BREAKS_AT("sha512 over a sha256", 72, "sha512", ERR_LUKS2_CSUM),
        BREAKS_AT("checksum", 448, "\0\0", ERR_LUKS2_CSUM),
        BREAKS_AT("sequence number", 16, "\1", ERR_LUKS2_CSUM),
        BREAKS_AT("label", 24, "X", ERR_LUKS2_CSUM),
        BREAKS_AT("padding", 4095, "X", ERR_LUKS2_CSUM),
        BREAKS_AT("JSON", 4097, "X", ERR_LUKS2_CSUM),
        BREAKS_AT("last byte of the area", 0x3fff, "X", ERR_LUKS2_CSUM),
};

static const struct breaks sealed[] = {
        BREAKS_AT("UUID with a letter beyond f", 168, "g", ERR_LUKS2_UUID),
        BREAKS_AT("UUID without end", 204, "0000", ERR_LUKS2_UUID),
        BREAKS_AT("label without end", 24, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", ERR_LUKS2_LABEL),
        BREAKS_AT("subsystem without end", 208, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", ERR_LUKS2_LABEL),
        BREAKS_AT("space before the JSON", 4096, " ", ERR_LUKS2_JSON_START),
        BREAKS_AT("no JSON", 4096, "\0", ERR_LUKS2_JSON_START),
        BREAKS_AT("byte behind the JSON", 0x3fff, "}", ERR_LUKS2_JSON_TRAILING),
        BREAKS_AT("JSON cut by a NUL", 4200, "\0", ERR_LUKS2_JSON_TRAILING),
        BREAKS_AT("JSON that is none", 4097, "}", ERR_LUKS2_JSON_SYNTAX),
};

/* With only a primary header, its code is the answer. */
static void check_breaks(const struct breaks *all, size_t count, bool seal)
{
        for (size_t i = 0; i < count; i++) {
                struct volume v;

                volume_usual(&v);
                memset(v.bytes + LUKS2_IMAGE_HEADER, 0, LUKS2_IMAGE_HEADER);
                breaks_apply(&all[i], v.bytes);
                if (seal)
                        luks2_image_seal(v.bytes, LUKS2_IMAGE_HEADER);
                v.source = source_of_span(&v.span, 512);

                enum err e = read_volume(&v);

                if (e != all[i].expected)
                        fail_msg("%s: %s", all[i].what, err_name(e));
                volume_close(&v);
        }
}

static void one_broken_field_gives_one_code(void **state)
{
        (void)state;
        check_breaks(unsealed, sizeof(unsealed) / sizeof(unsealed[0]), false);
        check_breaks(sealed, sizeof(sealed) / sizeof(sealed[0]), true);
}

/* Read with one header broken at offset of the image. */
static void read_with_break(struct volume *v, size_t offset)
{
        volume_usual(v);
        v->bytes[offset] ^= 0x20;
        assert_int_equal(read_volume(v), ERR_OK);
        volume_close(v);
        assert_true(span_equal_str(luks2_label(&luks), "COS_PERSISTENT"));
        assert_int_equal(luks.keyslot_count, 2);
}

static void one_good_header_is_enough(void **state)
{
        struct volume v;

        (void)state;
        read_with_break(&v, 30);
        assert_int_equal(luks.state, LUKS2_PRIMARY_BAD);
        assert_int_equal(luks.primary_error, ERR_LUKS2_CSUM);
        assert_int_equal(luks.secondary_error, ERR_OK);
        assert_true(luks.secondary_used);

        read_with_break(&v, LUKS2_IMAGE_HEADER + 30);
        assert_int_equal(luks.state, LUKS2_SECONDARY_BAD);
        assert_int_equal(luks.primary_error, ERR_OK);
        assert_int_equal(luks.secondary_error, ERR_LUKS2_CSUM);
        assert_false(luks.secondary_used);

        /* A wiped primary leaves a volume that cryptsetup still opens. */
        read_with_break(&v, 0);
        assert_int_equal(luks.state, LUKS2_PRIMARY_BAD);
        assert_int_equal(luks.primary_error, ERR_LUKS2_NONE);
}

static void a_secondary_is_found_at_each_size(void **state)
{
        struct volume v;

        (void)state;
        volume_open(&v, "build/corpus/images/luks2-wide.img", 2 * WIDE_HEADER);
        memset(v.bytes, 0, WIDE_HEADER);
        assert_int_equal(read_volume(&v), ERR_OK);
        assert_int_equal(luks.state, LUKS2_PRIMARY_BAD);
        assert_int_equal(luks.header_bytes, WIDE_HEADER);
        assert_true(span_equal_str(luks2_label(&luks), "wide"));
        /* One that is somewhere else than it says is a stray magic. */
        memmove(v.bytes + 0x10000, v.bytes + WIDE_HEADER, WIDE_HEADER);
        memset(v.bytes + WIDE_HEADER, 0, WIDE_HEADER);
        v.source = source_of_span(&v.span, 512);
        assert_int_equal(read_volume(&v), ERR_LUKS2_NONE);
        volume_close(&v);
}

static void a_secondary_ends_where_its_size_says(void **state)
{
        struct volume v;

        (void)state;
        volume_usual(&v);
        luks2_image_put_u64(v.bytes + LUKS2_IMAGE_HEADER + 8, 2 * LUKS2_IMAGE_HEADER);
        assert_int_equal(read_volume(&v), ERR_OK);
        assert_int_equal(luks.state, LUKS2_SECONDARY_BAD);
        assert_int_equal(luks.secondary_error, ERR_LUKS2_SIZE);
        volume_close(&v);
}

/* Behind the part of a large area that is kept, too. */
static void nothing_hides_at_the_end_of_a_large_area(void **state)
{
        struct volume v;

        (void)state;
        volume_open(&v, "build/corpus/images/luks2-wide.img", WIDE_HEADER);
        v.bytes[WIDE_HEADER - 1] = 1;
        luks2_image_seal(v.bytes, WIDE_HEADER);
        v.source = source_of_span(&v.span, 512);
        assert_int_equal(read_volume(&v), ERR_LUKS2_JSON_TRAILING);
        volume_close(&v);
}

static void a_luks1_header_hides_a_secondary(void **state)
{
        struct volume v;

        (void)state;
        volume_usual(&v);
        v.bytes[7] = 1;
        assert_int_equal(read_volume(&v), ERR_LUKS2_NONE);
        volume_close(&v);
}

/* Change one header of two and make its checksum right. */
static void read_with_change(bool secondary, size_t offset, uint8_t value)
{
        struct volume v;
        uint8_t *header;

        volume_usual(&v);
        header = v.bytes + (secondary ? LUKS2_IMAGE_HEADER : 0);
        header[offset] = value;
        luks2_image_seal(header, LUKS2_IMAGE_HEADER);
        assert_int_equal(read_volume(&v), ERR_OK);
        volume_close(&v);
}

static void headers_that_differ_are_a_state(void **state)
{
        (void)state;
        read_with_change(true, 24, 'X');
        assert_int_equal(luks.state, LUKS2_DIFFER);
        assert_false(luks.secondary_used);
        assert_true(span_equal_str(luks2_label(&luks), "COS_PERSISTENT"));

        /* The higher sequence number counts. */
        read_with_change(true, 16, 1);
        assert_int_equal(luks.state, LUKS2_DIFFER);
        assert_true(luks.secondary_used);
        assert_true(luks.seqid > UINT64_C(1) << 56);
        read_with_change(false, 16, 1);
        assert_int_equal(luks.state, LUKS2_DIFFER);
        assert_false(luks.secondary_used);

        /* The salt is meant to differ. */
        read_with_change(true, 104, 0x77);
        assert_int_equal(luks.state, LUKS2_BOTH);
}

static void other_checksums_are_verified_too(void **state)
{
        struct volume v;

        (void)state;
        volume_usual(&v);
        for (unsigned i = 0; i < 2; i++) {
                memcpy(v.bytes + i * LUKS2_IMAGE_HEADER + 72, "sha512", 7);
                luks2_image_seal(v.bytes + i * LUKS2_IMAGE_HEADER, LUKS2_IMAGE_HEADER);
        }
        assert_int_equal(read_volume(&v), ERR_OK);
        assert_int_equal(luks.state, LUKS2_BOTH);
        assert_string_equal(luks.checksum_alg, "sha512");
        volume_close(&v);
}

static enum err error_of_prefix(size_t cut)
{
        if (cut < LUKS2_HEADER_BYTES)
                return ERR_LUKS2_NONE;
        if (cut < LUKS2_IMAGE_HEADER)
                return ERR_LUKS2_BOUNDS;
        return ERR_LUKS2_SEGMENT_BOUNDS; /* whole headers on a volume without the data that they describe */
}

/* Each prefix lies at the end of the same memory, so that reading past it is noticed. */
static void every_prefix_is_an_error(void **state)
{
        uint8_t *copy = malloc(LUKS2_IMAGE_BYTES);
        struct volume v;

        (void)state;
        assert_non_null(copy);
        volume_usual(&v);
        for (size_t cut = 0; cut < LUKS2_IMAGE_BYTES; cut++) {
                struct volume prefix = { .bytes = copy, .span = span_of(copy + LUKS2_IMAGE_BYTES - cut, cut) };

                memcpy(copy + LUKS2_IMAGE_BYTES - cut, v.bytes, cut);
                prefix.source = source_of_span(&prefix.span, 512);
                assert_int_equal(read_volume(&prefix), error_of_prefix(cut));
        }
        free(copy);
        volume_close(&v);
}

static enum err fail_to_read(void *context, uint64_t offset, size_t len, uint8_t *ret_bytes)
{
        struct span *bytes = context;

        if (!span_has(*bytes, offset, len))
                return ERR_BLOCKDEV_READ;
        memcpy(ret_bytes, bytes->data + offset, len);
        return ERR_OK;
}

static void an_unreadable_header_is_not_a_bad_one(void **state)
{
        static const size_t readable[] = { 0, LUKS2_HEADER_BYTES, LUKS2_IMAGE_HEADER, LUKS2_IMAGE_HEADER + LUKS2_HEADER_BYTES };
        struct volume v;

        (void)state;
        volume_usual(&v);
        for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++) {
                v.span.len = readable[i];
                v.source.read = fail_to_read;
                assert_int_equal(read_volume(&v), ERR_BLOCKDEV_READ);
        }
        volume_close(&v);
}

/* Every place at which a secondary header is looked for; context is the list, which ends with 0. */
static void note_expected(void *context, uint64_t offset, size_t len)
{
        uint64_t *at = context;

        assert_int_equal(len, LUKS2_HEADER_BYTES);
        while (*at != 0)
                at++;
        *at = offset;
}

/* All that lie inside the volume and behind the offset; the device is told of no other. */
static void places_of_a_secondary_are_expected(void **state)
{
        uint64_t at[16] = { 0 };
        struct source source = { at, 0x400000, 512, NULL, note_expected };

        (void)state;
        luks2_header_expect(&source, 0);
        for (unsigned i = 0; i < 8; i++)
                assert_int_equal(at[i], UINT64_C(0x4000) << i);
        assert_int_equal(at[8], 0);
        memset(at, 0, sizeof(at));
        luks2_header_expect(&source, 0x10000);
        assert_int_equal(at[0], 0x20000);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_what_cryptsetup_wrote),
                cmocka_unit_test(other_formats_are_not_luks2),
                cmocka_unit_test(one_broken_field_gives_one_code),
                cmocka_unit_test(one_good_header_is_enough),
                cmocka_unit_test(a_secondary_is_found_at_each_size),
                cmocka_unit_test(a_secondary_ends_where_its_size_says),
                cmocka_unit_test(nothing_hides_at_the_end_of_a_large_area),
                cmocka_unit_test(a_luks1_header_hides_a_secondary),
                cmocka_unit_test(headers_that_differ_are_a_state),
                cmocka_unit_test(other_checksums_are_verified_too),
                cmocka_unit_test(every_prefix_is_an_error),
                cmocka_unit_test(an_unreadable_header_is_not_a_bad_one),
                cmocka_unit_test(places_of_a_secondary_are_expected),
        };

        return cmocka_run_group_tests_name("luks2", tests, NULL, NULL);
}
