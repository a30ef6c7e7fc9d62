/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Event 3: the IMA rules. They are rendered to the file systems just found and written line by line; a kernel that takes only what it verifies
 * itself gets them by path, with a signature that was made beforehand. That they are active is proved by reading a file that the first of them
 * matches (linux security/integrity/ima/ima_policy.c, ima_fs.c).
 */
#include "boot/record.h"
#include "boot/stages.h"

#define RULES_PATH BOOT_RUN "/rules"
#define HURRY_PATH "/sys/kernel/rcu_expedited"
#define BUSY_TRIES 4
#define BUSY_PAUSE_MS 100

/* ---- IMA's log ----------------------------------------------------------------------------------------------------------- */

/* Whoever looks at entries ends the walk by returning true. */
typedef bool (*entry_visit)(void *arg, const struct ima_entry *entry);

static enum err open_ima_log(struct boot *b)
{
        const struct ports *p = b->ports;

        if (p->stream_open(p->context, "/sys/kernel/security/ima/binary_runtime_measurements") == ERR_OK)
                return ERR_OK;
        return p->stream_open(p->context, "/sys/kernel/security/integrity/ima/binary_runtime_measurements");
}

/* Give all whole entries in ima_text[0..len) to visit, move the rest to its start. */
static enum err visit_entries(struct boot *b, size_t *len, entry_visit visit, void *arg, bool *ret_found)
{
        struct ima_entry entry;
        size_t at = 0, size;
        enum err e;

        while ((e = ima_parse_entry(span_of(b->ima_text + at, *len - at), ALG_SHA1, &entry, &size)) == ERR_OK) {
                at += size;
                if (visit(arg, &entry)) {
                        *ret_found = true;
                        return ERR_OK;
                }
        }
        memmove(b->ima_text, b->ima_text + at, *len - at);
        *len -= at;
        return e == ERR_IMA_ENDS && *len < sizeof(b->ima_text) ? ERR_OK : e;
}

/* Whether visit wants one of the entries. ERR_FILE_* without a log, ERR_IMA_* when it cannot be understood. */
static enum err find_entry(struct boot *b, entry_visit visit, void *arg, bool *ret_found)
{
        const struct ports *p = b->ports;
        size_t len = 0, n;
        bool found = false;
        enum err e;

        TRY(open_ima_log(b));
        do {
                e = p->stream_read(p->context, b->ima_text + len, sizeof(b->ima_text) - len, &n);
                if (e != ERR_OK)
                        break;
                len += n;
                e = visit_entries(b, &len, visit, arg, &found);
        } while (e == ERR_OK && !found && n > 0);
        p->stream_close(p->context);
        if (e == ERR_OK)
                *ret_found = found;
        return e;
}

/* The first entry decides: with a TPM the aggregate of the boot PCRs, without one zeros. */
static bool take_aggregate(void *arg, const struct ima_entry *entry)
{
        enum event_ima *state = arg;

        *state = span_is_zero(entry->hash) ? EVENT_IMA_TPM_BYPASS : EVENT_IMA_ACTIVE;
        return true;
}

enum event_ima rules_ima_state(struct boot *b)
{
        enum event_ima state = EVENT_IMA_ABSENT;
        bool found;

        return find_entry(b, take_aggregate, &state, &found) == ERR_OK ? state : EVENT_IMA_ABSENT;
}

/* ---- loading ------------------------------------------------------------------------------------------------------------- */

static enum err open_policy(const struct ports *p)
{
        enum err e = p->ima_open(p->context);

        for (unsigned i = 1; i < BUSY_TRIES && e == ERR_IMA_BUSY; i++) {
                p->sleep_ms(p->context, BUSY_PAUSE_MS);
                e = p->ima_open(p->context);
        }
        return e;
}

/* One write for one line: the kernel looks no further. After a refused line it forgets all of them. */
static enum err write_lines(struct boot *b)
{
        struct span rest = b->rules;
        unsigned line_no = 0;
        enum err e = ERR_OK;

        while (rest.len > 0 && e == ERR_OK) {
                const uint8_t *end = memchr(rest.data, '\n', rest.len);
                struct span line = span_of(rest.data, end ? (size_t)(end - rest.data) + 1 : rest.len);

                line_no++;
                e = b->ports->ima_write(b->ports->context, line);
                if (e != ERR_OK && e != ERR_IMA_DENIED) {
                        text_add(&b->detail, "line ");
                        text_add_u64(&b->detail, line_no);
                        text_add(&b->detail, ": ");
                        text_add_span(&b->detail, span_of(line.data, line.len - 1));
                }
                rest = span_of(line.data + line.len, rest.len - line.len);
        }
        return e;
}

