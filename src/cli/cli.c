/* SPDX-License-Identifier: Apache-2.0 */
/* Parses the command line by the tables, prints usage and help, and sees to it that output arrives. */
#include "cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/version.h"

#define OUTPUT_BYTES 65536 /* written at once; the reason of an error in the middle of more is lost */

void *cli_alloc(size_t size)
{
        void *memory = calloc(1, size ? size : 1);

        if (!memory) {
                fprintf(stderr, "cosima: no memory for %zu bytes\n", size);
                exit(CLI_FAILED);
        }
        return memory;
}

/* Aligned, so that it begins with a huge page; the kernel gives the pages when they are touched, all zero. */
void *cli_alloc_large(size_t size)
{
        size_t room = size < SIZE_MAX - 2 * CLI_HUGE_BYTES ? (size / CLI_HUGE_BYTES + 2) * CLI_HUGE_BYTES : SIZE_MAX;
        uint8_t *memory;

        if (size < CLI_HUGE_BYTES / 2)
                return cli_alloc(size);
        memory = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) {
                fprintf(stderr, "cosima: no memory for %zu bytes\n", size);
                exit(CLI_FAILED);
        }
        memory += CLI_HUGE_BYTES - (uintptr_t)memory % CLI_HUGE_BYTES;
        cli_use_huge_pages(memory, size);
        return memory;
}

void cli_use_huge_pages(void *memory, size_t size)
{
        if (madvise(memory, size, MADV_HUGEPAGE) != 0)
                errno = 0; /* a kernel without them gives small ones */
}

enum cli_exit cli_fail(const struct cli *cli, enum cli_exit status, const char *format, ...)
{
        va_list arguments;

        fprintf(stderr, "%s: ", cli->name);
        va_start(arguments, format);
        vfprintf(stderr, format, arguments);
        va_end(arguments);
        fputc('\n', stderr);
        return status;
}

static enum cli_exit fail_usage(const struct cli *cli, const char *what, const char *name)
{
        fprintf(stderr, "%s: %s%s\n", cli->name, what, name);
        fprintf(stderr, "try: %s --help\n", cli->name);
        return CLI_USAGE;
}

const char *cli_value_at(const struct cli *cli, const char *option, unsigned i)
{
        for (unsigned k = 0; k < cli->given_count; k++)
                if (strcmp(cli->given[k].option->name, option) == 0 && i-- == 0)
                        return cli->given[k].value;
        return NULL;
}

const char *cli_value(const struct cli *cli, const char *option)
{
        return cli_value_at(cli, option, 0);
}

bool cli_flag(const struct cli *cli, const char *option)
{
        return cli_value(cli, option) != NULL;
}

static void print_usage(const struct cli *cli)
{
        const struct cli_command *c = cli->command;

        printf("usage: %s", cli->name);
        for (const struct cli_option *o = c->options; o && o->name; o++) {
                bool required = o->flags & CLI_REQUIRED;

                printf(" %s--%s%s%s%s%s", required ? "" : "[", o->name, o->value ? " " : "", o->value ? o->value : "",
                       required ? "" : "]", o->flags & CLI_REPEAT ? "..." : "");
        }
        printf("%s%s%s\n", c->json ? " [--json]" : "", c->arguments ? " " : "", c->arguments ? c->arguments : "");
}

/* Each line of the text, indented. */
static void print_indented(const char *text)
{
        while (*text) {
                size_t len = strcspn(text, "\n");

                printf("  %.*s\n", (int)len, text);
                text += len + (text[len] == '\n');
        }
}

