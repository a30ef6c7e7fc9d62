/* SPDX-License-Identifier: Apache-2.0 */
/* cosima quote: what this node shows of its boot, signed by its TPM. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/hex.h"
#include "cli/commands.h"
#include "cli/file.h"
#include "cli/node.h"
#include "cli/nonce.h"
#include "cli/print.h"
#include "port/machine.h"

#define JSON_BYTES 4096

static enum cli_exit print_done(const struct cli *cli, const struct evidence *e, uint64_t size)
{
        struct json_writer w = json_writer_on(cli_alloc(JSON_BYTES), JSON_BYTES);
        uint8_t ak[32];

        if (!cli->json || strcmp(cli_value(cli, "out"), "-") == 0)
                return CLI_OK;
        json_object_open(&w);
        if (quote_ak_sha256(e->members[EVIDENCE_AK], ak) == ERR_OK)
                json_put_hex(&w, "ak", span_of(ak, sizeof(ak)));
        json_put_u64(&w, "bytes", size);
        json_put_str(&w, "out", cli_value(cli, "out"));
        json_object_close(&w);
        return print_json(cli, &w);
}

/* An archive that is written. */
struct packing {
        const struct cli *cli;
        const struct ports *ports;
        const struct node_request *request;
        const struct evidence *evidence; /* all but the IMA log */
        uint64_t bytes;
};

static enum cli_exit pack(void *arg, int fd)
{
        static const uint8_t end[2 * EVIDENCE_BLOCK_BYTES];
        struct packing *p = arg;
        const char *out = cli_value(p->cli, "out");
        size_t size = evidence_size(p->evidence);
        uint64_t ima_bytes;
        struct span tar;
        enum cli_exit status;
        enum err e = evidence_write(p->evidence, (uint64_t)time(NULL), cli_alloc(size), size, &tar);

        if (e != ERR_OK)
                return cli_fail(p->cli, CLI_FAILED, "%s: %s", out, err_text(e));
        if (!file_put(fd, span_of(tar.data, tar.len - sizeof(end))))
                return cli_fail(p->cli, CLI_FAILED, "%s: %s", out, strerror(errno));
        status = node_write_ima(p->cli, p->ports, p->request, fd, out, &ima_bytes);
        if (status == CLI_OK && !file_put(fd, span_of(end, sizeof(end))))
                status = cli_fail(p->cli, CLI_FAILED, "%s: %s", out, strerror(errno));
        p->bytes = size + ima_bytes;
        return status;
}

static enum cli_exit take(const struct cli *cli, const struct ports *ports, const struct node_request *request)
{
        struct evidence evidence;
        struct packing packing = { cli, ports, request, &evidence, 0 };
        enum cli_exit status = node_take_evidence(cli, ports, request, &evidence);

        if (status == CLI_OK)
                status = file_write_by(cli, cli_value(cli, "out"), 0644, pack, &packing);
        return status == CLI_OK ? print_done(cli, &evidence, packing.bytes) : status;
}

static enum cli_exit read_offset(const struct cli *cli, uint64_t *ret_offset)
{
        const char *text = cli_value(cli, "ima-offset");
        char *end;

        if (!text)
                return CLI_OK;
        errno = 0;
        *ret_offset = strtoull(text, &end, 10);
        if (*text < '0' || *text > '9' || *end || errno != 0 || *ret_offset >> 53)
                return cli_fail(cli, CLI_USAGE, "--ima-offset %s: not a number of bytes", text);
        return CLI_OK;
}

static enum cli_exit run_quote(const struct cli *cli)
{
        struct machine *machine = cli_alloc(sizeof(*machine));
        struct ports ports = machine_ports(machine);
        struct node_request request = { .rsa = cli_flag(cli, "rsa"),
                                        .run = cli_value(cli, "run") ? cli_value(cli, "run") : "/run/cosima" };
        enum cli_exit status = nonce_parse(cli, cli_value(cli, "nonce"), &request.nonce);

        machine_add_quote(&ports);
        if (status == CLI_OK)
                status = read_offset(cli, &request.ima_offset);
        if (status == CLI_OK)
                status = node_parse_pcrs(cli, cli_value(cli, "pcrs") ? cli_value(cli, "pcrs") : "0-15", &request);
        if (status == CLI_OK)
                status = take(cli, &ports, &request);
        machine_close(machine);
        return status;
}

static const struct cli_option options[] = {
        { "nonce", "HEX", "a number of the verifier's, 8 to 64 bytes, never used before", CLI_REQUIRED },
        { "out", "FILE", "where the evidence goes, a tar archive", CLI_REQUIRED },
        { "pcrs", "LIST", "what is quoted: 0-15 (the default, in sha256), or sha256:0-15+sha384:0-15", 0 },
        { "rsa", NULL, "sign by a key of RSA 2048 (RSASSA), a key of its own, instead of ECDSA on P-256", 0 },
        { "ima-offset", "BYTES", "leave out so much of the IMA log, which cosima watch has judged before", 0 },
        { "run", "DIR", "where cosima-boot left its log and policy; default: /run/cosima", 0 },
        { NULL, NULL, NULL, 0 },
};

const struct cli_command cmd_quote = {
        .name = "quote",
        .summary = "Take a quote of this node and pack it with the logs",
        .details = "Needs the TPM (/dev/tpmrm0) and root. The attestation key is made once from the TPM's own seed, under the endorsement hierarchy, and\n"
                   "kept by the TPM as 0x810c0501 (with --rsa 0x810c0502). Where the owner has a password it is made each time, and is always the same.",
        .example = "cosima quote --nonce \"$(cat nonce)\" --out evidence.tar",
        .json = true,
        .options = options,
        .run = run_quote,
};
