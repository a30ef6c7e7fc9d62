/* SPDX-License-Identifier: Apache-2.0 */
/* The IMA log: an entry that Debian's 6.1 kernel wrote and what its TPM was given, every template, each fault, every prefix. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hex.h"
#include "log/ima.h"
#include "test/made.h"
#include "test/seeds.h"

static const char debian_entry[] = "0a000000e0556a3d46c7fd8384b94ff29f4a1794c3cb522107000000696d612d73696743000000"
                                   "280000007368613235363a006aed6869ef3ae6092eb4af57c303afa24b9eeead64ea76ac2dd6cce366da80d8"
                                   "0f000000626f6f745f61676772656761746500"
                                   "00000000";

static void assert_hex(struct span bytes, const char *hex)
{
        char text[2 * ALG_DIGEST_MAX + 1];

        hex_encode(bytes, text);
        assert_string_equal(text, hex);
}

static void assert_value(const struct ima_entry *e, enum alg bank, enum ima_mode mode, const char *hex)
{
        struct digest d;

        ima_entry_value(e, bank, mode, &d);
        assert_int_equal(d.alg, bank);
        assert_hex(digest_span(&d), hex);
}

static void an_entry_of_a_real_kernel(void **state)
{
        uint8_t bytes[(sizeof(debian_entry) - 1) / 2];
        struct ima_entry e;
        size_t size;

        (void)state;
        assert_int_equal(hex_decode(span_of_str(debian_entry), sizeof(bytes), bytes), ERR_OK);
        assert_int_equal(ima_parse_entry(span_of(bytes, sizeof(bytes)), ALG_SHA1, &e, &size), ERR_OK);
        assert_int_equal(size, sizeof(bytes));
        assert_int_equal(e.pcr, 10);
        assert_true(span_equal_str(e.name, "ima-sig"));
        assert_int_equal(e.kind, IMA_BOOT_AGGREGATE_ENTRY);
        assert_true(span_equal_str(e.path, IMA_BOOT_AGGREGATE));
        assert_true(span_equal_str(e.hash_name, "sha256"));
        assert_hex(e.hash, "6aed6869ef3ae6092eb4af57c303afa24b9eeead64ea76ac2dd6cce366da80d8");
        assert_int_equal(e.signature.len, 0);
        assert_false(e.violation);
        assert_true(ima_entry_digest_matches(&e));
        assert_value(&e, ALG_SHA1, IMA_OWN_HASH, "e0556a3d46c7fd8384b94ff29f4a1794c3cb5221");
        assert_value(&e, ALG_SHA256, IMA_OWN_HASH, "c6fb8103a881762d8bfa8f1fcbbafdd57918e4b0365703a167d1563667c5aa4a");
        assert_value(&e, ALG_SHA256, IMA_PADDED_SHA1, "e0556a3d46c7fd8384b94ff29f4a1794c3cb5221000000000000000000000000");
        assert_value(&e, ALG_SHA384, IMA_PADDED_SHA1,
                     "e0556a3d46c7fd8384b94ff29f4a1794c3cb522100000000000000000000000000000000000000000000000000000000");
        bytes[4] ^= 1;
        assert_false(ima_entry_digest_matches(&e));
}

/* Data of a template, from its fields. */
static void put_typed(struct made *m, const char *prefix, size_t hash_len, const char *path)
{
        uint8_t field[128] = { 0 };

        memcpy(field, prefix, strlen(prefix));
        memset(field + strlen(prefix) + 1, 0x11, hash_len);
        made_put_field(m, field, strlen(prefix) + 1 + hash_len);
        made_put_field(m, path, strlen(path) + 1);
}

static struct ima_entry parse_made(struct made *log, const char *name, const struct made *data)
{
        struct ima_entry e;
        size_t size;

        log->len = 0;
        made_put_ima(log, 10, name, made_span(data), false);
        assert_int_equal(ima_parse_entry(made_span(log), ALG_SHA1, &e, &size), ERR_OK);
        assert_int_equal(size, log->len);
        assert_true(span_equal(e.data, made_span(data)));
        assert_true(ima_entry_digest_matches(&e));
        return e;
}

