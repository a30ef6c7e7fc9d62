/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON of LUKS2: what is kept, what is refused, what is remarkable, and what moves which class of facts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/canon.h"
#include "format/luks2_canonical.h"
#include "test/breaks.h"
#include "test/luks2_image.h"
#include "test/seeds.h"

#define WIDE_HEADER (128u * 1024)
#define UUID "0000aBCd-c051-4a00-8000-000000000010"

#define KEYSLOT(n) "\"" n "\":{\"type\":\"luks2\",\"key_size\":64,\"area\":{\"encryption\":\"aes-xts-plain64\",\"type\":\"raw\"},\"kdf\":{\"salt\":\"AAAA\"}}"
#define DIGEST(n) "\"" n "\":{\"type\":\"pbkdf2\",\"keyslots\":[\"0\"],\"segments\":[\"0\"],\"salt\":\"c2Fs\",\"digest\":\"ZGln\",\"iterations\":1000}"
#define SEGMENT(n) "\"" n "\":{\"type\":\"crypt\",\"offset\":\"32768\",\"size\":\"dynamic\",\"encryption\":\"aes-xts-plain64\",\"iv_tweak\":\"0\"}"
#define TOKEN(n) "\"" n "\":{\"type\":\"cosima\",\"keyslots\":[\"0\"],\"fs-uuid\":\"" UUID "\"}"
#define CONFIG "\"config\":{\"json_size\":\"12288\",\"keyslots_size\":\"16744448\"}"

/* Sections out of order and spaces between: what is kept must not depend on them. */
static const char base[] = "{\"keyslots\":{" KEYSLOT("0") "},\n\t\"tokens\":{" TOKEN("0") "}, \"segments\":{" SEGMENT("0") "},"
                           "\"digests\":{" DIGEST("0") "}," CONFIG "}";

static uint8_t work[LUKS_WORK_BYTES];
static uint8_t image[2 * WIDE_HEADER];
static struct luks2 luks;

static enum err read_sized(const char *json, size_t header_bytes)
{
        uint8_t fields[LUKS2_IMAGE_FIELDS] = { 0 };
        struct span bytes = span_of(image, 2 * header_bytes);
        struct source volume = source_of_span(&bytes, 512);

        memcpy(fields + 72, "sha256", 7);
        memcpy(fields + 168, UUID, sizeof(UUID));
        luks2_image_put(image, header_bytes, false, fields, span_of_str(json));
        luks2_image_put(image, header_bytes, true, fields, span_of_str(json));
        breaks_fill(&luks, sizeof(luks));

        enum err e = luks2_read(&volume, work, &luks);

        if (e != ERR_OK)
                assert_true(breaks_untouched(&luks, sizeof(luks)));
        return e;
}

static enum err read_json(const char *json)
{
        return read_sized(json, LUKS2_IMAGE_HEADER);
}

/* The base text with its first occurrence of find replaced. */
static const char *replaced(const char *find, const char *with)
{
        static char text[20000];
        const char *at = strstr(base, find);

        assert_non_null(at);
        assert_true((size_t)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - base), base, with, at + strlen(find)) < sizeof(text));
        return text;
}

static const char *written(unsigned classes)
{
        static char buf[40000];
        struct json_writer w = json_writer_on(buf, sizeof(buf) - 1);
        struct span text;

        json_object_open(&w);
        luks2_write(&w, &luks, classes);
        json_object_close(&w);
        assert_int_equal(json_writer_result(&w, &text), ERR_OK);
        buf[text.len] = '\0';
        return buf;
}

