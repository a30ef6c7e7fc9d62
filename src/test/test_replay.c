/* SPDX-License-Identifier: Apache-2.0 */
/* Replay: values that a TPM computed, start values, our event log with each fault, and the IMA log against quoted values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hex.h"
#include "log/replay.h"
#include "test/made.h"

static struct replay replay;

static void assert_pcr(const struct replay *r, enum alg bank, unsigned pcr, const char *hex)
{
        char text[2 * ALG_DIGEST_MAX + 1];

        hex_encode(digest_span(&r->pcrs[bank][pcr]), text);
        assert_string_equal(text, hex);
}

static void start_values(void **state)
{
        (void)state;
        replay_begin(&replay, REPLAY_ALL_BANKS);
        assert_pcr(&replay, ALG_SHA1, 0, "0000000000000000000000000000000000000000");
        assert_pcr(&replay, ALG_SHA1, 16, "0000000000000000000000000000000000000000");
        assert_pcr(&replay, ALG_SHA1, 17, "ffffffffffffffffffffffffffffffffffffffff");
        assert_pcr(&replay, ALG_SHA1, 22, "ffffffffffffffffffffffffffffffffffffffff");
        assert_pcr(&replay, ALG_SHA1, 23, "0000000000000000000000000000000000000000");
        replay_set_locality(&replay, 4);
        assert_pcr(&replay, ALG_SHA1, 0, "0000000000000000000000000000000000000004");
        assert_pcr(&replay, ALG_SHA256, 0, "0000000000000000000000000000000000000000000000000000000000000004");
        assert_int_equal(replay_extend_event(&replay, 24, span_of("", 0)), ERR_REPLAY_PCR);
        assert_int_equal(replay.touched, 0);
}

/* Debian's 6.1 kernel: the values of its first two IMA entries and PCR 10 after each, as its TPM told. */
static void values_of_a_real_tpm(void **state)
{
        uint8_t value[32];

        (void)state;
        replay_begin(&replay, REPLAY_BANK(ALG_SHA256));
        assert_int_equal(hex_decode(span_of_str("c6fb8103a881762d8bfa8f1fcbbafdd57918e4b0365703a167d1563667c5aa4a"), 32, value), ERR_OK);
        assert_int_equal(replay_extend(&replay, ALG_SHA256, 10, span_of(value, 32)), ERR_OK);
        assert_pcr(&replay, ALG_SHA256, 10, "59bf2640de15c856c46a45a1085e62027efcefb2b158543f0b1c2b814c6116ee");
        assert_int_equal(hex_decode(span_of_str("5515d144a2aba1694aea341c68560c2cb9239980827e2cb81a9e5f5b54c8f67a"), 32, value), ERR_OK);
        assert_int_equal(replay_extend(&replay, ALG_SHA256, 10, span_of(value, 32)), ERR_OK);
        assert_pcr(&replay, ALG_SHA256, 10, "8e2d14d4a16dd50771fc849b82f0cd8042889e6c2da79916f1c127ef62e695a6");
        assert_int_equal(replay.touched, 1u << 10);
        /* A bank outside the set stays as it was. */
        assert_int_equal(replay_extend(&replay, ALG_SHA1, 10, span_of(value, 20)), ERR_OK);
        assert_pcr(&replay, ALG_SHA1, 10, "0000000000000000000000000000000000000000");
}

/* ---- firmware ---------------------------------------------------------------------------------------------------------- */