static void every_template(void **state)
{
        static const struct {
                const char *name;
                const char *prefix;
                size_t hash_len;
                unsigned more_fields;
                enum ima_kind kind;
        } cases[] = {
                { "ima-ng", "sha256:", 32, 0, IMA_FILE },        { "ima-sig", "sha1:", 20, 1, IMA_FILE },
                { "ima-buf", "sha512:", 64, 1, IMA_BUFFER },     { "ima-ngv2", "verity:sha256:", 32, 0, IMA_FILE },
                { "ima-sigv2", "ima:sha384:", 48, 1, IMA_FILE }, { "ima-modsig", "sha256:", 32, 3, IMA_FILE },
                { "evm-sig", "sha256:", 32, 7, IMA_FILE },       { "ima-ng", "streebog256:", 32, 0, IMA_FILE },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct made data = { 0 }, log;
                struct ima_entry e;

                put_typed(&data, cases[i].prefix, cases[i].hash_len, "/oem/a_b");
                for (unsigned k = 0; k < cases[i].more_fields; k++)
                        made_put_field(&data, "more", 4);
                e = parse_made(&log, cases[i].name, &data);
                assert_int_equal(e.fields_error, ERR_OK);
                assert_int_equal(e.kind, cases[i].kind);
                assert_true(span_equal_str(e.path, "/oem/a_b"));
                assert_int_equal(e.hash.len, cases[i].hash_len);
                assert_int_equal(e.hash.data[0], 0x11);
                assert_int_equal(e.signature.len, cases[i].kind == IMA_FILE && cases[i].more_fields > 0 ? 4 : 0);
                assert_int_equal(e.buffer.len, cases[i].kind == IMA_BUFFER ? 4 : 0);

                /* One field too many, and one cut short. */
                made_put_field(&data, "", 0);
                e = parse_made(&log, cases[i].name, &data);
                assert_int_equal(e.fields_error, ERR_IMA_FIELDS);
                assert_int_equal(e.kind, IMA_OTHER);
                assert_null(e.path.data);
                data.len -= 5;
                assert_int_equal(parse_made(&log, cases[i].name, &data).fields_error, ERR_IMA_FIELDS);
        }
}

static void hash_types_are_kept(void **state)
{
        struct made data = { 0 }, log;
        struct ima_entry e;

        (void)state;
        put_typed(&data, "verity:sha256:", 32, "/oem/x");
        e = parse_made(&log, "ima-ngv2", &data);
        assert_true(span_equal_str(e.hash_type, "verity"));
        assert_true(span_equal_str(e.hash_name, "sha256"));
}

/* The oldest template: no data length, and its name is hashed padded to 256 bytes. */
static void the_old_template(void **state)
{
        uint8_t hashed[20 + 256] = { 0 };
        struct made log = { 0 };
        struct digest d, value;
        struct ima_entry e;
        size_t size;

        (void)state;
        memset(hashed, 0x22, 20);
        memcpy(hashed + 20, "/bin/sh", 7);
        digest_of(ALG_SHA1, span_of(hashed, sizeof(hashed)), &d);
        made_put_u32(&log, 10);
        made_put(&log, d.bytes, 20);
        made_put_field(&log, "ima", 3);
        made_put(&log, hashed, 20);
        made_put_field(&log, "/bin/sh", 7);
        assert_int_equal(ima_parse_entry(made_span(&log), ALG_SHA1, &e, &size), ERR_OK);
        assert_int_equal(size, log.len);
        assert_int_equal(e.kind, IMA_FILE);
        assert_true(span_equal_str(e.path, "/bin/sh"));
        assert_true(span_equal_str(e.hash_name, "sha1"));
        assert_int_equal(e.hash.len, 20);
        assert_true(ima_entry_digest_matches(&e));
        digest_of(ALG_SHA256, span_of(hashed, sizeof(hashed)), &d);
        ima_entry_value(&e, ALG_SHA256, IMA_OWN_HASH, &value);
        assert_true(span_equal(digest_span(&value), digest_span(&d)));

        log.bytes[4 + 20 + 4 + 3 + 20 + 1] = 1; /* a name of 256 + 7 bytes */
        assert_int_equal(ima_parse_entry(made_span(&log), ALG_SHA1, &e, &size), ERR_IMA_DATA);
}

