/* SPDX-License-Identifier: Apache-2.0 */
/* Conversion between bytes and hexadecimal text. */
#include "base/hex.h"

static int digit_value(uint8_t c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return -1;
}

void hex_encode(struct span bytes, char *ret_text)
{
        static const char digits[] = "0123456789abcdef";

        for (size_t i = 0; i < bytes.len; i++) {
                *ret_text++ = digits[bytes.data[i] >> 4];
                *ret_text++ = digits[bytes.data[i] & 15];
        }
        *ret_text = '\0';
}

enum err hex_decode(struct span text, size_t len, uint8_t *ret_bytes)
{
        if (text.len % 2 != 0 || text.len / 2 != len)
                return ERR_HEX;
        for (size_t i = 0; i < text.len; i++)
                if (digit_value(text.data[i]) < 0)
                        return ERR_HEX;
        for (size_t i = 0; i < len; i++)
                ret_bytes[i] = (uint8_t)(digit_value(text.data[2 * i]) * 16 + digit_value(text.data[2 * i + 1]));
        return ERR_OK;
}
