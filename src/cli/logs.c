/* SPDX-License-Identifier: Apache-2.0 */
/* Knows where logs lie. */
#include "cli/logs.h"

#include <unistd.h>

#include "cli/file.h"
#include "cli/print.h"
#include "verify/evidence.h"

#define LOG_BYTES_MAX (1024u * 1024 * 1024)

static enum cli_exit read_archive(const struct cli *cli, const char *path, struct logs *logs)
{
        struct evidence_error error;
        struct evidence evidence;
        struct span tar;
        enum cli_exit status = file_read(cli, path, LOG_BYTES_MAX, &tar);

        if (status != CLI_OK)
                return status;
        if (evidence_read(tar, &evidence, &error) != ERR_OK) {
                fprintf(stderr, "%s: %s, byte %zu: %s", cli->name, path, error.offset, err_text(error.code));
                if (error.name.len > 0) {
                        fputs(": ", stderr);
                        print_escaped(stderr, error.name);
                }
                fputc('\n', stderr);
                return CLI_USAGE;
        }
        logs->events = evidence.members[EVIDENCE_EVENTS];
        logs->firmware = evidence.members[EVIDENCE_FIRMWARE];
        logs->ima = evidence.members[EVIDENCE_IMA];
        return CLI_OK;
}

static enum cli_exit read_option(const struct cli *cli, const char *option, struct span *log)
{
        const char *path = cli_value(cli, option);

        return path ? file_read(cli, path, LOG_BYTES_MAX, log) : CLI_OK;
}

enum cli_exit logs_read(const struct cli *cli, struct logs *ret_logs)
{
        struct logs logs = { 0 };
        enum cli_exit status = CLI_OK;

        if (cli->argument_count > 0)
                status = read_archive(cli, cli->arguments[0], &logs);
        if (status == CLI_OK)
                status = read_option(cli, "events", &logs.events);
        if (status == CLI_OK)
                status = read_option(cli, "firmware", &logs.firmware);
        if (status == CLI_OK)
                status = read_option(cli, "ima", &logs.ima);
        if (status == CLI_OK)
                *ret_logs = logs;
        return status;
}

/* The first of the paths that is there; none is no failure. */
static enum cli_exit read_first(const struct cli *cli, const char *const *paths, struct span *log)
{
        for (; *paths; paths++)
                if (access(*paths, F_OK) == 0)
                        return file_read(cli, *paths, LOG_BYTES_MAX, log);
        return CLI_OK;
}

enum cli_exit logs_read_here(const struct cli *cli, struct logs *ret_logs)
{
        static const char *const events[] = { "/run/cosima/events.cel", NULL };
        static const char *const firmware[] = { "/sys/kernel/security/tpm0/binary_bios_measurements", NULL };
        static const char *const ima[] = { "/sys/kernel/security/integrity/ima/binary_runtime_measurements",
                                           "/sys/kernel/security/ima/binary_runtime_measurements", NULL };
        struct logs logs = { 0 };
        enum cli_exit status = read_first(cli, events, &logs.events);

        if (status == CLI_OK)
                status = read_first(cli, firmware, &logs.firmware);
        if (status == CLI_OK)
                status = read_first(cli, ima, &logs.ima);
        if (status == CLI_OK)
                *ret_logs = logs;
        return status;
}