static enum err load_text(struct boot *b)
{
        enum err e;

        TRY(open_policy(b->ports));
        e = write_lines(b);
        b->ports->ima_close(b->ports->context);
        if (e == ERR_OK)
                b->loaded = EVENT_LOAD_TEXT;
        return e;
}

/* The signed rules must be ours to the byte: a signature proves that somebody allowed them, not that they fit this machine. */
static enum err check_signed_rules(struct boot *b, struct span *ret_sig, struct span *ret_certificate)
{
        const struct ports *p = b->ports;
        struct sig_signer signer;
        struct span text, sig;
        enum err e = p->file_read(p->context, BOOT_ETC "/rules", b->signed_rules_text, sizeof(b->signed_rules_text), &text);

        if (e != ERR_OK)
                return e == ERR_FILE_ABSENT ? ERR_BOOT_NO_RULES : e == ERR_FILE_LARGE ? ERR_BOOT_RULES_DIFFER : e;
        if (!span_equal(text, b->rules))
                return ERR_BOOT_RULES_DIFFER;
        e = p->file_read(p->context, BOOT_ETC "/rules.sig", b->rules_sig_text, sizeof(b->rules_sig_text), &sig);
        if (e != ERR_OK)
                return e == ERR_FILE_ABSENT ? ERR_BOOT_RULES_UNSIGNED : e == ERR_FILE_LARGE ? ERR_SIG_SIZE : e;
        TRY(sig_verify(sig, text, b->certs, b->cert_count, &signer));
        *ret_sig = sig;
        *ret_certificate = b->certs[signer.cert_index];
        return ERR_OK;
}

/*
 * The kernel looks for the key in its trusted ring ".ima" where it has one: there our certificate must be signed by a key that is built in, or stand
 * there already. Elsewhere it asks for "_ima", which we make and close after use.
 */
static enum err load_by_path(struct boot *b, struct span sig, struct span certificate)
{
        const struct ports *p = b->ports;
        bool own_ring = false;
        enum err e, refused = ERR_OK;
        int32_t ring;

        TRY(p->file_set_xattr(p->context, RULES_PATH, "security.ima", sig));
        if (p->key_find_ring(p->context, ".ima", &ring) == ERR_OK) {
                refused = p->key_add(p->context, ring, certificate);
        } else {
                own_ring = true;
                TRY(p->key_make_ring(p->context, "_ima", &ring));
                TRY(p->key_add(p->context, ring, certificate));
        }
        TRY(open_policy(p));
        e = p->ima_write(p->context, span_of_str(RULES_PATH "\n"));
        p->ima_close(p->context);
        if (e != ERR_OK)
                return refused != ERR_OK ? refused : e == ERR_IMA_DENIED ? ERR_BOOT_RULES_REFUSED : e;
        if (own_ring)
                TRY(p->key_restrict(p->context, ring));
        b->loaded = EVENT_LOAD_PATH;
        return ERR_OK;
}

static enum err load_somehow(struct boot *b)
{
        enum err e = load_text(b);
        struct span sig, certificate;

        if (e != ERR_IMA_DENIED)
                return e;
        TRY(check_signed_rules(b, &sig, &certificate));
        return load_by_path(b, sig, certificate);
}

static bool hurry_is(struct boot *b, const char *text)
{
        struct span now;
        uint8_t buf[16];

        return b->ports->file_read(b->ports->context, HURRY_PATH, buf, sizeof(buf), &now) == ERR_OK && span_equal_str(now, text);
}

/*
 * Before it puts rules in force the kernel waits until no processor can still be reading the old ones: grace periods of RCU, 10 ms and more, which is
 * most of this stage. Told to hurry it waits for the same, but interrupts the processors instead of waiting until they come by (kernel-parameters.txt,
 * rcupdate.rcu_expedited). It is told so only here, and not where it is already, or has no such setting because it never waits.
 */
static enum err load(struct boot *b)
{
        const struct ports *p = b->ports;
        bool hurry = hurry_is(b, "0\n") && p->setting_write(p->context, HURRY_PATH, span_of_str("1\n")) == ERR_OK;
        enum err e = load_somehow(b);

        /* left alone when somebody else has set it meanwhile; when it cannot be undone nothing is lost but some power */
        if (hurry && hurry_is(b, "1\n"))
                (void)p->setting_write(p->context, HURRY_PATH, span_of_str("0\n"));
        return e;
}

/* ---- rules of others ----------------------------------------------------------------------------------------------------- */

