/* SPDX-License-Identifier: Apache-2.0 */
/* Says what the judge found. Everything that evidence or logs hold is printed escaped. */
#include <stdio.h>

#include "cli/verdict.h"

#include "cli/print.h"

#define FIXED_BYTES 65536  /* of the JSON, besides the reasons */
#define REASON_BYTES 1024  /* of a reason, besides its spans, which grow to six times their size when all is escaped */
#define SHOWN_BYTES 300    /* of a value, to a person */

/* The text of a reason with its number in place of "%". */
static void print_text(FILE *out, const struct reason *r)
{
        for (const char *c = reason_text(r->code); *c; c++)
                if (*c == '%')
                        fprintf(out, "%llu", (unsigned long long)r->number);
                else
                        fputc(*c, out);
}

static void print_side(FILE *out, struct span side)
{
        if (!side.data)
                fputs("nothing", out);
        else
                print_escaped(out, span_of(side.data, side.len < SHOWN_BYTES ? side.len : SHOWN_BYTES));
        if (side.len > SHOWN_BYTES)
                fputs("...", out);
}

static bool is_in_ima_log(enum reason_code code)
{
        return code == REASON_FILE_CHANGED || code == REASON_FILE_ROLLED_BACK || code == REASON_FILE_SIGNATURE || code == REASON_DM_TABLE || code == REASON_FILE_UNKNOWN || code == REASON_FILE_VIOLATION;
}

void verdict_print_reason(FILE *out, const struct reason *r)
{
        print_escaped(out, r->subject);
        fputc(':', out);
        if (r->field.data) {
                fputc(' ', out);
                print_escaped(out, r->field);
        }
        if (r->code != REASON_STORAGE_FIELD) {
                fputs(r->field.data ? ": " : " ", out);
                print_text(out, r);
        }
        if (r->error != ERR_OK)
                fprintf(out, ": %s", err_text(r->error));
        if (r->was.data || r->now.data) {
                fputs(r->code == REASON_STORAGE_FIELD ? " " : ": ", out);
                if (r->was.data || r->code == REASON_STORAGE_FIELD) {
                        print_side(out, r->was);
                        fputs(" -> ", out);
                }
                print_side(out, r->now);
        }
        if (is_in_ima_log(r->code))
                fprintf(out, " (IMA entry %llu)", (unsigned long long)r->number);
}

static void print_pcrs(uint32_t pcrs)
{
        for (unsigned pcr = 0; pcr < QUOTE_PCRS; pcr++)
                if (pcrs >> pcr & 1)
                        printf(" %u", pcr);
}

static void print_chain(const struct judge *j)
{
        printf("boot chain: %s%s%s: %s", print_style(stdout, j->chain == JUDGE_CHAIN_UNCHANGED ? PRINT_GOOD : PRINT_NOTE), judge_chain_text(j->chain),
               print_style(stdout, PRINT_PLAIN), judge_chain_sentence(j->chain));
        if (j->chain_changed) {
                fputs(" (PCR", stdout);
                print_pcrs(j->chain_changed);
                fputc(')', stdout);
        }
        if (j->firmware_error != ERR_OK)
                printf("; the firmware's log cannot be read: %s", err_text(j->firmware_error));
        if (j->firmware_differs) {
                fputs("; the firmware's log does not explain PCR", stdout);
                print_pcrs(j->firmware_differs);
        }
        if (j->separated) {
                fputs("; systemd closed with its separator PCR", stdout);
                print_pcrs(j->separated);
        }
        putchar('\n');
}

void verdict_print(const struct judge *j, enum judge_verdict verdict)
{
        printf("%s%s%s\n", print_style(stdout, verdict == JUDGE_TRUSTED ? PRINT_GOOD : PRINT_BAD), judge_verdict_text(verdict),
               print_style(stdout, PRINT_PLAIN));
        for (unsigned i = 0; i < j->reasons.kept_count; i++) {
                const struct reason *r = &j->reasons.kept[i];

                if (reason_weight(r->code) == REASON_NOTE)
                        printf("%snote:%s ", print_style(stdout, PRINT_NOTE), print_style(stdout, PRINT_PLAIN));
                verdict_print_reason(stdout, r);
                putchar('\n');
        }
        if (j->reasons.count > j->reasons.kept_count)
                printf("and %u more\n", j->reasons.count - j->reasons.kept_count);
        print_chain(j);
}