static void print_option(const struct cli_option *o)
{
        char left[40];

        snprintf(left, sizeof(left), "--%s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
        printf("  %-22s %s\n", left, o->help);
}

static enum cli_exit print_help(const struct cli *cli)
{
        static const struct cli_option json = { "json", NULL, "print JSON", 0 };
        const struct cli_command *c = cli->command;

        print_usage(cli);
        printf("\n%s.\n", c->summary);
        if (c->details)
                printf("\n%s\n", c->details);
        if (c->options || c->json)
                printf("\n");
        for (const struct cli_option *o = c->options; o && o->name; o++)
                print_option(o);
        if (c->json)
                print_option(&json);
        printf("\nexample:\n");
        print_indented(c->example);
        return CLI_OK;
}

/* Help for a group: its commands, one line each, and an example of each. */
static enum cli_exit print_group(const struct cli *cli, const struct cli_command *const *commands)
{
        printf("usage: %s COMMAND [OPTION...] [FILE...]\n\n", cli->name);
        for (unsigned i = 0; commands[i]; i++)
                if (!commands[i]->hidden)
                        printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
        printf("\n`%s COMMAND --help` says more of a command.\n", cli->name);
        for (unsigned i = 0; commands[i]; i++) {
                if (i == 0)
                        printf("\nexamples:\n");
                if (commands[i]->example && !commands[i]->hidden)
                        print_indented(commands[i]->example);
        }
        return CLI_OK;
}

static const struct cli_option *find_option(const struct cli_command *c, const char *name, size_t len)
{
        for (const struct cli_option *o = c->options; o && o->name; o++)
                if (strlen(o->name) == len && memcmp(o->name, name, len) == 0)
                        return o;
        return NULL;
}

/* One option at argv[*at]; moves *at over a separate value. CLI_OK when it was understood. */
static enum cli_exit parse_option(struct cli *cli, int argc, char **argv, int *at)
{
        const char *name = argv[*at] + 2;
        size_t len = strcspn(name, "=");
        const char *value = name[len] ? name + len + 1 : NULL;

        if (cli->command->json && strcmp(name, "json") == 0) {
                cli->json = true;
                return CLI_OK;
        }

        const struct cli_option *o = find_option(cli->command, name, len);

        if (!o)
                return fail_usage(cli, "unknown option ", argv[*at]);
        if (!o->value && value)
                return fail_usage(cli, "this option takes no value: ", argv[*at]);
        if (o->value && !value) {
                if (*at + 1 >= argc)
                        return fail_usage(cli, "this option needs a value: ", argv[*at]);
                value = argv[++*at];
        }
        if (!(o->flags & CLI_REPEAT) && cli_value(cli, o->name))
                return fail_usage(cli, "this option is given twice: --", o->name);
        if (cli->given_count == CLI_GIVEN_MAX)
                return fail_usage(cli, "too many options", "");
        cli->given[cli->given_count].option = o;
        cli->given[cli->given_count++].value = value ? value : "";
        return CLI_OK;
}

static enum cli_exit check_complete(const struct cli *cli)
{
        const struct cli_command *c = cli->command;

        for (const struct cli_option *o = c->options; o && o->name; o++)
                if (o->flags & CLI_REQUIRED && !cli_value(cli, o->name))
                        return fail_usage(cli, "this option is needed: --", o->name);
        if (cli->argument_count < c->arguments_min)
                return fail_usage(cli, "missing argument: ", c->arguments);
        if (cli->argument_count > c->arguments_max)
                return fail_usage(cli, "unexpected argument: ", cli->arguments[c->arguments_max]);
        return CLI_OK;
}

/* Parse options and arguments in any order and run the command. Arguments are gathered at the front of argv. */
static enum cli_exit run_command(struct cli *cli, int argc, char **argv)
{
        bool only_arguments = false;

        cli->arguments = argv;
        for (int i = 0; i < argc; i++) {
                if (only_arguments || argv[i][0] != '-' || argv[i][1] == '\0') {
                        argv[cli->argument_count++] = argv[i];
                } else if (strcmp(argv[i], "--") == 0) {
                        only_arguments = true;
                } else if (strcmp(argv[i], "--help") == 0) {
                        return print_help(cli);
                } else if (argv[i][1] != '-') {
                        return fail_usage(cli, "unknown option ", argv[i]);
                } else {
                        enum cli_exit status = parse_option(cli, argc, argv, &i);

                        if (status != CLI_OK)
                                return status;
                }
        }

        enum cli_exit status = check_complete(cli);

        return status == CLI_OK ? cli->command->run(cli) : status;
}

static void append_name(struct cli *cli, const char *name)
{
        size_t len = strlen(cli->name);

        snprintf(cli->name + len, sizeof(cli->name) - len, "%s%s", len ? " " : "", name);
}

/* Descend from the table of commands to the one that argv names. */
static enum cli_exit dispatch(struct cli *cli, const struct cli_command *const *commands, int argc, char **argv)
{
        while (argc > 0) {
                const struct cli_command *found = NULL;

                if (strcmp(argv[0], "--help") == 0)
                        return print_group(cli, commands);
                if (argv[0][0] == '-')
                        return fail_usage(cli, "unknown option ", argv[0]);
                for (unsigned i = 0; commands[i]; i++)
                        if (strcmp(commands[i]->name, argv[0]) == 0)
                                found = commands[i];
                if (!found)
                        return fail_usage(cli, "unknown command ", argv[0]);
                append_name(cli, found->name);
                argc--, argv++;
                if (found->run) {
                        cli->command = found;
                        return run_command(cli, argc, argv);
                }
                commands = found->subcommands;
        }
        return fail_usage(cli, "a command is needed", "");
}

int cli_main(const struct cli_command *const *commands, int argc, char **argv)
{
        char *output = isatty(STDOUT_FILENO) ? NULL : cli_alloc(OUTPUT_BYTES);
        struct cli cli = { .name = "cosima" };
        enum cli_exit status;

        /* A reader that has gone away must be an error like a full disk, not a silent end. */
        signal(SIGPIPE, SIG_IGN);
        if (output)
                setvbuf(stdout, output, _IOFBF, OUTPUT_BYTES);
        if (argc > 1 && strcmp(argv[1], "--version") == 0) {
                printf("cosima " VERSION "\n");
                status = CLI_OK;
        } else {
                status = dispatch(&cli, commands, argc > 0 ? argc - 1 : 0, argv + 1);
        }

        bool failed = ferror(stdout);

        errno = 0;
        if (fflush(stdout) != 0 || failed) {
                fprintf(stderr, "cosima: standard output: %s\n", errno ? strerror(errno) : "could not be written");
                status = CLI_FAILED;
        }
        return status;
}
