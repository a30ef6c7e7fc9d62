/* SPDX-License-Identifier: Apache-2.0 */
/* cosima watch: verify again and again, new entries only. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/verdict.h"
#include "cli/watch.h"

#define EVERY_SECONDS 60

static enum cli_exit look_once(const struct cli *cli)
{
        enum judge_verdict verdict;
        enum cli_exit status = watch_look(cli, &verdict);

        return status == CLI_OK ? verdict_exit(verdict) : status;
}

/* Each look in a process of its own: its memory goes with it, and what kills one does not end the watch. */
static enum cli_exit look_apart(const struct cli *cli)
{
        pid_t pid;
        int status;

        fflush(stdout);
        pid = fork();
        if (pid < 0)
                return cli_fail(cli, CLI_FAILED, "no process: %s", strerror(errno));
        if (pid == 0) {
                status = look_once(cli);
                _exit(fflush(stdout) == 0 ? status : CLI_FAILED);
        }
        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return cli_fail(cli, CLI_FAILED, "%s", strerror(errno));
        return CLI_OK;
}

static enum cli_exit run_watch(const struct cli *cli)
{
        const char *every = cli_value(cli, "every");
        bool from_file = cli->argument_count > 0, fetched = cli_value(cli, "fetch") != NULL;
        char *end = NULL;
        unsigned long seconds = every ? strtoul(every, &end, 10) : EVERY_SECONDS;
        enum cli_exit status = CLI_OK;

        if (from_file == fetched)
                return cli_fail(cli, CLI_USAGE, "either EVIDENCE.tar or --fetch is needed");
        if (from_file != (cli_value(cli, "nonce") != NULL))
                return cli_fail(cli, CLI_USAGE, from_file ? "EVIDENCE.tar needs --nonce" : "--fetch makes its own nonce");
        if (every && (*end || seconds == 0 || seconds > 1000000))
                return cli_fail(cli, CLI_USAGE, "--every %s: not a number of seconds", every);
        if (cli_flag(cli, "once"))
                return look_once(cli);
        while (status == CLI_OK) {
                struct timespec left = { .tv_sec = (time_t)seconds };

                status = look_apart(cli);
                while (status == CLI_OK && nanosleep(&left, &left) != 0 && errno == EINTR)
                        continue;
        }
        return status;
}

static const struct cli_option options[] = {
        { "baseline", "FILE", "from cosima enroll", CLI_REQUIRED },
        { "state", "FILE", "what is kept between two looks; made by the first one", CLI_REQUIRED },
        { "fetch", "COMMAND", "prints the node's evidence, for the nonce in $COSIMA_NONCE", 0 },
        { "nonce", "HEX", "with EVIDENCE.tar: the number that the node was asked to quote with", 0 },
        { "hook", "COMMAND", "run when the verdict or its reasons change, with both as JSON on its standard input", 0 },
        { "every", "SECONDS", "between two looks; 60 when not given", 0 },
        { "once", NULL, "look once, for timers; the exit status is that of cosima verify", 0 },
        { "require-boot-chain", NULL, "untrusted also when the boot chain is not unchanged", 0 },
        { NULL, NULL, NULL, 0 },
};

const struct cli_command cmd_watch = {
        .name = "watch",
        .summary = "Verify a node again and again, new entries only",
        .details = "The IMA log is judged from where the last look ended, as long as the node was not booted anew. $COSIMA_IMA_OFFSET tells the\n"
                   "fetch command how many bytes of it need not be sent again (cosima quote --ima-offset). The hook is run for the first\n"
                   "look only when that is not \"trusted\". A clock of the TPM, or a count of its resets or restarts, that is behind what an earlier\n"
                   "look saw is a reason of its own: an older quote, or a TPM whose state was put back or copied. --state remembers the latest.\n"
                   "When the fetch command brings nothing there is no verdict: no hook is run, and the look ends with status 1.",
        .example = "cosima watch --baseline baseline.json --state node.state --hook 'mail -s cosima root' \\\n"
                   "  --fetch 'ssh node cosima quote --nonce $COSIMA_NONCE --ima-offset $COSIMA_IMA_OFFSET --out -'",
        .arguments = "[EVIDENCE.tar]",
        .arguments_min = 0,
        .arguments_max = 1,
        .json = true,
        .options = options,
        .run = run_watch,
};
