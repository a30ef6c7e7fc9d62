/* SPDX-License-Identifier: Apache-2.0 */
/* cosima status: on one screen, what was measured in this boot, whether it holds, and what to do about it. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/canon.h"
#include "cli/commands.h"
#include "cli/ima_file.h"
#include "cli/node.h"
#include "cli/node_mounts.h"
#include "cli/print.h"
#include "cli/status.h"
#include "port/machine.h"
#include "trust/render.h"
#include "verify/judge_parts.h"

#define JSON_BYTES 65536
#define SIGNER_SHOWN 16 /* digits, as cosima-boot says them */
#define IMA_PCR 10

struct report {
        const struct cli *cli;
        struct status status;
        struct span mounts; /* as node_mounts_write() tells them */
};

/* ---- gathering ------------------------------------------------------------------------------------------------------- */

/* PCRs first, logs after them: so the logs hold at least what was extended. */
static enum err read_pcrs(const struct ports *p, unsigned pcr, struct status_input *in)
{
        struct ports_banks banks;

        TRY(p->tpm_banks(p->context, pcr, &banks));
        TRY(p->tpm_pcr_read(p->context, pcr, &banks, &in->values));
        TRY(p->tpm_banks(p->context, IMA_PCR, &banks));
        return p->tpm_pcr_read(p->context, IMA_PCR, &banks, &in->ima_values);
}

static enum err read_tpm(const struct ports *p, unsigned pcr, struct status_input *in)
{
        enum err e = p->tpm_open(p->context);

        if (e != ERR_OK)
                return e;
        e = read_pcrs(p, pcr, in);
        p->tpm_close(p->context);
        return e;
}

/* Which PCR the events go into; 0 without any. */
static unsigned pcr_of(struct span events)
{
        struct cel_reader r = cel_reader_on(events);
        struct cel_record record;

        return !cel_done(&r) && cel_next(&r, &record) == ERR_OK ? record.pcr : 0;
}

/* The log while it is read; status is not CLI_OK once that failed. */
struct ima_input {
        struct ima_file file;
        enum cli_exit status;
};

static bool next_ima(void *arg, struct ima_entry *ret_entry, enum err *ret_error)
{
        struct ima_input *in = arg;
        bool done = true;

        in->status = ima_file_next(&in->file, ret_entry, &done, ret_error);
        return in->status == CLI_OK && !done;
}

static enum cli_exit collect(struct report *r, struct status_input *in)
{
        struct ima_input ima = { .status = CLI_OK };

        if (access(NODE_IMA_LOG, F_OK) == 0) {
                ima.status = ima_file_open(r->cli, NODE_IMA_LOG, &ima.file);
                in->next_ima = next_ima;
                in->ima = &ima;
        }
        if (ima.status == CLI_OK)
                status_collect(in, &r->status);
        in->ima = NULL;
        return ima.status;
}

static enum cli_exit gather(struct report *r, const struct ports *p, const char *run)
{
        struct status_input in = { 0 };
        enum cli_exit status = node_read_file(r->cli, p, run, "events.cel", CEL_LOG_BYTES_MAX, &in.events);

        if (status == CLI_OK)
                status = node_read_file(r->cli, p, run, "rules", RENDER_BYTES_MAX, &in.rules);
        if (status != CLI_OK)
                return status;
        in.tpm_error = read_tpm(p, pcr_of(in.events), &in);
        if (in.tpm_error != ERR_OK)
                in.values.count = in.ima_values.count = 0;
        status = collect(r, &in);
        if (status != CLI_OK)
                return status;

        struct json_writer w = json_writer_on(cli_alloc(JSON_BYTES), JSON_BYTES);

        node_mounts_write(&w, p, run);
        if (json_writer_result(&w, &r->mounts) != ERR_OK)
                r->mounts = span_of_str("[]");
        return CLI_OK;
}

/* ---- for people ------------------------------------------------------------------------------------------------------ */

static void begin_line(struct span name)
{
        size_t len = name.len < 14 ? 14 - name.len : 0;

        print_escaped(stdout, name);
        printf("%*s ", (int)len, "");
}

static void begin(const char *name)
{
        begin_line(span_of_str(name));
}

static void put(const char *text)
{
        fputs(text, stdout);
}

/* The text of a code that stands in an event; the code itself when it is none of ours. */
static void put_error(struct span code)
{
        enum err e = judge_events_error(code);

        if (e == ERR_COUNT_)
                print_escaped(stdout, code);
        else
                put(err_text(e));
}

static void print_measured(const struct status *s)
{
        begin("measured");
        if (!s->measured) {
                put("no\n");
                return;
        }
        put("policy ");
        print_escaped(stdout, s->policy);
        printf(" version %" PRIu64 ", signed by ", s->version);
        print_escaped(stdout, span_sub(s->signer, 0, s->signer.len < SIGNER_SHOWN ? s->signer.len : SIGNER_SHOWN));
        putchar('\n');
}