static void sections_are_kept_in_canonical_form(void **state)
{
        (void)state;
        assert_int_equal(read_json(base), ERR_OK);
        assert_string_equal(
                written(CLASS_CONFIG),
                "{\"config\":{\"bindings\":{\"0\":[\"0\"]},\"config\":{\"json_size\":\"12288\",\"keyslots_size\":\"16744448\"},"
                "\"inner_uuid\":\"0000abcd-c051-4a00-8000-000000000010\",\"keyslots\":{\"0\":{\"area\":{\"encryption\":\"aes-xts-plain64\","
                "\"type\":\"raw\"},\"kdf\":{\"salt\":\"AAAA\"},\"key_size\":64,\"type\":\"luks2\"}},\"lints\":[],\"segments\":{\"0\":{"
                "\"encryption\":\"aes-xts-plain64\",\"iv_tweak\":\"0\",\"offset\":\"32768\",\"size\":\"dynamic\",\"type\":\"crypt\"}},"
                "\"tokens\":{\"0\":{\"keyslots\":[\"0\"],"
                /* printf '{"fs-uuid":"…","keyslots":["0"],"type":"cosima"}' | sha256sum */
                "\"sha256\":\"cc1378498cf1e5717065152bed4eb7b94584c81b91133b7c8fb935fa8f61ea1c\",\"type\":\"cosima\"}}}}");
        assert_string_equal(written(CLASS_IDENTITY),
                            "{\"identity\":{\"digests\":{\"0\":{\"digest\":\"ZGln\",\"iterations\":1000,\"salt\":\"c2Fs\",\"segments\":[\"0\"],"
                            "\"type\":\"pbkdf2\"}},\"label\":\"\",\"state\":\"both\",\"subsystem\":\"\",\"uuid\":\"" UUID "\",\"version\":2}}");
        assert_string_equal(written(CLASS_INFO | CLASS_LAYOUT),
                            "{\"info\":{\"checksum\":\"sha256\",\"primary\":\"OK\",\"secondary\":\"OK\",\"seqid\":0,\"used\":\"primary\"},"
                            "\"layout\":{\"header_bytes\":16384}}");
}

static const struct {
        const char *find, *with;
        enum err expected;
} refused[] = {
        { "{\"keyslots\"", "[{\"keyslots\"", ERR_LUKS2_JSON_START },
        { "\n", "\1", ERR_LUKS2_JSON_SYNTAX },
        { "\n", "/* */", ERR_LUKS2_JSON_SYNTAX },
        { "\"16744448\"}", "\"16744448\",}", ERR_LUKS2_JSON_SYNTAX },
        { "\"12288\"", "\"\xc0\xaf\"", ERR_LUKS2_JSON_SYNTAX },
        { "\"tokens\":{" TOKEN("0") "},", "", ERR_LUKS2_JSON_SECTION },
        { "\"tokens\":{" TOKEN("0") "}", "\"tokens\":[]", ERR_LUKS2_JSON_SECTION },
        { CONFIG, CONFIG "," CONFIG, ERR_LUKS2_JSON_SECTION },
        { "\"config\":{\"json_size\":\"12288\",\"keyslots_size\":\"16744448\"}", "\"config\":7", ERR_LUKS2_JSON_SECTION },
        { KEYSLOT("0"), KEYSLOT("x"), ERR_LUKS2_JSON_NUMBERING },
        { KEYSLOT("0"), KEYSLOT("00"), ERR_LUKS2_JSON_NUMBERING },
        { KEYSLOT("0"), KEYSLOT("32"), ERR_LUKS2_JSON_NUMBERING },
        { DIGEST("0"), DIGEST("8"), ERR_LUKS2_JSON_NUMBERING },
        { KEYSLOT("0"), KEYSLOT("0") "," KEYSLOT("0"), ERR_LUKS2_JSON_DUPLICATE },
        { "\"key_size\":64", "\"key_size\":64,\"key_size\":64", ERR_LUKS2_JSON_DUPLICATE },
        { "\"type\":\"luks2\",", "", ERR_LUKS2_JSON_TYPE },
        { "\"type\":\"luks2\",", "\"type\":\"luks2\",\"type\":\"luks2\",", ERR_LUKS2_JSON_TYPE },
        { "\"type\":\"cosima\"", "\"type\":7", ERR_LUKS2_JSON_TYPE },
        { TOKEN("0"), "\"0\":\"cosima\"", ERR_LUKS2_JSON_TYPE },
        { "\"key_size\":64", "\"key size\":64", ERR_LUKS2_JSON_KEY },
        { "\"key_size\":64", "\"key_\xc3\xa9\":64", ERR_LUKS2_JSON_KEY },
        { "\"key_size\":64", "\"key\\u0000\":64", ERR_LUKS2_JSON_KEY },
        { "\"key_size\":64", "\"key\\\"\":64", ERR_LUKS2_JSON_KEY },
        { "\"key_size\":64", "\"key_size\":64.5", ERR_LUKS2_JSON_NUMBER },
        { "\"key_size\":64", "\"key_size\":-1", ERR_LUKS2_JSON_NUMBER },
        { "\"key_size\":64", "\"key_size\":9007199254740992", ERR_LUKS2_JSON_NUMBER },
        { "\"key_size\":64", "\"key_size\":1e3", ERR_LUKS2_JSON_NUMBER },
        { "\"key_size\":64", "\"a\":[[[]]]", ERR_LUKS2_JSON_DEPTH },
        { "\"keyslots\":[\"0\"],\"fs", "\"keyslots\":[[[[[]]]]],\"fs", ERR_LUKS2_JSON_DEPTH },
        { "\"offset\":\"32768\",", "", ERR_LUKS2_SEGMENT_FIELDS },
        { "\"offset\":\"32768\"", "\"offset\":32768", ERR_LUKS2_SEGMENT_FIELDS },
        { "\"offset\":\"32768\"", "\"offset\":\"0x10\"", ERR_LUKS2_SEGMENT_FIELDS },
        { "\"offset\":\"32768\"", "\"offset\":\"18446744073709551616\"", ERR_LUKS2_SEGMENT_FIELDS },
        { "\"offset\":\"32768\"", "\"offset\":\"\"", ERR_LUKS2_SEGMENT_FIELDS },
        { "\"size\":\"dynamic\"", "\"size\":\"static\"", ERR_LUKS2_SEGMENT_FIELDS },
        { "\"offset\":\"32768\"", "\"offset\":\"32769\"", ERR_LUKS2_SEGMENT_BOUNDS },
        { "\"offset\":\"32768\"", "\"offset\":\"18446744073709551615\"", ERR_LUKS2_SEGMENT_BOUNDS },
        { "\"size\":\"dynamic\"", "\"size\":\"18446744073709551615\"", ERR_LUKS2_SEGMENT_BOUNDS },
};

