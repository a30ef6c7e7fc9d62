/* SPDX-License-Identifier: Apache-2.0 */
/* The policy: read, verified, parsed; and read again for the handover. */
#include "boot/stages.h"

#include "base/json.h"

#define CERT_NAMES_BYTES 4096

/* ---- which PCR, when nothing can be trusted ------------------------------------------------------------------------------ */

static bool may_be_pcr(unsigned pcr)
{
        return pcr == 8 || pcr == 9 || (pcr >= 11 && pcr <= 15);
}

static bool is_blank(uint8_t c)
{
        return c == ' ' || c == '\t';
}

/* The value of a line "pcr N", perhaps with a comment behind it; 0 when the line is another. */
static unsigned pcr_of_line(struct span line)
{
        unsigned pcr = 0;
        size_t at = 4, digits = 0;

        if (line.len < 5 || memcmp(line.data, "pcr", 3) != 0 || !is_blank(line.data[3]))
                return 0;
        while (at < line.len && is_blank(line.data[at]))
                at++;
        for (; at < line.len && line.data[at] >= '0' && line.data[at] <= '9' && digits < 3; at++, digits++)
                pcr = pcr * 10 + (unsigned)(line.data[at] - '0');
        return at == line.len || is_blank(line.data[at]) ? pcr : 0;
}

unsigned trust_guess_pcr(struct span policy_text)
{
        while (policy_text.len > 0) {
                const uint8_t *end = memchr(policy_text.data, '\n', policy_text.len);
                size_t len = end ? (size_t)(end - policy_text.data) : policy_text.len;
                unsigned pcr = pcr_of_line(span_of(policy_text.data, len));

                if (may_be_pcr(pcr))
                        return pcr;
                len += end != NULL;
                policy_text = span_of(policy_text.data + len, policy_text.len - len);
        }
        return BOOT_DEFAULT_PCR;
}

unsigned trust_guess_pcr_of_machine(struct boot *b)
{
        static const char *const paths[] = { BOOT_RUN "/policy", BOOT_ETC "/policy" };
        struct span text;

        for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
                if (b->ports->file_read(b->ports->context, paths[i], b->policy_text, sizeof(b->policy_text), &text) == ERR_OK)
                        return trust_guess_pcr(text);
        return BOOT_DEFAULT_PCR;
}

/* ---- files --------------------------------------------------------------------------------------------------------------- */

/* Absent, too large and unreadable are three different things, and which file it was matters. */
static enum err read_file(struct boot *b, const char *path, uint8_t *buf, size_t cap, enum err absent, enum err large, struct span *ret_bytes)
{
        enum err e = b->ports->file_read(b->ports->context, path, buf, cap, ret_bytes);

        if (e == ERR_FILE_READ)
                text_add(&b->detail, path);
        return e == ERR_FILE_ABSENT ? absent : e == ERR_FILE_LARGE ? large : e;
}

static enum err read_cert(struct boot *b, struct span name)
{
        struct text path;

        if (b->cert_count == SIG_CERTS_MAX)
                return ERR_SIG_CERTS;
        text_begin(&path);
        text_add(&path, BOOT_ETC "/certs/");
        text_add_span(&path, name);
        TRY(read_file(b, path.buf, b->cert_text[b->cert_count], SIG_CERT_BYTES_MAX, ERR_BOOT_NO_CERTIFICATES, ERR_SIG_CERT_LONG,
                      &b->certs[b->cert_count]));
        b->cert_count++;
        return ERR_OK;
}

static enum err read_certs(struct boot *b)
{
        char names[CERT_NAMES_BYTES];
        struct span list;
        enum err e = b->ports->folder_list(b->ports->context, BOOT_ETC "/certs", names, sizeof(names), &list);

        if (e != ERR_OK)
                return e == ERR_FILE_ABSENT ? ERR_BOOT_NO_CERTIFICATES : e == ERR_FILE_LARGE ? ERR_SIG_CERTS : e;
        while (list.len > 0) {
                struct span name = span_until_nul(list);

                TRY(read_cert(b, name));
                list = span_sub(list, name.len + 1, list.len - name.len - 1);
        }
        return b->cert_count > 0 ? ERR_OK : ERR_BOOT_NO_CERTIFICATES;
}

/* ---- verify -------------------------------------------------------------------------------------------------------------- */

static enum err parse(struct boot *b, struct span text)
{
        struct policy_error error = { 0 };
        enum err e = policy_parse(text, &b->policy, &error);

        if (e != ERR_OK && error.line_no > 0) {
                text_add(&b->detail, "line ");
                text_add_u64(&b->detail, error.line_no);
                text_add(&b->detail, ": ");
                text_add_span(&b->detail, error.token);
        }
        return e;
}

enum err trust_verify_policy(struct boot *b)
{
        struct span text;

        TRY(read_file(b, BOOT_ETC "/policy", b->policy_text, sizeof(b->policy_text), ERR_BOOT_NO_POLICY, ERR_POLICY_LARGE, &text));
        b->pcr = trust_guess_pcr(text);
        TRY(read_file(b, BOOT_ETC "/policy.sig", b->policy_sig_text, sizeof(b->policy_sig_text), ERR_BOOT_NO_SIGNATURE, ERR_SIG_LONG,
                      &b->policy_sig));
        TRY(read_certs(b));
        TRY(sig_verify(b->policy_sig, text, b->certs, b->cert_count, &b->signer));
        TRY(parse(b, text));
        b->pcr = b->policy.pcr;
        b->trusted = true;
        return ERR_OK;
}

/* The member "sha256" of the policy event in the log that was read before. */
static enum err measured_sha256(struct boot *b, uint8_t *ret_sha256)
{
        struct cel_record record;
        struct span log;
        const struct ports *p = b->ports;

        TRY(p->file_read(p->context, BOOT_RUN "/events.cel", b->log_text, sizeof(b->log_text), &log));
        for (struct cel_reader r = cel_reader_on(log); !cel_done(&r);) {
                enum event_type type;
                yyjson_val *root;

                TRY(cel_next(&r, &record));
                TRY(event_type_of(record.content, &type));
                if (type != EVENT_POLICY)
                        continue;
                TRY(json_parse(record.content, b->state_pool, sizeof(b->state_pool), &root));
                return json_get_hex(root, "sha256", 32, ret_sha256);
        }
        return ERR_BOOT_NOT_MEASURED;
}

enum err trust_reread_policy(struct boot *b)
{
        struct digest digest;
        uint8_t sha256[32];
        struct span text;

        TRY(read_file(b, BOOT_RUN "/policy", b->policy_text, sizeof(b->policy_text), ERR_BOOT_POLICY_CHANGED, ERR_BOOT_POLICY_CHANGED, &text));
        TRY(measured_sha256(b, sha256));
        digest_of(ALG_SHA256, text, &digest);
        if (memcmp(digest.bytes, sha256, sizeof(sha256)) != 0)
                return ERR_BOOT_POLICY_CHANGED;
        TRY(parse(b, text));
        b->trusted = true;
        return ERR_OK;
}
