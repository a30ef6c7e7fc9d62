/* SPDX-License-Identifier: Apache-2.0 */
/* Knows where logs lie. */
#include "cli/logs.h"

#include <unistd.h>

#include "cli/archive.h"
#include "cli/file.h"
#include "cli/print.h"

#define LOG_BYTES_MAX (4u * 1024 * 1024) /* of the short ones, as cosima quote takes them; IMA's has no limit */

static enum cli_exit read_archive(const struct cli *cli, const char *path, struct logs *logs)
{
        struct evidence_error error;
        struct archive archive;
        enum cli_exit status = archive_open(cli, path, &archive, &error);

        if (status == CLI_USAGE) {
                fprintf(stderr, "%s: %s, byte %zu: %s", cli->name, path, error.offset, err_text(error.code));
                if (error.name.len > 0) {
                        fputs(": ", stderr);
                        print_escaped(stderr, error.name);
                }
                fputc('\n', stderr);
        }
        if (status != CLI_OK)
                return status;
        logs->events = archive.evidence.members[EVIDENCE_EVENTS];
        logs->firmware = archive.evidence.members[EVIDENCE_FIRMWARE];
        if (archive.has_ima)
                status = ima_file_in_archive(cli, &archive, &logs->ima);
        archive_close(&archive);
        return status;
}

static enum cli_exit read_option(const struct cli *cli, const char *option, struct span *log)
{
        const char *path = cli_value(cli, option);

        return path ? file_read(cli, path, LOG_BYTES_MAX, log) : CLI_OK;
}

enum cli_exit logs_read(const struct cli *cli, struct logs *ret_logs)
{
        struct logs logs = { .ima = { .fd = -1 } };
        enum cli_exit status = CLI_OK;

        if (cli->argument_count > 0)
                status = read_archive(cli, cli->arguments[0], &logs);
        if (status == CLI_OK)
                status = read_option(cli, "events", &logs.events);
        if (status == CLI_OK)
                status = read_option(cli, "firmware", &logs.firmware);
        if (status == CLI_OK && cli_value(cli, "ima"))
                status = ima_file_open(cli, cli_value(cli, "ima"), &logs.ima);
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
        struct logs logs = { .ima = { .fd = -1 } };
        enum cli_exit status = read_first(cli, events, &logs.events);

        if (status == CLI_OK)
                status = read_first(cli, firmware, &logs.firmware);
        for (const char *const *path = ima; status == CLI_OK && logs.ima.fd < 0 && *path; path++)
                if (access(*path, F_OK) == 0)
                        status = ima_file_open(cli, *path, &logs.ima);
        if (status == CLI_OK)
                *ret_logs = logs;
        return status;
}
