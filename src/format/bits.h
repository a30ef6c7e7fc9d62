/* SPDX-License-Identifier: Apache-2.0 */
/* Words of flags as JSON: each bit by its name, so that a difference can be read. */
#ifndef FORMAT_BITS_H
#define FORMAT_BITS_H

#include "base/json.h"

/*
 * Write a member whose value is the array of the names of the bits that are set, lowest first. names holds the names of bit 0, 1, ...
 * separated by single spaces; "-" and bits beyond the end have no name and are written as hexadecimal, "0x40".
 */
void bits_put(struct json_writer *w, const char *key, uint64_t bits, const char *names);

/* Write a member whose value is the name of value, out of a list as above; a number when it has none. */
void bits_put_name(struct json_writer *w, const char *key, uint32_t value, const char *names);

#endif