static void put_span(struct json_writer *w, const char *key, struct span text)
{
        if (text.data)
                json_put_text(w, key, text);
}

static void write_reason(struct json_writer *w, const struct reason *r)
{
        static const char *const weights[] = { [REASON_NOTE] = "note", [REASON_UNTRUSTED] = "untrusted", [REASON_MALFORMED] = "malformed" };

        json_object_open(w);
        json_put_str(w, "code", reason_name(r->code));
        if (r->error != ERR_OK) {
                json_put_str(w, "error", err_name(r->error));
                json_put_str(w, "error_text", err_text(r->error));
        }
        put_span(w, "field", r->field);
        put_span(w, "now", r->now);
        json_put_u64(w, "number", r->number);
        put_span(w, "subject", r->subject);
        json_put_str(w, "text", reason_text(r->code));
        put_span(w, "was", r->was);
        json_put_str(w, "weight", weights[reason_weight(r->code)]);
        json_object_close(w);
}

static void write_chain(struct json_writer *w, const struct judge *j)
{
        json_object_open(w);
        json_key(w, "changed");
        json_array_open(w);
        for (unsigned pcr = 0; pcr < QUOTE_PCRS; pcr++)
                if (j->chain_changed >> pcr & 1)
                        json_u64(w, pcr);
        json_array_close(w);
        json_put_str(w, "firmware_log", err_name(j->firmware_error));
        json_put_str(w, "sentence", judge_chain_sentence(j->chain));
        json_key(w, "separated");
        json_array_open(w);
        for (unsigned pcr = 0; pcr < QUOTE_PCRS; pcr++)
                if (j->separated >> pcr & 1)
                        json_u64(w, pcr);
        json_array_close(w);
        json_put_str(w, "verdict", judge_chain_text(j->chain));
        json_object_close(w);
}

static size_t json_bytes(const struct reason_list *list)
{
        size_t bytes = FIXED_BYTES;

        for (unsigned i = 0; i < list->kept_count; i++) {
                const struct reason *r = &list->kept[i];

                bytes += REASON_BYTES + 6 * (r->subject.len + r->field.len + r->was.len + r->now.len);
        }
        return bytes;
}

static struct json_writer write_verdict(const struct judge *j, enum judge_verdict verdict)
{
        size_t size = json_bytes(&j->reasons);
        struct json_writer w = json_writer_on(cli_alloc(size), size);

        json_object_open(&w);
        json_key(&w, "boot_chain");
        write_chain(&w, j);
        json_key(&w, "reasons");
        json_array_open(&w);
        for (unsigned i = 0; i < j->reasons.kept_count; i++)
                write_reason(&w, &j->reasons.kept[i]);
        json_array_close(&w);
        json_put_u64(&w, "reasons_count", j->reasons.count);
        json_put_str(&w, "verdict", judge_verdict_text(verdict));
        json_object_close(&w);
        return w;
}

enum err verdict_write_json(const struct judge *j, enum judge_verdict verdict, struct span *ret_text)
{
        struct json_writer w = write_verdict(j, verdict);

        return json_writer_result(&w, ret_text);
}

enum cli_exit verdict_print_json(const struct cli *cli, const struct judge *j, enum judge_verdict verdict)
{
        struct json_writer w = write_verdict(j, verdict);

        return print_json(cli, &w);
}

enum judge_verdict verdict_require_chain(struct judge *j, enum judge_verdict verdict)
{
        struct reason reason = { .code = REASON_BOOT_CHAIN,
                                 .subject = span_of_str("boot chain"),
                                 .now = span_of_str(judge_chain_text(j->chain)) };

        if (j->chain == JUDGE_CHAIN_UNCHANGED)
                return verdict;
        reason_add(&j->reasons, &reason);
        return verdict == JUDGE_TRUSTED ? JUDGE_UNTRUSTED : verdict;
}

enum cli_exit verdict_exit(enum judge_verdict verdict)
{
        return verdict == JUDGE_TRUSTED ? CLI_OK : verdict == JUDGE_UNTRUSTED ? CLI_FAILED : CLI_USAGE;
}
