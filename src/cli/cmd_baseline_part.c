/* SPDX-License-Identifier: Apache-2.0 */
/* cosima baseline part, cosima baseline sign: what a vendor says of his partition. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/case.h"
#include "cli/cmd_baseline.h"
#include "cli/file.h"
#include "cli/merge.h"
#include "cli/print.h"
#include "cli/sign.h"

#define FIXED_BYTES (2u * 1024 * 1024)

static enum cli_exit write_part(const struct cli *cli, const struct vendor *v, const struct merge_files *files)
{
        size_t size = FIXED_BYTES + files->text_bytes;
        char *buf = cli_alloc(size + 1);
        struct json_writer w = json_writer_on(buf, size);
        struct span text;
        enum err e;

        vendor_write(&w, v, files->entries, files->count);
        e = json_writer_result(&w, &text);
        if (e != ERR_OK)
                return cli_fail(cli, CLI_FAILED, "%s: %s", cli_value(cli, "out"), err_text(e));
        buf[text.len++] = '\n';
        return file_write(cli, cli_value(cli, "out"), 0644, text);
}

static enum cli_exit run_part(const struct cli *cli)
{
        struct vendor *v = cli_alloc(sizeof(*v));
        struct merge_files files = { .count = 0 };
        struct baseline *b;
        struct span text;
        char *end;
        enum cli_exit status = file_read(cli, cli->arguments[0], BASELINE_BYTES_MAX, &text);

        if (status == CLI_OK)
                status = case_parse_baseline(cli, cli->arguments[0], text, &b);
        if (status != CLI_OK)
                return status;
        v->name = span_of_str(cli_value(cli, "name"));
        v->partition = span_of_str(cli_value(cli, "partition"));
        v->version = strtoull(cli_value(cli, "version"), &end, 10);
        if (*end != '\0' || end == cli_value(cli, "version"))
                return cli_fail(cli, CLI_USAGE, "--version is a number");
        for (size_t i = 0; i < b->file_count; i++)
                if (vendor_owns(b, v->partition, b->files[i].name))
                        merge_add_file(&files, &b->files[i], NULL, 0, 0);
        for (unsigned i = 0; i < b->content_count; i++)
                if (vendor_owns_content(v->partition, b->content[i]))
                        v->content[v->content_count++] = b->content[i];
        if (files.count == 0 && v->content_count == 0)
                return cli_fail(cli, CLI_FAILED, "%s: holds nothing of %s", cli->arguments[0], cli_value(cli, "partition"));
        merge_sort(&files);
        return write_part(cli, v, &files);
}

static const struct cli_option part_options[] = {
        { "partition", "NAME", "the partition whose contents are the vendor's, COS_OEM", CLI_REQUIRED },
        { "name", "TEXT", "what the vendor calls it", CLI_REQUIRED },
        { "version", "NUMBER", "of the contents", CLI_REQUIRED },
        { "out", "FILE", "where the part goes", CLI_REQUIRED },
        { NULL, NULL, NULL, 0 },
};

const struct cli_command cmd_baseline_part = {
        .name = "part",
        .summary = "Take what a baseline says of one partition, for its vendor to sign",
        .details = "The part goes to whoever enrolls or verifies, as --vendor, and takes the place of what was enrolled of that partition.",
        .example = "cosima baseline part baseline.json --partition COS_OEM --name acme-oem --version 3 --out oem.json",
        .arguments = "BASELINE",
        .arguments_min = 1,
        .arguments_max = 1,
        .options = part_options,
        .run = run_part,
};

static enum cli_exit run_sign(const struct cli *cli)
{
        struct sign_request request = { .key_path = cli_value(cli, "key"), .cert_path = cli_value(cli, "cert"), .alg = ALG_SHA256 };
        const char *path = cli->arguments[0], *out = cli_value(cli, "out"), *member;
        struct vendor *v = cli_alloc(sizeof(*v));
        uint8_t buf[SIG_BYTES_MAX];
        struct span text, file;
        struct sig sig;
        enum cli_exit status = file_read(cli, path, BASELINE_BYTES_MAX, &text);
        size_t cap;
        enum err e;

        if (status != CLI_OK)
                return status;
        cap = BASELINE_FILES_CAP(text.len);
        e = vendor_read(text, cli_alloc(cap * sizeof(struct baseline_file)), cap, v, &member);
        if (e != ERR_OK)
                return case_fail_text(cli, path, text, member, e);
        status = sign_bytes(cli, &request, text, buf, &file, &sig);
        if (status == CLI_OK)
                status = file_write(cli, out, 0644, file);
        if (status == CLI_OK && strcmp(out, "-") != 0)
                printf("%s: %s, key id %08" PRIx32 "\n", out, alg_info(sig.alg)->name, sig.key_id);
        return status;
}

static const struct cli_option sign_options[] = {
        { "key", "KEY", "the vendor's private key, PEM or DER, without a password", CLI_REQUIRED },
        { "cert", "CERT", "its certificate: gives the key id", CLI_REQUIRED },
        { "out", "FILE", "where the signature goes, PART.sig by custom", CLI_REQUIRED },
        { NULL, NULL, NULL, 0 },
};

const struct cli_command cmd_baseline_sign = {
        .name = "sign",
        .summary = "Check a vendor's part and sign it",
        .details = "The signature is what `evmctl ima_sign --sigfile` writes, as for policies.",
        .example = "cosima baseline sign oem.json --key build/keys/leaf.key --cert build/keys/leaf.pem --out oem.json.sig",
        .arguments = "PART",
        .arguments_min = 1,
        .arguments_max = 1,
        .options = sign_options,
        .run = run_sign,
};