static void print_pcr(unsigned pcr, enum status_pcr state, const char *log, const struct status *s)
{
        if (state == STATUS_PCR_UNREAD)
                printf("PCR %u not read: %s\n", pcr, s->tpm_error != ERR_OK ? err_text(s->tpm_error) : "there is no log to compare it with");
        else
                printf("PCR %u %s what the %s say%s\n", pcr, state == STATUS_PCR_AGREES ? "holds" : "DOES NOT HOLD", log, *log == 'I' ? "s" : "");
}

static void print_rules(const struct status *s)
{
        if (!s->measured)
                return;
        begin("rules");
        if (span_equal_str(s->load_result, "OK"))
                printf("%u, loaded as %.*s%s\n", s->rule_count, (int)s->loaded.len, (const char *)s->loaded.data,
                       s->receipt ? ", in force: the receipt is in the IMA log" : "; NO RECEIPT in the IMA log");
        else {
                put("NOT LOADED: ");
                if (s->load_result.len > 0)
                        put_error(s->load_result);
                else
                        put("measuring ended before");
                putchar('\n');
        }
}

static void print_ima(const struct status *s)
{
        begin("IMA");
        if (!s->ima_logged) {
                put("no log\n");
                return;
        }
        if (span_equal_str(s->ima, "tpm-bypass"))
                put("WITHOUT A TPM, which was not there when the kernel started; ");
        printf("%" PRIu64 " entries, %" PRIu64 " violations; ", s->ima_entries, s->ima_violations);
        if (s->ima_error != ERR_OK)
                printf("MALFORMED: %s\n", err_text(s->ima_error));
        else
                print_pcr(IMA_PCR, s->ima_pcr, "IMA log", s);
}

/* The first place where the whole of a partition is mounted. */
static void print_point(struct span mounts, struct span name)
{
        struct span item, partition, point, root;
        struct canon_walk walk;

        if (canon_open_array(mounts, &walk) != ERR_OK)
                return;
        while (canon_next_element(&walk, &item)) {
                if (canon_member(item, "partition", &partition) != ERR_OK || canon_member(item, "point", &point) != ERR_OK ||
                    canon_member(item, "root", &root) != ERR_OK || !span_equal_str(root, "\"/\"") || partition.len != name.len + 2 ||
                    !span_equal(span_sub(partition, 1, name.len), name))
                        continue;
                put(", at ");
                print_escaped(stdout, span_sub(point, 1, point.len - 2));
                return;
        }
}

static void print_partition(const struct report *r, const struct status_partition *p)
{
        begin_line(p->name);
        print_escaped(stdout, p->state);
        if (p->luks)
                put(", LUKS");
        print_point(r->mounts, p->name);
        if (p->compared && p->matches)
                put(", is what was measured");
        if (p->compared && !p->matches) {
                put(", NOT WHAT WAS MEASURED: ");
                put_error(p->why);
        }
        if (p->walked)
                printf("; %" PRIu64 " entries, %" PRIu64 " bytes read", p->entries, p->bytes);
        putchar('\n');
}

static void print_failure(const struct status_failure *f)
{
        begin("FAILURE");
        print_escaped(stdout, f->stage);
        put(": ");
        put_error(f->error);
        if (f->detail.len > 0) {
                put(": ");
                print_escaped(stdout, f->detail);
        }
        putchar('\n');
}

static void print_people(const struct report *r)
{
        const struct status *s = &r->status;
        const char *advice;

        print_measured(s);
        if (s->measured || s->failure_count > 0) {
                begin("events");
                print_pcr(s->pcr, s->events_pcr, "events", s);
        }
        if (s->log_error != ERR_OK) {
                begin("event log");
                printf("MALFORMED: %s\n", err_text(s->log_error));
        }
        for (unsigned i = 0; i < s->partition_count; i++)
                print_partition(r, &s->partitions[i]);
        print_rules(s);
        print_ima(s);
        if (s->measured) {
                begin("hand-over");
                put(s->handed_over ? "done\n" : "MISSING\n");
        }
        for (unsigned i = 0; i < s->failure_count && i < STATUS_FAILURES_MAX; i++)
                print_failure(&s->failures[i]);
        for (unsigned i = 0; (advice = status_advice(s, i)) != NULL; i++) {
                begin("do");
                printf("%s\n", advice);
        }
}

/* ---- for programs ---------------------------------------------------------------------------------------------------- */

static void write_failures(struct json_writer *w, const struct status *s)
{
        json_key(w, "failures");
        json_array_open(w);
        for (unsigned i = 0; i < s->failure_count && i < STATUS_FAILURES_MAX; i++) {
                json_object_open(w);
                json_put_text(w, "detail", s->failures[i].detail);
                json_put_text(w, "error", s->failures[i].error);
                json_put_text(w, "stage", s->failures[i].stage);
                json_object_close(w);
        }
        json_array_close(w);
}

