/* SPDX-License-Identifier: Apache-2.0 */
/* cosima baseline merge: images A and B, before and after an update, a vendor's part, files that are allowed by signature. */
#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "cli/case.h"
#include "cli/cmd_baseline.h"
#include "cli/file.h"
#include "cli/merge.h"
#include "cli/print.h"
#include "trust/sig.h"
#include "verify/baseline_pins.h"

#define INPUTS_MAX 16
#define JSON_BYTES 65536

/* Certificates as hexadecimal DER. */
static enum cli_exit add_certificates(const struct cli *cli, struct baseline *m)
{
        const char *path;

        for (unsigned i = 0; (path = cli_value_at(cli, "ima-cert", i)) != NULL; i++) {
                uint8_t *buf = cli_alloc(CERT_BYTES_MAX);
                struct span file, der;
                struct sig_cert described;
                enum cli_exit status = file_read(cli, path, CERT_BYTES_MAX, &file);
                enum err e;
                char *hex;

                if (status != CLI_OK)
                        return status;
                e = sig_read_cert(file, &described);
                if (e == ERR_OK)
                        e = cert_to_der(file, buf, &der);
                if (e == ERR_OK && (der.len > BASELINE_CERTIFICATE_BYTES_MAX || m->certificate_count == BASELINE_CERTIFICATES_MAX))
                        e = ERR_SIG_CERTS;
                if (e != ERR_OK)
                        return cli_fail(cli, CLI_USAGE, "%s: %s", path, err_text(e));
                hex = cli_alloc(2 * der.len + 1);
                hex_encode(der, hex);
                m->certificates[m->certificate_count++] = span_of(hex, 2 * der.len);
        }
        return CLI_OK;
}

static int compare_spans(const void *a, const void *b)
{
        return baseline_compare_names(*(const struct span *)a, *(const struct span *)b);
}

static enum cli_exit add_signed(const struct cli *cli, struct baseline *m)
{
        const char *path;

        for (unsigned i = 0; (path = cli_value_at(cli, "ima-sig", i)) != NULL; i++) {
                char *buf = cli_alloc(ALIAS_NAME_BYTES);
                struct span name;

                if (path[0] != '/' || strcmp(path, "/") == 0 || m->signed_count == BASELINE_SIGNED_MAX)
                        return cli_fail(cli, CLI_USAGE, "--ima-sig %s: a file, or a folder with a slash at its end", path);
                /* "/" at the end is part of the name here. */
                if (alias_name(m->mounts, m->mount_count, span_of_str(path), buf, &name) != ERR_OK)
                        return cli_fail(cli, CLI_USAGE, "--ima-sig %s: too long", path);
                m->signed_names[m->signed_count++] = name;
        }
        qsort(m->signed_names, m->signed_count, sizeof(struct span), compare_spans);
        if (m->signed_count > 0 && m->certificate_count == 0)
                return cli_fail(cli, CLI_USAGE, "--ima-sig needs --ima-cert: whose signature?");
        return CLI_OK;
}

static enum cli_exit read_all(const struct cli *cli, const struct baseline **ret_baselines)
{
        for (unsigned i = 0; i < cli->argument_count; i++) {
                struct baseline *b;
                struct span text;
                enum cli_exit status = file_read(cli, cli->arguments[i], BASELINE_BYTES_MAX, &text);

                if (status == CLI_OK)
                        status = case_parse_baseline(cli, cli->arguments[i], text, &b);
                if (status != CLI_OK)
                        return status;
                ret_baselines[i] = b;
        }
        return CLI_OK;
}

static enum cli_exit print_done(const struct cli *cli, const struct baseline *m)
{
        struct json_writer w = json_writer_on(cli_alloc(JSON_BYTES), JSON_BYTES);
        const char *out = cli_value(cli, "out");

        if (strcmp(out, "-") == 0)
                return CLI_OK;
        if (!cli->json) {
                printf("%s: %u merged, %zu files, %u boot chains\n", out, cli->argument_count, m->file_count, 1 + m->other_chain_count);
                return CLI_OK;
        }
        json_object_open(&w);
        json_put_u64(&w, "boot_chains", 1 + m->other_chain_count);
        json_put_u64(&w, "files", m->file_count);
        json_put_u64(&w, "merged", cli->argument_count);
        json_put_str(&w, "out", out);
        json_object_close(&w);
        return print_json(cli, &w);
}

