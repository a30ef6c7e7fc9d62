/* SPDX-License-Identifier: Apache-2.0 */
/* Completions for bash and zsh: commands, options, and files where a file is asked for. */
#include <string.h>

#include "cli/manual.h"

/* Values that are files; all others are words that nobody can guess. */
static bool is_file(const char *value)
{
        static const char *const files[] = { "FILE", "DIR", "KEY", "CERT", "PATH", "IMAGE", "DISK" };

        for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
                if (strncmp(value, files[i], strlen(files[i])) == 0)
                        return true;
        return false;
}

/* ---- bash ---------------------------------------------------------------------------------------------------------------- */

static void put_bash_words(FILE *out, const struct cli_command *c)
{
        for (unsigned i = 0; c->subcommands && c->subcommands[i]; i++)
                fprintf(out, "%s ", c->subcommands[i]->name);
        for (const struct cli_option *o = c->options; o && o->name; o++)
                fprintf(out, "--%s ", o->name);
        fprintf(out, "%s--help", c->json ? "--json " : "");
}

static void put_bash_case(void *arg, const struct cli_command *c, const char *words)
{
        FILE *out = arg;

        if (!c)
                return;
        fprintf(out, "\t'%s') known='", words);
        put_bash_words(out, c);
        fprintf(out, "'%s ;;\n", c->arguments ? " files=1" : "");
}

/* What may stand behind an option. */
static void put_bash_values(void *arg, const struct cli_command *c, const char *words)
{
        FILE *out = arg;

        for (const struct cli_option *o = c ? c->options : NULL; o && o->name; o++)
                if (o->value)
                        fprintf(out, "\t'%s --%s') known='' files=%s ;;\n", words, o->name, is_file(o->value) ? "1" : "");
}

static void put_bash_step(void *arg, const struct cli_command *c, const char *words)
{
        FILE *out = arg;

        if (c)
                fprintf(out, "|'%s'", words);
}

void manual_bash(FILE *out, const struct cli_command *const *commands)
{
        fputs("# SPDX-License-Identifier: Apache-2.0\n# bash completion for cosima, made by cosima itself\n_cosima() {\n"
              "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} at= known= files= i\n"
              "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n\t\tcase \"${at:+$at }${COMP_WORDS[i]}\" in\n\t\t''",
              out);
        manual_each(commands, put_bash_step, out);
        fputs(") at=\"${at:+$at }${COMP_WORDS[i]}\" ;;\n\t\tesac\n\tdone\n\tcase $at in\n\t'') known='", out);
        for (unsigned i = 0; commands[i]; i++)
                if (!commands[i]->hidden)
                        fprintf(out, "%s ", commands[i]->name);
        fputs("--help --version' ;;\n", out);
        manual_each(commands, put_bash_case, out);
        fputs("\tesac\n\tcase \"$at $prev\" in\n", out);
        manual_each(commands, put_bash_values, out);
        fputs("\tesac\n\tCOMPREPLY=()\n\t[[ $cur != -* && -n $files ]] && mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
              "\t[[ $cur == -* || -z $files ]] && mapfile -t COMPREPLY < <(compgen -W \"$known\" -- \"$cur\")\n"
              "\treturn 0\n}\ncomplete -o filenames -F _cosima cosima\n",
              out);
}

/* ---- zsh ----------------------------------------------------------------------------------------------------------------- */

/* Inside '…': a quote ends it, and brackets and colons are zsh's. */
static void put_zsh(FILE *out, const char *text)
{
        for (; *text && *text != '\n'; text++)
                switch (*text) {
                case '\'':
                        fputs("'\\''", out);
                        break;
                case '[':
                case ']':
                case ':':
                case '\\':
                        fprintf(out, "\\%c", *text);
                        break;
                default:
                        fputc(*text, out);
                }
}

static void put_zsh_option(FILE *out, const struct cli_option *o)
{
        fprintf(out, " \\\n\t\t\t'%s--%s%s[", o->flags & CLI_REPEAT ? "*" : "", o->name, o->value ? "=" : "");
        put_zsh(out, o->help);
        fputc(']', out);
        if (o->value) {
                fputc(':', out);
                put_zsh(out, o->value);
                fprintf(out, ":%s", is_file(o->value) ? "_files" : " ");
        }
        fputc('\'', out);
}

static void put_zsh_commands(FILE *out, const struct cli_command *const *commands)
{
        fputs("_describe command '(", out);
        for (unsigned i = 0; commands[i]; i++) {
                if (commands[i]->hidden)
                        continue;
                fprintf(out, "%s%s\\:\"", i > 0 ? " " : "", commands[i]->name);
                put_zsh(out, commands[i]->summary);
                fputc('"', out);
        }
        fputs(")'", out);
}

static void put_zsh_case(void *arg, const struct cli_command *c, const char *words)
{
        static const struct cli_option json = { "json", NULL, "print JSON", 0 }, help = { "help", NULL, "print a short help", 0 };
        FILE *out = arg;

        if (!c)
                return;
        fprintf(out, "\t('%s')\n\t\t", words);
        if (c->subcommands) {
                put_zsh_commands(out, c->subcommands);
        } else {
                fputs("_arguments", out);
                for (const struct cli_option *o = c->options; o && o->name; o++)
                        put_zsh_option(out, o);
                if (c->json)
                        put_zsh_option(out, &json);
                put_zsh_option(out, &help);
                if (c->arguments)
                        fputs(" \\\n\t\t\t'*:file:_files'", out);
        }
        fputs("\n\t\t;;\n", out);
}

void manual_zsh(FILE *out, const struct cli_command *const *commands)
{
        fputs("#compdef cosima\n# SPDX-License-Identifier: Apache-2.0\n# zsh completion for cosima, made by cosima itself\n_cosima() {\n"
              "\tlocal at= i\n\tfor ((i = 2; i < CURRENT; i++)); do\n\t\tcase \"${at:+$at }${words[i]}\" in\n\t\t(''",
              out);
        manual_each(commands, put_bash_step, out);
        fputs(") at=\"${at:+$at }${words[i]}\" ;;\n\t\tesac\n\tdone\n\tcase $at in\n\t('')\n\t\t", out);
        put_zsh_commands(out, commands);
        fputs("\n\t\t;;\n", out);
        manual_each(commands, put_zsh_case, out);
        fputs("\tesac\n}\n_cosima \"$@\"\n", out);
}
