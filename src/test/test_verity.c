/* SPDX-License-Identifier: Apache-2.0 */
/* dm-verity superblocks as veritysetup writes them, whole, cut and broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/verity.h"
#include "test/breaks.h"
#include "test/seeds.h"

static void assert_json(const struct verity *v, unsigned classes, const char *expected)
{
        char buf[2048];
        struct json_writer w = json_writer_on(buf, sizeof(buf) - 1);
        struct span text;

        json_object_open(&w);
        verity_write(&w, v, classes);
        json_object_close(&w);
        assert_int_equal(json_writer_result(&w, &text), ERR_OK);
        buf[text.len] = '\0';
        assert_string_equal(buf, expected);
}

static void reads_what_veritysetup_wrote(void **state)
{
        struct source image = seeds_image_open("verity-sha256.img");
        uint8_t work[VERITY_BYTES];
        struct verity v;

        (void)state;
        assert_int_equal(verity_read(&image, work, &v), ERR_OK);
        seeds_image_close(&image);
        assert_json(&v, CLASS_ALL,
                    "{\"config\":{\"algorithm\":\"sha256\",\"data_block_bytes\":4096,\"hash_block_bytes\":4096,\"hash_type\":1},"
                    "\"identity\":{\"salt\":\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\","
                    "\"uuid\":\"00000050-c051-4a00-8000-000000000050\"},\"info\":{},\"layout\":{\"data_blocks\":2048}}");
        assert_json(&v, CLASS_LAYOUT, "{\"layout\":{\"data_blocks\":2048}}");

        image = seeds_image_open("verity-sha512.img");
        assert_int_equal(verity_read(&image, work, &v), ERR_OK);
        seeds_image_close(&image);
        assert_json(&v, CLASS_CONFIG | CLASS_IDENTITY,
                    "{\"config\":{\"algorithm\":\"sha512\",\"data_block_bytes\":1024,\"hash_block_bytes\":2048,\"hash_type\":0},"
                    "\"identity\":{\"salt\":\"\",\"uuid\":\"00000051-c051-4a00-8000-000000000051\"}}");
}

static const struct breaks breaks[] = {
        BREAKS_AT("signature", 0, "V", ERR_VERITY_NONE),
        BREAKS_AT("end of the signature", 7, "x", ERR_VERITY_NONE),
        BREAKS_AT("version 0", 8, "\0", ERR_VERITY_VERSION),
        BREAKS_AT("version 2", 8, "\2", ERR_VERITY_VERSION),
        BREAKS_AT("version beyond a byte", 11, "\1", ERR_VERITY_VERSION),
        BREAKS_AT("hash type 2", 12, "\2", ERR_VERITY_HASH_TYPE),
        BREAKS_AT("empty algorithm", 32, "\0", ERR_VERITY_ALGORITHM),
        BREAKS_AT("control character in the algorithm", 33, "\n", ERR_VERITY_ALGORITHM),
        BREAKS_AT("algorithm without end", 32, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", ERR_VERITY_ALGORITHM),
        BREAKS_AT("data block size 0", 64, "\0\0\0\0", ERR_VERITY_BLOCK_SIZE),
        BREAKS_AT("data block size 256", 64, "\0\1\0\0", ERR_VERITY_BLOCK_SIZE),
        BREAKS_AT("data block size 3072", 64, "\0\x0c\0\0", ERR_VERITY_BLOCK_SIZE),
        BREAKS_AT("hash block size 1 MiB", 68, "\0\0\x10\0", ERR_VERITY_BLOCK_SIZE),
        BREAKS_AT("no data blocks", 72, "\0\0\0\0\0\0\0\0", ERR_VERITY_DATA_BLOCKS),
        BREAKS_AT("data larger than 2^64", 72, "\0\0\0\0\0\0\0\x80", ERR_VERITY_DATA_BLOCKS),
        BREAKS_AT("salt of 257 bytes", 80, "\1\1", ERR_VERITY_SALT),
};

static void one_broken_field_gives_one_code(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
                size_t len;
                uint8_t *bytes = seeds_load("build/corpus/verity/verity-sha256", VERITY_BYTES, &len);
                struct verity v;

                breaks_fill(&v, sizeof(v));
                breaks_apply(&breaks[i], bytes);
                enum err e = verity_parse(span_of(bytes, len), &v);

                if (e != breaks[i].expected)
                        fail_msg("%s: %s", breaks[i].what, err_name(e));
                assert_true(breaks_untouched(&v, sizeof(v)));
                free(bytes);
        }
}

static void check_prefix(struct span prefix, size_t whole_len)
{
        struct source volume = source_of_span(&prefix, 512);
        bool cut = prefix.len < whole_len;
        uint8_t work[VERITY_BYTES];
        struct verity v;

        breaks_fill(&v, sizeof(v));
        assert_int_equal(verity_parse(prefix, &v), cut ? ERR_SHORT : ERR_OK);
        if (cut)
                assert_int_equal(verity_read(&volume, work, &v), ERR_VERITY_NONE);
        assert_int_equal(breaks_untouched(&v, sizeof(v)), cut);
}

static void every_prefix_is_an_error(void **state)
{
        (void)state;
        seeds_each_prefix("verity", check_prefix);
}

static void unused_salt_is_not_believed(void **state)
{
        size_t len;
        uint8_t *bytes = seeds_load("build/corpus/verity/verity-sha256", VERITY_BYTES, &len);
        struct verity before, after;

        (void)state;
        assert_int_equal(verity_parse(span_of(bytes, len), &before), ERR_OK);
        bytes[88 + 32] = 0x5a;
        assert_int_equal(verity_parse(span_of(bytes, len), &after), ERR_OK);
        assert_memory_equal(&before, &after, sizeof(before));
        free(bytes);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_what_veritysetup_wrote),
                cmocka_unit_test(one_broken_field_gives_one_code),
                cmocka_unit_test(every_prefix_is_an_error),
                cmocka_unit_test(unused_salt_is_not_believed),
        };

        return cmocka_run_group_tests_name("verity", tests, NULL, NULL);
}