static void write_ima(struct json_writer *w, const struct status *s)
{
        json_put_object(w, "ima");
        json_put_u64(w, "entries", s->ima_entries);
        json_put_str(w, "log", !s->ima_logged ? "absent" : s->ima_error == ERR_OK ? "ok" : err_name(s->ima_error));
        json_put_str(w, "pcr", status_pcr_text(s->ima_pcr));
        json_put_bool(w, "receipt", s->receipt);
        json_put_text(w, "state", s->ima);
        json_put_u64(w, "violations", s->ima_violations);
        json_object_close(w);
}

static void write_partitions(struct json_writer *w, const struct status *s)
{
        json_key(w, "partitions");
        json_array_open(w);
        for (unsigned i = 0; i < s->partition_count; i++) {
                const struct status_partition *p = &s->partitions[i];

                json_object_open(w);
                json_put_bool(w, "luks", p->luks);
                if (p->compared)
                        json_put_bool(w, "matches", p->matches);
                json_put_text(w, "name", p->name);
                json_put_text(w, "state", p->state);
                json_put_text(w, "why", p->why);
                json_object_close(w);
        }
        json_array_close(w);
}

static void write_rules(struct json_writer *w, const struct status *s)
{
        json_put_object(w, "rules");
        json_put_u64(w, "count", s->rule_count);
        json_put_text(w, "loaded", s->loaded);
        json_put_text(w, "result", s->load_result);
        json_object_close(w);
}

static enum cli_exit write_json(const struct report *r)
{
        struct json_writer w = json_writer_on(cli_alloc(2 * JSON_BYTES), 2 * JSON_BYTES);
        const struct status *s = &r->status;
        const char *advice;

        json_object_open(&w);
        json_key(&w, "advice");
        json_array_open(&w);
        for (unsigned i = 0; (advice = status_advice(s, i)) != NULL; i++)
                json_str(&w, advice);
        json_array_close(&w);
        json_put_str(&w, "event_log", err_name(s->log_error));
        write_failures(&w, s);
        json_put_bool(&w, "good", status_is_good(s));
        json_put_bool(&w, "handed_over", s->handed_over);
        write_ima(&w, s);
        json_put_bool(&w, "measured", s->measured);
        json_key(&w, "mounts");
        json_raw(&w, r->mounts);
        write_partitions(&w, s);
        json_put_u64(&w, "pcr", s->pcr);
        json_put_str(&w, "pcr_state", status_pcr_text(s->events_pcr));
        json_put_text(&w, "policy", s->policy);
        write_rules(&w, s);
        json_put_text(&w, "signer", s->signer);
        json_put_str(&w, "tpm", err_name(s->tpm_error));
        json_put_u64(&w, "version", s->version);
        json_object_close(&w);
        return print_json(r->cli, &w);
}

/* A folder that was named must be one; the usual one is missing where nothing was measured. */
static enum cli_exit check_folder(const struct cli *cli)
{
        const char *run = cli_value(cli, "run");
        struct stat st;

        if (!run)
                return CLI_OK;
        if (stat(run, &st) != 0)
                return cli_fail(cli, CLI_FAILED, "%s: %s", run, strerror(errno));
        return S_ISDIR(st.st_mode) ? CLI_OK : cli_fail(cli, CLI_FAILED, "%s: %s", run, strerror(ENOTDIR));
}

static enum cli_exit run_status(const struct cli *cli)
{
        struct machine *machine = cli_alloc(sizeof(*machine));
        struct report *r = cli_alloc(sizeof(*r));
        struct ports ports = machine_ports(machine);
        enum cli_exit status;

        r->cli = cli;
        status = check_folder(cli);
        if (status == CLI_OK)
                status = gather(r, &ports, cli_value(cli, "run") ? cli_value(cli, "run") : "/run/cosima");
        machine_close(machine);
        if (status != CLI_OK)
                return status;
        if (cli->json)
                status = write_json(r);
        else
                print_people(r);
        if (status != CLI_OK || status_is_good(&r->status))
                return status;
        return r->status.log_error != ERR_OK || r->status.ima_error != ERR_OK ? CLI_USAGE : CLI_FAILED;
}

static const struct cli_option options[] = {
        { "run", "DIR", "where cosima-boot left its log and policy; default: /run/cosima", 0 },
        { NULL, NULL, NULL, 0 },
};

const struct cli_command cmd_status = {
        .name = "status",
        .summary = "Tell what was measured in this boot, whether it holds, and what to do",
        .details = "Reads what only root may read: the TPM and the logs. The node's own word is no proof: that is what quote and verify are for.\n"
                   "Exit status: 0 all is well, 1 something failed or is missing, 2 a log is malformed.",
        .example = "cosima status\ncosima status --json",
        .json = true,
        .options = options,
        .run = run_status,
};