static void unknown_templates_replay(void **state)
{
        struct made data = { 0 }, log;
        struct ima_entry e;
        struct digest expected;
        char hex[65];

        (void)state;
        made_put(&data, "whatever", 8);
        e = parse_made(&log, "d-ng|n-ng|x", &data);
        assert_int_equal(e.kind, IMA_OTHER);
        assert_int_equal(e.fields_error, ERR_IMA_TEMPLATE);
        digest_of(ALG_SHA256, span_of("whatever", 8), &expected);
        hex_encode(digest_span(&expected), hex);
        assert_value(&e, ALG_SHA256, IMA_OWN_HASH, hex);
}

static void violations(void **state)
{
        struct made data = { 0 }, log = { 0 };
        struct ima_entry e;
        size_t size;

        (void)state;
        made_put_ng(&data, 0, "/oem/conf");
        made_put_ima(&log, 10, "ima-ng", made_span(&data), true);
        assert_int_equal(ima_parse_entry(made_span(&log), ALG_SHA1, &e, &size), ERR_OK);
        assert_true(e.violation);
        assert_true(span_equal_str(e.path, "/oem/conf"));
        assert_true(ima_entry_digest_matches(&e));
        assert_value(&e, ALG_SHA1, IMA_OWN_HASH, "ffffffffffffffffffffffffffffffffffffffff");
        assert_value(&e, ALG_SHA256, IMA_PADDED_SHA1, "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff");
}

static void bad_fields(void **state)
{
        struct made log, data;

        (void)state;
        data.len = 0;
        put_typed(&data, "sha256:", 31, "/a"); /* shorter than its algorithm */
        assert_int_equal(parse_made(&log, "ima-ng", &data).fields_error, ERR_IMA_FIELDS);
        data.len = 0;
        put_typed(&data, "sha256", 32, "/a"); /* no colon */
        assert_int_equal(parse_made(&log, "ima-ng", &data).fields_error, ERR_IMA_FIELDS);
        data.len = 0;
        put_typed(&data, ":", 32, "/a"); /* no name */
        assert_int_equal(parse_made(&log, "ima-ng", &data).fields_error, ERR_IMA_FIELDS);
        data.len = 0;
        put_typed(&data, "md5:", 65, "/a"); /* larger than any digest */
        assert_int_equal(parse_made(&log, "ima-ng", &data).fields_error, ERR_IMA_FIELDS);
        data.len = 0;
        made_put_field(&data, "sha256:xxxxxxxx", 15); /* no NUL */
        made_put_field(&data, "/a", 3);
        assert_int_equal(parse_made(&log, "ima-ng", &data).fields_error, ERR_IMA_FIELDS);
        data.len = 0;
        put_typed(&data, "sha256:", 32, "/a");
        data.bytes[data.len - 1] = 'x'; /* path without NUL */
        assert_int_equal(parse_made(&log, "ima-ng", &data).fields_error, ERR_IMA_FIELDS);
        data.bytes[data.len - 1] = 0;
        data.bytes[data.len - 2] = 0; /* NUL inside */
        assert_int_equal(parse_made(&log, "ima-ng", &data).fields_error, ERR_IMA_FIELDS);
        data.len = 0;
        put_typed(&data, "sha256:", 32, "/a"); /* a type is missing */
        assert_int_equal(parse_made(&log, "ima-ngv2", &data).fields_error, ERR_IMA_FIELDS);
        data.len = 0;
        assert_int_equal(parse_made(&log, "ima-ng", &data).fields_error, ERR_IMA_FIELDS);
}