static void firmware(void **state)
{
        struct made m = { 0 };
        struct replay expected;
        struct replay_place place;
        unsigned banks = 0;

        (void)state;
        made_put_spec_id(&m);
        made_put_tcg(&m, 0, TCG_EV_NO_ACTION, span_of("StartupLocality\0\3", 17));
        made_put_tcg(&m, 0, 8, span_of("v1", 2));
        made_put_tcg(&m, 0, TCG_EV_NO_ACTION, span_of("StartupLocality\0\4", 17)); /* too late to count */
        made_put_tcg(&m, 7, 4, span_of("\0\0\0\0", 4));
        replay_begin(&expected, REPLAY_BANK(ALG_SHA1) | REPLAY_BANK(ALG_SHA256));
        replay_set_locality(&expected, 3);
        assert_int_equal(replay_extend_event(&expected, 0, span_of("v1", 2)), ERR_OK);
        assert_int_equal(replay_extend_event(&expected, 7, span_of("\0\0\0\0", 4)), ERR_OK);

        replay_begin(&replay, REPLAY_ALL_BANKS);
        assert_int_equal(replay_firmware(&replay, made_span(&m), &banks, &place), ERR_OK);
        assert_int_equal(banks, REPLAY_BANK(ALG_SHA1) | REPLAY_BANK(ALG_SHA256));
        for (unsigned pcr = 0; pcr < REPLAY_PCRS; pcr++) {
                assert_true(span_equal(digest_span(&replay.pcrs[ALG_SHA1][pcr]), digest_span(&expected.pcrs[ALG_SHA1][pcr])));
                assert_true(span_equal(digest_span(&replay.pcrs[ALG_SHA256][pcr]), digest_span(&expected.pcrs[ALG_SHA256][pcr])));
        }
        assert_int_equal(replay.touched, 1u | 1u << 7);

        m.len--;
        banks = 77;
        assert_int_equal(replay_firmware(&replay, made_span(&m), &banks, &place), ERR_TCG_ENDS);
        assert_int_equal(place.log, REPLAY_FIRMWARE);
        assert_int_equal(place.number, 4);
        assert_int_equal(banks, 77);
}

/* ---- events ------------------------------------------------------------------------------------------------------------ */

static char cel[8192];
static size_t cel_len;

static void put_record(uint64_t recnum, const char *content, const char *hashed, unsigned banks)
{
        static const enum alg algs[] = { ALG_SHA1, ALG_SHA256 };
        struct digest_set digests;
        struct span record;

        digest_set_of(algs, banks, span_of_str(hashed), &digests);
        assert_int_equal(cel_write(recnum, 15, &digests, span_of_str(content), cel + cel_len, sizeof(cel) - cel_len, &record), ERR_OK);
        cel_len += record.len;
}

static enum err replay_cel(struct replay_events *ret_result, struct replay_place *ret_place)
{
        replay_begin(&replay, REPLAY_BANK(ALG_SHA1) | REPLAY_BANK(ALG_SHA256));
        return replay_events(&replay, span_of(cel, cel_len), ret_result, ret_place);
}

#define POLICY "{\"event\":\"policy\"}"
#define INFO "{\"event\":\"info\"}"
#define STORAGE "{\"event\":\"storage\"}"
#define HANDOVER "{\"event\":\"handover\"}"

static void events(void **state)
{
        struct replay_events result;
        struct replay_place place;
        struct replay expected;
        struct digest before;

        (void)state;
        cel_len = 0;
        put_record(0, POLICY, POLICY, 2);
        put_record(1, INFO, INFO, 0);
        put_record(2, STORAGE, STORAGE, 2);
        put_record(3, HANDOVER, HANDOVER, 2);
        cel_len -= 3; /* torn */
        assert_int_equal(replay_cel(&result, &place), ERR_OK);
        replay_begin(&expected, REPLAY_ALL_BANKS);
        assert_int_equal(replay_extend_event(&expected, 15, span_of_str(POLICY)), ERR_OK);
        before = expected.pcrs[ALG_SHA256][15];
        assert_int_equal(replay_extend_event(&expected, 15, span_of_str(STORAGE)), ERR_OK);
        assert_true(span_equal(digest_span(&replay.pcrs[ALG_SHA256][15]), digest_span(&expected.pcrs[ALG_SHA256][15])));
        assert_true(span_equal(digest_span(&replay.pcrs[ALG_SHA1][15]), digest_span(&expected.pcrs[ALG_SHA1][15])));
        assert_true(span_equal(digest_span(digest_find(&result.before_last, ALG_SHA256)), digest_span(&before)));
        assert_int_equal(result.pcr, 15);
        assert_int_equal(result.records, 3);
        assert_int_equal(result.events, 2);
        assert_true(result.torn);
        assert_int_equal(result.order.counts[EVENT_STORAGE], 1);
        assert_int_equal(result.order.counts[EVENT_INFO], 1);
}

