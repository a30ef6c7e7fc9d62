/* SPDX-License-Identifier: Apache-2.0 */
/* Quote first, logs after it. */
#include "cli/node.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/version.h"
#include "cli/file.h"
#include "cli/node_mounts.h"
#include "cli/pem.h"
#include "verify/baseline.h"

#define FILE_BYTES_MAX (4u * 1024 * 1024) /* what a verifier takes of one member (cli/archive.c) */
#define TRIES 16 /* IMA may extend PCR 10 between reading and quoting */
#define JSON_BYTES 65536
#define COPY_BYTES 65536
#define TAR_MEMBER_BYTES_MAX UINT64_C(077777777777) /* eleven octal digits */

/* ---- options ------------------------------------------------------------------------------------------------------------- */

/* A number up to 23 at *text, which moves behind it. */
static bool take_pcr(const char **text, unsigned *ret_pcr)
{
        char *end;
        unsigned long pcr = strtoul(*text, &end, 10);

        if (end == *text || **text < '0' || **text > '9' || pcr >= QUOTE_PCRS)
                return false;
        *text = end;
        *ret_pcr = (unsigned)pcr;
        return true;
}

/* "0-15", "0,2,15", up to the end or a '+'. */
static bool take_list(const char **text, uint32_t *ret_pcrs)
{
        do {
                unsigned first, last;

                if (!take_pcr(text, &first))
                        return false;
                last = first;
                if (**text == '-') {
                        ++*text;
                        if (!take_pcr(text, &last) || last < first)
                                return false;
                }
                for (unsigned pcr = first; pcr <= last; pcr++)
                        *ret_pcrs |= UINT32_C(1) << pcr;
        } while (**text == ',' && ++*text);
        return **text == '\0' || **text == '+';
}

static bool take_selection(const char **text, struct ports_selection *ret)
{
        size_t len = strcspn(*text, ":+");

        *ret = (struct ports_selection){ .alg = ALG_SHA256 };
        if ((*text)[len] == ':') {
                if (alg_by_name(span_of(*text, len), &ret->alg) != ERR_OK || ret->alg == ALG_SHA1)
                        return false;
                *text += len + 1;
        }
        return take_list(text, &ret->pcrs);
}

enum cli_exit node_parse_pcrs(const struct cli *cli, const char *text, struct node_request *ret_request)
{
        const char *at = text;
        unsigned count = 0;

        do {
                if (count == ALG_COUNT || !take_selection(&at, &ret_request->selections[count]))
                        return cli_fail(cli, CLI_USAGE, "--pcrs %s: not like 0-15 or sha256:0-15+sha384:15", text);
                for (unsigned i = 0; i < count; i++)
                        if (ret_request->selections[i].alg == ret_request->selections[count].alg)
                                return cli_fail(cli, CLI_USAGE, "--pcrs %s: a bank twice", text);
                count++;
        } while (*at++ == '+');
        ret_request->selection_count = count;
        return CLI_OK;
}

/* ---- files --------------------------------------------------------------------------------------------------------------- */

/* A file of any length, piece by piece; ret_bytes has data NULL when there is no such file. */
static enum err read_stream(const struct ports *p, const char *path, size_t max, struct span *ret_bytes)
{
        size_t cap = 65536, len = 0, got = 0;
        uint8_t *bytes = cli_alloc(cap);
        enum err e = p->stream_open(p->context, path);

        *ret_bytes = span_of(NULL, 0);
        if (e != ERR_OK)
                return e == ERR_FILE_ABSENT ? ERR_OK : e;
        while ((e = p->stream_read(p->context, bytes + len, cap - len, &got)) == ERR_OK && got > 0) {
                len += got;
                if (len < cap)
                        continue;
                if (cap >= max) {
                        e = ERR_FILE_LARGE;
                        break;
                }
                uint8_t *wider = cli_alloc(cap * 2);

                memcpy(wider, bytes, len);
                free(bytes);
                bytes = wider;
                cap *= 2;
        }
        p->stream_close(p->context);
        if (e == ERR_OK)
                *ret_bytes = span_of(bytes, len);
        return e;
}

enum cli_exit node_read_file(const struct cli *cli, const struct ports *p, const char *folder, const char *name, size_t max,
                             struct span *ret_bytes)
{
        char path[PORTS_PATH_MAX];
        int len = snprintf(path, sizeof(path), "%s%s%s", folder, *folder ? "/" : "", name);

        if (len < 0 || (size_t)len >= sizeof(path))
                return cli_fail(cli, CLI_USAGE, "%s: the path is too long", folder);

        enum err e = read_stream(p, path, max, ret_bytes);

        return e == ERR_OK ? CLI_OK : cli_fail(cli, CLI_FAILED, "%s: %s", path, err_text(e));
}

static void note_absence(const struct cli *cli, enum evidence_member member)
{
        fprintf(stderr, "%s: note: no %s here\n", cli->name, evidence_name(member));
}

