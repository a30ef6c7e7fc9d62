/* SPDX-License-Identifier: Apache-2.0 */
/* RSA's arithmetic against mbedtls' numbers; that whole signatures of others verify stands in test_sig.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <mbedtls/bignum.h>

#include "trust/rsa.h"

/* The same numbers in each run. */
static uint8_t next(uint64_t *seed)
{
        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        return (uint8_t)(*seed >> 56);
}

static void fill(uint8_t *bytes, size_t len, uint64_t *seed)
{
        /* runs of all ones and zeros are where carries go wrong */
        unsigned kind = next(seed) % 4;

        for (size_t i = 0; i < len; i++)
                bytes[i] = kind == 0 ? 0xff : kind == 1 && i > 0 ? 0 : next(seed);
}

static void expected_power(struct rsa key, struct span number, uint8_t *ret_block)
{
        mbedtls_mpi n, e, x;

        mbedtls_mpi_init(&n), mbedtls_mpi_init(&e), mbedtls_mpi_init(&x);
        assert_int_equal(mbedtls_mpi_read_binary(&n, key.modulus.data, key.modulus.len), 0);
        assert_int_equal(mbedtls_mpi_read_binary(&e, key.exponent.data, key.exponent.len), 0);
        assert_int_equal(mbedtls_mpi_read_binary(&x, number.data, number.len), 0);
        assert_int_equal(mbedtls_mpi_exp_mod(&x, &x, &e, &n, NULL), 0);
        assert_int_equal(mbedtls_mpi_write_binary(&x, ret_block, key.modulus.len), 0);
        mbedtls_mpi_free(&n), mbedtls_mpi_free(&e), mbedtls_mpi_free(&x);
}

static void powers_are_those_of_mbedtls(void **state)
{
        static uint8_t modulus[RSA_BYTES_MAX], number[RSA_BYTES_MAX], exponent[4], ours[RSA_BYTES_MAX], theirs[RSA_BYTES_MAX];
        uint64_t seed = 1;

        (void)state;
        for (unsigned round = 0; round < 600; round++) {
                size_t len = round < 400 ? 8 + round % 72 : RSA_BYTES_MAX - round % 16, exponent_len = 1 + round % 4;
                struct rsa key = { span_of(modulus, len), span_of(exponent, exponent_len) };

                fill(modulus, len, &seed);
                fill(number, len, &seed);
                fill(exponent, exponent_len, &seed);
                modulus[0] |= (uint8_t)(1u << round % 8);
                modulus[len - 1] |= 1;
                exponent[0] |= 2;
                exponent[exponent_len - 1] |= 1;
                if (memcmp(number, modulus, len) >= 0)
                        number[0] = modulus[0] - 1u < modulus[0] ? (uint8_t)(modulus[0] - 1) : 0;
                assert_true(rsa_is_key(&key));
                rsa_power(&key, span_of(number, len), ours);
                expected_power(key, span_of(number, len), theirs);
                assert_memory_equal(ours, theirs, len);
        }
}

static bool is_key(const char *modulus, size_t modulus_len, const char *exponent, size_t exponent_len)
{
        const struct rsa key = { span_of(modulus, modulus_len), span_of(exponent, exponent_len) };

        return rsa_is_key(&key);
}

static void numbers_that_are_no_key_are_refused(void **state)
{
        static const char long_one[RSA_BYTES_MAX + 1] = { 1, [RSA_BYTES_MAX] = 1 };

        (void)state;
        assert_true(is_key("\xf1\x01", 2, "\x03", 1));
        assert_true(is_key(long_one + 1, 0, "\x03", 1) == false);
        assert_false(is_key("\xf1\x00", 2, "\x03", 1));
        assert_false(is_key("\x00\xf1", 2, "\x03", 1));
        assert_false(is_key("\xf1\x01", 2, "\x01", 1));
        assert_false(is_key("\xf1\x01", 2, "\x02", 1));
        assert_false(is_key("\xf1\x01", 2, "\x00\x03", 2));
        assert_false(is_key("\xf1\x01", 2, "\xf1\x01", 2));
        assert_false(is_key("\xf1\x01", 2, "\xf1\x03", 2));
        assert_false(is_key(long_one, sizeof(long_one), "\x03", 1));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(powers_are_those_of_mbedtls),
                cmocka_unit_test(numbers_that_are_no_key_are_refused),
        };

        return cmocka_run_group_tests_name("rsa", tests, NULL, NULL);
}
