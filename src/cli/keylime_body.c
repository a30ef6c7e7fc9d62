/* SPDX-License-Identifier: Apache-2.0 */
/* Turns the members of an evidence archive into the texts that Keylime reads. */
#include "cli/keylime_body.h"

#include <stdio.h>

#include "cli/base64.h"
#include "log/export.h"
#include "verify/keylime.h"

enum cli_exit keylime_body_boot_log(const struct cli *cli, const struct evidence *evidence, struct span *ret_log)
{
        struct span firmware = evidence->members[EVIDENCE_FIRMWARE], events = evidence->members[EVIDENCE_EVENTS];
        size_t cap = firmware.len + events.len + TCG_HEADER_BYTES_MAX, size;
        uint8_t *buf = cli_alloc(cap);
        enum err e = export_tcg(firmware, events, buf, cap, &size);

        *ret_log = span_of(NULL, 0);
        if (e == ERR_TCG_EMPTY)
                return CLI_OK;
        if (e != ERR_OK)
                return cli_fail(cli, CLI_USAGE, "the boot log: %s", err_text(e));
        *ret_log = span_of(buf, size);
        return CLI_OK;
}

/* "r<quote>:<signature>:<PCR values>" */
static enum err make_quote(const struct evidence *evidence, char **ret_text, struct span *ret_nonce, const char **ret_hash)
{
        struct quote_bank *banks = cli_alloc(ALG_COUNT * sizeof(*banks));
        uint8_t pcrs[KEYLIME_PCRS_BYTES(3)];
        struct quote_signature signature;
        struct quote quote;
        struct span values = evidence->members[EVIDENCE_PCRS], texts[3];
        size_t len, cap;

        TRY(quote_parse(evidence->members[EVIDENCE_QUOTE_MSG], &quote));
        TRY(quote_parse_signature(evidence->members[EVIDENCE_QUOTE_SIG], &signature));
        if (values.len > 0 && values.data[values.len - 1] == '\n')
                values.len--;
        TRY(canon_check(values));
        TRY(baseline_read_banks(values, banks));
        TRY(keylime_write_pcrs(&quote, signature.alg, banks, pcrs, sizeof(pcrs), &len));
        texts[0] = base64_encode(evidence->members[EVIDENCE_QUOTE_MSG]);
        texts[1] = base64_encode(evidence->members[EVIDENCE_QUOTE_SIG]);
        texts[2] = base64_encode(span_of(pcrs, len));
        cap = texts[0].len + texts[1].len + texts[2].len + 8;
        *ret_text = cli_alloc(cap);
        snprintf(*ret_text, cap, "r%s:%s:%s", (const char *)texts[0].data, (const char *)texts[1].data, (const char *)texts[2].data);
        *ret_nonce = base64_encode(quote.extra_data);
        *ret_hash = alg_info(signature.alg)->name;
        return ERR_OK;
}

/* The log as the kernel prints it. No line is longer than what its entry allows. */
static enum err make_list(struct span ima, struct span *ret_text)
{
        struct ima_reader reader = ima_reader_on(ima, ALG_SHA1);
        size_t cap = 0, len = 0, added;
        struct ima_entry entry;
        char *text;

        while (!ima_done(&reader)) {
                TRY(ima_next(&reader, &entry));
                cap += KEYLIME_LINE_BYTES(entry.data.len);
        }
        text = cli_alloc(cap + 1);
        reader = ima_reader_on(ima, ALG_SHA1);
        while (!ima_done(&reader)) {
                TRY(ima_next(&reader, &entry));
                TRY(keylime_write_line(&entry, text + len, &added));
                len += added;
        }
        *ret_text = span_of(text, len);
        return json_is_utf8(*ret_text) ? ERR_OK : ERR_KEYLIME_NAME_UTF8;
}

static enum err make_body(const struct evidence *evidence, struct span boot_log, const struct keylime_policies *policies, struct span *ret_body)
{
        uint8_t ak[KEYLIME_AK_BYTES_MAX];
        struct span list, nonce, mb_log = base64_encode(boot_log), key;
        struct json_writer w;
        const char *hash;
        size_t len, cap;
        char *quote;

        TRY(make_quote(evidence, &quote, &nonce, &hash));
        TRY(make_list(evidence->members[EVIDENCE_IMA], &list));
        TRY(keylime_write_ak(evidence->members[EVIDENCE_AK], ak, &len));
        key = base64_encode(span_of(ak, len));
        cap = 65536 + 6 * (policies->runtime.len + policies->tpm.len + list.len) + mb_log.len + strlen(quote);
        w = json_writer_on(cli_alloc(cap), cap);
        json_object_open(&w);
        json_put_object(&w, "data");
        json_put_str(&w, "hash_alg", hash);
        json_put_text(&w, "ima_measurement_list", list);
        if (boot_log.len > 0) {
                json_put_text(&w, "mb_log", mb_log);
                json_put_text(&w, "mb_policy", policies->mb);
        }
        json_put_text(&w, "nonce", nonce);
        json_put_str(&w, "quote", quote);
        json_put_text(&w, "runtime_policy", policies->runtime);
        json_put_text(&w, "tpm_ak", key);
        json_put_text(&w, "tpm_ek", key); /* must be there, is not looked at */
        json_put_text(&w, "tpm_policy", policies->tpm);
        json_object_close(&w);
        json_put_str(&w, "type", "tpm");
        json_object_close(&w);
        return json_writer_result(&w, ret_body);
}

enum cli_exit keylime_body_make(const struct cli *cli, const struct evidence *evidence, struct span boot_log,
                                const struct keylime_policies *policies, struct span *ret_body)
{
        enum err e = make_body(evidence, boot_log, policies, ret_body);

        return e == ERR_OK ? CLI_OK : cli_fail(cli, CLI_USAGE, "%s: %s", cli_value(cli, "evidence"), err_text(e));
}
