/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware log: both formats, each fault, every prefix, the partition table in it, and our events appended to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "log/export.h"
#include "log/tcg.h"
#include "test/made.h"
#include "test/seeds.h"

#define HEADER_BYTES (32 + 16 + 8 + 4 + 8 + 1)
#define EVENT_HEAD_BYTES (4 + 4 + 4 + 2 + 20 + 2 + 32 + 4)

static struct made agile_log(void)
{
        struct made m = { 0 };

        made_put_spec_id(&m);
        made_put_tcg(&m, 0, TCG_EV_NO_ACTION, span_of("StartupLocality\0\3", 17));
        made_put_tcg(&m, 0, 8, span_of("v1", 2));
        made_put_tcg(&m, 5, TCG_EV_EFI_GPT_EVENT, span_of("EFI PART...", 11));
        made_put_tcg(&m, 7, TCG_EV_SEPARATOR, span_of("\0\0\0\0", 4));
        return m;
}

static void reads_an_agile_log(void **state)
{
        struct made m = agile_log();
        struct tcg_log log;
        struct tcg_event e;
        uint8_t locality = 0;

        (void)state;
        assert_int_equal(tcg_open(made_span(&m), &log), ERR_OK);
        assert_true(log.agile);
        assert_int_equal(log.alg_count, 2);
        assert_int_equal(log.algs[1].tpm_id, 0x000b);
        assert_int_equal(log.offset, HEADER_BYTES);
        assert_int_equal(tcg_next(&log, &e), ERR_OK);
        assert_int_equal(e.number, 1);
        assert_false(tcg_event_is_extended(&e));
        assert_true(tcg_event_startup_locality(&e, &locality));
        assert_int_equal(locality, 3);
        assert_int_equal(tcg_next(&log, &e), ERR_OK);
        assert_true(tcg_event_is_extended(&e));
        assert_false(tcg_event_startup_locality(&e, &locality));
        assert_true(tcg_event_data_matches(&e));
        assert_int_equal(tcg_event_digest(&e, ALG_SHA256).len, 32);
        assert_int_equal(tcg_event_digest(&e, ALG_SHA384).len, 0);
        assert_true(span_equal_str(e.data, "v1"));
        assert_int_equal(tcg_next(&log, &e), ERR_OK);
        assert_int_equal(e.pcr, 5);
        assert_int_equal(tcg_next(&log, &e), ERR_OK);
        assert_int_equal(e.number, 4);
        assert_true(tcg_done(&log));
}

static void names_of_events(void **state)
{
        (void)state;
        assert_string_equal(tcg_event_name(TCG_EV_NO_ACTION), "EV_NO_ACTION");
        assert_string_equal(tcg_event_name(TCG_EV_SEPARATOR), "EV_SEPARATOR");
        assert_string_equal(tcg_event_name(TCG_EV_EVENT_TAG), "EV_EVENT_TAG");
        assert_string_equal(tcg_event_name(TCG_EV_EFI_GPT_EVENT), "EV_EFI_GPT_EVENT");
        assert_null(tcg_event_name(0x12345678));
}

static void reads_a_sha1_log(void **state)
{
        struct made m = { 0 };
        struct tcg_log log;
        struct tcg_event e;

        (void)state;
        made_put_tcg_sha1(&m, 0, TCG_EV_NO_ACTION, span_of("Spec ID Event02\0xxxx", 20));
        made_put_tcg_sha1(&m, 4, 13, span_of("loader", 6));
        assert_int_equal(tcg_open(made_span(&m), &log), ERR_OK);
        assert_false(log.agile);
        assert_int_equal(log.alg_count, 1);
        assert_int_equal(tcg_next(&log, &e), ERR_OK);
        assert_int_equal(e.number, 0);
        assert_false(tcg_event_is_extended(&e));
        assert_int_equal(tcg_next(&log, &e), ERR_OK);
        assert_int_equal(e.pcr, 4);
        assert_true(tcg_event_data_matches(&e));
        assert_true(tcg_done(&log));
}

