/* SPDX-License-Identifier: Apache-2.0 */
/* cosima policy verify: is this file signed by one of these certificates, as cosima-boot will judge it? */
#include <inttypes.h>

#include "cli/cmd_policy.h"
#include "cli/print.h"
#include "cli/signed.h"

#define JSON_BYTES (64u * 1024)

static const struct cli_option verify_options[] = {
        SIGNED_OPTION_SIG,
        SIGNED_OPTION_CERT,
        { NULL, NULL, NULL, 0 },
};

static bool is_verdict(enum err e)
{
        return e == ERR_SIG_NO_KEY || e == ERR_SIG_MISMATCH;
}

static void print_good(const struct cli *cli, const struct signed_file *in, const struct sig *sig, const struct sig_signer *signer,
                       const struct sig_cert *cert)
{
        printf("%s: signed by %s (%s %u bits, %s, key id %08" PRIx32 ", SPKI sha256 ", cli->arguments[0], in->cert_paths[signer->cert_index],
               cert->key_type, cert->key_bits, alg_info(sig->alg)->name, cert->key_id);
        print_hex(stdout, span_of(signer->spki_sha256, sizeof(signer->spki_sha256)));
        puts(")");
}

static enum cli_exit print_result(const struct cli *cli, const struct signed_file *in, const struct sig_signer *signer, enum err e)
{
        struct json_writer w = json_writer_on(cli_alloc(JSON_BYTES), JSON_BYTES);

        json_object_open(&w);
        if (e == ERR_OK) {
                json_put_text(&w, "cert", span_of_str(in->cert_paths[signer->cert_index]));
        } else {
                json_key(&w, "error");
                json_object_open(&w);
                json_put_str(&w, "code", err_name(e));
                json_put_text(&w, "file", span_of_str(signed_blame(in)));
                json_put_str(&w, "reason", err_text(e));
                json_object_close(&w);
        }
        json_put_text(&w, "file", span_of_str(cli->arguments[0]));
        if (e == ERR_OK)
                json_put_hex(&w, "spki_sha256", span_of(signer->spki_sha256, sizeof(signer->spki_sha256)));
        json_put_bool(&w, "valid", e == ERR_OK);
        json_object_close(&w);
        return print_json(cli, &w);
}

static enum cli_exit run_verify(const struct cli *cli)
{
        struct signed_file in = { 0 };
        struct sig_signer signer;
        struct sig_cert cert;
        struct sig sig;
        enum cli_exit status = signed_read(cli, cli->arguments[0], &in);
        enum err e;

        if (status != CLI_OK)
                return status;
        e = signed_verify(&in, &signer);
        if (cli->json) {
                status = print_result(cli, &in, &signer, e);
        } else if (e == ERR_OK) {
                e = sig_parse(in.sig, &sig);
                if (e == ERR_OK)
                        e = sig_read_cert(in.certs[signer.cert_index], &cert);
                if (e == ERR_OK)
                        print_good(cli, &in, &sig, &signer, &cert);
        } else {
                fprintf(stderr, "%s: %s\n", signed_blame(&in), err_text(e));
        }
        if (e != ERR_OK)
                return is_verdict(e) ? CLI_FAILED : CLI_USAGE;
        return status;
}

const struct cli_command cmd_policy_verify = {
        .name = "verify",
        .summary = "Verify the signature of a policy, or of rendered rules",
        .details = "Exit status 0: good; 1: not signed by any of the certificates; 2: a file is malformed or cannot be used.",
        .example = "cosima policy verify policy/kairos-grub --sig policy.sig --cert build/keys/leaf.pem",
        .arguments = "POLICY",
        .arguments_min = 1,
        .arguments_max = 1,
        .json = true,
        .options = verify_options,
        .run = run_verify,
};
