/* SPDX-License-Identifier: Apache-2.0 */
/* cosima export keylime: a baseline as the policies and commands of a stock Keylime. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cli/base64.h"
#include "cli/case.h"
#include "cli/cmd_export.h"
#include "cli/file.h"
#include "cli/keylime_body.h"
#include "cli/keylime_check.h"
#include "cli/keylime_texts.h"
#include "cli/sign.h"

#define PAYLOAD_TYPE "application/vnd.keylime+json"

/* Any policy that is not empty makes Keylime's accept-all replay the boot log to the quoted PCRs. */
#define MB_POLICY "{\"cosima\":1}"

static enum cli_exit write_member(const struct cli *cli, const char *name, unsigned mode, struct span bytes)
{
        char path[4096];
        int len = snprintf(path, sizeof(path), "%s/%s", cli_value(cli, "out"), name);

        if (len < 0 || (size_t)len >= sizeof(path))
                return cli_fail(cli, CLI_USAGE, "--out: the path is too long");
        return file_write(cli, path, mode, bytes);
}

static enum cli_exit make_folder(const struct cli *cli)
{
        const char *out = cli_value(cli, "out");

        if (mkdir(out, 0755) != 0 && errno != EEXIST)
                return cli_fail(cli, CLI_FAILED, "%s: %s", out, strerror(errno));
        return CLI_OK;
}

static enum cli_exit make_runtime(const struct cli *cli, const struct keylime_files *files, struct span *ret_text)
{
        struct keylime_runtime runtime = { files->entries, files->count, files->excludes, files->exclude_count };
        size_t cap = 65536 + 2 * files->text_bytes;
        struct json_writer w;
        enum err e;

        for (unsigned i = 0; i < files->exclude_count; i++)
                cap += 8 * files->excludes[i].len;
        w = json_writer_on(cli_alloc(cap), cap);
        keylime_write_runtime(&w, &runtime);
        e = json_writer_result(&w, ret_text);
        return e == ERR_OK ? CLI_OK : cli_fail(cli, CLI_FAILED, "the runtime policy: %s", err_text(e));
}

/* The baselines given, the first one as the argument. */
struct given {
        const struct baseline *baselines[KEYLIME_BASELINES_MAX];
        unsigned count;
};

static enum cli_exit make_tpm(const struct cli *cli, const struct given *given, struct span *ret_text)
{
        size_t cap = 65536;
        struct json_writer w = json_writer_on(cli_alloc(cap), cap);
        enum err e;

        keylime_write_tpm(&w, given->baselines, given->count, cli_flag(cli, "boot-chain"));
        e = json_writer_result(&w, ret_text);
        return e == ERR_OK ? CLI_OK : cli_fail(cli, CLI_FAILED, "the tpm_policy: %s", err_text(e));
}

/* DSSE (secure-systems-lab/dsse 1.0): the signature is over "DSSEv1 <length> <type> <length> <payload>". */
static enum cli_exit write_signed(const struct cli *cli, struct span payload)
{
        size_t cap = payload.len + 128, len = (size_t)snprintf(NULL, 0, "DSSEv1 %zu %s %zu ", strlen(PAYLOAD_TYPE), PAYLOAD_TYPE, payload.len);
        char *pae = cli_alloc(cap);
        struct sign_ecdsa sign;
        struct span text, pem;
        struct digest digest;
        struct json_writer w;
        enum cli_exit status;

        snprintf(pae, cap, "DSSEv1 %zu %s %zu ", strlen(PAYLOAD_TYPE), PAYLOAD_TYPE, payload.len);
        memcpy(pae + len, payload.data, payload.len);
        status = sign_ecdsa(cli, cli_value(cli, "sign-key"), span_of(pae, len + payload.len), &sign);
        if (status != CLI_OK)
                return status;
        pem = base64_pem(span_of(sign.spki, sign.spki_len), "PUBLIC KEY");
        digest_of(ALG_SHA256, pem, &digest);
        cap = 2 * payload.len + 8192;
        w = json_writer_on(cli_alloc(cap), cap);
        json_object_open(&w);
        json_put_text(&w, "payload", base64_encode(payload));
        json_put_str(&w, "payloadType", PAYLOAD_TYPE);
        json_key(&w, "signatures");
        json_array_open(&w);
        json_object_open(&w);
        json_put_hex(&w, "keyid", digest_span(&digest));
        json_put_text(&w, "sig", base64_encode(span_of(sign.signature, sign.signature_len)));
        json_object_close(&w);
        json_array_close(&w);
        json_object_close(&w);
        if (json_writer_result(&w, &text) != ERR_OK)
                return cli_fail(cli, CLI_FAILED, "the signed policy: %s", err_text(ERR_NO_SPACE));
        status = write_member(cli, "runtime-policy.dsse.json", 0644, text);
        return status == CLI_OK ? write_member(cli, "runtime-policy.pub", 0644, pem) : status;
}

static enum cli_exit write_evidence(const struct cli *cli, const struct keylime_policies *policies)
{
        struct judge *j = case_new();
        enum cli_exit status = case_read_evidence(cli, cli_value(cli, "evidence"), j);
        struct span log = { NULL, 0 }, body = { NULL, 0 };

