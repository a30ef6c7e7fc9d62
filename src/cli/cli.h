/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: tables of commands and options, from which parsing, usage and help are made. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* What a command returns, and the program exits with. */
enum cli_exit {
        CLI_OK = 0,     /* done; verify: trusted */
        CLI_FAILED = 1, /* not done, or the answer is no; verify: untrusted */
        CLI_USAGE = 2,  /* wrong usage, or malformed input; verify: malformed */
};

#define CLI_REQUIRED (1u << 0)
#define CLI_REPEAT (1u << 1) /* may be given more than once; cli_value_at() reads all of them */

/* One option: "--name VALUE" or "--name=VALUE", or a flag when value is NULL. A table ends with a name of NULL. */
struct cli_option {
        const char *name;  /* without the dashes */
        const char *value; /* how the value is called in the usage, "FILE"; NULL: a flag */
        const char *help;  /* one line */
        unsigned flags;    /* CLI_REQUIRED, CLI_REPEAT */
};

struct cli;

/* A command, or a group of commands when run is NULL. */
struct cli_command {
        const char *name;
        const char *summary;                         /* one line, without a full stop */
        const char *details;                         /* further lines for --help, or NULL */
        const char *example;                         /* one or more whole command lines */
        const char *arguments;                       /* "FILE", "DISK..." for the usage; NULL when there are none */
        unsigned arguments_min, arguments_max;
        bool json;                                   /* has the option --json */
        bool hidden;                                 /* left out of the help, manual and completion: for the build */
        const struct cli_option *options;            /* or NULL */
        const struct cli_command *const *subcommands; /* ends with NULL; or NULL */
        enum cli_exit (*run)(const struct cli *cli);
};

#define CLI_GIVEN_MAX 64

/* One invocation, parsed. */
struct cli {
        const struct cli_command *command;
        char name[64]; /* "cosima policy check" */
        bool json;
        unsigned argument_count;
        char **arguments;
        unsigned given_count;
        struct {
                const struct cli_option *option;
                const char *value;
        } given[CLI_GIVEN_MAX];
};

/*
 * Parse argv, run the command it names and return the exit status. commands ends with NULL. Whatever the command returned, output
 * that could not be written makes it CLI_FAILED.
 */
int cli_main(const struct cli_command *const *commands, int argc, char **argv);

/* The value of an option, NULL when it was not given. */
const char *cli_value(const struct cli *cli, const char *option);
/* The value number i (from 0) of a repeated option, NULL when there are no more. */
const char *cli_value_at(const struct cli *cli, const char *option, unsigned i);
/* Whether a flag was given. */
bool cli_flag(const struct cli *cli, const char *option);

/* Say on standard error what is wrong: "cosima policy check: " and the text. Returns the exit status for convenience. */
enum cli_exit cli_fail(const struct cli *cli, enum cli_exit status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Memory for the rest of the run; ends the program with a message when there is none. */
void *cli_alloc(size_t size);
/*
 * The same for megabytes that are touched from end to end, in huge pages where the kernel has them: the faults of small ones take longer than what is done
 * with a baseline. Only what is touched counts, to the end of its page.
 */
#define CLI_HUGE_BYTES ((size_t)2 * 1024 * 1024)
void *cli_alloc_large(size_t size);
/* Advice, for memory that begins at a multiple of CLI_HUGE_BYTES. */
void cli_use_huge_pages(void *memory, size_t size);

#endif