static void one_broken_member_gives_one_code(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
                enum err e = read_json(replaced(refused[i].find, refused[i].with));

                if (e != refused[i].expected)
                        fail_msg("%s: %s", refused[i].with, err_name(e));
        }
        /* The borders that are still allowed. */
        assert_int_equal(read_json(replaced("\"key_size\":64", "\"a\":[[]],\"n\":9007199254740991")), ERR_OK);
        assert_int_equal(read_json(replaced("\"size\":\"dynamic\"", "\"size\":\"0\"")), ERR_OK);
}

/* In a record of the event log seven levels stand around a signature; the verifier must be able to read them all. */
static void the_deepest_can_be_read_again(void **state)
{
        static const char *const deepest[][2] = {
                { "\"key_size\":64", "\"a\":[[]]" },
                { "\"iterations\":1000", "\"a\":[[[]]]" },
                { "\"keyslots\":[\"0\"],\"segments\"", "\"keyslots\":[[[]]],\"segments\"" },
                { "\"json_size\":\"12288\"", "\"a\":[[[]]]" },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(deepest) / sizeof(deepest[0]); i++) {
                static char record[41000];

                assert_int_equal(read_json(replaced(deepest[i][0], deepest[i][1])), ERR_OK);
                (void)snprintf(record, sizeof(record), "[[[[[[[%s]]]]]]]", written(CLASS_ALL));
                assert_int_equal(canon_check(span_of_str(record)), ERR_OK);
        }
}

/* count objects "0":{...},"1":... written over the object that stands in the base. */
static const char *repeated(const char *find, unsigned count, const char *body)
{
        static char list[16000];
        size_t len = 0;

        for (unsigned i = 0; i < count; i++)
                len += (size_t)snprintf(list + len, sizeof(list) - len, "%s\"%u\":%s", i > 0 ? "," : "", i, body);
        assert_true(len < sizeof(list));
        return replaced(find, list);
}

static void more_than_the_caps_is_an_error(void **state)
{
        (void)state;
        assert_int_equal(read_json(repeated(KEYSLOT("0"), 32, "{\"type\":\"luks2\"}")), ERR_OK);
        assert_int_equal(luks.keyslot_count, 32);
        assert_int_equal(read_json(repeated(KEYSLOT("0"), 33, "{\"type\":\"luks2\"}")), ERR_LUKS2_KEYSLOTS);
        assert_int_equal(read_json(repeated(TOKEN("0"), 32, "{\"type\":\"x\"}")), ERR_OK);
        assert_int_equal(read_json(repeated(TOKEN("0"), 33, "{\"type\":\"x\"}")), ERR_LUKS2_TOKENS);
        assert_int_equal(read_json(repeated(DIGEST("0"), 8, "{\"type\":\"x\"}")), ERR_OK);
        assert_int_equal(read_json(repeated(DIGEST("0"), 9, "{\"type\":\"x\"}")), ERR_LUKS2_DIGESTS);
        assert_int_equal(read_json(repeated(SEGMENT("0"), 32, "{\"type\":\"x\",\"offset\":\"0\",\"size\":\"0\"}")), ERR_OK);
        assert_int_equal(read_json(repeated(SEGMENT("0"), 33, "{\"type\":\"x\",\"offset\":\"0\",\"size\":\"0\"}")), ERR_LUKS2_SEGMENTS);
        assert_int_equal(read_json(repeated("\"json_size\":\"12288\",\"keyslots_size\":\"16744448\"", 64, "1")), ERR_OK);
        assert_int_equal(read_json(repeated("\"json_size\":\"12288\",\"keyslots_size\":\"16744448\"", 65, "1")), ERR_LUKS2_JSON_MEMBERS);
}