static enum err read_all(struct span bytes)
{
        struct tcg_log log;
        struct tcg_event e;

        TRY(tcg_open(bytes, &log));
        while (!tcg_done(&log))
                TRY(tcg_next(&log, &e));
        return ERR_OK;
}

static void every_prefix(void **state)
{
        struct made m = agile_log();

        (void)state;
        assert_int_equal(read_all(made_span(&m)), ERR_OK);
        assert_int_equal(read_all(span_of(m.bytes, 0)), ERR_TCG_EMPTY);
        for (size_t len = 1; len < m.len; len++) {
                static const size_t data_lens[] = { 17, 2, 11 };
                size_t boundary = HEADER_BYTES;
                bool whole = len == boundary;

                for (size_t i = 0; i < 3; i++) {
                        boundary += EVENT_HEAD_BYTES + data_lens[i];
                        whole = whole || len == boundary;
                }
                assert_int_equal(read_all(span_of(m.bytes, len)), whole ? ERR_OK : ERR_TCG_ENDS);
        }
}

static void check_prefix(struct span prefix, size_t whole_len)
{
        enum err e = read_all(prefix);

        if (prefix.len == 0)
                assert_int_equal(e, ERR_TCG_EMPTY);
        else
                assert_true(e == ERR_OK || (e == ERR_TCG_ENDS && prefix.len < whole_len));
}

static void every_prefix_of_every_seed(void **state)
{
        (void)state;
        seeds_each_prefix("tcg", check_prefix);
}

/* The valid log with bytes changed at one place. */
static enum err read_broken(size_t offset, const void *bytes, size_t len)
{
        struct made m = agile_log();

        memcpy(m.bytes + offset, bytes, len);
        return read_all(made_span(&m));
}

static void each_fault_has_its_code(void **state)
{
        const size_t count = 32 + 16 + 8, event = HEADER_BYTES + EVENT_HEAD_BYTES + 17, digests = event + 8;

        (void)state;
        assert_int_equal(read_broken(count, "\0", 1), ERR_TCG_ALGS);
        assert_int_equal(read_broken(count, "\x11", 1), ERR_TCG_ALGS);
        assert_int_equal(read_broken(count, "\3", 1), ERR_TCG_SPEC_ID);
        assert_int_equal(read_broken(28, "\x1b\0\0\0", 4), ERR_TCG_SPEC_ID); /* ends before the count */
        assert_int_equal(read_broken(count + 6, "\x15", 1), ERR_TCG_ALGS);         /* SHA-1 of 21 bytes */
        assert_int_equal(read_broken(count + 4, "\x0b\0\x20\0", 4), ERR_TCG_ALGS); /* twice */
        assert_int_equal(read_broken(count + 4, "\x12\0\0\0", 4), ERR_TCG_ALGS);   /* no bytes */
        assert_int_equal(read_broken(count + 12, "\1", 1), ERR_TCG_SPEC_ID);       /* vendor bytes beyond the event */
        assert_int_equal(read_broken(28, "\0\0\0\2", 4), ERR_TCG_EVENT_SIZE);
        assert_int_equal(read_broken(event, "\x18", 1), ERR_TCG_PCR);
        assert_int_equal(read_broken(HEADER_BYTES, "\xff\xff\xff\xff", 4), ERR_OK); /* EV_NO_ACTION may name no PCR */
        assert_int_equal(read_broken(digests, "\1", 1), ERR_TCG_DIGESTS);
        assert_int_equal(read_broken(digests, "\3", 1), ERR_TCG_DIGESTS);
        assert_int_equal(read_broken(digests + 4, "\x0c", 1), ERR_TCG_DIGESTS);                 /* not declared */
        assert_int_equal(read_broken(digests + 4 + 2 + 20, "\x04", 1), ERR_TCG_DIGESTS);        /* twice */
        assert_int_equal(read_broken(event + EVENT_HEAD_BYTES - 4, "\0\0\0\2", 4), ERR_TCG_EVENT_SIZE);
        assert_int_equal(read_broken(event + EVENT_HEAD_BYTES - 4, "\0\0\1\0", 4), ERR_TCG_ENDS);
}

