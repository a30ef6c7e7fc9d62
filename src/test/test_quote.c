/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attest.h"

static const uint8_t nonce_bytes[20] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 };

static void make(struct attest *a)
{
        static const uint8_t digest[32] = { 0xaa };
        struct attest_facts facts = {
                .nonce = span_of(nonce_bytes, sizeof(nonce_bytes)),
                .clock_ms = 123456789,
                .reset_count = 7,
                .restart_count = 2,
                .clock_safe = true,
                .firmware_version = UINT64_C(0x2019102300163636),
                .selection_count = 2,
                .selections = { { 0x000b, 0x00ffff }, { 0x000c, 0x808000 } },
                .pcr_digest = span_of(digest, sizeof(digest)),
        };

        attest_make(a, &facts);
}

/* Where the fields of the message stand. */
enum { TYPE_AT = 4, NONCE_AT = 26, SAFE_AT = 62, COUNT_AT = 71, FIRST_SIZE_AT = 77, SECOND_ALG_AT = 81 };

static void reads_every_field(void **state)
{
        struct attest a;
        struct quote q;

        (void)state;
        make(&a);
        assert_int_equal(quote_parse(attest_message(&a), &q), ERR_OK);
        assert_true(span_equal_str(q.signer, "qualified signer"));
        assert_true(span_equal(q.extra_data, span_of(nonce_bytes, 20)));
        assert_int_equal(q.clock_ms, 123456789);
        assert_int_equal(q.reset_count, 7);
        assert_int_equal(q.restart_count, 2);
        assert_true(q.clock_safe);
        assert_true(q.firmware_version == UINT64_C(0x2019102300163636));
        assert_int_equal(q.selection_count, 2);
        assert_int_equal(q.selections[0].tpm_id, 0x000b);
        assert_int_equal(q.selections[0].pcrs, 0x00ffff);
        assert_int_equal(q.selections[1].pcrs, 0x808000);
        assert_int_equal(q.pcr_digest.len, 32);
        assert_int_equal(q.pcr_digest.data[0], 0xaa);
}

static void one_field_broken_gives_one_code(void **state)
{
        static const struct {
                size_t at;
                uint8_t value;
                enum err expected;
        } rows[] = {
                { 0, 0x00, ERR_QUOTE_MAGIC },
                { 3, 0x48, ERR_QUOTE_MAGIC },
                { TYPE_AT + 1, 0x17, ERR_QUOTE_TYPE },       /* TPM_ST_ATTEST_CERTIFY */
                { TYPE_AT + 1, 0x1c, ERR_QUOTE_TYPE },       /* TPM_ST_ATTEST_NV_DIGEST */
                { SAFE_AT, 2, ERR_QUOTE_CLOCK },
                { COUNT_AT + 3, 0, ERR_QUOTE_SELECTION },
                { COUNT_AT + 3, 1, ERR_QUOTE_TRAILING },    /* the second one is read as a digest */
                { COUNT_AT + 3, QUOTE_SELECTIONS_MAX + 1, ERR_QUOTE_SELECTION },
                { SECOND_ALG_AT + 1, 0x0b, ERR_QUOTE_SELECTION }, /* a bank twice */
                { FIRST_SIZE_AT, 5, ERR_QUOTE_SELECTION }, /* bits of PCRs that no TPM has */
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct quote q = { .reset_count = 99 };
                struct attest a;

                make(&a);
                a.message[rows[i].at] = rows[i].value;
                assert_int_equal(quote_parse(attest_message(&a), &q), rows[i].expected);
                assert_int_equal(q.reset_count, 99);
        }
}

static void no_pcr_at_all_is_refused(void **state)
{
        struct attest a;
        struct quote q;

        (void)state;
        make(&a);
        memset(a.message + FIRST_SIZE_AT + 1, 0, 3);
        memset(a.message + SECOND_ALG_AT + 3, 0, 3);
        assert_int_equal(quote_parse(attest_message(&a), &q), ERR_QUOTE_SELECTION);
}

static void every_prefix_and_any_tail_is_refused(void **state)
{
        struct attest a;
        struct quote q;
        struct quote_signature s;

        (void)state;
        make(&a);
        for (size_t len = 0; len < a.message_len; len++)
                assert_int_equal(quote_parse(span_of(a.message, len), &q), ERR_QUOTE_ENDS);
        assert_int_equal(quote_parse(span_of(a.message, a.message_len + 1), &q), ERR_QUOTE_TRAILING);
        for (size_t len = 0; len < a.signature_len; len++)
                assert_int_equal(quote_parse_signature(span_of(a.signature, len), &s), ERR_QUOTE_SIG_ENDS);
        assert_int_equal(quote_parse_signature(span_of(a.signature, a.signature_len + 1), &s), ERR_QUOTE_SIG_TRAILING);
}

static void only_strong_schemes(void **state)
{
        static const struct {
                size_t at;
                uint8_t value;
                enum err expected;
        } rows[] = {
                { 1, 0x16, ERR_QUOTE_SIG_SCHEME }, /* RSAPSS */
                { 1, 0x05, ERR_QUOTE_SIG_SCHEME }, /* HMAC */
                { 3, 0x04, ERR_QUOTE_SIG_HASH },   /* SHA-1 */
                { 3, 0x12, ERR_QUOTE_SIG_HASH },   /* SM3 */
        };

        (void)state;
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct quote_signature s = { .rsa = true };
                struct attest a;

                make(&a);
                a.signature[rows[i].at] = rows[i].value;
                assert_int_equal(quote_parse_signature(attest_signature(&a), &s), rows[i].expected);
                assert_true(s.rsa);
        }
}

