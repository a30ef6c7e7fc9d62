/* SPDX-License-Identifier: Apache-2.0 */
/* Manual pages, for man and mandoc alike (man(7)). */
#include "cli/manual.h"

#include <ctype.h>
#include <string.h>

#include "base/version.h"

#define WORDS_BYTES 128

static void each(const struct cli_command *const *commands, const char *words, manual_visit visit, void *arg)
{
        char deeper[WORDS_BYTES];

        for (unsigned i = 0; commands[i]; i++) {
                if (commands[i]->hidden)
                        continue;
                snprintf(deeper, sizeof(deeper), "%s%s%s", words, *words ? " " : "", commands[i]->name);
                visit(arg, commands[i], deeper);
                /* Groups hold commands, and no groups. */
                for (unsigned k = 0; commands[i]->subcommands && commands[i]->subcommands[k]; k++) {
                        snprintf(deeper, sizeof(deeper), "%s%s%s %s", words, *words ? " " : "", commands[i]->name,
                                 commands[i]->subcommands[k]->name);
                        visit(arg, commands[i]->subcommands[k], deeper);
                }
        }
}

void manual_each(const struct cli_command *const *commands, manual_visit visit, void *arg)
{
        visit(arg, NULL, "");
        each(commands, "", visit, arg);
}

/* ---- text ---------------------------------------------------------------------------------------------------------------- */

/* One line of text: what roff would take for its own is escaped. */
static void put_text(FILE *out, const char *text, size_t len)
{
        if (len > 0 && (text[0] == '.' || text[0] == '\''))
                fputs("\\&", out);
        for (size_t i = 0; i < len; i++)
                switch (text[i]) {
                case '\\':
                        fputs("\\e", out);
                        break;
                case '-':
                        fputs("\\-", out);
                        break;
                case '`':
                        fputs("\\(ga", out);
                        break;
                case '\'':
                        fputs("\\(aq", out);
                        break;
                default:
                        fputc(text[i], out);
                }
}

static void put_lines(FILE *out, const char *text)
{
        while (*text) {
                size_t len = strcspn(text, "\n");

                put_text(out, text, len);
                fputc('\n', out);
                text += len + (text[len] == '\n');
        }
}

static void put_string(FILE *out, const char *text)
{
        put_text(out, text, strlen(text));
}

/* "cosima\-policy\-check" */
static void put_page_name(FILE *out, const char *words, bool capitals)
{
        fputs(capitals ? "COSIMA" : "cosima", out);
        if (*words)
                fputs("\\-", out);
        for (; *words; words++)
                if (*words == ' ' || *words == '-')
                        fputs("\\-", out);
                else
                        fputc(capitals ? toupper((unsigned char)*words) : *words, out);
}

static void put_head(FILE *out, const char *words, const char *summary)
{
        fputs(".\\\" SPDX-License-Identifier: Apache-2.0\n.TH ", out);
        put_page_name(out, words, true);
        fputs(" 1 " VERSION_DATE " \"cosima " VERSION "\" \"cosima\"\n.SH NAME\n", out);
        put_page_name(out, words, false);
        fputs(" \\- ", out);
        put_string(out, summary);
        fputc('\n', out);
}

/* ---- a command ----------------------------------------------------------------------------------------------------------- */

static void put_option_name(FILE *out, const struct cli_option *o)
{
        fputs("\\fB\\-\\-", out);
        put_string(out, o->name);
        fputs("\\fR", out);
        if (!o->value)
                return;
        fputs(" \\fI", out);
        put_string(out, o->value);
        fputs("\\fR", out);
}

static void put_synopsis(FILE *out, const struct cli_command *c, const char *words)
{
        fputs(".SH SYNOPSIS\n.B cosima ", out);
        put_string(out, words);
        fputc('\n', out);
        for (const struct cli_option *o = c->options; o && o->name; o++) {
                fputs(o->flags & CLI_REQUIRED ? "" : "[", out);
                put_option_name(out, o);
                fputs(o->flags & CLI_REQUIRED ? "" : "]", out);
                fputs(o->flags & CLI_REPEAT ? "...\n" : "\n", out);
        }
        if (c->json)
                fputs("[\\fB\\-\\-json\\fR]\n", out);
        if (c->arguments) {
                fputs("\\fI", out);
                put_string(out, c->arguments);
                fputs("\\fR\n", out);
        }
}

static void put_option(FILE *out, const struct cli_option *o)
{
        fputs(".TP\n", out);
        put_option_name(out, o);
        fputc('\n', out);
        put_lines(out, o->help);
}

static void put_options(FILE *out, const struct cli_command *c)
{
        static const struct cli_option json = { "json", NULL, "print JSON", 0 }, help = { "help", NULL, "print a short help", 0 };

        fputs(".SH OPTIONS\n", out);
        for (const struct cli_option *o = c->options; o && o->name; o++)
                put_option(out, o);
        if (c->json)
                put_option(out, &json);
        put_option(out, &help);
}

static void put_example(FILE *out, const char *example)
{
        fputs(".SH EXAMPLES\n.nf\n", out);
        put_lines(out, example);
        fputs(".fi\n", out);
}

static void put_command(FILE *out, const struct cli_command *c, const char *words)
{
        put_head(out, words, c->summary);
        put_synopsis(out, c, words);
        fputs(".SH DESCRIPTION\n", out);
        put_string(out, c->summary);
        fputs(".\n", out);
        if (c->details) {
                fputs(".PP\n", out);
                put_lines(out, c->details);
        }
        put_options(out, c);
        fputs(".SH EXIT STATUS\n0 when it was done, 1 when it was not done or the answer is no, 2 for wrong usage or malformed input.\n", out);
        put_example(out, c->example);
        fputs(".SH SEE ALSO\n.BR cosima (1)\n", out);
}

/* ---- a group ------------------------------------------------------------------------------------------------------------- */

static void put_group(FILE *out, const struct cli_command *const *commands, const char *words, const char *summary)
{
        put_head(out, words, summary);
        fprintf(out, ".SH SYNOPSIS\n.B cosima%s%s\n\\fICOMMAND\\fR [\\fIOPTION\\fR...] [\\fIFILE\\fR...]\n.SH DESCRIPTION\n", *words ? " " : "", words);
        put_string(out, summary);
        fputs(".\n.SH COMMANDS\n", out);
        for (unsigned i = 0; commands[i]; i++) {
                if (commands[i]->hidden)
                        continue;
                fputs(".TP\n.BR ", out);
                put_page_name(out, words, false);
                fputs("\\-", out);
                put_string(out, commands[i]->name);
                fputs(" (1)\n", out);
                put_lines(out, commands[i]->summary);
        }
}

static const struct cli_command *find(const struct cli_command *const *commands, const char *name, size_t len)
{
        for (unsigned i = 0; commands && commands[i]; i++)
                if (strlen(commands[i]->name) == len && memcmp(commands[i]->name, name, len) == 0)
                        return commands[i];
        return NULL;
}

bool manual_page(FILE *out, const struct cli_command *const *commands, const char *words)
{
        const struct cli_command *c = NULL;
        const char *rest = words;

        if (*words == '\0') {
                put_group(out, commands, "", "attest the partitions COS_OEM and COS_PERSISTENT of COS images");
                return true;
        }
        while (*rest) {
                size_t len = strcspn(rest, " ");

                c = find(c ? c->subcommands : commands, rest, len);
                if (!c)
                        return false;
                rest += len + (rest[len] == ' ');
        }
        if (c->run)
                put_command(out, c, words);
        else
                put_group(out, c->subcommands, words, c->summary);
        return true;
}
