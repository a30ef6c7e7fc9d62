/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how to say what changed. */
#include "cli/explain.h"

#include "cli/print.h"
#include "cli/verdict.h"
#include "verify/field.h"

#define DIGEST_SHOWN 12 /* hexadecimal digits: enough to find it in a log */
#define VALUE_SHOWN 120

/* PC Client Platform Firmware Profile 1.06, section 3.3.4; Linux TPM PCR Registry (UAPI.7). */
static const char *const pcr_words[] = {
        [0] = "firmware",
        [1] = "firmware settings",
        [2] = "firmware of cards",
        [3] = "settings of cards",
        [4] = "boot loader",
        [5] = "settings of the boot loader, partition table",
        [6] = "resume events of the firmware",
        [7] = "Secure Boot keys and state",
        [8] = "boot loader commands, kernel command line",
        [9] = "files that the boot loader read, initrd",
        [11] = "unified kernel image",
};

const char *explain_pcr(unsigned pcr)
{
        return pcr < sizeof(pcr_words) / sizeof(pcr_words[0]) && pcr_words[pcr] ? pcr_words[pcr] : "nothing that is known";
}

static void print_value(FILE *out, struct span value)
{
        if (!value.data)
                fputs("nothing", out);
        else
                print_escaped(out, span_of(value.data, value.len < VALUE_SHOWN ? value.len : VALUE_SHOWN));
        if (value.len > VALUE_SHOWN)
                fputs("…", out);
}

static void print_change(FILE *out, const struct reason *r)
{
        fputc(' ', out);
        print_value(out, r->was);
        fputs(" -> ", out);
        print_value(out, r->now);
}

/* COS_PERSISTENT: ext4 mount options "" -> "noacl" (config) */
static void explain_field(FILE *out, const struct judge *j, const struct reason *r)
{
        char name[FIELD_NAME_BYTES];
        struct field f = field_of(j->events.storage, r->subject, r->field, name);

        print_escaped(out, r->subject);
        fputs(": ", out);
        if (f.type.data) {
                print_escaped(out, f.type);
                fputc(' ', out);
        }
        print_escaped(out, f.name);
        print_change(out, r);
        if (f.klass.data) {
                fputs(" (", out);
                print_escaped(out, f.klass);
                fputc(')', out);
        }
}

/* The beginning of "sha256:<hex>", or of "\"<hex>\"" as JSON has it. */
static void print_digest(FILE *out, struct span digest)
{
        size_t start = 0, len = digest.len;

        for (size_t i = 0; i < digest.len; i++)
                if (digest.data[i] == ':' || (i == 0 && digest.data[i] == '"'))
                        start = i + 1;
        len -= start + (start == 1);
        print_escaped(out, span_of(digest.data + start, len < DIGEST_SHOWN ? len : DIGEST_SHOWN));
        if (len > DIGEST_SHOWN)
                fputs("…", out);
}

static unsigned count_allowed(const struct judge *j, struct span path)
{
        const struct baseline *b = j->baseline;
        char *buf = cli_alloc(ALIAS_NAME_BYTES);
        const struct baseline_file *file;
        unsigned count = 0;
        struct span name;

        if (!b || alias_name(b->mounts, b->mount_count, path, buf, &name) != ERR_OK)
                return 0;
        file = baseline_find(b, name);
        if (file)
                (void)baseline_file_index(file, span_of(NULL, 0), &count);
        return count;
}

/* /usr/local/bin/agent: not the enrolled content (3 allowed, seen 9f2c…) first seen at IMA entry 812 */
static void explain_file(FILE *out, const struct judge *j, const struct reason *r)
{
        unsigned allowed = count_allowed(j, r->subject);

        print_escaped(out, r->subject);
        fprintf(out, ": %s", reason_text(r->code));
        if (r->now.len > 0) {
                fputs(" (", out);
                if (allowed > 0)
                        fprintf(out, "%u allowed, ", allowed);
                fputs("seen ", out);
                print_digest(out, r->now);
                fputc(')', out);
        }
        fprintf(out, " first seen at IMA entry %llu", (unsigned long long)r->number);
}

static void explain_content(FILE *out, const struct reason *r)
{
        print_escaped(out, r->subject);
        if (span_equal_str(r->field, "sha256") && r->was.len > 2 && r->now.len > 2) {
                fputs(": names, modes, owners or contents of files ", out);
                print_digest(out, r->was);
                fputs(" -> ", out);
                print_digest(out, r->now);
                return;
        }
        fputs(span_equal_str(r->field, "files") ? ": number of files and folders" : ": bytes in all files", out);
        print_change(out, r);
}

static const struct {
        enum reason_code code;
        void (*explain)(FILE *out, const struct judge *j, const struct reason *r);
} explained[] = {
        { REASON_STORAGE_FIELD, explain_field },   { REASON_FILE_CHANGED, explain_file },   { REASON_FILE_UNKNOWN, explain_file },
        { REASON_FILE_VIOLATION, explain_file },   { REASON_FILE_ROLLED_BACK, explain_file },
        { REASON_FILE_SIGNATURE, explain_file },
};

void explain_reason(FILE *out, const struct judge *j, const struct reason *r)
{
        if (r->code == REASON_CONTENT) {
                explain_content(out, r);
                return;
        }
        for (size_t i = 0; i < sizeof(explained) / sizeof(explained[0]); i++)
                if (explained[i].code == r->code) {
                        explained[i].explain(out, j, r);
                        return;
                }
        verdict_print_reason(out, r);
}

bool explain_is_repeated(const struct judge *j, unsigned reason)
{
        const struct reason *r = &j->reasons.kept[reason];

        for (unsigned i = 0; i < reason; i++) {
                const struct reason *before = &j->reasons.kept[i];

                if (before->code == r->code && span_equal(before->subject, r->subject) && span_equal(before->field, r->field) &&
                    span_equal(before->now, r->now))
                        return true;
        }
        return false;
}
