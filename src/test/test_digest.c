/* SPDX-License-Identifier: Apache-2.0 */
/* Digests against the values of FIPS 180-2 appendices A to C, and an extend that a TPM computed (IMA's first entry on Debian). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hex.h"
#include "event/digest.h"

static const char *const of_abc[ALG_COUNT] = {
        [ALG_SHA1] = "a9993e364706816aba3e25717850c26c9cd0d89d",
        [ALG_SHA256] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        [ALG_SHA384] = "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                       "8086072ba1e7cc2358baeca134c825a7",
        [ALG_SHA512] = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                       "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
};

static void assert_digest(const struct digest *d, const char *hex)
{
        char text[2 * ALG_DIGEST_MAX + 1];

        hex_encode(digest_span(d), text);
        assert_string_equal(text, hex);
}

static void known_values(void **state)
{
        struct digest d;

        (void)state;
        for (unsigned alg = 0; alg < ALG_COUNT; alg++) {
                digest_of(alg, span_of("abc", 3), &d);
                assert_int_equal(d.alg, alg);
                assert_digest(&d, of_abc[alg]);
        }
        digest_of(ALG_SHA256, span_of(NULL, 0), &d);
        assert_digest(&d, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void pieces_give_the_same(void **state)
{
        static const char text[] = "the quick brown fox jumps over the lazy dog, twice and once more, to pass over one block of each algorithm; "
                                   "and then again, since a block of the larger ones has one hundred and twenty-eight bytes";
        struct span whole = span_of(text, sizeof(text));

        (void)state;
        for (unsigned alg = 0; alg < ALG_COUNT; alg++)
                for (size_t cut = 0; cut <= whole.len; cut += 7) {
                        struct digest at_once, in_pieces;
                        struct digest_state s;

                        digest_of(alg, whole, &at_once);
                        digest_begin(&s, alg);
                        digest_add(&s, span_sub(whole, 0, cut));
                        digest_add(&s, span_sub(whole, cut, whole.len - cut));
                        digest_end(&s, &in_pieces);
                        assert_true(span_equal(digest_span(&at_once), digest_span(&in_pieces)));
                }
}

/* python3 -c 'import hashlib as h; print(h.sha1(b"".join(h.sha1(bytes(i & 255 for i in range(n))).digest() for n in range(300))).hexdigest())' */
static void sha1_of_every_length(void **state)
{
        uint8_t bytes[300];
        struct digest_state s;
        struct digest d;

        (void)state;
        digest_begin(&s, ALG_SHA1);
        for (size_t n = 0; n < sizeof(bytes); n++) {
                bytes[n] = (uint8_t)n;
                digest_of(ALG_SHA1, span_of(bytes, n), &d);
                digest_add(&s, digest_span(&d));
        }
        digest_end(&s, &d);
        assert_digest(&d, "7261d91c9ffd63ee8e68156d4d57e733d4ad7243");
}

static void sets(void **state)
{
        static const enum alg algs[] = { ALG_SHA384, ALG_SHA1 };
        struct digest_set set;

        (void)state;
        digest_set_of(algs, 2, span_of("abc", 3), &set);
        assert_int_equal(set.count, 2);
        assert_digest(digest_find(&set, ALG_SHA384), of_abc[ALG_SHA384]);
        assert_digest(digest_find(&set, ALG_SHA1), of_abc[ALG_SHA1]);
        assert_null(digest_find(&set, ALG_SHA256));
}

static void extend(void **state)
{
        static const char extended[] = "c6fb8103a881762d8bfa8f1fcbbafdd57918e4b0365703a167d1563667c5aa4a";
        struct digest pcr = { .alg = ALG_SHA256 };
        uint8_t value[32];

        (void)state;
        assert_int_equal(hex_decode(span_of_str(extended), 32, value), ERR_OK);
        digest_extend(&pcr, span_of(value, sizeof(value)));
        assert_digest(&pcr, "59bf2640de15c856c46a45a1085e62027efcefb2b158543f0b1c2b814c6116ee");
}

static void algorithms_by_name_and_number(void **state)
{
        enum alg alg = ALG_COUNT;

        (void)state;
        for (unsigned i = 0; i < ALG_COUNT; i++) {
                const struct alg_info *info = alg_info(i);

                assert_int_equal(info->alg, i);
                assert_int_equal(alg_by_name(span_of_str(info->name), &alg), ERR_OK);
                assert_int_equal(alg, i);
                assert_int_equal(alg_by_tpm_id(info->tpm_id, &alg), ERR_OK);
                assert_int_equal(alg, i);
                assert_int_equal(alg_by_ima_id(info->ima_id, &alg), ERR_OK);
                assert_int_equal(alg, i);
        }
        assert_int_equal(alg_by_name(span_of_str("sha25"), &alg), ERR_ALG_UNKNOWN);
        assert_int_equal(alg_by_tpm_id(0x0012, &alg), ERR_ALG_UNKNOWN);
        assert_int_equal(alg_by_ima_id(0, &alg), ERR_ALG_UNKNOWN);
        assert_int_equal(alg, ALG_COUNT - 1);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(known_values), cmocka_unit_test(pieces_give_the_same),
                cmocka_unit_test(sha1_of_every_length),
                cmocka_unit_test(sets),         cmocka_unit_test(extend),
                cmocka_unit_test(algorithms_by_name_and_number),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
