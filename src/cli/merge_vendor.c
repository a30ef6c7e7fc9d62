/* SPDX-License-Identifier: Apache-2.0 */
/* A vendor's part: verified, and put in the place of what was enrolled of its partition. */
#include <stdio.h>

#include "cli/case.h"
#include "cli/file.h"
#include "cli/merge.h"
#include "cli/print.h"
#include "trust/sig.h"
#include "verify/baseline_pins.h"

static enum cli_exit read_signature(const struct cli *cli, const char *path, struct span text)
{
        const char *cert_path = cli_value(cli, "vendor-cert"), *sig_path = cli_value(cli, "vendor-sig");
        size_t size = strlen(path) + sizeof(".sig");
        char *beside = cli_alloc(size);
        struct sig_signer signer;
        struct span sig, cert;
        enum cli_exit status;
        enum err e;

        if (!cert_path)
                return cli_fail(cli, CLI_USAGE, "--vendor needs --vendor-cert: whose part is it?");
        snprintf(beside, size, "%s.sig", path);
        status = file_read(cli, sig_path ? sig_path : beside, 2 * SIG_BYTES_MAX, &sig);
        if (status == CLI_OK)
                status = file_read(cli, cert_path, 2 * SIG_CERT_BYTES_MAX, &cert);
        if (status != CLI_OK)
                return status;
        e = sig_verify(sig, text, &cert, 1, &signer);
        return e == ERR_OK ? CLI_OK : cli_fail(cli, CLI_FAILED, "%s: is not signed by %s: %s", path, cert_path, err_text(e));
}

enum cli_exit merge_read_vendor(const struct cli *cli, struct vendor *ret_vendor)
{
        const char *path = cli_value(cli, "vendor"), *member;
        struct span text;
        enum cli_exit status = file_read(cli, path, BASELINE_BYTES_MAX, &text);
        size_t cap;
        enum err e;

        /* Nothing of it is looked at before it is known to be the vendor's. */
        if (status == CLI_OK)
                status = read_signature(cli, path, text);
        if (status != CLI_OK)
                return status;
        cap = BASELINE_FILES_CAP(text.len);
        e = vendor_read(text, cli_alloc(cap * sizeof(struct baseline_file)), cap, ret_vendor, &member);
        return e == ERR_OK ? CLI_OK : case_fail_text(cli, path, text, member, e);
}

static enum cli_exit refuse_file(const struct cli *cli, const struct vendor *v, struct span name)
{
        fprintf(stderr, "%s: %s: ", cli->name, cli_value(cli, "vendor"));
        print_escaped(stderr, name);
        fputs(" is no file of ", stderr);
        print_escaped(stderr, v->partition);
        fputc('\n', stderr);
        return CLI_FAILED;
}

enum cli_exit merge_check_vendor(const struct cli *cli, const struct vendor *v, const struct baseline *merged)
{
        const struct baseline_vendor *before = baseline_pins_vendor(merged, v->partition);
        const char *path = cli_value(cli, "vendor");

        if (!before || cli_flag(cli, "vendor-older"))
                return CLI_OK;
        if (!span_equal(before->name, v->name)) {
                fprintf(stderr, "%s: %s: is part \"", cli->name, path);
                print_escaped(stderr, v->name);
                fputs("\", and the baseline has \"", stderr);
                print_escaped(stderr, before->name);
                fputs("\" of that partition; --vendor-older takes it all the same\n", stderr);
                return CLI_FAILED;
        }
        if (v->version < before->version)
                return cli_fail(cli, CLI_FAILED, "%s: version %llu is older than version %llu, which the baseline has; --vendor-older takes it all the same",
                                path, (unsigned long long)v->version, (unsigned long long)before->version);
        return CLI_OK;
}

/* What was enrolled of the partition goes. */
static void drop_enrolled(const struct vendor *v, struct baseline *merged, struct merge_files *files)
{
        size_t kept = 0;
        unsigned count = 0;

        for (size_t i = 0; i < files->count; i++)
                if (!vendor_owns(merged, v->partition, files->entries[i].name))
                        files->entries[kept++] = files->entries[i];
        files->count = kept;
        for (unsigned i = 0; i < merged->content_count; i++)
                if (!vendor_owns_content(v->partition, merged->content[i]))
                        merged->content[count++] = merged->content[i];
        merged->content_count = count;
}

enum cli_exit merge_use_vendor(const struct cli *cli, const struct vendor *v, struct baseline *merged, struct merge_files *files)
{
        drop_enrolled(v, merged, files);
        for (size_t i = 0; i < v->file_count; i++) {
                if (!vendor_owns(merged, v->partition, v->files[i].name))
                        return refuse_file(cli, v, v->files[i].name);
                merge_add_file(files, &v->files[i], NULL, 0, 0);
        }
        for (unsigned i = 0; i < v->content_count; i++) {
                if (!vendor_owns_content(v->partition, v->content[i]))
                        return cli_fail(cli, CLI_FAILED, "%s: holds the content of another partition", cli_value(cli, "vendor"));
                if (merged->content_count == BASELINE_CONTENT_MAX)
                        return cli_fail(cli, CLI_FAILED, "%s: more contents than a baseline can hold", cli_value(cli, "vendor"));
                merged->content[merged->content_count++] = v->content[i];
        }
        /* Our PCR holds the content too, and the vendor's is another one each time. */
        merged->pcrs.count = 0;
        return CLI_OK;
}

enum cli_exit merge_vendor(const struct cli *cli, struct baseline **baseline)
{
        const struct baseline *const list[] = { *baseline };
        const char *const paths[] = { cli_value(cli, "baseline") };
        struct baseline *merged = cli_alloc(sizeof(*merged));
        struct vendor *vendor = cli_alloc(sizeof(*vendor));
        struct merge_files files;
        struct span text;
        enum cli_exit status = merge_read_vendor(cli, vendor);

        if (status == CLI_OK)
                status = merge_baselines(cli, list, paths, 1, merged, &files);
        if (status == CLI_OK)
                status = merge_use_vendor(cli, vendor, merged, &files);
        if (status != CLI_OK)
                return status;
        merge_sort(&files);
        status = merge_write(cli, merged, &files, &text);
        if (status == CLI_OK)
                status = case_parse_baseline(cli, paths[0], text, baseline);
        if (status == CLI_OK)
                (*baseline)->given = (struct baseline_vendor){ vendor->name, vendor->partition, vendor->version };
        return status;
}