/* JSON with a config string of fill bytes. */
static enum err read_filled(size_t fill, size_t header_bytes)
{
        static char text[WIDE_HEADER];
        size_t head = (size_t)(strstr(base, "12288") - base);

        memcpy(text, base, head);
        memset(text + head, 'x', fill);
        memcpy(text + head + fill, base + head, sizeof(base) - head);
        return read_sized(text, header_bytes);
}

static void text_has_its_limits(void **state)
{
        size_t area = LUKS2_IMAGE_HEADER - LUKS2_HEADER_BYTES;

        (void)state;
        /* The JSON needs its NUL inside the area. */
        assert_int_equal(read_filled(area - sizeof(base), LUKS2_IMAGE_HEADER), ERR_OK);
        assert_int_equal(read_filled(area - sizeof(base) + 1, LUKS2_IMAGE_HEADER), ERR_LUKS2_JSON_END);
        /* In a larger area there may be more text than is kept, and more than is read. */
        assert_int_equal(read_filled(LUKS2_TEXT_BYTES_MAX - 2048, WIDE_HEADER), ERR_OK);
        assert_int_equal(read_filled(LUKS2_TEXT_BYTES_MAX, WIDE_HEADER), ERR_LUKS2_TEXT_BYTES);
        assert_int_equal(read_filled(LUKS2_JSON_BYTES_MAX - sizeof(base), WIDE_HEADER), ERR_LUKS2_TEXT_BYTES);
        assert_int_equal(read_filled(LUKS2_JSON_BYTES_MAX - sizeof(base) + 1, WIDE_HEADER), ERR_LUKS2_JSON_BYTES);
        assert_int_equal(read_filled(2 * LUKS2_JSON_BYTES_MAX, WIDE_HEADER), ERR_LUKS2_JSON_BYTES);
}

static const struct {
        const char *find, *with;
        unsigned lints;
} remarkable[] = {
        { "\"type\":\"crypt\"", "\"type\":\"linear\"", LUKS2_LINT_LINEAR_SEGMENT },
        { "\"type\":\"crypt\"", "\"type\":\"hw-opal\"", 0 },
        { "\"type\":\"crypt\"", "\"type\":\"zoned\"", LUKS2_LINT_UNKNOWN_SEGMENT },
        { SEGMENT("0"), SEGMENT("0") "," SEGMENT("1"), LUKS2_LINT_MANY_SEGMENTS | LUKS2_LINT_UNBOUND_SEGMENT },
        { "\"segments\":[\"0\"]", "\"segments\":[\"1\"]", LUKS2_LINT_UNBOUND_SEGMENT },
        { "\"segments\":[\"0\"]", "\"segments\":[0]", LUKS2_LINT_UNBOUND_SEGMENT },
        { "\"dynamic\",\"encryption\":\"aes-xts-plain64\"", "\"dynamic\",\"encryption\":\"cipher_null-ecb\"", LUKS2_LINT_NULL_CIPHER },
        { "\"encryption\":\"aes-xts-plain64\"", "\"encryption\":\"capi:ecb(cipher_null)-plain\"", LUKS2_LINT_NULL_CIPHER },
        { "\"encryption\":\"aes-xts-plain64\"", "\"encryption\":\"cipher\\u005fnull\"", LUKS2_LINT_NULL_CIPHER },
        { "\"json_size\"", "\"requirements\":{\"mandatory\":[\"online-reencrypt\"]},\"json_size\"", LUKS2_LINT_REENCRYPT },
        { "\"type\":\"luks2\"", "\"type\":\"reencrypt\"", LUKS2_LINT_REENCRYPT },
        { "\"iv_tweak\"", "\"flags\":[\"in-reencryption\"],\"iv_tweak\"", LUKS2_LINT_REENCRYPT },
        { "\"json_size\"", "\"requirements\":{\"mandatory\":[\"opal\"]},\"json_size\"", 0 },
        { "\"json_size\"", "\"requirements\":{},\"json_size\"", 0 },
        { "\"json_size\"", "\"requirements\":{\"mandatory\":[\"time-travel\"]},\"json_size\"", LUKS2_LINT_UNKNOWN_REQUIREMENT },
        { "\"json_size\"", "\"requirements\":{\"optional\":[]},\"json_size\"", LUKS2_LINT_UNKNOWN_REQUIREMENT },
        { "{\"keyslots\"", "{\"sixth\":{},\"keyslots\"", LUKS2_LINT_UNKNOWN_SECTION },
        { UUID, "none", LUKS2_LINT_COSIMA_TOKEN },
        { TOKEN("0"), TOKEN("0") "," TOKEN("5"), LUKS2_LINT_COSIMA_TOKEN },
};