static enum cli_exit read_logs(const struct cli *cli, const struct ports *p, const char *run, struct evidence *e)
{
        const struct {
                enum evidence_member member;
                const char *folder, *name;
                size_t max;
        } files[] = {
                { EVIDENCE_FIRMWARE, "", NODE_FIRMWARE_LOG, FILE_BYTES_MAX },
                { EVIDENCE_EVENTS, run, "events.cel", FILE_BYTES_MAX },
                { EVIDENCE_POLICY, run, "policy", FILE_BYTES_MAX },
                { EVIDENCE_POLICY_SIG, run, "policy.sig", FILE_BYTES_MAX },
                { EVIDENCE_SIGNER, run, "signer.crt", FILE_BYTES_MAX },
        };

        for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
                enum cli_exit status = node_read_file(cli, p, files[i].folder, files[i].name, files[i].max, &e->members[files[i].member]);

                if (status != CLI_OK)
                        return status;
                if (!e->members[files[i].member].data)
                        note_absence(cli, files[i].member);
        }
        return CLI_OK;
}

/* ---- TPM ----------------------------------------------------------------------------------------------------------------- */

static enum err read_pcrs(const struct ports *p, const struct ports_banks *banks, struct quote_bank *values)
{
        memset(values, 0, ALG_COUNT * sizeof(*values));
        for (unsigned pcr = 0; pcr < QUOTE_PCRS; pcr++) {
                struct digest_set set;

                TRY(p->tpm_pcr_read(p->context, pcr, banks, &set));
                for (unsigned i = 0; i < set.count; i++) {
                        struct quote_bank *bank = &values[set.digests[i].alg];

                        bank->values[pcr] = set.digests[i];
                        bank->pcrs |= UINT32_C(1) << pcr;
                }
        }
        return ERR_OK;
}

static bool belong_together(const struct ports_quote *q, const struct quote_bank *values)
{
        struct quote quote;
        struct quote_signature signature;

        return quote_parse(span_of(q->attest, q->attest_bytes), &quote) == ERR_OK &&
               quote_parse_signature(span_of(q->signature, q->signature_bytes), &signature) == ERR_OK &&
               quote_has_values(&quote, signature.alg, values);
}

/* PCR values and a quote of the same moment. */
static enum err quote_values(const struct ports *p, const struct ports_banks *banks, const struct ports_key *key,
                             const struct node_request *request, struct ports_quote *ret_quote, struct quote_bank *values)
{
        for (unsigned try = 0; try < TRIES; try++) {
                TRY(read_pcrs(p, banks, values));
                TRY(p->tpm_quote(p->context, key, request->nonce, request->selections, request->selection_count, ret_quote));
                if (belong_together(ret_quote, values))
                        return ERR_OK;
        }
        return ERR_NODE_UNSETTLED;
}

static enum err use_tpm(const struct ports *p, const struct node_request *request, struct ports_quote *ret_quote, struct quote_bank *values,
                        struct ports_key *ret_key, unsigned *ret_unknown)
{
        struct ports_banks banks;
        enum err e;

        TRY(p->tpm_banks(p->context, 0, &banks));
        for (unsigned i = 0; i < request->selection_count; i++) {
                bool there = false;

                for (unsigned k = 0; k < banks.count; k++)
                        there |= banks.algs[k] == request->selections[i].alg;
                if (!there)
                        return ERR_NODE_BANK;
        }
        *ret_unknown = banks.unknown;
        TRY(p->tpm_make_key(p->context, request->rsa, ret_key));
        e = quote_values(p, &banks, ret_key, request, ret_quote, values);
        if (p->tpm_drop_key(p->context, ret_key) != ERR_OK && e == ERR_OK)
                e = ERR_NODE_KEY;
        return e;
}

/* ---- evidence ------------------------------------------------------------------------------------------------------------ */

static struct span write_pcrs(const struct quote_bank *values)
{
        struct json_writer w = json_writer_on(cli_alloc(JSON_BYTES), JSON_BYTES);
        struct span text = span_of(NULL, 0);

        baseline_write_banks(&w, values);
        return json_writer_result(&w, &text) == ERR_OK ? text : span_of(NULL, 0);
}

static struct span write_meta(const struct ports *p, const struct node_request *request, unsigned unknown_banks)
{
        struct json_writer w = json_writer_on(cli_alloc(JSON_BYTES), JSON_BYTES);
        struct span text = span_of(NULL, 0);
        struct utsname machine;

        json_object_open(&w);
        if (request->ima_offset > 0)
                json_put_u64(&w, "ima_offset", request->ima_offset);
        json_put_str(&w, "kernel", uname(&machine) == 0 ? machine.release : "");
        json_key(&w, "mounts");
        node_mounts_write(&w, p, request->run);
        json_put_u64(&w, "time", (uint64_t)time(NULL));
        json_put_str(&w, "tool", "cosima " VERSION);
        json_put_u64(&w, "unknown_banks", unknown_banks);
        json_object_close(&w);
        return json_writer_result(&w, &text) == ERR_OK ? text : span_of(NULL, 0);
}

