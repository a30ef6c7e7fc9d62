/* SPDX-License-Identifier: Apache-2.0 */
/* The event log: the exact bytes of a record, reading them back, and each way in which a record can be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "log/cel.h"
#include "test/made.h"
#include "test/seeds.h"

#define SHA1_AB "da23614e02469a0d7c7bd1bdab5c9c474b1904dc" /* of "a" and "b": no record of the tests depends on it being right */
#define CONTENT "{\"event\":\"info\"}"
#define ONE_SHA1 "[{\"digest\":\"" SHA1_AB "\",\"hashAlg\":\"sha1\"}]"
#define RECORD(content, type, digests, pcr, recnum)                                                                                       \
        "\x1e{\"content\":" content ",\"content_type\":\"" type "\",\"digests\":" digests ",\"pcr\":" pcr ",\"recnum\":" recnum "}\n"

static char buf[3 * CEL_RECORD_BYTES_MAX];

static void writes_exact_bytes(void **state)
{
        static const enum alg algs[] = { ALG_SHA256, ALG_SHA1 };
        static const char expected[] = "\x1e{\"content\":" CONTENT ",\"content_type\":\"cosima\",\"digests\":["
                                       "{\"digest\":\"a9993e364706816aba3e25717850c26c9cd0d89d\",\"hashAlg\":\"sha1\"},"
                                       "{\"digest\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\","
                                       "\"hashAlg\":\"sha256\"}"
                                       "],\"pcr\":15,\"recnum\":3}\n";
        struct digest_set digests;
        struct span record = { NULL, 0 };

        (void)state;
        digest_set_of(algs, 2, span_of("abc", 3), &digests);
        assert_int_equal(cel_write(3, 15, &digests, span_of_str(CONTENT), buf, sizeof(buf), &record), ERR_OK);
        assert_int_equal(record.len, strlen(expected));
        assert_memory_equal(record.data, expected, record.len);
        for (size_t cap = 0; cap < strlen(expected); cap++) {
                struct span none = { NULL, 0 };

                assert_int_equal(cel_write(3, 15, &digests, span_of_str(CONTENT), buf, cap, &none), ERR_NO_SPACE);
                assert_null(none.data);
        }
        assert_int_equal(cel_write(3, 15, &digests, span_of_str("{ }"), buf, sizeof(buf), &record), ERR_CANON_SYNTAX);
}

/* An event in two banks, then an info record. */
static struct span write_two(void)
{
        static const enum alg algs[] = { ALG_SHA256, ALG_SHA384 };
        struct digest_set digests, none = { 0 };
        struct span first, second;

        digest_set_of(algs, 2, span_of_str(CONTENT), &digests);
        assert_int_equal(cel_write(0, 11, &digests, span_of_str(CONTENT), buf, sizeof(buf), &first), ERR_OK);
        assert_int_equal(cel_write(1, 11, &none, span_of_str("{}"), buf + first.len, sizeof(buf) - first.len, &second), ERR_OK);
        return span_of(buf, first.len + second.len);
}

static void reads_what_it_wrote(void **state)
{
        struct span log = write_two();
        struct cel_reader r = cel_reader_on(log);
        struct cel_record record;
        struct digest expected;

        (void)state;
        assert_false(cel_done(&r));
        assert_int_equal(cel_next(&r, &record), ERR_OK);
        assert_int_equal(record.recnum, 0);
        assert_int_equal(record.pcr, 11);
        assert_false(record.info);
        assert_int_equal(record.offset, 0);
        assert_true(span_equal_str(record.content, CONTENT));
        assert_int_equal(record.digests.count, 2);
        digest_of(ALG_SHA384, span_of_str(CONTENT), &expected);
        assert_true(span_equal(digest_span(digest_find(&record.digests, ALG_SHA384)), digest_span(&expected)));
        assert_int_equal(cel_next(&r, &record), ERR_OK);
        assert_int_equal(record.recnum, 1);
        assert_true(record.info);
        assert_int_equal(record.digests.count, 0);
        assert_true(record.offset > 0 && log.data[record.offset] == 0x1e);
        assert_true(span_equal_str(record.content, "{}"));
        assert_true(cel_done(&r));
}

/* Cut anywhere, the log gives its whole records and then says that it is torn, unless the cut is between two records. */
static void every_prefix(void **state)
{
        struct span log = write_two();
        size_t boundary = (size_t)((const uint8_t *)memchr(log.data, '\n', log.len) - log.data) + 1;

        (void)state;
        for (size_t len = 0; len < log.len; len++) {
                struct cel_reader r = cel_reader_on(span_sub(log, 0, len));
                struct cel_record record;
                enum err e = ERR_OK;
                unsigned count = 0;

                while (!cel_done(&r) && (e = cel_next(&r, &record)) == ERR_OK)
                        count++;
                assert_int_equal(count, len >= boundary);
                assert_int_equal(e, len == 0 || len == boundary ? ERR_OK : ERR_CEL_TORN);
                assert_int_equal(r.offset, len >= boundary ? boundary : 0);
        }
}