static void bad_frames(void **state)
{
        struct made data = { 0 }, log = { 0 }, broken;
        struct ima_entry e, before;
        size_t size = 77;

        (void)state;
        made_put_ng(&data, 1, "/oem/x");
        made_put_ima(&log, 10, "ima-ng", made_span(&data), false);
        memset(&e, 0x5a, sizeof(e));
        before = e;

        broken = log;
        broken.bytes[0] = 24;
        assert_int_equal(ima_parse_entry(made_span(&broken), ALG_SHA1, &e, &size), ERR_IMA_PCR);
        broken = log;
        broken.bytes[24] = 0;
        assert_int_equal(ima_parse_entry(made_span(&broken), ALG_SHA1, &e, &size), ERR_IMA_NAME);
        broken.bytes[25] = 1; /* 256 */
        assert_int_equal(ima_parse_entry(made_span(&broken), ALG_SHA1, &e, &size), ERR_IMA_NAME);
        broken = log;
        broken.bytes[24 + 4 + 6 + 3] = 1; /* 16 MiB of data */
        assert_int_equal(ima_parse_entry(made_span(&broken), ALG_SHA1, &e, &size), ERR_IMA_DATA);
        /* Cut anywhere: more bytes are needed. */
        for (size_t len = 0; len < log.len; len++)
                assert_int_equal(ima_parse_entry(span_of(log.bytes, len), ALG_SHA1, &e, &size), ERR_IMA_ENDS);
        assert_memory_equal(&e, &before, sizeof(e));
        assert_int_equal(size, 77);
}

/* The per-bank files of newer kernels have a wider digest column. */
static void wide_columns(void **state)
{
        struct made data = { 0 }, log = { 0 };
        struct digest d;
        struct ima_reader r;
        struct ima_entry e;

        (void)state;
        made_put_ng(&data, 7, "/oem/x");
        digest_of(ALG_SHA384, made_span(&data), &d);
        for (int i = 0; i < 2; i++) {
                made_put_u32(&log, 10);
                made_put(&log, d.bytes, 48);
                made_put_field(&log, "ima-ng", 6);
                made_put_field(&log, data.bytes, data.len);
        }
        r = ima_reader_on(made_span(&log), ALG_SHA384);
        assert_int_equal(ima_next(&r, &e), ERR_OK);
        assert_true(ima_entry_digest_matches(&e));
        assert_int_equal(ima_next(&r, &e), ERR_OK);
        assert_true(ima_entry_digest_matches(&e));
        assert_int_equal(r.number, 2);
        assert_true(ima_done(&r));
        /* A bank that the kernel cannot hash has the padded SHA-1 in its column. */
        digest_of(ALG_SHA1, made_span(&data), &d);
        memset(log.bytes + 4, 0, 48);
        memcpy(log.bytes + 4, d.bytes, 20);
        r = ima_reader_on(made_span(&log), ALG_SHA384);
        assert_int_equal(ima_next(&r, &e), ERR_OK);
        assert_true(ima_entry_digest_matches(&e));
}

static void check_prefix(struct span prefix, size_t whole_len)
{
        struct ima_reader r = ima_reader_on(prefix, ALG_SHA1);
        enum err e = ERR_OK;
        struct ima_entry entry;

        while (!ima_done(&r) && (e = ima_next(&r, &entry)) == ERR_OK)
                assert_true(ima_entry_digest_matches(&entry));
        assert_true(e == ERR_OK || (e == ERR_IMA_ENDS && prefix.len < whole_len));
}

static void every_prefix_of_every_seed(void **state)
{
        (void)state;
        seeds_each_prefix("ima", check_prefix);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_entry_of_a_real_kernel), cmocka_unit_test(every_template), cmocka_unit_test(hash_types_are_kept),
                cmocka_unit_test(the_old_template),          cmocka_unit_test(violations),     cmocka_unit_test(unknown_templates_replay),
                cmocka_unit_test(bad_fields),                cmocka_unit_test(bad_frames),     cmocka_unit_test(wide_columns),
                cmocka_unit_test(every_prefix_of_every_seed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
