/* SPDX-License-Identifier: Apache-2.0 */
/* Text in HTML: escaped as on a terminal first, then so that it is text and nothing else. */
#ifndef CLI_HTML_H
#define CLI_HTML_H

#include <stdio.h>

#include "base/span.h"

/* Between tags, and inside quoted attributes. */
void html_text(FILE *out, struct span text);
void html_string(FILE *out, const char *text);
/* The same of at most len bytes, with an ellipsis behind a longer one. */
void html_short(FILE *out, struct span text, size_t len);

#endif
