/* SPDX-License-Identifier: Apache-2.0 */
/* Knows which characters mean something in HTML. */
#include "cli/html.h"

#include <stdlib.h>
#include <string.h>

#include "cli/print.h"

static void put_markup(FILE *out, const char *text, size_t len)
{
        for (size_t i = 0; i < len; i++)
                switch (text[i]) {
                case '&':
                        fputs("&amp;", out);
                        break;
                case '<':
                        fputs("&lt;", out);
                        break;
                case '>':
                        fputs("&gt;", out);
                        break;
                case '"':
                        fputs("&quot;", out);
                        break;
                case '\'':
                        fputs("&#39;", out);
                        break;
                default:
                        fputc(text[i], out);
                }
}

void html_text(FILE *out, struct span text)
{
        char *escaped = NULL;
        size_t len = 0;
        FILE *memory = open_memstream(&escaped, &len);

        if (!memory)
                return;
        print_escaped(memory, text);
        if (fclose(memory) == 0)
                put_markup(out, escaped, len);
        free(escaped);
}

/* Ours, with UTF-8 of ours. */
void html_string(FILE *out, const char *text)
{
        put_markup(out, text, strlen(text));
}

void html_short(FILE *out, struct span text, size_t len)
{
        html_text(out, span_of(text.data, text.len < len ? text.len : len));
        if (text.len > len)
                fputs("…", out);
}
