/* SPDX-License-Identifier: Apache-2.0 */
/* The disk as a drawing: one box for each declared partition, with what it holds and what is wrong with it. */
#include "cli/html.h"
#include "cli/report.h"
#include "cli/report_scale.h"
#include "verify/judge_parts.h"

#define WIDTH 900
#define MARGIN 16
#define GAP 12
#define TOP 44
#define BOX 132
#define CHARACTER 7.4 /* width of one, about */

static struct span text_of(struct span object, const char *key)
{
        struct span value, text;

        if (canon_member(object, key, &value) != ERR_OK)
                return span_of(NULL, 0);
        return canon_plain_string(value, &text) == ERR_OK ? text : value;
}

static struct span member(struct span object, const char *key)
{
        struct span value;

        return canon_member(object, key, &value) == ERR_OK ? value : span_of(NULL, 0);
}

/* A line of text that ends where its box does. */
static void put_line(FILE *out, double x, double y, double width, const char *class, const char *label, struct span text)
{
        size_t room = width > 40 ? (size_t)((width - 24) / CHARACTER) : 4, taken = strlen(label);

        if (!text.data)
                return;
        fprintf(out, "<text x=\"%.0f\" y=\"%.0f\" class=\"%s\">%s", x + 12, y, class, label);
        html_short(out, text, room > taken ? room - taken : 1);
        fputs("</text>", out);
}

static enum report_state state_of(const struct judge *j, struct span name)
{
        for (unsigned i = 0; i < j->reasons.kept_count; i++) {
                const struct reason *r = &j->reasons.kept[i];

                if (span_equal(r->subject, name) && reason_weight(r->code) != REASON_NOTE)
                        return REPORT_BAD;
        }
        return j->baseline ? REPORT_GOOD : REPORT_UNKNOWN;
}

static unsigned count_reasons(const struct judge *j, struct span name)
{
        unsigned count = 0;

        for (unsigned i = 0; i < j->reasons.kept_count; i++)
                count += span_equal(j->reasons.kept[i].subject, name);
        return count;
}

/* Where it may be: one device, or each of those that match, as far as there is room. */
static void put_candidates(FILE *out, struct span partition, double x, double width, double y)
{
        struct span candidates = member(partition, "candidates"), value, entry, identity;
        struct canon_walk walk;

        if (!candidates.data || canon_open_array(candidates, &walk) != ERR_OK)
                return;
        while (y <= TOP + 104 && canon_next_element(&walk, &value)) {
                entry = member(value, "entry");
                identity = entry.data ? member(entry, "identity") : entry;
                if (!identity.data)
                        continue;
                put_line(out, x, y, width, "small", "partition ", text_of(identity, "guid"));
                y += 18;
        }
}

static void put_partition(FILE *out, const struct judge *j, struct span partition, double x, double width)
{
        struct span name = text_of(partition, "name"), state = text_of(partition, "state"), signature = { NULL, 0 };
        enum report_state standing = state_of(j, name);
        unsigned reasons = count_reasons(j, name);
        char text[64];

        fprintf(out, "<g><rect x=\"%.0f\" y=\"%d\" width=\"%.0f\" height=\"%d\" rx=\"6\" class=\"part %s\"/>", x, TOP, width, BOX,
                span_equal_str(state, "present") ? report_state_class(standing) : standing == REPORT_BAD ? "bad" : "unknown");
        put_line(out, x, TOP + 26, width, "", "", name);
        if (!span_equal_str(state, "present"))
                put_line(out, x, TOP + 48, width, "small", "", state);
        if (judge_storage_signature(j->events.storage, name, &signature)) {
                struct span identity = member(signature, "identity");

                put_line(out, x, TOP + 48, width, "", "", text_of(signature, "type"));
                if (identity.data) {
                        put_line(out, x, TOP + 68, width, "small", "label ", text_of(identity, "label"));
                        put_line(out, x, TOP + 86, width, "small", "uuid ", text_of(identity, "uuid"));
                }
        }
        put_candidates(out, partition, x, width, signature.data ? TOP + 104 : TOP + 68);
        if (reasons > 0) {
                snprintf(text, sizeof(text), "%u reason%s", reasons, reasons == 1 ? "" : "s");
                put_line(out, x, TOP + 122, width, standing == REPORT_BAD ? "wrong" : "small", "", span_of_str(text));
        }
        fputs("</g>\n", out);
}

static unsigned count_partitions(struct span partitions)
{
        struct canon_walk walk;
        struct span value;
        unsigned count = 0;

        if (canon_open_array(partitions, &walk) == ERR_OK)
                while (canon_next_element(&walk, &value))
                        count++;
        return count;
}

void report_storage(FILE *out, const struct judge *j)
{
        struct span partitions = j->events.storage.data ? member(j->events.storage, "partitions") : span_of(NULL, 0), value;
        unsigned count = partitions.data ? count_partitions(partitions) : 0;
        struct canon_walk walk;
        double x = MARGIN, width;
        bool to_scale;

        if (count == 0) {
                fputs("<p>No storage event: nothing is known of the partitions.</p>\n", out);
                return;
        }
        to_scale = report_scale(out, partitions, state_of, j, WIDTH);
        width = (WIDTH - 2.0 * MARGIN - (count - 1.0) * GAP) / count;
        fprintf(out, "<div class=\"wide\"><svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"the declared partitions\">"
                     "<rect x=\"1\" y=\"1\" width=\"%d\" height=\"%d\" rx=\"10\" class=\"disk\"/>"
                     "<text x=\"%d\" y=\"28\" class=\"small\">what is declared, in the order of the policy%s</text>\n",
                WIDTH, TOP + BOX + MARGIN, WIDTH - 2, TOP + BOX + MARGIN - 2, MARGIN,
                to_scale ? "" : "; not to scale, since the policy does not have the layout measured");
        if (canon_open_array(partitions, &walk) == ERR_OK)
                for (; canon_next_element(&walk, &value); x += width + GAP)
                        put_partition(out, j, value, x, width);
        fputs("</svg></div>\n", out);
}