static void each_fault_has_its_code(void **state)
{
        static const struct {
                const char *log;
                unsigned whole; /* records before the fault */
                enum err error;
        } cases[] = {
                { RECORD(CONTENT, "cosima", ONE_SHA1, "23", "0"), 1, ERR_OK },
                { RECORD(CONTENT, "cosima-info", "[]", "0", "0"), 1, ERR_OK },
                { "{\"content\":{}}\n", 0, ERR_CEL_START },
                { "\n", 0, ERR_CEL_START },
                { "\x1e\x1e{}\n", 0, ERR_CANON_SYNTAX },
                { "\x1e\n", 0, ERR_CANON_SYNTAX },
                { "\x1e{}\n", 0, ERR_CEL_SHAPE },
                { "\x1e[]\n", 0, ERR_CEL_SHAPE },
                { "\x1e{ }\n", 0, ERR_CANON_SYNTAX },
                { RECORD("[]", "cosima", ONE_SHA1, "15", "0"), 0, ERR_CEL_SHAPE },
                { RECORD("{\"b\":1,\"a\":2}", "cosima", ONE_SHA1, "15", "0"), 0, ERR_CANON_ORDER },
                { RECORD(CONTENT, "systemd", ONE_SHA1, "15", "0"), 0, ERR_CEL_CONTENT_TYPE },
                { RECORD(CONTENT, "cosima\\n", ONE_SHA1, "15", "0"), 0, ERR_CEL_SHAPE },
                { RECORD(CONTENT, "cosima", "[]", "15", "0"), 0, ERR_CEL_DIGESTS },
                { RECORD(CONTENT, "cosima-info", ONE_SHA1, "15", "0"), 0, ERR_CEL_DIGESTS },
                { RECORD(CONTENT, "cosima", "{}", "15", "0"), 0, ERR_CEL_SHAPE },
                { RECORD(CONTENT, "cosima", "[1]", "15", "0"), 0, ERR_CEL_DIGESTS },
                { RECORD(CONTENT, "cosima", "[{\"digest\":\"00\",\"hashAlg\":\"sha1\"}]", "15", "0"), 0, ERR_CEL_DIGESTS },
                { RECORD(CONTENT, "cosima", "[{\"digest\":\"00\",\"hashAlg\":\"md5\"}]", "15", "0"), 0, ERR_CEL_DIGESTS },
                { RECORD(CONTENT, "cosima", "[{\"digest\":\"DA23614E02469A0D7C7BD1BDAB5C9C474B1904DC\",\"hashAlg\":\"sha1\"}]", "15", "0"), 0,
                  ERR_CEL_DIGESTS },
                { RECORD(CONTENT, "cosima", "[{\"digest\":\"" SHA1_AB "\",\"hashAlg\":\"sha1\",\"x\":1}]", "15", "0"), 0,
                  ERR_CEL_DIGESTS },
                { RECORD(CONTENT, "cosima",
                         "[{\"digest\":\"" SHA1_AB "\",\"hashAlg\":\"sha1\"},{\"digest\":\"" SHA1_AB "\",\"hashAlg\":\"sha1\"}]", "15", "0"),
                  0, ERR_CEL_DIGESTS },
                { RECORD(CONTENT, "cosima", ONE_SHA1, "24", "0"), 0, ERR_CEL_PCR },
                { RECORD(CONTENT, "cosima", ONE_SHA1, "\"15\"", "0"), 0, ERR_CEL_SHAPE },
                { RECORD(CONTENT, "cosima", ONE_SHA1, "15", "1"), 0, ERR_CEL_RECNUM },
                { RECORD(CONTENT, "cosima", ONE_SHA1, "15", "0,\"z\":1"), 0, ERR_CEL_SHAPE },
                { RECORD(CONTENT, "cosima", ONE_SHA1, "15", "0") RECORD(CONTENT, "cosima", ONE_SHA1, "15", "2"), 1, ERR_CEL_RECNUM },
                { RECORD(CONTENT, "cosima", ONE_SHA1, "15", "0") RECORD(CONTENT, "cosima", ONE_SHA1, "15", "0"), 1, ERR_CEL_RECNUM },
                { RECORD(CONTENT, "cosima", ONE_SHA1, "15", "0") RECORD(CONTENT, "cosima", ONE_SHA1, "14", "1"), 1,
                  ERR_CEL_PCR_CHANGES },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct cel_reader r = cel_reader_on(span_of_str(cases[i].log));
                struct cel_record record, before;
                enum err e = ERR_OK;

                memset(&record, 0x5a, sizeof(record));
                for (unsigned k = 0; k < cases[i].whole; k++)
                        assert_int_equal(cel_next(&r, &record), ERR_OK);
                before = record;
                if (!cel_done(&r))
                        e = cel_next(&r, &record);
                if (e != cases[i].error)
                        print_error("case %zu: %s\n", i, err_name(e));
                assert_int_equal(e, cases[i].error);
                if (e != ERR_OK)
                        assert_memory_equal(&record, &before, sizeof(record));
        }
}

static void check_prefix(struct span prefix, size_t whole_len)
{
        struct cel_reader r = cel_reader_on(prefix);
        struct cel_record record;
        enum err e = ERR_OK;

        while (!cel_done(&r) && (e = cel_next(&r, &record)) == ERR_OK)
                assert_int_equal(record.content.data[0], '{');
        assert_true(e == ERR_OK || (e == ERR_CEL_TORN && prefix.len < whole_len));
}

static void every_prefix_of_every_seed(void **state)
{
        (void)state;
        seeds_each_prefix("cel", check_prefix);
}

static void a_record_too_long(void **state)
{
        struct cel_reader r;
        struct cel_record record;

        (void)state;
        memset(buf, 'x', sizeof(buf));
        buf[0] = 0x1e;
        r = cel_reader_on(span_of(buf, sizeof(buf)));
        assert_int_equal(cel_next(&r, &record), ERR_CEL_TOO_LONG);
        r = cel_reader_on(span_of(buf, CEL_RECORD_BYTES_MAX - 1));
        assert_int_equal(cel_next(&r, &record), ERR_CEL_TORN);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(writes_exact_bytes), cmocka_unit_test(reads_what_it_wrote),
                cmocka_unit_test(every_prefix),       cmocka_unit_test(every_prefix_of_every_seed),
                cmocka_unit_test(a_record_too_long),  cmocka_unit_test(each_fault_has_its_code),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
