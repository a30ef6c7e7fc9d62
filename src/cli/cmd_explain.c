/* SPDX-License-Identifier: Apache-2.0 */
/* cosima explain: what is different from the enrolled boot, as a person would say it. */
#include <stdlib.h>

#include "cli/case.h"
#include "cli/commands.h"
#include "cli/explain.h"
#include "cli/merge.h"
#include "cli/nonce.h"
#include "cli/print.h"
#include "cli/verdict.h"

#define JSON_BYTES ((size_t)8 * 1024 * 1024)

static void print_chain(FILE *out, const struct judge *j)
{
        for (unsigned pcr = 0; pcr < QUOTE_PCRS; pcr++)
                if (j->chain_changed >> pcr & 1)
                        fprintf(out, "boot chain: PCR %u is not as enrolled: %s\n", pcr, explain_pcr(pcr));
        if (j->chain != JUDGE_CHAIN_UNCHANGED && j->chain != JUDGE_CHAIN_CHANGED)
                fprintf(out, "boot chain: %s\n", judge_chain_sentence(j->chain));
}

static bool is_shown(const struct judge *j, unsigned i)
{
        /* Without the number that was asked for, the age of evidence is no matter. */
        return !explain_is_repeated(j, i) && !(j->reasons.kept[i].code == REASON_NONCE && j->nonce.len == 0);
}

static void explain_all(const struct judge *j)
{
        unsigned shown = 0;

        for (int notes = 0; notes < 2; notes++)
                for (unsigned i = 0; i < j->reasons.kept_count; i++) {
                        const struct reason *r = &j->reasons.kept[i];

                        if ((reason_weight(r->code) == REASON_NOTE) != (notes == 1) || !is_shown(j, i))
                                continue;
                        fputs(notes ? "note: " : "", stdout);
                        explain_reason(stdout, j, r);
                        putchar('\n');
                        shown++;
                }
        if (j->reasons.count > j->reasons.kept_count)
                printf("and %u more\n", j->reasons.count - j->reasons.kept_count);
        if (shown == 0 && j->chain_changed == 0)
                puts("nothing changed");
        print_chain(stdout, j);
}

/* The sentence as text in memory. */
static char *sentence_of(const struct judge *j, const struct reason *r, size_t *ret_len)
{
        char *text = NULL;
        FILE *out = open_memstream(&text, ret_len);

        if (!out)
                return NULL;
        explain_reason(out, j, r);
        return fclose(out) == 0 ? text : NULL;
}

static enum cli_exit explain_json(const struct cli *cli, const struct judge *j, enum judge_verdict verdict)
{
        struct json_writer w = json_writer_on(cli_alloc(JSON_BYTES), JSON_BYTES);

        json_object_open(&w);
        json_key(&w, "changes");
        json_array_open(&w);
        for (unsigned i = 0; i < j->reasons.kept_count; i++) {
                char *text;
                size_t len;

                if (!is_shown(j, i) || !(text = sentence_of(j, &j->reasons.kept[i], &len)))
                        continue;
                json_object_open(&w);
                json_put_str(&w, "code", reason_name(j->reasons.kept[i].code));
                json_put_text(&w, "sentence", span_of(text, len));
                json_object_close(&w);
                free(text);
        }
        json_array_close(&w);
        json_put_str(&w, "verdict", judge_verdict_text(verdict));
        json_object_close(&w);
        return print_json(cli, &w);
}

static enum cli_exit run_explain(const struct cli *cli)
{
        struct judge *j = case_new();
        enum judge_verdict verdict = JUDGE_MALFORMED;
        enum cli_exit status = cli_value(cli, "nonce") ? nonce_parse(cli, cli_value(cli, "nonce"), &j->nonce) : CLI_OK;

        if (status == CLI_OK)
                status = case_read_baseline(cli, cli_value(cli, "baseline"), j);
        if (status == CLI_OK)
                status = case_judge(cli, cli->arguments[0], j, &verdict);
        if (status != CLI_OK)
                return status;
        if (cli->json)
                status = explain_json(cli, j, verdict);
        else
                explain_all(j);
        return status == CLI_OK && verdict == JUDGE_MALFORMED ? CLI_USAGE : status;
}

static const struct cli_option options[] = {
        { "baseline", "FILE", "from cosima enroll", CLI_REQUIRED },
        { "nonce", "HEX", "the number that the node was asked to quote with; without it the age of the evidence is not looked at", 0 },
        MERGE_OPTION_VENDOR,
        MERGE_OPTION_VENDOR_SIG,
        MERGE_OPTION_VENDOR_CERT,
        { NULL, NULL, NULL, 0 },
};

const struct cli_command cmd_explain = {
        .name = "explain",
        .summary = "Say what is different from the enrolled boot",
        .details = "One line for each change: the field and both values, the file and where it was seen. The answer is no verdict: that is what\n"
                   "`cosima verify` is for. Exit status: 0 whatever changed, 2 the evidence is malformed.",
        .example = "cosima explain evidence.tar --baseline baseline.json",
        .arguments = "EVIDENCE.tar",
        .arguments_min = 1,
        .arguments_max = 1,
        .json = true,
        .options = options,
        .run = run_explain,
};