static unsigned count(struct span rules, const char *word)
{
        const uint8_t *end = rules.data + rules.len, *at;
        unsigned n = 0;

        for (; (at = span_find(rules, word)); n++)
                rules = span_of(at + 1, (size_t)(end - at) - 1);
        return n;
}

/* What of a rule takes away from those behind it: an exception, another PCR (16 can be reset), a template without the file's name or hash. */
static bool weakens(struct span active, struct span ours)
{
        static const char words[][sizeof("template=")] = { "dont_", "pcr=", "template=" };

        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
                if (count(active, words[i]) != count(ours, words[i]))
                        return true;
        return false;
}

/*
 * Some kernels take rules at any time, and the first that matches decides: later ones cannot weaken ours, earlier ones can. These kernels show what
 * is active, though not letter by letter as it was written, so words are counted. One that takes rules again and shows none could hide any.
 */
static enum err check_earlier(struct boot *b)
{
        const struct ports *p = b->ports;
        struct span active;
        enum err e = p->file_read(p->context, "/sys/kernel/security/ima/policy", b->signed_rules_text, sizeof(b->signed_rules_text), &active);

        if (e == ERR_FILE_LARGE || (e == ERR_OK && weakens(active, b->rules)))
                return ERR_BOOT_EARLIER_RULES;
        if (e == ERR_OK || p->ima_open(p->context) != ERR_OK)
                return ERR_OK;
        p->ima_close(p->context);
        return ERR_BOOT_HIDDEN_RULES;
}

/* ---- receipt ------------------------------------------------------------------------------------------------------------- */

/* IMA names the hash it used, which need not be SHA-256. */
static bool is_receipt(void *arg, const struct ima_entry *entry)
{
        const struct span *receipt = arg;
        struct digest digest;
        enum alg alg;

        if (entry->kind != IMA_FILE || alg_by_name(entry->hash_name, &alg) != ERR_OK)
                return false;
        digest_of(alg, *receipt, &digest);
        return span_equal(entry->hash, digest_span(&digest));
}

/* Closing the policy file always succeeds, even when the kernel throws the rules away: only an entry in the log proves that they are active. */
static enum err prove(struct boot *b)
{
        const struct ports *p = b->ports;
        char text[RECEIPT_BYTES_MAX];
        uint8_t back[RECEIPT_BYTES_MAX];
        struct span receipt, read;
        bool found = false;

        TRY(receipt_write(b->policy_content, b->storage_content, b->rules_sha256, text, sizeof(text), &receipt));
        TRY(p->file_write(p->context, RECEIPT_PATH, RENDER_RECEIPT_OWNER, receipt));
        TRY(p->file_read(p->context, RECEIPT_PATH, back, sizeof(back), &read));
        if (find_entry(b, is_receipt, &receipt, &found) != ERR_OK || !found || !span_equal(read, receipt))
                return ERR_BOOT_RECEIPT;
        return ERR_OK;
}

/* ---- event --------------------------------------------------------------------------------------------------------------- */

static void say_rules(struct boot *b)
{
        struct text line;
        unsigned lines = 0;

        for (size_t i = 0; i < b->rules.len; i++)
                lines += b->rules.data[i] == '\n';
        text_begin(&line);
        text_add(&line, "ima-policy: ");
        text_add_u64(&line, lines);
        text_add(&line, " rules active, loaded as ");
        text_add(&line, event_load_text(b->loaded));
        b->ports->say(b->ports->context, line.buf);
}

static enum err render(struct boot *b)
{
        struct render_partition partitions[POLICY_PARTITIONS_MAX];
        struct digest digest;

        survey_render_partitions(&b->survey, partitions);
        TRY(render_rules(&b->policy, partitions, b->rules_text, sizeof(b->rules_text), &b->rules));
        digest_of(ALG_SHA256, b->rules, &digest);
        memcpy(b->rules_sha256, digest.bytes, sizeof(b->rules_sha256));
        return b->ports->file_write(b->ports->context, RULES_PATH, 0, b->rules);
}

enum err rules_measure(struct boot *b)
{
        struct event_ima_policy event = { .loaded = EVENT_LOAD_NONE };
        struct span content;
        enum err e = render(b);

        if (e == ERR_OK)
                e = load(b);
        if (e == ERR_OK)
                e = check_earlier(b);
        if (e == ERR_OK)
                e = prove(b);
        event.loaded = b->loaded;
        event.result = e;
        memcpy(event.sha256, b->rules_sha256, sizeof(event.sha256));
        TRY(event_write_ima_policy(&event, b->content_text, sizeof(b->content_text), &content));
        TRY(record_event(b, EVENT_IMA_POLICY, content));
        if (e == ERR_OK)
                say_rules(b);
        return e;
}
