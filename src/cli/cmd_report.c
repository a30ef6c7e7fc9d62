/* SPDX-License-Identifier: Apache-2.0 */
/* cosima report: the verdict as a page for people. */
#include <stdlib.h>

#include "cli/case.h"
#include "cli/commands.h"
#include "cli/file.h"
#include "cli/merge.h"
#include "cli/nonce.h"
#include "cli/report.h"
#include "cli/verdict.h"

static enum cli_exit write_page(const struct cli *cli, const struct judge *j, enum judge_verdict verdict)
{
        char *page = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&page, &len);
        enum cli_exit status;

        if (!out)
                return cli_fail(cli, CLI_FAILED, "no memory for the page");
        report_write(out, j, verdict, cli->arguments[0]);
        if (fclose(out) != 0)
                return cli_fail(cli, CLI_FAILED, "no memory for the page");
        status = file_write(cli, cli_value(cli, "out"), 0644, span_of(page, len));
        free(page);
        return status;
}

static enum cli_exit run_report(const struct cli *cli)
{
        struct judge *j = case_new();
        enum judge_verdict verdict = JUDGE_MALFORMED;
        enum cli_exit status = nonce_parse(cli, cli_value(cli, "nonce"), &j->nonce);

        if (status == CLI_OK)
                status = case_read_baseline(cli, cli_value(cli, "baseline"), j);
        if (status == CLI_OK)
                status = case_judge(cli, cli->arguments[0], j, &verdict);
        if (status == CLI_OK)
                status = write_page(cli, j, verdict);
        return status == CLI_OK ? verdict_exit(verdict) : status;
}

static const struct cli_option options[] = {
        { "baseline", "FILE", "from cosima enroll", CLI_REQUIRED },
        { "nonce", "HEX", "the number that the node was asked to quote with", CLI_REQUIRED },
        { "out", "FILE", "where the page goes", CLI_REQUIRED },
        MERGE_OPTION_VENDOR,
        MERGE_OPTION_VENDOR_SIG,
        MERGE_OPTION_VENDOR_CERT,
        { NULL, NULL, NULL, 0 },
};

const struct cli_command cmd_report = {
        .name = "report",
        .summary = "Write the verdict as one HTML page",
        .details = "The boot as a timeline, the storage as a drawing, and each question with its reasons. The page needs nothing else: it loads\n"
                   "nothing and runs nothing. Exit status: 0 trusted, 1 untrusted, 2 malformed, as of `cosima verify`.",
        .example = "cosima report evidence.tar --baseline baseline.json --nonce \"$(cat nonce)\" --out report.html",
        .arguments = "EVIDENCE.tar",
        .arguments_min = 1,
        .arguments_max = 1,
        .options = options,
        .run = run_report,
};