static void event_faults(void **state)
{
        static const struct {
                const char *content, *hashed;
                unsigned banks;
                enum err error;
        } second[] = {
                { STORAGE, STORAGE, 2, ERR_OK },
                { STORAGE, POLICY, 2, ERR_REPLAY_DIGEST },
                { STORAGE, STORAGE, 1, ERR_REPLAY_DIGEST }, /* a bank was left out */
                { POLICY, POLICY, 2, ERR_EVENT_REPEATED },
                { "{\"event\":\"x\"}", "{\"event\":\"x\"}", 2, ERR_EVENT_UNKNOWN },
                { "{\"events\":\"x\"}", "{\"events\":\"x\"}", 2, ERR_EVENT_NAME },
                { INFO, INFO, 2, ERR_CEL_CONTENT_TYPE },       /* an info event that was extended */
                { STORAGE, STORAGE, 0, ERR_CEL_CONTENT_TYPE }, /* a storage event that was not */
        };

        (void)state;
        for (size_t i = 0; i < sizeof(second) / sizeof(second[0]); i++) {
                struct replay_events result;
                struct replay_place place;

                cel_len = 0;
                put_record(0, POLICY, POLICY, 2);
                put_record(1, second[i].content, second[i].hashed, second[i].banks);
                assert_int_equal(replay_cel(&result, &place), second[i].error);
                assert_int_equal(place.log, REPLAY_EVENTS);
                assert_int_equal(place.number, 1);
                assert_true(place.offset > 0 && cel[place.offset] == 0x1e);
        }
}

static void events_out_of_order(void **state)
{
        struct replay_events result;
        struct replay_place place;

        (void)state;
        cel_len = 0;
        put_record(0, HANDOVER, HANDOVER, 2);
        put_record(1, STORAGE, STORAGE, 2);
        assert_int_equal(replay_cel(&result, &place), ERR_EVENT_ORDER);
}

/* ---- IMA --------------------------------------------------------------------------------------------------------------- */

static struct made ima_log(void)
{
        static const char *const paths[] = { IMA_BOOT_AGGREGATE, "/oem/a", "/oem/b", "/oem/c" };
        struct made m = { 0 };

        for (unsigned i = 0; i < 4; i++) {
                struct made data = { 0 };

                made_put_ng(&data, (uint8_t)i, paths[i]);
                made_put_ima(&m, i == 2 ? 12 : 10, "ima-ng", made_span(&data), i == 3);
        }
        return m;
}

/* What a kernel extends for the first count entries: with padded, SHA-1 into the bank of SHA-384. */
static void kernel_extends(struct replay *r, const struct made *m, unsigned count, bool padded)
{
        struct ima_reader reader = ima_reader_on(made_span(m), ALG_SHA1);

        replay_begin(r, REPLAY_BANK(ALG_SHA256) | REPLAY_BANK(ALG_SHA384));
        for (unsigned i = 0; i < count; i++) {
                uint8_t ones[48], value[48] = { 0 };
                struct ima_entry e;
                struct digest d;

                memset(ones, 0xff, sizeof(ones));
                assert_int_equal(ima_next(&reader, &e), ERR_OK);
                digest_of(ALG_SHA256, e.data, &d);
                assert_int_equal(replay_extend(r, ALG_SHA256, e.pcr, e.violation ? span_of(ones, 32) : digest_span(&d)), ERR_OK);
                digest_of(padded ? ALG_SHA1 : ALG_SHA384, e.data, &d);
                memcpy(value, d.bytes, alg_info(d.alg)->size);
                assert_int_equal(replay_extend(r, ALG_SHA384, e.pcr, span_of(e.violation ? ones : value, 48)), ERR_OK);
        }
}

static void expect_quoted(struct replay_ima *r, const struct replay *quoted)
{
        static const unsigned pcrs[] = { 0, 10, 12 };
        static const enum alg banks[] = { ALG_SHA256, ALG_SHA384 };

        replay_ima_begin(r, quoted->banks);
        for (unsigned i = 0; i < 3; i++)
                for (unsigned k = 0; k < 2; k++)
                        assert_int_equal(replay_ima_expect(r, banks[k], pcrs[i], digest_span(&quoted->pcrs[banks[k]][pcrs[i]])), ERR_OK);
}

/* Whatever prefix of the log was there when the quote was made, it is found, with the mode of each bank. */
static void every_quoted_prefix_is_found(void **state)
{
        struct made m = ima_log();
        struct replay_place place;
        static struct replay_ima r;

        (void)state;
        for (int padded = 0; padded < 2; padded++)
                for (unsigned count = 1; count <= 4; count++) {
                        kernel_extends(&replay, &m, count, padded);
                        expect_quoted(&r, &replay);
                        assert_int_equal(replay_ima(&r, made_span(&m), ALG_SHA1, &place), ERR_OK);
                        assert_int_equal(r.entries, 4);
                        assert_true(r.matched);
                        assert_int_equal(r.matched_entries, count);
                        assert_int_equal(r.matched_modes[ALG_SHA256], IMA_OWN_HASH);
                        assert_int_equal(r.matched_modes[ALG_SHA384], padded ? IMA_PADDED_SHA1 : IMA_OWN_HASH);
                        assert_true(r.starts_with_aggregate);
                        assert_int_equal(r.foreign_aggregates, 0);
                        assert_int_equal(r.violations, 1);
                        assert_int_equal(r.bad_digests, 0);
                }
}

