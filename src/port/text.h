/* SPDX-License-Identifier: Apache-2.0 */
/* Short texts put together in a buffer of fixed size, without printf; what does not fit is cut off. */
#ifndef PORT_TEXT_H
#define PORT_TEXT_H

#include "base/span.h"

#define TEXT_BYTES 512

struct text {
        size_t len;
        char buf[TEXT_BYTES]; /* always NUL-terminated */
};

void text_begin(struct text *t);
void text_add(struct text *t, const char *part);
void text_add_span(struct text *t, struct span part);
void text_add_u64(struct text *t, uint64_t number);

#endif