        if (status == CLI_USAGE)
                return cli_fail(cli, CLI_USAGE, "%s: %s", cli_value(cli, "evidence"), err_text(j->reasons.kept[0].error));
        if (status == CLI_OK)
                status = keylime_body_boot_log(cli, &j->evidence, &log);
        if (status == CLI_OK && log.len > 0)
                status = write_member(cli, "boot-log.bin", 0644, log);
        if (status == CLI_OK)
                status = keylime_body_make(cli, &j->evidence, log, policies, &body);
        return status == CLI_OK ? write_member(cli, "verify-evidence.json", 0644, body) : status;
}

static enum cli_exit write_all(const struct cli *cli, const struct given *given, struct span runtime)
{
        const struct baseline *baseline = given->baselines[0];
        struct keylime_policies policies = { .runtime = runtime, .mb = span_of_str(MB_POLICY) };
        enum cli_exit status = make_tpm(cli, given, &policies.tpm);

        if (status == CLI_OK)
                status = make_folder(cli);
        if (status == CLI_OK)
                status = write_member(cli, "runtime-policy.json", 0644, policies.runtime);
        if (status == CLI_OK)
                status = write_member(cli, "tpm-policy.json", 0644, policies.tpm);
        if (status == CLI_OK)
                status = write_member(cli, "mb-policy.json", 0644, policies.mb);
        if (status == CLI_OK)
                status = write_member(cli, "agent.conf", 0644, keylime_text_agent(baseline));
        if (status == CLI_OK)
                status = write_member(cli, "enroll.sh", 0755, keylime_text_enroll(cli, baseline));
        if (status == CLI_OK && cli_value(cli, "sign-key"))
                status = write_signed(cli, policies.runtime);
        if (status == CLI_OK && cli_value(cli, "evidence"))
                status = write_evidence(cli, &policies);
        return status;
}

static enum cli_exit read_one(const struct cli *cli, const char *path, struct given *given)
{
        struct judge *j = case_new();
        enum cli_exit status;

        if (given->count == KEYLIME_BASELINES_MAX)
                return cli_fail(cli, CLI_USAGE, "more than %d baselines", KEYLIME_BASELINES_MAX);
        status = case_read_baseline(cli, path, j);
        if (status != CLI_OK)
                return status;
        given->baselines[given->count++] = j->baseline;
        if (j->baseline->pcr != given->baselines[0]->pcr)
                return cli_fail(cli, CLI_USAGE, "%s: its policy measures into PCR %u, the first one's into PCR %u", path, j->baseline->pcr,
                                given->baselines[0]->pcr);
        return CLI_OK;
}

static enum cli_exit read_all(const struct cli *cli, struct given *given)
{
        enum cli_exit status = read_one(cli, cli->arguments[0], given);
        const char *path;

        for (unsigned i = 0; status == CLI_OK && (path = cli_value_at(cli, "also", i)); i++)
                status = read_one(cli, path, given);
        return status;
}

static enum cli_exit run_keylime(const struct cli *cli)
{
        struct given given = { .count = 0 };
        struct keylime_files *files = cli_alloc(sizeof(*files));
        struct span runtime = { NULL, 0 };
        enum cli_exit status = read_all(cli, &given);

        if (status == CLI_OK && !cli_flag(cli, "check") && !cli_value(cli, "out"))
                return cli_fail(cli, CLI_USAGE, "one of these options is needed: --out, --check");
        if (status == CLI_OK)
                status = keylime_files_collect(cli, given.baselines, given.count, files);
        if (status == CLI_OK)
                status = make_runtime(cli, files, &runtime);
        if (status == CLI_OK && cli_flag(cli, "check"))
                status = keylime_check(cli, given.baselines[0], files, runtime.len);
        else if (status == CLI_OK && files->refused > 0)
                return cli_fail(cli, CLI_FAILED, "%zu names cannot be carried: nothing written", files->refused);
        return status == CLI_OK && cli_value(cli, "out") ? write_all(cli, &given, runtime) : status;
}

static const struct cli_option options[] = {
        { "out", "DIR", "where the files go", 0 },
        { "check", NULL, "say what will not work, before anything is enrolled", 0 },
        { "sign-key", "FILE", "an EC key on P-256: the policy also in its signed form (DSSE), and the public key", 0 },
        { "evidence", "FILE", "also the body of POST /v2.5/verify/evidence for this boot, and its boot log", 0 },
        { "name", "NAME", "what Keylime shall call the policy; default: the name and version of the signed policy", 0 },
        { "boot-chain", NULL, "the PCRs of the boot chain too, as this one baseline has them", 0 },
        { "also", "BASELINE", "allow what this baseline has too, files and PCR values: other nodes, or the state after an update", CLI_REPEAT },
        KEYLIME_FILES_OPTIONS,
        KEYLIME_CHECK_OPTIONS,
        { NULL, NULL, NULL, 0 },
};

const struct cli_command cmd_export_keylime = {
        .name = "keylime",
        .summary = "Write what a stock Keylime needs to attest these nodes",
        .details = "In DIR: runtime-policy.json, tpm-policy.json, mb-policy.json, agent.conf (a drop-in for the node), enroll.sh (the commands).",
        .example = "cosima export keylime baseline.json --sign-key policy.key --exclude /oem/grubenv --out keylime",
        .arguments = "BASELINE",
        .arguments_min = 1,
        .arguments_max = 1,
        .options = options,
        .run = run_keylime,
};