static struct span keep(const uint8_t *bytes, size_t len)
{
        return span_of(memcpy(cli_alloc(len), bytes, len), len);
}

enum cli_exit node_take_evidence(const struct cli *cli, const struct ports *p, const struct node_request *request,
                                 struct evidence *ret_evidence)
{
        struct quote_bank *values = cli_alloc(ALG_COUNT * sizeof(*values));
        struct evidence evidence = { 0 };
        struct ports_quote quote;
        struct ports_key key;
        unsigned unknown;
        enum cli_exit status;
        enum err e = p->tpm_open(p->context);

        if (e == ERR_OK) {
                e = use_tpm(p, request, &quote, values, &key, &unknown);
                p->tpm_close(p->context);
        }
        if (e != ERR_OK)
                return cli_fail(cli, CLI_FAILED, "%s", err_text(e));
        status = read_logs(cli, p, request->run, &evidence);
        if (status != CLI_OK)
                return status;
        evidence.members[EVIDENCE_QUOTE_MSG] = keep(quote.attest, quote.attest_bytes);
        evidence.members[EVIDENCE_QUOTE_SIG] = keep(quote.signature, quote.signature_bytes);
        evidence.members[EVIDENCE_AK] = pem_of_key(&key);
        evidence.members[EVIDENCE_PCRS] = write_pcrs(values);
        evidence.members[EVIDENCE_META] = write_meta(p, request, unknown);
        *ret_evidence = evidence;
        return CLI_OK;
}

/* ---- the IMA log --------------------------------------------------------------------------------------------------------- */

/* A log that is shorter than what is left out is that of another boot; the verifier sees that in the quote. */
static enum cli_exit copy_log(const struct cli *cli, const struct ports *p, uint64_t skip, int fd, const char *path, uint64_t *ret_size)
{
        uint8_t *buf = cli_alloc(COPY_BYTES);
        uint64_t size = 0;
        size_t got = 0, skipped;
        enum err e;

        while ((e = p->stream_read(p->context, buf, COPY_BYTES, &got)) == ERR_OK && got > 0) {
                skipped = skip < got ? (size_t)skip : got;
                skip -= skipped;
                if (!file_put(fd, span_of(buf + skipped, got - skipped)))
                        return cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
                size += got - skipped;
                if (size > TAR_MEMBER_BYTES_MAX) {
                        e = ERR_FILE_LARGE;
                        break;
                }
        }
        free(buf);
        *ret_size = size;
        return e == ERR_OK ? CLI_OK : cli_fail(cli, CLI_FAILED, "%s: %s", NODE_IMA_LOG, err_text(e));
}

/* The header tells the size, which nobody knows before the log has been read: it is written twice. */
static enum cli_exit write_member(const struct cli *cli, const struct ports *p, const struct node_request *request, int fd, const char *path,
                                  uint64_t *ret_bytes)
{
        static const uint8_t zeros[EVIDENCE_BLOCK_BYTES];
        uint8_t header[EVIDENCE_BLOCK_BYTES] = { 0 };
        off_t start = lseek(fd, 0, SEEK_CUR);
        uint64_t size = 0, padded;
        enum cli_exit status;

        if (start < 0 || !file_put(fd, span_of(header, sizeof(header))))
                return cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
        status = copy_log(cli, p, request->ima_offset, fd, path, &size);
        if (status != CLI_OK)
                return status;
        padded = evidence_padded(size);
        if (evidence_write_header(EVIDENCE_IMA, size, (uint64_t)time(NULL), header) != ERR_OK)
                return cli_fail(cli, CLI_FAILED, "%s: %s", NODE_IMA_LOG, err_text(ERR_FILE_LARGE));
        if (!file_put(fd, span_of(zeros, (size_t)(padded - size))) ||
            pwrite(fd, header, sizeof(header), start) != (ssize_t)sizeof(header))
                return cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
        *ret_bytes = sizeof(header) + padded;
        return CLI_OK;
}

enum cli_exit node_write_ima(const struct cli *cli, const struct ports *p, const struct node_request *request, int fd, const char *path,
                             uint64_t *ret_bytes)
{
        enum err e = p->stream_open(p->context, NODE_IMA_LOG);
        enum cli_exit status;

        *ret_bytes = 0;
        if (e == ERR_FILE_ABSENT) {
                note_absence(cli, EVIDENCE_IMA);
                return CLI_OK;
        }
        if (e != ERR_OK)
                return cli_fail(cli, CLI_FAILED, "%s: %s", NODE_IMA_LOG, err_text(e));
        status = write_member(cli, p, request, fd, path, ret_bytes);
        p->stream_close(p->context);
        return status;
}
