/* SPDX-License-Identifier: Apache-2.0 */
/* cosima verify: is this evidence of a boot as it was enrolled? */
#include "cli/case.h"
#include "cli/commands.h"
#include "cli/merge.h"
#include "cli/nonce.h"
#include "cli/verdict.h"

static enum cli_exit run_verify(const struct cli *cli)
{
        struct judge *j = case_new();
        enum judge_verdict verdict = JUDGE_MALFORMED;
        enum cli_exit status = nonce_parse(cli, cli_value(cli, "nonce"), &j->nonce);

        if (status == CLI_OK)
                status = case_read_baseline(cli, cli_value(cli, "baseline"), j);
        if (status != CLI_OK)
                return status;
        status = case_judge(cli, cli->arguments[0], j, &verdict);
        if (status != CLI_OK)
                return status;
        if (verdict != JUDGE_MALFORMED && cli_flag(cli, "require-boot-chain"))
                verdict = verdict_require_chain(j, verdict);
        if (!cli->json)
                verdict_print(j, verdict);
        else if (verdict_print_json(cli, j, verdict) != CLI_OK)
                return CLI_FAILED;
        return verdict_exit(verdict);
}

static const struct cli_option options[] = {
        { "baseline", "FILE", "from cosima enroll", CLI_REQUIRED },
        { "nonce", "HEX", "the number that the node was asked to quote with", CLI_REQUIRED },
        { "require-boot-chain", NULL, "untrusted also when the boot chain is not unchanged", 0 },
        MERGE_OPTION_VENDOR,
        MERGE_OPTION_VENDOR_SIG,
        MERGE_OPTION_VENDOR_CERT,
        { NULL, NULL, NULL, 0 },
};

const struct cli_command cmd_verify = {
        .name = "verify",
        .summary = "Judge evidence against a baseline",
        .details = "The first line is the verdict, then comes one line for each reason, then what is known of the boot chain.\n"
                   "Exit status: 0 trusted, 1 untrusted, 2 malformed.",
        .example = "cosima verify evidence.tar --baseline baseline.json --nonce \"$(cat nonce)\"",
        .arguments = "EVIDENCE.tar",
        .arguments_min = 1,
        .arguments_max = 1,
        .json = true,
        .options = options,
        .run = run_verify,
};