static void finds_the_partition_table(void **state)
{
        struct made m = agile_log(), none = { 0 };
        struct span gpt = { NULL, 0 };

        (void)state;
        assert_int_equal(tcg_find_gpt(made_span(&m), &gpt), ERR_OK);
        assert_true(span_equal_str(gpt, "EFI PART..."));
        made_put_spec_id(&none);
        gpt = span_of(NULL, 0);
        assert_int_equal(tcg_find_gpt(made_span(&none), &gpt), ERR_TCG_NO_GPT);
        m.bytes[HEADER_BYTES + 3 * EVENT_HEAD_BYTES + 17 + 2 + 3] ^= 1;
        assert_int_equal(tcg_find_gpt(made_span(&m), &gpt), ERR_TCG_GPT_DIGEST);
        assert_null(gpt.data);
}

static void writes_what_it_reads(void **state)
{
        static const enum alg algs[] = { ALG_SHA384, ALG_SHA1 };
        struct digest_set digests;
        struct tcg_log log;
        struct tcg_event e;
        uint8_t buf[512];
        size_t header, size = 0;

        (void)state;
        assert_int_equal(tcg_write_header(algs, 2, buf, sizeof(buf), &header), ERR_OK);
        assert_int_equal(tcg_open(span_of(buf, header), &log), ERR_OK);
        assert_true(tcg_done(&log));
        digest_set_of(algs, 2, span_of("abc", 3), &digests);
        assert_int_equal(tcg_write_tagged(&log, 15, 7, &digests, span_of("abc", 3), buf + header, sizeof(buf) - header, &size), ERR_OK);
        assert_int_equal(tcg_open(span_of(buf, header + size), &log), ERR_OK);
        assert_int_equal(tcg_next(&log, &e), ERR_OK);
        assert_true(tcg_done(&log));
        assert_int_equal(e.pcr, 15);
        assert_int_equal(e.type, TCG_EV_EVENT_TAG);
        assert_int_equal(e.digests[0].tpm_id, 0x000c);
        assert_true(span_equal(tcg_event_digest(&e, ALG_SHA384), digest_span(digest_find(&digests, ALG_SHA384))));
        assert_true(span_equal(e.data, span_of("\7\0\0\0\3\0\0\0abc", 11)));

        for (size_t cap = 0; cap < header; cap++)
                assert_int_equal(tcg_write_header(algs, 2, buf, cap, &header), ERR_NO_SPACE);
        for (size_t cap = 0; cap < size; cap++)
                assert_int_equal(tcg_write_tagged(&log, 15, 7, &digests, span_of("abc", 3), buf, cap, &header), ERR_NO_SPACE);
        digests.count = 1;
        assert_int_equal(tcg_write_tagged(&log, 15, 7, &digests, span_of("abc", 3), buf, sizeof(buf), &header), ERR_TCG_ALG_MISSING);
        log.algs[0].tpm_id = 0x0012;
        assert_int_equal(tcg_write_tagged(&log, 15, 7, &digests, span_of("abc", 3), buf, sizeof(buf), &header), ERR_ALG_UNKNOWN);
}

/* ---- export ------------------------------------------------------------------------------------------------------------ */

static char cel[8192];
static uint8_t out[2 * MADE_BYTES_MAX];

static struct span two_events_and_an_info(void)
{
        static const enum alg algs[] = { ALG_SHA256, ALG_SHA384 };
        static const char *const contents[] = { "{\"event\":\"policy\"}", "{\"event\":\"info\"}", "{\"event\":\"storage\"}" };
        size_t len = 0;

