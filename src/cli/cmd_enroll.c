/* SPDX-License-Identifier: Apache-2.0 */
/* cosima enroll: a baseline from evidence of a boot that is to be trusted from now on. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/case.h"
#include "cli/commands.h"
#include "cli/file.h"
#include "cli/nonce.h"
#include "cli/print.h"
#include "cli/verdict.h"
#include "verify/enroll.h"

#define JSON_BYTES 65536
#define FIXED_BYTES (2u * 1024 * 1024) /* of a baseline without its files */

/* The files of an IMA log, growing. */
struct files {
        struct baseline_entry *entries;
        size_t count, cap, text_bytes;
        char name[ALIAS_NAME_BYTES];
};

static struct span keep(struct span text)
{
        return span_of(memcpy(cli_alloc(text.len), text.data, text.len), text.len);
}

static void add_file(struct files *f, struct span name, struct span digest)
{
        if (f->count == f->cap) {
                size_t wider = f->cap ? 2 * f->cap : 1024;
                struct baseline_entry *grown = cli_alloc(wider * sizeof(*grown));

                if (f->count > 0)
                        memcpy(grown, f->entries, f->count * sizeof(*grown));
                free(f->entries);
                f->entries = grown;
                f->cap = wider;
        }
        f->entries[f->count] = (struct baseline_entry){ keep(name), keep(digest), f->count };
        f->count++;
        f->text_bytes += name.len + digest.len + 16;
}

static int compare(const void *a, const void *b)
{
        return baseline_compare(a, b);
}

static enum err collect_files(const struct judge *j, const struct baseline *b, struct files *f)
{
        struct ima_reader reader = ima_reader_on(j->evidence.members[EVIDENCE_IMA], ALG_SHA1);

        while (!ima_done(&reader)) {
                char buf[BASELINE_DIGEST_BYTES];
                struct span name, digest;
                struct ima_entry entry;

                TRY(ima_next(&reader, &entry));
                if (!enroll_file(&entry, buf, &digest))
                        continue;
                TRY(alias_name(b->mounts, b->mount_count, entry.path, f->name, &name));
                add_file(f, name, digest);
        }
        if (f->count > 0)
                qsort(f->entries, f->count, sizeof(*f->entries), compare);
        return ERR_OK;
}

static enum err make_baseline(const struct judge *j, struct files *f, struct baseline *ret_baseline)
{
        struct alias_mount *mounts = cli_alloc(ALIAS_MOUNTS_MAX * sizeof(*mounts));
        unsigned count;

        TRY(enroll_mounts(j, mounts, &count));
        TRY(enroll_baseline(j, mounts, count, ret_baseline));
        return collect_files(j, ret_baseline, f);
}

static enum cli_exit print_done(const struct cli *cli, size_t count)
{
        const char *out = cli_value(cli, "out");
        struct json_writer w = json_writer_on(cli_alloc(JSON_BYTES), JSON_BYTES);

        if (strcmp(out, "-") == 0)
                return CLI_OK;
        if (!cli->json) {
                printf("%s: enrolled, with %zu files\n", out, count);
                return CLI_OK;
        }
        json_object_open(&w);
        json_put_u64(&w, "files", count);
        json_put_str(&w, "out", out);
        json_object_close(&w);
        return print_json(cli, &w);
}

static enum cli_exit write_baseline(const struct cli *cli, const struct judge *j)
{
        struct baseline *baseline = cli_alloc(sizeof(*baseline));
        struct files *files = cli_alloc(sizeof(*files));
        struct span text = span_of(NULL, 0);
        struct json_writer w;
        enum err e = make_baseline(j, files, baseline);
        size_t size = FIXED_BYTES + files->text_bytes;
        char *buf = cli_alloc(size + 1);

        if (e == ERR_OK) {
                w = json_writer_on(buf, size);
                baseline_write(&w, baseline, files->entries, files->count);
                e = json_writer_result(&w, &text);
        }
        if (e != ERR_OK)
                return cli_fail(cli, CLI_FAILED, "%s: %s", cli_value(cli, "evidence"), err_text(e));
        buf[text.len++] = '\n';

        enum cli_exit status = file_write(cli, cli_value(cli, "out"), 0644, text);

        return status == CLI_OK ? print_done(cli, files->count) : status;
}

/* Evidence that is not consistent in itself must not become the measure of others. */
static enum cli_exit refuse(const struct cli *cli, const struct judge *j, enum judge_verdict verdict)
{
        if (cli->json && verdict_print_json(cli, j, verdict) != CLI_OK)
                return CLI_FAILED;
        fprintf(stderr, "%s: %s: %s, nothing enrolled\n", cli->name, cli_value(cli, "evidence"), judge_verdict_text(verdict));
        for (unsigned i = 0; i < j->reasons.kept_count; i++) {
                fputs("  ", stderr);
                verdict_print_reason(stderr, &j->reasons.kept[i]);
                fputc('\n', stderr);
        }
        return verdict_exit(verdict);
}

static enum cli_exit run_enroll(const struct cli *cli)
{
        struct judge *j = case_new();
        enum judge_verdict verdict = JUDGE_MALFORMED;
        enum cli_exit status = cli_value(cli, "nonce") ? nonce_parse(cli, cli_value(cli, "nonce"), &j->nonce) : CLI_OK;

        if (status != CLI_OK)
                return status;
        status = case_read_evidence(cli, cli_value(cli, "evidence"), j);
        if (status == CLI_FAILED)
                return status;
        if (status == CLI_OK)
                verdict = judge_evidence(j);
        return verdict == JUDGE_TRUSTED ? write_baseline(cli, j) : refuse(cli, j, verdict);
}

static const struct cli_option options[] = {
        { "evidence", "FILE", "from cosima quote, of a boot that is known to be good", CLI_REQUIRED },
        { "nonce", "HEX", "the number that the node was asked to quote with; without it the age of the evidence is not checked", 0 },
        { "out", "FILE", "where the baseline goes", CLI_REQUIRED },
        { NULL, NULL, NULL, 0 },
};

const struct cli_command cmd_enroll = {
        .name = "enroll",
        .summary = "Make a baseline from the evidence of a good boot",
        .details = "The evidence is judged by itself first: a quote that does not verify, logs that do not replay, a failure: nothing is enrolled.",
        .example = "cosima enroll --evidence evidence.tar --nonce \"$(cat nonce)\" --out baseline.json",
        .json = true,
        .options = options,
        .run = run_enroll,
};
