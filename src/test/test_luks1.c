/* SPDX-License-Identifier: Apache-2.0 */
/* LUKS1 headers as cryptsetup writes them, whole, cut and broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/luks.h"
#include "test/breaks.h"
#include "test/seeds.h"

#define VOLUME_BYTES (UINT64_C(8) << 20)

static enum err read_image(const char *name, struct luks1 *ret)
{
        struct source image = seeds_image_open(name);
        uint8_t work[LUKS1_BYTES];
        enum err e = luks1_read(&image, work, ret);

        seeds_image_close(&image);
        return e;
}

static void json_of(const struct luks1 *luks, unsigned classes, char *ret_text, size_t size)
{
        struct json_writer w = json_writer_on(ret_text, size - 1);
        struct span text;

        json_object_open(&w);
        luks1_write(&w, luks, classes);
        json_object_close(&w);
        assert_int_equal(json_writer_result(&w, &text), ERR_OK);
        ret_text[text.len] = '\0';
}

static void reads_what_cryptsetup_wrote(void **state)
{
        char text[4096], uuid[GUID_TEXT_SIZE];
        struct luks1 luks;

        (void)state;
        assert_int_equal(read_image("luks1.img", &luks), ERR_OK);
        luks1_uuid(&luks, uuid);
        assert_string_equal(uuid, "00000040-c051-4a00-8000-000000000040");
        assert_string_equal(luks.cipher, "aes");
        assert_string_equal(luks.mode, "xts-plain64");
        assert_string_equal(luks.hash, "sha256");
        assert_int_equal(luks.key_bytes, 64);
        assert_true(luks.keyslots[0].active && !luks.keyslots[1].active);
        json_of(&luks, CLASS_LAYOUT, text, sizeof(text));
        assert_string_equal(text, "{\"layout\":{\"payload_offset_sectors\":4096}}");

        assert_int_equal(read_image("luks1-cbc.img", &luks), ERR_OK);
        assert_string_equal(luks.mode, "cbc-essiv:sha256");
        assert_string_equal(luks.hash, "sha1");
        assert_int_equal(luks.key_bytes, 16);
        assert_true(luks.keyslots[0].active && luks.keyslots[1].active && !luks.keyslots[2].active);
        json_of(&luks, CLASS_ALL, text, sizeof(text));
        assert_non_null(strstr(text, "\"cipher\":\"aes\",\"hash\":\"sha1\",\"key_bytes\":16,\"keyslots\":[{\"iterations\":1000,\"number\":0,"));
        assert_non_null(strstr(text, "\"lints\":[],\"mode\":\"cbc-essiv:sha256\"},\"identity\":{\"mk_digest\":\""));
}

static void luks2_is_another_format(void **state)
{
        struct luks1 luks;

        (void)state;
        breaks_fill(&luks, sizeof(luks));
        assert_int_equal(read_image("luks2.img", &luks), ERR_LUKS1_NONE);
        assert_int_equal(read_image("ext2.img", &luks), ERR_LUKS1_NONE);
        assert_true(breaks_untouched(&luks, sizeof(luks)));
}

#define SLOT(number) (208 + 48 * (number))

static const struct breaks breaks[] = {
        BREAKS_AT("magic", 4, "\xbb", ERR_LUKS1_NONE),
        BREAKS_AT("version 3", 7, "\3", ERR_LUKS1_NONE),
        BREAKS_AT("no cipher", 8, "\0", ERR_LUKS1_CIPHER),
        BREAKS_AT("cipher without end", 8, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ERR_LUKS1_CIPHER),
        BREAKS_AT("space in the mode", 41, " ", ERR_LUKS1_MODE),
        BREAKS_AT("no hash", 72, "\0", ERR_LUKS1_HASH),
        BREAKS_AT("high bit in the hash", 72, "\xf3", ERR_LUKS1_HASH),
        BREAKS_AT("UUID with a letter beyond f", 168, "g", ERR_LUKS1_UUID),
        BREAKS_AT("UUID that goes on", 204, "0", ERR_LUKS1_UUID),
        BREAKS_AT("payload behind the volume", 104, "\0\0\x40\1", ERR_LUKS1_PAYLOAD),
        BREAKS_AT("key of 0 bytes", 108, "\0\0\0\0", ERR_LUKS1_KEY_BYTES),
        BREAKS_AT("key of 513 bytes", 108, "\0\0\2\1", ERR_LUKS1_KEY_BYTES),
        BREAKS_AT("keyslot 0 in no state", SLOT(0), "\0\0\0\0", ERR_LUKS1_KEYSLOT_STATE),
        BREAKS_AT("keyslot 7 in no state", SLOT(7) + 3, "\xae", ERR_LUKS1_KEYSLOT_STATE),
        BREAKS_AT("1 stripe", SLOT(3) + 44, "\0\0\0\1", ERR_LUKS1_KEYSLOT_STRIPES),
        BREAKS_AT("key material over the header", SLOT(0) + 40, "\0\0\0\1", ERR_LUKS1_KEYSLOT_AREA),
        BREAKS_AT("key material over the payload", SLOT(7) + 40, "\0\0\x0f\0", ERR_LUKS1_KEYSLOT_AREA),
        BREAKS_AT("key material at the end of the numbers", SLOT(7) + 40, "\xff\xff\xff\xff", ERR_LUKS1_KEYSLOT_AREA),
};

static void one_broken_field_gives_one_code(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
                size_t len;
                uint8_t *bytes = seeds_load("build/corpus/luks1/luks1", LUKS1_BYTES, &len);
                struct luks1 luks;

                breaks_fill(&luks, sizeof(luks));
                breaks_apply(&breaks[i], bytes);
                enum err e = luks1_parse(span_of(bytes, len), VOLUME_BYTES, &luks);

                if (e != breaks[i].expected)
                        fail_msg("%s: %s", breaks[i].what, err_name(e));
                assert_true(breaks_untouched(&luks, sizeof(luks)));
                free(bytes);
        }
}

static void a_null_cipher_is_a_finding(void **state)
{
        size_t len;
        uint8_t *bytes = seeds_load("build/corpus/luks1/luks1", LUKS1_BYTES, &len);
        char text[4096];
        struct luks1 luks;

        (void)state;
        memcpy(bytes + 8, "cipher_null", 12);
        memcpy(bytes + 40, "ecb", 4);
        assert_int_equal(luks1_parse(span_of(bytes, len), VOLUME_BYTES, &luks), ERR_OK);
        assert_true(luks.null_cipher);
        json_of(&luks, CLASS_CONFIG, text, sizeof(text));
        assert_non_null(strstr(text, "\"lints\":[\"null-cipher\"]"));
        free(bytes);
}

static void check_prefix(struct span prefix, size_t whole_len)
{
        struct source volume = source_of_span(&prefix, 512);
        bool cut = prefix.len < whole_len;
        uint8_t work[LUKS1_BYTES];
        struct luks1 luks;

        breaks_fill(&luks, sizeof(luks));
        assert_int_equal(luks1_parse(prefix, VOLUME_BYTES, &luks), cut ? ERR_SHORT : ERR_OK);
        if (cut)
                assert_int_equal(luks1_read(&volume, work, &luks), ERR_LUKS1_NONE);
        assert_int_equal(breaks_untouched(&luks, sizeof(luks)), cut);
}

static void every_prefix_is_an_error(void **state)
{
        (void)state;
        seeds_each_prefix("luks1", check_prefix);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_what_cryptsetup_wrote),
                cmocka_unit_test(luks2_is_another_format),
                cmocka_unit_test(one_broken_field_gives_one_code),
                cmocka_unit_test(a_null_cipher_is_a_finding),
                cmocka_unit_test(every_prefix_is_an_error),
        };

        return cmocka_run_group_tests_name("luks1", tests, NULL, NULL);
}
