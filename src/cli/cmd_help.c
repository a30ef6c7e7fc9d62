/* SPDX-License-Identifier: Apache-2.0 */
/* cosima help: manual pages and completions for the build; people are told of --help. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/manual.h"

static void print_page_name(void *arg, const struct cli_command *command, const char *words)
{
        (void)arg, (void)command;
        printf("cosima%s", *words ? "-" : "");
        for (; *words; words++)
                putchar(*words == ' ' ? '-' : *words);
        putchar('\n');
}

struct search {
        const char *page;
        bool found;
};

/* The page whose name is this one, "cosima-policy-check". */
static void print_page(void *arg, const struct cli_command *command, const char *words)
{
        struct search *s = arg;
        char name[256];

        (void)command;
        snprintf(name, sizeof(name), "cosima%s%s", *words ? "-" : "", words);
        for (char *c = name; *c; c++)
                if (*c == ' ')
                        *c = '-';
        if (strcmp(name, s->page) == 0 && !s->found)
                s->found = manual_page(stdout, commands_all, words);
}

static enum cli_exit run_help(const struct cli *cli)
{
        const char *shell = cli_value(cli, "completion");
        struct search search = { cli_value(cli, "man"), false };

        if (search.page) {
                manual_each(commands_all, print_page, &search);
                return search.found ? CLI_OK : cli_fail(cli, CLI_USAGE, "no page %s", search.page);
        }
        if (shell && strcmp(shell, "bash") == 0)
                manual_bash(stdout, commands_all);
        else if (shell && strcmp(shell, "zsh") == 0)
                manual_zsh(stdout, commands_all);
        else if (shell)
                return cli_fail(cli, CLI_USAGE, "--completion is bash or zsh");
        else
                manual_each(commands_all, print_page_name, NULL);
        return CLI_OK;
}

static const struct cli_option options[] = {
        { "man", "PAGE", "print this manual page, cosima-verify", 0 },
        { "completion", "SHELL", "print the completion for bash or zsh", 0 },
        { NULL, NULL, NULL, 0 },
};

const struct cli_command cmd_help = {
        .name = "help",
        .summary = "List the manual pages, or print one, or a shell's completion",
        .example = "cosima help --man cosima-verify | man -l -",
        .hidden = true,
        .options = options,
        .run = run_help,
};