static void a_quote_of_something_else_is_not(void **state)
{
        struct made m = ima_log();
        struct replay_place place;
        static struct replay_ima r;
        uint8_t other[32] = { 1 };

        (void)state;
        kernel_extends(&replay, &m, 4, false);
        expect_quoted(&r, &replay);
        assert_int_equal(replay_ima_expect(&r, ALG_SHA256, 12, span_of(other, 32)), ERR_OK); /* one PCR of one bank */
        assert_int_equal(replay_ima(&r, made_span(&m), ALG_SHA1, &place), ERR_OK);
        assert_false(r.matched);
}

static void the_log_is_not_as_written(void **state)
{
        struct made m = ima_log();
        struct replay_place place;
        static struct replay_ima r;
        size_t first = 4 + 20 + 4 + 6 + 4 + 4 + 40 + 4 + strlen(IMA_BOOT_AGGREGATE) + 1;

        (void)state;
        kernel_extends(&replay, &m, 4, false);
        /* Trimmed: its first entry is gone. */
        expect_quoted(&r, &replay);
        assert_int_equal(replay_ima(&r, span_sub(made_span(&m), first, m.len - first), ALG_SHA1, &place), ERR_OK);
        assert_false(r.matched);
        assert_false(r.starts_with_aggregate);
        /* Cut inside an entry. */
        expect_quoted(&r, &replay);
        assert_int_equal(replay_ima(&r, span_sub(made_span(&m), 0, first + 9), ALG_SHA1, &place), ERR_IMA_ENDS);
        assert_int_equal(place.log, REPLAY_IMA);
        assert_int_equal(place.number, 1);
        assert_int_equal(place.offset, first);
        /* A digest column that is not that of the data. */
        m.bytes[first + 4] ^= 1;
        expect_quoted(&r, &replay);
        assert_int_equal(replay_ima(&r, made_span(&m), ALG_SHA1, &place), ERR_OK);
        assert_true(r.matched);
        assert_int_equal(r.matched_entries, 4);
        assert_int_equal(r.bad_digests, 1);
        assert_int_equal(r.first_bad, 1);
        /* A path changed, the digest column too. */
        m.bytes[first + 4] ^= 1;
        m.bytes[first + 80] ^= 1;
        expect_quoted(&r, &replay);
        assert_int_equal(replay_ima(&r, made_span(&m), ALG_SHA1, &place), ERR_OK);
        assert_false(r.matched && r.matched_entries > 1);
}

static void aggregate(void **state)
{
        uint8_t pcrs[10 * 32] = { 0 };
        struct digest d, expected;

        (void)state;
        replay_begin(&replay, REPLAY_ALL_BANKS);
        assert_int_equal(replay_extend_event(&replay, 8, span_of("grub", 4)), ERR_OK);
        memcpy(pcrs + 8 * 32, replay.pcrs[ALG_SHA256][8].bytes, 32);
        replay_boot_aggregate(&replay, ALG_SHA256, &d);
        digest_of(ALG_SHA256, span_of(pcrs, sizeof(pcrs)), &expected);
        assert_true(span_equal(digest_span(&d), digest_span(&expected)));
        /* SHA-1 leaves out PCR 8 and 9. */
        memset(pcrs, 0, sizeof(pcrs));
        replay_boot_aggregate(&replay, ALG_SHA1, &d);
        digest_of(ALG_SHA1, span_of(pcrs, 8 * 20), &expected);
        assert_true(span_equal(digest_span(&d), digest_span(&expected)));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(start_values),
                cmocka_unit_test(values_of_a_real_tpm),
                cmocka_unit_test(firmware),
                cmocka_unit_test(events),
                cmocka_unit_test(event_faults),
                cmocka_unit_test(events_out_of_order),
                cmocka_unit_test(every_quoted_prefix_is_found),
                cmocka_unit_test(a_quote_of_something_else_is_not),
                cmocka_unit_test(the_log_is_not_as_written),
                cmocka_unit_test(aggregate),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