static enum err verify(const struct attest *a)
{
        struct quote_signature s;

        assert_int_equal(quote_parse_signature(attest_signature(a), &s), ERR_OK);
        return quote_verify(attest_message(a), &s, attest_pem(a));
}

static void verifies_what_the_key_signed(void **state)
{
        struct attest a;

        (void)state;
        make(&a);
        assert_int_equal(verify(&a), ERR_OK);
        a.message[NONCE_AT] ^= 1;
        assert_int_equal(verify(&a), ERR_QUOTE_SIGNATURE);
        a.message[NONCE_AT] ^= 1;
        a.signature[40] ^= 1;
        assert_int_equal(verify(&a), ERR_QUOTE_SIGNATURE);
}

static void signature_with_zeros_is_refused(void **state)
{
        struct attest a;

        (void)state;
        make(&a);
        memset(a.signature + 6, 0, 32);
        memset(a.signature + 40, 0, 32);
        assert_int_equal(verify(&a), ERR_QUOTE_SIGNATURE);
}

static void keys_that_cannot_be_used(void **state)
{
        static const char rsa_1024[] = "-----BEGIN PUBLIC KEY-----\n"
                                       "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC7vbqajDw4o6gJy8UtmIbkcpnk\n"
                                       "O3Kwc4qsEnSZp/TR+fQi62F79RHWmwKOtFmwteURgLbj7D/WGuNLGOfa/2vse3G2\n"
                                       "eHnHl5CB8ruRX9fBl/KgwCVr2JaEuUm66bBQeP5XeBotdR4cvX38uPYivCDdPjJ1\n"
                                       "QWPdspTBKcxeFbccDwIDAQAB\n"
                                       "-----END PUBLIC KEY-----\n";
        struct quote_signature ecdsa, rsa;
        struct attest a;

        (void)state;
        make(&a);
        assert_int_equal(quote_parse_signature(attest_signature(&a), &ecdsa), ERR_OK);
        rsa = ecdsa;
        rsa.rsa = true;
        rsa.value = rsa.r;
        assert_int_equal(quote_verify(attest_message(&a), &ecdsa, span_of_str("")), ERR_QUOTE_AK);
        assert_int_equal(quote_verify(attest_message(&a), &ecdsa, span_of_str("no key")), ERR_QUOTE_AK);
        assert_int_equal(quote_verify(attest_message(&a), &ecdsa, span_of(a.ak_pem, 100)), ERR_QUOTE_AK);
        assert_int_equal(quote_verify(attest_message(&a), &rsa, span_of_str(rsa_1024)), ERR_QUOTE_AK_WEAK);
        assert_int_equal(quote_verify(attest_message(&a), &rsa, attest_pem(&a)), ERR_QUOTE_AK_KIND);
}

/* A file with two keys must not let one be pinned and the other one verify. */
static void pinned_key_is_the_one_that_verifies(void **state)
{
        char two[1024] = "-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----\n";
        uint8_t alone[32], second[32];
        struct quote_signature s;
        struct attest a;

        (void)state;
        make(&a);
        strcat(two, a.ak_pem);
        assert_int_equal(quote_ak_sha256(attest_pem(&a), alone), ERR_OK);
        assert_int_equal(quote_ak_sha256(span_of_str(two), second), ERR_OK);
        assert_memory_equal(alone, second, 32);
        assert_int_equal(quote_parse_signature(attest_signature(&a), &s), ERR_OK);
        assert_int_equal(quote_verify(attest_message(&a), &s, span_of_str(two)), ERR_OK);
        assert_int_equal(quote_ak_sha256(span_of_str("-----BEGIN CERTIFICATE-----\n"), alone), ERR_QUOTE_AK);
}

static void nonce_is_compared_whole(void **state)
{
        uint8_t other[20];
        struct attest a;
        struct quote q;

        (void)state;
        make(&a);
        assert_int_equal(quote_parse(attest_message(&a), &q), ERR_OK);
        assert_true(quote_has_nonce(&q, span_of(nonce_bytes, 20)));
        assert_false(quote_has_nonce(&q, span_of(nonce_bytes, 19)));
        assert_false(quote_has_nonce(&q, span_of(nonce_bytes, 0)));
        memcpy(other, nonce_bytes, 20);
        other[19] ^= 1;
        assert_false(quote_has_nonce(&q, span_of(other, 20)));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(reads_every_field),
                cmocka_unit_test(one_field_broken_gives_one_code),
                cmocka_unit_test(no_pcr_at_all_is_refused),
                cmocka_unit_test(every_prefix_and_any_tail_is_refused),
                cmocka_unit_test(only_strong_schemes),
                cmocka_unit_test(verifies_what_the_key_signed),
                cmocka_unit_test(signature_with_zeros_is_refused),
                cmocka_unit_test(keys_that_cannot_be_used),
                cmocka_unit_test(pinned_key_is_the_one_that_verifies),
                cmocka_unit_test(nonce_is_compared_whole),
        };

        return cmocka_run_group_tests_name("quote", tests, NULL, NULL);
}
