/* SPDX-License-Identifier: Apache-2.0 */
/* cosima export: our evidence in the formats of others. */
#include "cli/cmd_export.h"
#include "cli/commands.h"
#include "cli/file.h"
#include "cli/logs.h"
#include "log/export.h"

static enum cli_exit run_tcg(const struct cli *cli)
{
        struct logs logs;
        enum cli_exit status = logs_read(cli, &logs);
        size_t cap, size;
        uint8_t *buf;
        enum err e;

        if (status != CLI_OK)
                return status;
        cap = logs.firmware.len + logs.events.len + TCG_HEADER_BYTES_MAX;
        buf = cli_alloc(cap);
        e = export_tcg(logs.firmware, logs.events, buf, cap, &size);
        if (e != ERR_OK)
                return cli_fail(cli, CLI_USAGE, "%s: %s", cli->argument_count > 0 ? cli->arguments[0] : cli_value(cli, "out"), err_text(e));
        return file_write(cli, cli_value(cli, "out"), 0644, span_of(buf, size));
}

static const struct cli_option tcg_options[] = {
        LOGS_OPTION_EVENTS,
        LOGS_OPTION_FIRMWARE,
        { "out", "FILE", "where to write the log", CLI_REQUIRED },
        { NULL, NULL, NULL, 0 },
};

static const struct cli_command export_tcg_command = {
        .name = "tcg",
        .summary = "Write the firmware's event log with our events behind it",
        .details = "The result is one TCG log (crypto agile format), which tpm2_eventlog prints and Keylime replays event by event.\n"
                   "Without a firmware log it holds our events alone.",
        .example = "cosima export tcg evidence.tar --out combined.bin",
        .arguments = "[EVIDENCE.tar]",
        .arguments_max = 1,
        .options = tcg_options,
        .run = run_tcg,
};

static const struct cli_command *const subcommands[] = { &cmd_export_keylime, &cmd_export_sha256sums, &export_tcg_command, NULL };

const struct cli_command cmd_export = {
        .name = "export",
        .summary = "Write evidence and baselines in the formats of others",
        .example = "cosima export tcg evidence.tar --out combined.bin",
        .subcommands = subcommands,
};
