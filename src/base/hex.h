/* SPDX-License-Identifier: Apache-2.0 */
/* Hexadecimal text, lower case out, either case in. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "base/err.h"
#include "base/span.h"

/* Write 2 * bytes.len digits and a NUL; ret_text has room for 2 * bytes.len + 1. */
void hex_encode(struct span bytes, char *ret_text);

/* Read exactly 2 * len digits. ERR_HEX when the text has another length or another character. */
MUST_CHECK enum err hex_decode(struct span text, size_t len, uint8_t *ret_bytes);

#endif
