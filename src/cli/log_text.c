/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how an entry reads best on a terminal. */
#include "cli/log_text.h"

#include <inttypes.h>

#include "base/canon.h"
#include "cli/print.h"

/* Where the printer is inside a value: one step of the path for each level. */
struct step {
        struct canon_walk walk;
        bool object;
        struct span key;
        unsigned index;
};

static void print_path(const struct step *steps, size_t depth)
{
        for (size_t i = 0; i < depth; i++) {
                if (i > 0)
                        putchar('.');
                if (steps[i].object)
                        print_escaped(stdout, steps[i].key);
                else
                        printf("%u", steps[i].index - 1);
        }
}

/* The escapes of JSON are safe to print as they are; what stands between them may not be. */
static void print_string(struct span inside)
{
        size_t start = 0;

        for (size_t i = 0; i < inside.len; i++) {
                if (inside.data[i] != '\\')
                        continue;
                print_escaped(stdout, span_sub(inside, start, i - start));
                printf("\\%c", inside.data[i + 1]);
                i++;
                start = i + 1;
        }
        print_escaped(stdout, span_sub(inside, start, inside.len - start));
}

static void print_scalar(struct span value)
{
        if (value.len >= 2 && value.data[0] == '"')
                print_string(span_sub(value, 1, value.len - 2));
        else
                print_escaped(stdout, value);
}

static bool next_value(struct step *s, struct span *ret_value)
{
        s->index++;
        return s->object ? canon_next_member(&s->walk, &s->key, ret_value) : canon_next_element(&s->walk, ret_value);
}

static bool enter(struct span value, struct step *ret_step)
{
        struct step s = { .object = true };

        if (canon_open_object(value, &s.walk) != ERR_OK) {
                s.object = false;
                if (canon_open_array(value, &s.walk) != ERR_OK)
                        return false;
        }
        *ret_step = s;
        return s.walk.rest.len > 0;
}

/* One line for each value that holds no others: "partitions.0.state: present". */
static void print_members(struct span object)
{
        struct step steps[JSON_DEPTH_MAX];
        struct span value;
        size_t depth = enter(object, &steps[0]);

        while (depth > 0) {
                if (!next_value(&steps[depth - 1], &value)) {
                        depth--;
                        continue;
                }
                if (depth < JSON_DEPTH_MAX && enter(value, &steps[depth])) {
                        depth++;
                        continue;
                }
                if (depth == 1 && span_equal_str(steps[0].key, "event"))
                        continue;
                fputs("        ", stdout);
                print_path(steps, depth);
                fputs(": ", stdout);
                print_scalar(value);
                putchar('\n');
        }
}

void log_text_record(const struct cel_record *record)
{
        struct span name;

        bool failure = canon_member(record->content, "event", &name) == ERR_OK && span_equal_str(name, "\"failure\"");

        printf("%4" PRIu64 "  PCR %2u  %s", record->recnum, record->pcr,
               print_style(stdout, failure ? PRINT_BAD : record->info ? PRINT_DIM : PRINT_BOLD));
        if (canon_member(record->content, "event", &name) == ERR_OK)
                print_scalar(name);
        printf("%s%s\n", record->info ? " (not extended)" : "", print_style(stdout, PRINT_PLAIN));
        print_members(record->content);
        for (unsigned i = 0; i < record->digests.count; i++) {
                printf("%s        = %s:", print_style(stdout, PRINT_DIM), alg_info(record->digests.digests[i].alg)->name);
                print_hex(stdout, digest_span(&record->digests.digests[i]));
                puts(print_style(stdout, PRINT_PLAIN));
        }
}

void log_text_firmware(const struct tcg_event *event)
{
        const char *name = tcg_event_name(event->type);
        struct span digest = tcg_event_digest(event, ALG_SHA256);

        printf("%4" PRIu64 "  PCR %2" PRId32 "  ", event->number, (int32_t)event->pcr);
        if (name)
                printf("%-33s", name);
        else
                printf("0x%08" PRIx32 "%23s", event->type, "");
        printf("%8zu bytes  ", event->data.len);
        if (!tcg_event_is_extended(event))
                fputs("not extended", stdout);
        else if (digest.len > 0)
                print_hex(stdout, digest);
        putchar('\n');
}

/* What is out of the ordinary about an entry. */
static void print_mark(enum print_style style, const char *mark)
{
        printf("  %s[%s]%s", print_style(stdout, style), mark, print_style(stdout, PRINT_PLAIN));
}

void log_text_ima(uint64_t number, const struct ima_entry *entry)
{
        printf("%6" PRIu64 "  PCR %2" PRIu32 "  ", number, entry->pcr);
        if (entry->kind == IMA_OTHER) {
                print_escaped(stdout, entry->name);
                printf(": %zu bytes (%s)", entry->data.len, err_text(entry->fields_error));
        } else {
                print_escaped(stdout, entry->hash_name);
                fputc(':', stdout);
                fputs(print_style(stdout, PRINT_DIM), stdout);
                print_hex(stdout, entry->hash);
                printf("%s  ", print_style(stdout, PRINT_PLAIN));
                print_escaped(stdout, entry->path);
        }
        if (entry->violation)
                print_mark(PRINT_BAD, "VIOLATION");
        if (!ima_entry_digest_matches(entry))
                print_mark(PRINT_BAD, "template digest is wrong");
        if (entry->hash_type.len > 0 && !span_equal_str(entry->hash_type, "ima")) {
                fputs("  [", stdout);
                print_escaped(stdout, entry->hash_type);
                putchar(']');
        }
        if (entry->signature.len > 0)
                print_mark(PRINT_GOOD, "signed");
        if (entry->kind == IMA_BUFFER)
                printf("  [%zu bytes]", entry->buffer.len);
        putchar('\n');
}

void log_text_pcr(enum alg bank, unsigned pcr, const struct digest *value, const char *remark)
{
        printf("  %-6s %2u  ", alg_info(bank)->name, pcr);
        print_hex(stdout, digest_span(value));
        puts(remark);
}