        for (unsigned i = 0; i < 3; i++) {
                struct digest_set digests;
                struct span record;

                digest_set_of(algs, i == 1 ? 0 : 2, span_of_str(contents[i]), &digests);
                assert_int_equal(cel_write(i, 15, &digests, span_of_str(contents[i]), cel + len, sizeof(cel) - len, &record), ERR_OK);
                len += record.len;
        }
        return span_of(cel, len);
}

static void assert_events(struct tcg_log *log)
{
        static const char *const contents[] = { "{\"event\":\"policy\"}", "{\"event\":\"storage\"}" };

        for (unsigned i = 0; i < 2; i++) {
                struct tcg_event e;
                struct digest d;

                assert_int_equal(tcg_next(log, &e), ERR_OK);
                assert_int_equal(e.pcr, 15);
                assert_true(span_equal_str(span_sub(e.data, 8, e.data.len - 8), contents[i]));
                digest_of(ALG_SHA256, span_of_str(contents[i]), &d);
                assert_true(span_equal(tcg_event_digest(&e, ALG_SHA256), digest_span(&d)));
        }
        assert_true(tcg_done(log));
}

static void exports_without_firmware(void **state)
{
        struct span events = two_events_and_an_info();
        struct tcg_log log;
        size_t size = 0, ignored;

        (void)state;
        assert_int_equal(export_tcg(span_of(NULL, 0), events, out, sizeof(out), &size), ERR_OK);
        assert_int_equal(tcg_open(span_of(out, size), &log), ERR_OK);
        assert_int_equal(log.alg_count, 2);
        assert_events(&log);
        for (size_t cap = 0; cap < size; cap++)
                assert_int_equal(export_tcg(span_of(NULL, 0), events, out, cap, &ignored), ERR_NO_SPACE);
        assert_int_equal(export_tcg(span_of(NULL, 0), span_of(NULL, 0), out, sizeof(out), &ignored), ERR_TCG_EMPTY);
        /* A torn last record was not extended. */
        assert_int_equal(export_tcg(span_of(NULL, 0), span_sub(events, 0, events.len - 1), out, sizeof(out), &size), ERR_OK);
        cel[0] = 'x';
        assert_int_equal(export_tcg(span_of(NULL, 0), events, out, sizeof(out), &ignored), ERR_CEL_START);
}

static void exports_behind_firmware(void **state)
{
        struct span events = two_events_and_an_info();
        struct made m = agile_log();
        struct tcg_log log;
        struct tcg_event e;
        size_t size = 0;

        (void)state;
        assert_int_equal(export_tcg(made_span(&m), events, out, sizeof(out), &size), ERR_OK);
        assert_memory_equal(out, m.bytes, m.len);
        assert_int_equal(tcg_open(span_of(out, size), &log), ERR_OK);
        for (unsigned i = 0; i < 4; i++)
                assert_int_equal(tcg_next(&log, &e), ERR_OK);
        assert_events(&log);
        assert_int_equal(export_tcg(span_sub(made_span(&m), 0, m.len - 1), events, out, sizeof(out), &size), ERR_TCG_ENDS);
        m.bytes[32 + 16 + 8 + 4] = 0x12; /* SM3 instead of SHA-1 */
        m.len = HEADER_BYTES;
        assert_int_equal(export_tcg(made_span(&m), events, out, sizeof(out), &size), ERR_ALG_UNKNOWN);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_an_agile_log),      cmocka_unit_test(reads_a_sha1_log),
                cmocka_unit_test(names_of_events),         cmocka_unit_test(every_prefix),
                cmocka_unit_test(each_fault_has_its_code), cmocka_unit_test(finds_the_partition_table),
                cmocka_unit_test(writes_what_it_reads),    cmocka_unit_test(exports_without_firmware),
                cmocka_unit_test(exports_behind_firmware), cmocka_unit_test(every_prefix_of_every_seed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
