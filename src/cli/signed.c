/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and verifying a signed file. */
#include "cli/signed.h"

#include "cli/file.h"
#include "cli/print.h"
#include "trust/render.h"

static const char *find_sig_path(const struct cli *cli, const char *path)
{
        const char *given = cli_value(cli, "sig");
        size_t size = strlen(path) + sizeof(".sig");
        char *beside;

        if (given)
                return given;
        beside = cli_alloc(size);
        snprintf(beside, size, "%s.sig", path);
        return beside;
}

enum cli_exit signed_read(const struct cli *cli, const char *path, struct signed_file *ret_file)
{
        const char *cert;
        enum cli_exit status = file_read(cli, path, RENDER_BYTES_MAX, &ret_file->text);

        ret_file->path = path;
        ret_file->sig_path = find_sig_path(cli, path);
        if (status == CLI_OK)
                status = file_read(cli, ret_file->sig_path, 2 * SIG_BYTES_MAX, &ret_file->sig);
        while (status == CLI_OK && (cert = cli_value_at(cli, "cert", ret_file->cert_count)) != NULL) {
                if (ret_file->cert_count == SIG_CERTS_MAX)
                        return cli_fail(cli, CLI_USAGE, "--cert: %s", err_text(ERR_SIG_CERTS));
                ret_file->cert_paths[ret_file->cert_count] = cert;
                status = file_read(cli, cert, 2 * SIG_CERT_BYTES_MAX, &ret_file->certs[ret_file->cert_count++]);
        }
        return status;
}

enum err signed_verify(const struct signed_file *file, struct sig_signer *ret_signer)
{
        return sig_verify(file->sig, file->text, file->certs, file->cert_count, ret_signer);
}

const char *signed_blame(const struct signed_file *file)
{
        struct sig_cert cert;

        for (unsigned i = 0; i < file->cert_count; i++)
                if (sig_read_cert(file->certs[i], &cert) != ERR_OK)
                        return file->cert_paths[i];
        return file->sig_path;
}
