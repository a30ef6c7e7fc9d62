/* SPDX-License-Identifier: Apache-2.0 */
/* The checksums against their published check values (RFC 3720 appendix B.4; the "123456789" of the CRC catalogue). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/crc.h"

static void check_values(void **state)
{
        struct span digits = span_of("123456789", 9);
        uint8_t zeros[32] = { 0 };

        (void)state;
        assert_int_equal(~crc_update_32(CRC_START, digits), 0xcbf43926);
        assert_int_equal(~crc_update_32c(CRC_START, digits), 0xe3069283);
        assert_int_equal(~crc_update_32c(CRC_START, span_of(zeros, sizeof(zeros))), 0x8a9136aa);
}

static void pieces_give_the_same(void **state)
{
        struct span digits = span_of("123456789", 9);

        (void)state;
        for (size_t cut = 0; cut <= digits.len; cut++) {
                uint32_t crc = crc_update_32c(crc_update_32c(CRC_START, span_sub(digits, 0, cut)), span_sub(digits, cut, digits.len - cut));

                assert_int_equal(~crc, 0xe3069283);
        }
}

/* Long pieces are summed in words: any cut of them must give what single bytes give. */
static void long_pieces_give_the_same(void **state)
{
        static uint8_t bytes[4096 + 64];
        uint32_t single[2] = { CRC_START, CRC_START };

        (void)state;
        for (size_t i = 0; i < sizeof(bytes); i++)
                bytes[i] = (uint8_t)(i * i + i / 256);
        for (size_t i = 0; i < sizeof(bytes); i++) {
                single[0] = crc_update_32(single[0], span_of(bytes + i, 1));
                single[1] = crc_update_32c(single[1], span_of(bytes + i, 1));
        }
        for (size_t cut = 0; cut <= 64; cut++) {
                struct span head = span_of(bytes, cut), tail = span_of(bytes + cut, sizeof(bytes) - cut);

                assert_int_equal(crc_update_32(crc_update_32(CRC_START, head), tail), single[0]);
                assert_int_equal(crc_update_32c(crc_update_32c(CRC_START, head), tail), single[1]);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(check_values),
                cmocka_unit_test(pieces_give_the_same),
                cmocka_unit_test(long_pieces_give_the_same),
        };

        return cmocka_run_group_tests_name("crc", tests, NULL, NULL);
}
