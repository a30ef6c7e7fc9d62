/* SPDX-License-Identifier: Apache-2.0 */
/* Escaped text, hex and JSON on a stream. */
#include "cli/print.h"

#include <stdlib.h>
#include <unistd.h>

/* The length of a sequence that is safe to print as it is, 0 when its first byte must be escaped. */
static size_t printable(struct span s)
{
        if (s.data[0] < 0x80)
                return s.data[0] >= 0x20 && s.data[0] != 0x7f && s.data[0] != '\\';
        for (size_t len = 2; len <= 4 && len <= s.len; len++) {
                if (!json_is_utf8(span_of(s.data, len)))
                        continue;
                /* U+0080 to U+009F are control characters; U+2028..202E and U+2066..2069 reorder or break lines. */
                if (len == 2 && s.data[0] == 0xc2 && s.data[1] < 0xa0)
                        return 0;
                if (len == 3 && s.data[0] == 0xe2 &&
                    ((s.data[1] == 0x80 && s.data[2] >= 0xa8 && s.data[2] <= 0xae) ||
                     (s.data[1] == 0x81 && s.data[2] >= 0xa6 && s.data[2] <= 0xa9)))
                        return 0;
                return len;
        }
        return 0;
}

void print_escaped(FILE *out, struct span text)
{
        for (size_t i = 0; i < text.len;) {
                size_t len = printable(span_of(text.data + i, text.len - i));
                uint8_t c = text.data[i];

                if (len > 0)
                        fwrite(text.data + i, 1, len, out);
                else if (c == '\\')
                        fputs("\\\\", out);
                else if (c == '\n' || c == '\r' || c == '\t')
                        fprintf(out, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
                else
                        fprintf(out, "\\x%02x", c);
                i += len ? len : 1;
        }
}

const char *print_style(FILE *out, enum print_style style)
{
        static const char *const codes[] = {
                [PRINT_PLAIN] = "\033[0m", [PRINT_BOLD] = "\033[1m",  [PRINT_DIM] = "\033[2m",
                [PRINT_GOOD] = "\033[32m", [PRINT_NOTE] = "\033[33m", [PRINT_BAD] = "\033[1;31m",
        };
        const char *none = getenv("NO_COLOR");

        return isatty(fileno(out)) && !(none && *none) ? codes[style] : "";
}

void print_hex(FILE *out, struct span bytes)
{
        for (size_t i = 0; i < bytes.len; i++)
                fprintf(out, "%02x", bytes.data[i]);
}

enum cli_exit print_json(const struct cli *cli, const struct json_writer *w)
{
        struct span text;
        enum err e = json_writer_result(w, &text);

        if (e != ERR_OK)
                return cli_fail(cli, CLI_FAILED, "%s", err_text(e));
        fwrite(text.data, 1, text.len, stdout);
        fputc('\n', stdout);
        return CLI_OK;
}
