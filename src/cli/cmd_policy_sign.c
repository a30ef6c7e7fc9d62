/* SPDX-License-Identifier: Apache-2.0 */
/* cosima policy sign: only what has passed the check is signed. */
#include <inttypes.h>

#include "cli/cmd_policy.h"
#include "cli/file.h"
#include "cli/print.h"
#include "cli/sign.h"
#include "trust/render.h"

#define JSON_BYTES (16u * 1024)

/* Rules are a rendering: the receipt's rule, then rules without partition=. */
static enum cli_exit check_rules(const char *path, struct span text)
{
        struct policy_error error = { .line_no = 1, .code = ERR_RENDER_FORM };
        struct span lines = text, receipt = span_of_str(RENDER_RECEIPT_RULE "\n");
        struct rules_rule rule;

        if (span_equal(span_sub(text, 0, receipt.len), receipt)) {
                lines = span_sub(text, receipt.len, text.len - receipt.len);
                error.code = ERR_OK;
        }
        while (error.code == ERR_OK && lines.len != 0) {
                const uint8_t *end = memchr(lines.data, '\n', lines.len);
                size_t len = end ? (size_t)(end - lines.data) : lines.len;

                error.line_no++;
                error.code = end ? rules_parse(span_sub(lines, 0, len), RULES_KERNEL_7_2, &rule, &error.token) : ERR_POLICY_LINE_END;
                if (error.code == ERR_OK && rule.token.len != 0)
                        error.code = ERR_RENDER_FORM;
                lines = end ? span_sub(lines, len + 1, lines.len - len - 1) : span_of(NULL, 0);
        }
        if (error.code == ERR_OK)
                return CLI_OK;
        cmd_policy_refuse(path, &error);
        return CLI_FAILED;
}

static enum cli_exit print_signed(const struct cli *cli, const char *out, const struct sig *sig)
{
        uint8_t id[4] = { (uint8_t)(sig->key_id >> 24), (uint8_t)(sig->key_id >> 16), (uint8_t)(sig->key_id >> 8), (uint8_t)sig->key_id };
        struct json_writer w = json_writer_on(cli_alloc(JSON_BYTES), JSON_BYTES);

        if (!cli->json) {
                printf("%s: %s, key id %08" PRIx32 "\n", out, alg_info(sig->alg)->name, sig->key_id);
                return CLI_OK;
        }
        json_object_open(&w);
        json_put_str(&w, "hash", alg_info(sig->alg)->name);
        json_put_hex(&w, "key_id", span_of(id, sizeof(id)));
        json_put_text(&w, "signature", span_of_str(out));
        json_object_close(&w);
        return print_json(cli, &w);
}

static enum cli_exit run_sign(const struct cli *cli)
{
        struct sign_request request = {
                .key_path = cli_value(cli, "key"), .raw_path = cli_value(cli, "raw"), .cert_path = cli_value(cli, "cert"), .alg = ALG_SHA256
        };
        const char *path = cli->arguments[0], *hash = cli_value(cli, "hash"), *out = cli_value(cli, "out");
        uint8_t buf[SIG_BYTES_MAX];
        struct policy policy;
        struct span file;
        struct sig sig;
        enum cli_exit status;

        if (hash && (alg_by_name(span_of_str(hash), &request.alg) != ERR_OK || request.alg == ALG_SHA1))
                return cli_fail(cli, CLI_USAGE, "--hash is sha256, sha384 or sha512");
        if (!request.key_path == !request.raw_path)
                return cli_fail(cli, CLI_USAGE, "one of --key and --raw must be given");
        if (request.raw_path && !request.cert_path)
                return cli_fail(cli, CLI_USAGE, "--raw needs --cert");
        if (cli_flag(cli, "rules")) {
                status = file_read(cli, path, RENDER_BYTES_MAX, &file);
                policy.text = file;
                if (status == CLI_OK)
                        status = check_rules(path, file);
        } else {
                status = cmd_policy_load(cli, path, &policy);
        }
        if (status == CLI_OK)
                status = sign_bytes(cli, &request, policy.text, buf, &file, &sig);
        if (status == CLI_OK)
                status = file_write(cli, out, 0644, file);
        return status == CLI_OK ? print_signed(cli, out, &sig) : status;
}

static const struct cli_option sign_options[] = {
        { "key", "KEY", "private key, PEM or DER, without a password", 0 },
        { "raw", "FILE", "instead of a key: what an HSM signed, RSA PKCS#1 v1.5 or ECDSA in DER; needs --cert", 0 },
        { "cert", "CERT", "its certificate: gives the key id that a kernel looks for", 0 },
        { "out", "FILE", "where the signature goes, POLICY.sig by custom", CLI_REQUIRED },
        { "hash", "ALG", "sha256 (the default), sha384 or sha512", 0 },
        { "rules", NULL, "the file holds rules as `policy render` prints them, not a policy", 0 },
        { NULL, NULL, NULL, 0 },
};

const struct cli_command cmd_policy_sign = {
        .name = "sign",
        .summary = "Check a policy and sign it",
        .details = "The signature is what `evmctl ima_sign --sigfile` writes, and what a kernel reads as security.ima.",
        .example = "cosima policy sign policy/kairos-grub --key build/keys/leaf.key --cert build/keys/leaf.pem --out policy.sig",
        .arguments = "POLICY",
        .arguments_min = 1,
        .arguments_max = 1,
        .json = true,
        .options = sign_options,
        .run = run_sign,
};
