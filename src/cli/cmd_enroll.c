/* SPDX-License-Identifier: Apache-2.0 */
/* cosima enroll: a baseline from evidence of a boot that is to be trusted from now on. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/case.h"
#include "cli/commands.h"
#include "cli/entries.h"
#include "cli/nonce.h"
#include "cli/offline.h"
#include "cli/signed.h"
#include "cli/print.h"
#include "cli/verdict.h"
#include "verify/enroll.h"

/* The files of the log, gathered while it is judged. */
struct collector {
        const struct judge *judge;
        struct baseline *where; /* of which only the mounts are set */
        bool has_mounts;
        uint64_t number; /* of the next entry */
        struct entries files;
};

/* Mounts that cannot be read are told at the end. */
static void find_mounts(struct collector *c)
{
        c->has_mounts = true;
        if (enroll_mounts(c->judge, c->where->mounts, &c->where->mount_count) != ERR_OK)
                c->where->mount_count = 0;
}

static void collect(void *arg, struct span entries)
{
        struct collector *c = arg;
        struct ima_reader reader = ima_reader_on(entries, c->judge->walk.files.column);
        char buf[BASELINE_DIGEST_BYTES];
        struct ima_entry entry;
        struct span digest;

        if (!c->has_mounts)
                find_mounts(c);
        for (; !ima_done(&reader) && ima_next(&reader, &entry) == ERR_OK; c->number++)
                if (enroll_file(&entry, buf, &digest))
                        entries_add(&c->files, c->where, entry.path, digest, c->number);
}

static enum err make_baseline(const struct judge *j, struct baseline *ret_baseline)
{
        struct alias_mount *mounts = cli_alloc(ALIAS_MOUNTS_MAX * sizeof(*mounts));
        unsigned count;

        TRY(enroll_mounts(j, mounts, &count));
        return enroll_baseline(j, mounts, count, ret_baseline);
}

static enum cli_exit write_baseline(const struct cli *cli, struct collector *c)
{
        struct baseline *baseline = cli_alloc(sizeof(*baseline));
        enum err e = make_baseline(c->judge, baseline);

        /* Anybody can have written what is behind the quoted entries. */
        entries_cut(&c->files, judge_ima_quoted(c->judge));
        return e == ERR_OK ? entries_write_baseline(cli, baseline, &c->files)
                           : cli_fail(cli, CLI_FAILED, "%s: %s", cli_value(cli, "evidence"), err_text(e));
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
        struct collector *collector = cli_alloc(sizeof(*collector));
        struct stream_visitor visitor = { collect, collector };
        enum judge_verdict verdict = JUDGE_MALFORMED;
        enum cli_exit status = cli_value(cli, "nonce") ? nonce_parse(cli, cli_value(cli, "nonce"), &j->nonce) : CLI_OK;

        if (status != CLI_OK)
                return status;
        if (!cli_value(cli, "evidence"))
                return offline_enroll(cli);
        collector->judge = j;
        collector->where = cli_alloc(sizeof(*collector->where));
        status = case_judge_beside(cli, cli_value(cli, "evidence"), j, &visitor, &verdict);
        if (status != CLI_OK)
                return status;
        return verdict == JUDGE_TRUSTED ? write_baseline(cli, collector) : refuse(cli, j, verdict);
}

static const struct cli_option options[] = {
        { "evidence", "FILE", "from cosima quote, of a boot that is known to be good", 0 },
        { "nonce", "HEX", "the number that the node was asked to quote with; without it the age of the evidence is not checked", 0 },
        { "out", "FILE", "where the baseline goes", CLI_REQUIRED },
        { "policy", "FILE", "without evidence: the policy that will be in the initramfs", 0 },
        SIGNED_OPTION_SIG,
        { "cert", "CERT", "without evidence: a certificate that is trusted, DER or PEM", CLI_REPEAT },
        { "disk", "FILE", "without evidence: an image of a disk that will be there", CLI_REPEAT },
        { "tree", "NAME=DIR", "without evidence: the files of a partition, with their owners and modes", CLI_REPEAT },
        { "mount", "NAME=DIR", "where a partition is mounted; COS_OEM at /oem, COS_PERSISTENT at /usr/local", CLI_REPEAT },
        { "ak", "FILE", "without evidence: the node's attestation key, as ak.pem in evidence", 0 },
        { "pcrs", "LIST", "without evidence: what the node will quote, as cosima quote --pcrs; default: 0-15", 0 },
        { "allow", "PATTERN", "files that may have any content", CLI_REPEAT },
        { "allow-from", "FILE", "such patterns, one a line", CLI_REPEAT },
        { "exclude", "PATTERN", "files of the trees that are not enrolled", CLI_REPEAT },
        { "exclude-from", "FILE", "such patterns, one a line", CLI_REPEAT },
        { "sector", "BYTES", "logical sector size of the disks in image files: 512 (the default) or 4096", 0 },
        { NULL, NULL, NULL, 0 },
};

const struct cli_command cmd_enroll = {
        .name = "enroll",
        .summary = "Make a baseline from the evidence of a good boot",
        .details = "The evidence is judged by itself first: a quote that does not verify, logs that do not replay, a failure: nothing is enrolled.\n"
                   "Without evidence the baseline is made from disk images and trees of files, before the first boot.\n"
                   "Patterns are whole paths with ?, * (not over a /) and **; one that could match everything is refused.",
        .example = "cosima enroll --evidence evidence.tar --nonce \"$(cat nonce)\" --out baseline.json\n"
                   "cosima enroll --policy policy --cert leaf.pem --disk disk.img --tree COS_OEM=oem/ --ak ak.pem --out baseline.json",
        .json = true,
        .options = options,
        .run = run_enroll,
};