static void what_is_odd_is_said(void **state)
{
        char uuid[GUID_TEXT_SIZE];

        (void)state;
        for (size_t i = 0; i < sizeof(remarkable) / sizeof(remarkable[0]); i++) {
                const char *text = replaced(remarkable[i].find, remarkable[i].with);
                enum err e = read_json(text);

                if (e != ERR_OK || luks.lints != remarkable[i].lints)
                        fail_msg("%s: %s, lints %#x", remarkable[i].with, err_name(e), luks.lints);
                luks2_inner_uuid(&luks, uuid);
                assert_int_equal(uuid[0] == '\0', luks.lints == LUKS2_LINT_COSIMA_TOKEN);
        }
        assert_int_equal(read_json(replaced("\"type\":\"crypt\"", "\"type\":\"linear\"")), ERR_OK);
        assert_non_null(strstr(written(CLASS_CONFIG), "\"lints\":[\"linear-segment\"]"));
}

static const struct {
        const char *find, *with;
        bool config, identity; /* which of them changes */
} changes[] = {
        { "\n\t", "     ", false, false },
        { "\"c2Fs\"", "\"c2Fx\"", false, true },
        { "\"ZGln\"", "\"ZGlu\"", false, true },
        { "\"keyslots\":[\"0\"],\"segments\"", "\"keyslots\":[\"0\",\"1\"],\"segments\"", true, false },
        { "\"AAAA\"", "\"AAAB\"", true, false },
        { "\"key_size\":64", "\"key_size\":64,\"unheard-of\":true", true, false },
        { "\"fs-uuid\"", "\"more\":1,\"fs-uuid\"", true, false },
        { "\"iv_tweak\":\"0\"", "\"iv_tweak\":\"8\"", true, false },
        { "\"json_size\"", "\"flags\":[\"allow-discards\"],\"json_size\"", true, false },
};

static void each_change_moves_its_class(void **state)
{
        static char config[40000], identity[40000];

        (void)state;
        assert_int_equal(read_json(base), ERR_OK);
        (void)strcpy(config, written(CLASS_CONFIG));
        (void)strcpy(identity, written(CLASS_IDENTITY));
        for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
                assert_int_equal(read_json(replaced(changes[i].find, changes[i].with)), ERR_OK);
                if ((strcmp(written(CLASS_CONFIG), config) != 0) != changes[i].config ||
                    (strcmp(written(CLASS_IDENTITY), identity) != 0) != changes[i].identity)
                        fail_msg("%s", changes[i].with);
        }
}

static void check_prefixes(const char *name, uint8_t *bytes, size_t len)
{
        char *text = malloc(len + 1);

        (void)name;
        assert_non_null(text);
        for (size_t cut = 0; LUKS2_IMAGE_FIELDS + cut < len; cut++) {
                memcpy(text, bytes + LUKS2_IMAGE_FIELDS, cut);
                text[cut] = '\0';
                assert_int_equal(read_json(text), cut == 0 ? ERR_LUKS2_JSON_START : ERR_LUKS2_JSON_SYNTAX);
        }
        free(text);
}

static void every_prefix_is_an_error(void **state)
{
        (void)state;
        seeds_each("luks2", check_prefixes);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(sections_are_kept_in_canonical_form),
                cmocka_unit_test(one_broken_member_gives_one_code),
                cmocka_unit_test(the_deepest_can_be_read_again),
                cmocka_unit_test(more_than_the_caps_is_an_error),
                cmocka_unit_test(text_has_its_limits),
                cmocka_unit_test(what_is_odd_is_said),
                cmocka_unit_test(each_change_moves_its_class),
                cmocka_unit_test(every_prefix_is_an_error),
        };

        return cmocka_run_group_tests_name("luks2_json", tests, NULL, NULL);
}