/* The version is the least that this baseline takes from now on; --vendor-older sets it back. */
static enum cli_exit use_vendor(const struct cli *cli, const struct vendor *v, struct baseline *merged, struct merge_files *files)
{
        struct baseline_vendor part = { v->name, v->partition, v->version };
        enum cli_exit status = merge_check_vendor(cli, v, merged);

        if (status == CLI_OK)
                status = merge_use_vendor(cli, v, merged, files);
        if (status != CLI_OK)
                return status;
        for (unsigned i = 0; i < merged->vendor_count; i++)
                if (span_equal(merged->vendors[i].partition, part.partition))
                        merged->vendors[i] = part;
        return baseline_pins_add_vendor(merged, &part)
                       ? CLI_OK
                       : cli_fail(cli, CLI_FAILED, "%s: more parts of vendors than a baseline can hold", cli_value(cli, "vendor"));
}

static enum cli_exit run_merge(const struct cli *cli)
{
        const struct baseline **baselines = cli_alloc(INPUTS_MAX * sizeof(*baselines));
        struct baseline *merged = cli_alloc(sizeof(*merged)), *again;
        struct vendor *vendor = cli_alloc(sizeof(*vendor));
        struct merge_files files;
        struct span text;
        enum cli_exit status = read_all(cli, baselines);

        if (status == CLI_OK)
                status = merge_baselines(cli, baselines, (const char *const *)cli->arguments, cli->argument_count, merged, &files);
        if (status == CLI_OK && cli_value(cli, "vendor"))
                status = merge_read_vendor(cli, vendor);
        if (status == CLI_OK && cli_value(cli, "vendor"))
                status = use_vendor(cli, vendor, merged, &files);
        if (status == CLI_OK)
                status = add_certificates(cli, merged);
        if (status == CLI_OK)
                status = add_signed(cli, merged);
        if (status != CLI_OK)
                return status;
        merge_sort(&files);
        status = merge_write(cli, merged, &files, &text);
        /* What cannot be read again is not written. */
        if (status == CLI_OK)
                status = case_parse_baseline(cli, cli_value(cli, "out"), text, &again);
        if (status == CLI_OK)
                status = file_write(cli, cli_value(cli, "out"), 0644, text);
        return status == CLI_OK ? print_done(cli, again) : status;
}

static const struct cli_option options[] = {
        { "out", "FILE", "where the merged baseline goes", CLI_REQUIRED },
        MERGE_OPTION_VENDOR,
        MERGE_OPTION_VENDOR_SIG,
        MERGE_OPTION_VENDOR_CERT,
        { "vendor-older", NULL, "take the part though it is older than the one in the baseline, or of another name", 0 },
        { "ima-sig", "PATH", "a file, or a folder with / at its end, whose contents are allowed by IMA signature", CLI_REPEAT },
        { "ima-cert", "CERT", "who may sign these files, DER or PEM", CLI_REPEAT },
        { NULL, NULL, NULL, 0 },
};

const struct cli_command cmd_baseline_merge = {
        .name = "merge",
        .summary = "Make one baseline of several of the same machine",
        .details = "Give the oldest first: the order in which contents were allowed is kept, and `cosima verify` notices when an older one comes back\n"
                   "after a newer one. Files, walked contents and boot chains of all are allowed; machine, storage and the policy's signer must agree.\n"
                   "The baseline remembers the version of a vendor's part; an older one, which is signed as well, is not taken for it any more.",
        .example = "cosima baseline merge before.json after.json --out baseline.json\n"
                   "cosima baseline merge baseline.json --ima-sig /usr/local/bin/ --ima-cert build/keys/leaf.pem --out signed.json",
        .arguments = "BASELINE...",
        .arguments_min = 1,
        .arguments_max = INPUTS_MAX,
        .json = true,
        .options = options,
        .run = run_merge,
};
