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

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(check_values),
                cmocka_unit_test(pieces_give_the_same),
        };

        return cmocka_run_group_tests_name("crc", tests, NULL, NULL);
}
