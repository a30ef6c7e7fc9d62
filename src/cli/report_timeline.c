/* SPDX-License-Identifier: Apache-2.0 */
/* The boot from the firmware to the quote, one entry for each thing that was measured. */
#include "cli/html.h"
#include "cli/report.h"
#include "verify/judge_parts.h"

static void begin(FILE *out, enum report_state state, const char *title, const char *pcr)
{
        fprintf(out, "<li class=\"%s\"><b>%s</b>", report_state_class(state), title);
        if (*pcr)
                fprintf(out, "<span class=\"pcr\">PCR %s</span>", pcr);
        fputs("<div>", out);
}

static void end(FILE *out)
{
        fputs("</div></li>\n", out);
}

static struct span text_of(struct span object, const char *key)
{
        struct span value, text;

        if (canon_member(object, key, &value) != ERR_OK)
                return span_of_str("?");
        return canon_plain_string(value, &text) == ERR_OK ? text : value;
}

static void put_member(FILE *out, const char *label, struct span object, const char *key)
{
        fputs(label, out);
        html_short(out, text_of(object, key), 80);
}

static unsigned count_firmware(const struct judge *j)
{
        struct span log = j->evidence.members[EVIDENCE_FIRMWARE];
        struct tcg_event event;
        struct tcg_log tcg;
        unsigned count = 0;

        if (log.len == 0 || tcg_open(log, &tcg) != ERR_OK)
                return 0;
        while (!tcg_done(&tcg) && tcg_next(&tcg, &event) == ERR_OK)
                count++;
        return count;
}

static void put_boot_chain(FILE *out, const struct judge *j)
{
        unsigned events = count_firmware(j);

        begin(out, report_chain_state(j), "Firmware, boot loader, kernel, initrd", "0 to 9, 11");
        html_string(out, judge_chain_sentence(j->chain));
        if (events > 0)
                fprintf(out, ". %u events in the firmware's log", events);
        end(out);
}

static void put_event(FILE *out, const struct judge *j, const struct cel_record *record, enum event_type type)
{
        static const struct {
                const char *title;
                enum report_question question;
        } rows[EVENT_TYPE_COUNT] = {
                [EVENT_POLICY] = { "Policy", REPORT_POLICY },      [EVENT_STORAGE] = { "Storage", REPORT_STORAGE },
                [EVENT_IMA_POLICY] = { "IMA rules", REPORT_POLICY }, [EVENT_CONTENT] = { "Content", REPORT_FILES },
                [EVENT_HANDOVER] = { "Handover", REPORT_EVENTS },  [EVENT_FAILURE] = { "Failure", REPORT_EVENTS },
                [EVENT_INFO] = { "Note", REPORT_EVENTS },
        };
        char pcr[16];

        snprintf(pcr, sizeof(pcr), "%u", record->pcr);
        begin(out, type == EVENT_FAILURE ? REPORT_BAD : report_state_of(j, rows[type].question), rows[type].title, pcr);
        switch (type) {
        case EVENT_POLICY:
                put_member(out, "", record->content, "name");
                put_member(out, ", version ", record->content, "version");
                put_member(out, "; IMA is ", record->content, "ima");
                break;
        case EVENT_STORAGE:
                fputs("what the partitions are, before anything was mounted", out);
                break;
        case EVENT_IMA_POLICY:
                put_member(out, "loaded as ", record->content, "loaded");
                put_member(out, ", result ", record->content, "result");
                break;
        case EVENT_CONTENT:
                put_member(out, "", record->content, "partition");
                put_member(out, ": ", record->content, "files");
                put_member(out, " files and folders, ", record->content, "bytes");
                fputs(" bytes", out);
                break;
        case EVENT_HANDOVER:
                fputs(j->reasons.counts[REASON_HANDOVER] > 0 ? "what is mounted is not what was measured" : "what is mounted is what was measured", out);
                break;
        case EVENT_FAILURE:
                put_member(out, "", record->content, "stage");
                put_member(out, ": ", record->content, "error");
                put_member(out, ", ", record->content, "detail");
                break;
        case EVENT_INFO:
        case EVENT_TYPE_COUNT:
                break;
        }
        end(out);
}

static void put_events(FILE *out, const struct judge *j)
{
        struct cel_reader reader = cel_reader_on(j->evidence.members[EVIDENCE_EVENTS]);
        struct cel_record record;
        enum event_type type;
        unsigned shown = 0;

        while (!cel_done(&reader) && cel_next(&reader, &record) == ERR_OK) {
                if (record.info || event_type_of(record.content, &type) != ERR_OK)
                        continue;
                put_event(out, j, &record, type);
                shown++;
        }
        if (shown == 0) {
                begin(out, REPORT_BAD, "No events", "");
                fputs("cosima left no event in this boot", out);
                end(out);
        }
}

static void put_ima(FILE *out, const struct judge *j)
{
        begin(out, report_state_of(j, REPORT_FILES), "Files in use", "10");
        fprintf(out, "%llu entries in the kernel's log", (unsigned long long)j->walk.files.number);
        if (j->baseline)
                fprintf(out, "; %zu files are enrolled", j->baseline->file_count);
        if (j->walk.receipts > 0)
                fputs("; the receipt of cosima's events is among them", out);
        end(out);
}

static void put_quote(FILE *out, const struct judge *j)
{
        begin(out, report_state_of(j, REPORT_QUOTE), "Quote", "");
        if (!j->has_quote) {
                fputs("cannot be used", out);
        } else {
                fprintf(out, "signed by %s with %s; the TPM was reset %u times and restarted %u times since; its clock is %s",
                        j->signature.rsa ? "RSASSA" : "ECDSA", alg_info(j->signature.alg)->name, j->quote.reset_count, j->quote.restart_count,
                        j->quote.clock_safe ? "safe" : "not safe");
        }
        end(out);
}

void report_timeline(FILE *out, const struct judge *j)
{
        fputs("<ol class=\"timeline\">\n", out);
        put_boot_chain(out, j);
        put_events(out, j);
        put_ima(out, j);
        put_quote(out, j);
        fputs("</ol>\n", out);
}
