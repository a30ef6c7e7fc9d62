/* SPDX-License-Identifier: Apache-2.0 */
/* cosima log: what the logs tell, and the PCR values that they add up to. */
#include <inttypes.h>

#include "cli/commands.h"
#include "cli/log_json.h"
#include "cli/log_text.h"
#include "cli/logs.h"
#include "cli/print.h"

/* A command under way; replays keep the values of all logs. */
struct show {
        const struct cli *cli;
        struct logs logs;
        unsigned banks;              /* that are shown */
        struct replay replay;        /* firmware and our events */
        struct replay_ima ima;
        struct replay_place place;   /* of the first fault */
        enum err error;
        struct json_writer json;     /* for one entry at a time */
        bool comma;
};

/* Whatever is not there is an empty log. */
static bool given(struct span log)
{
        return log.data != NULL;
}

/* The banks of the events; else those of the firmware; else the two that every tool knows. */
static unsigned banks_of(const struct logs *logs)
{
        struct cel_reader r = cel_reader_on(logs->events);
        struct cel_record record;
        struct tcg_log firmware;
        unsigned banks = 0;
        enum alg alg;

        while (banks == 0 && !cel_done(&r) && cel_next(&r, &record) == ERR_OK)
                for (unsigned i = 0; i < record.digests.count; i++)
                        banks |= REPLAY_BANK(record.digests.digests[i].alg);
        if (banks == 0 && tcg_open(logs->firmware, &firmware) == ERR_OK)
                for (unsigned i = 0; i < firmware.alg_count; i++)
                        if (alg_by_tpm_id(firmware.algs[i].tpm_id, &alg) == ERR_OK)
                                banks |= REPLAY_BANK(alg);
        return banks ? banks : REPLAY_BANK(ALG_SHA1) | REPLAY_BANK(ALG_SHA256);
}

/* Replay firmware and events, in the order in which they were extended, up to the first fault. The IMA log is replayed as it is shown. */
static enum err replay_short_logs(struct show *s)
{
        struct replay_events events;
        unsigned banks;

        replay_begin(&s->replay, s->banks);
        replay_ima_begin(&s->ima, s->banks);
        if (s->logs.firmware.len > 0)
                TRY(replay_firmware(&s->replay, s->logs.firmware, &banks, &s->place));
        return replay_events(&s->replay, s->logs.events, &events, &s->place);
}

/* PCRs that the IMA log touched are its alone; of the others, firmware and events. NULL: untouched, or the bank is not shown. */
static const struct digest *value_of(const struct show *s, enum alg bank, unsigned pcr)
{
        const struct replay *ima = &s->ima.modes[IMA_OWN_HASH];

        if (!(s->banks & REPLAY_BANK(bank)))
                return NULL;
        if (ima->touched & (UINT32_C(1) << pcr))
                return &ima->pcrs[bank][pcr];
        if (s->replay.touched & (UINT32_C(1) << pcr))
                return &s->replay.pcrs[bank][pcr];
        return NULL;
}

/* What the PCR holds instead if this kernel, for want of the bank's hash, extended padded SHA-1. NULL: it makes no difference. */
static const struct digest *padded_value_of(const struct show *s, enum alg bank, unsigned pcr)
{
        const struct replay *ima = &s->ima.modes[IMA_PADDED_SHA1];

        if (!(s->banks & REPLAY_BANK(bank)) || bank == ALG_SHA1 || !(ima->touched & (UINT32_C(1) << pcr)))
                return NULL;
        return &ima->pcrs[bank][pcr];
}

/* ---- one entry in either form ------------------------------------------------------------------------------------------ */

static struct json_writer *begin_entry(struct show *s)
{
        if (s->comma)
                putchar(',');
        s->comma = true;
        s->json = json_writer_on(s->json.buf, s->json.cap);
        return &s->json;
}

static enum cli_exit end_entry(struct show *s)
{
        struct span text;
        enum err e = json_writer_result(&s->json, &text);

        if (e != ERR_OK)
                return cli_fail(s->cli, CLI_FAILED, "%s", err_text(e));
        fwrite(text.data, 1, text.len, stdout);
        return CLI_OK;
}

/* Sections end silently at a fault: it has been found by the replay and is told once. */
static enum cli_exit show_events(struct show *s)
{
        struct cel_reader r = cel_reader_on(s->logs.events);
        enum cli_exit status = CLI_OK;
        struct cel_record record;

        while (status == CLI_OK && !cel_done(&r) && cel_next(&r, &record) == ERR_OK) {
                if (!s->cli->json) {
                        log_text_record(&record);
                        continue;
                }
                log_json_record(begin_entry(s), &record);
                status = end_entry(s);
        }
        return status;
}

static enum cli_exit show_firmware(struct show *s)
{
        enum cli_exit status = CLI_OK;
        struct tcg_event event;
        struct tcg_log log;

        if (tcg_open(s->logs.firmware, &log) != ERR_OK)
                return CLI_OK;
        while (status == CLI_OK && !tcg_done(&log) && tcg_next(&log, &event) == ERR_OK) {
                if (!s->cli->json) {
                        log_text_firmware(&event);
                        continue;
                }
                log_json_firmware(begin_entry(s), &event);
                status = end_entry(s);
        }
        return status;
}

static enum cli_exit show_ima_entry(struct show *s, uint64_t number, const struct ima_entry *entry)
{
        if (!s->cli->json) {
                log_text_ima(number, entry);
                return CLI_OK;
        }
        log_json_ima(begin_entry(s), number, entry);
        return end_entry(s);
}

/* What a fault in the logs before this one leaves unknown is not replayed. */
static enum cli_exit show_ima(struct show *s)
{
        struct ima_file *f = &s->logs.ima;
        bool replays = s->error == ERR_OK, done;
        struct ima_entry entry;
        enum cli_exit status;
        enum err e;

        for (;;) {
                status = ima_file_next(f, &entry, &done, &e);
                if (status != CLI_OK || done)
                        break;
                if (replays)
                        replay_ima_add(&s->ima, &entry);
                status = show_ima_entry(s, f->number - 1, &entry);
                if (status != CLI_OK || ferror(stdout))
                        break;
        }
        if (status == CLI_OK && replays && done && e != ERR_OK) {
                s->error = e;
                s->place = (struct replay_place){ .log = REPLAY_IMA, .number = f->number, .offset = f->offset };
        }
        return status;
}

/* ---- the whole --------------------------------------------------------------------------------------------------------- */

static enum cli_exit show_section(struct show *s, const char *name, bool is_given, enum cli_exit (*show)(struct show *s))
{
        enum cli_exit status;

        if (!is_given)
                return CLI_OK;
        s->comma = false;
        printf(s->cli->json ? "\"%s\":[" : "%s:\n", name);
        status = show(s);
        if (s->cli->json)
                fputs("],", stdout);
        return status;
}

typedef const struct digest *pcr_value(const struct show *s, enum alg bank, unsigned pcr);

static void show_bank_json(const struct show *s, enum alg bank, pcr_value *value)
{
        bool comma = false;

        for (unsigned pcr = 0; pcr < REPLAY_PCRS; pcr++) {
                const struct digest *d = value(s, bank, pcr);

                if (!d)
                        continue;
                printf("%s\"%u\":\"", comma ? "," : "", pcr);
                print_hex(stdout, digest_span(d));
                putchar('"');
                comma = true;
        }
}

static void show_pcrs_json(const struct show *s, const char *name, pcr_value *value)
{
        bool comma = false;

        printf("\"%s\":{", name);
        for (unsigned bank = 0; bank < ALG_COUNT; bank++) {
                if (!(s->banks & REPLAY_BANK(bank)))
                        continue;
                printf("%s\"%s\":{", comma ? "," : "", alg_info(bank)->name);
                show_bank_json(s, bank, value);
                putchar('}');
                comma = true;
        }
        putchar('}');
}

static void show_pcrs_text(const struct show *s)
{
        puts("pcrs:");
        for (unsigned bank = 0; bank < ALG_COUNT; bank++)
                for (unsigned pcr = 0; pcr < REPLAY_PCRS; pcr++) {
                        if (value_of(s, bank, pcr))
                                log_text_pcr(bank, pcr, value_of(s, bank, pcr), "");
                        if (padded_value_of(s, bank, pcr))
                                log_text_pcr(bank, pcr, padded_value_of(s, bank, pcr), "  if the kernel extends SHA-1 into this bank");
                }
}

static enum cli_exit show_all(struct show *s)
{
        enum cli_exit status;

        if (s->cli->json)
                putchar('{');
        status = show_section(s, "events", given(s->logs.events), show_events);
        if (status == CLI_OK)
                status = show_section(s, "firmware", given(s->logs.firmware), show_firmware);
        if (status == CLI_OK)
                status = show_section(s, "ima", s->logs.ima.fd >= 0, show_ima);
        if (status != CLI_OK)
                return status;
        if (!s->cli->json) {
                show_pcrs_text(s);
                return CLI_OK;
        }
        show_pcrs_json(s, "pcrs", value_of);
        putchar(',');
        show_pcrs_json(s, "pcrs-padded", padded_value_of);
        puts("}");
        return CLI_OK;
}

/* The first fault: in the file that an option names, in the archive's member, or in this machine's log. */
static enum cli_exit fail_in_log(const struct show *s)
{
        static const char *const options[] = { [REPLAY_FIRMWARE] = "firmware", [REPLAY_EVENTS] = "events", [REPLAY_IMA] = "ima" };
        const struct replay_place *at = &s->place;
        const char *file = cli_value(s->cli, options[at->log]), *archive = "";

        if (!file) {
                file = replay_log_name(at->log);
                archive = s->cli->argument_count > 0 ? s->cli->arguments[0] : "";
        }
        return cli_fail(s->cli, CLI_USAGE, "%s%s%s, entry %" PRIu64 ", byte %zu: %s", archive, *archive ? ": " : "", file, at->number, at->offset,
                        err_text(s->error));
}

static enum cli_exit run_log(const struct cli *cli)
{
        struct show *s = cli_alloc(sizeof(*s));
        bool here = cli->argument_count == 0 && cli->given_count == 0;
        enum cli_exit status;

        memset(s, 0, sizeof(*s));
        s->cli = cli;
        status = here ? logs_read_here(cli, &s->logs) : logs_read(cli, &s->logs);
        if (status != CLI_OK)
                return status;
        if (!given(s->logs.events) && !given(s->logs.firmware) && s->logs.ima.fd < 0)
                return cli_fail(cli, CLI_FAILED, here ? "this machine has no log to show" : "the archive holds no log");
        s->json = json_writer_on(cli_alloc(LOG_JSON_BYTES_MAX), LOG_JSON_BYTES_MAX);
        s->banks = banks_of(&s->logs);
        s->error = replay_short_logs(s);
        status = show_all(s);
        if (status != CLI_OK || s->error == ERR_OK)
                return status;
        fflush(stdout);
        return fail_in_log(s);
}

static const struct cli_option options[] = {
        LOGS_OPTION_EVENTS,
        LOGS_OPTION_FIRMWARE,
        LOGS_OPTION_IMA,
        { NULL, NULL, NULL, 0 },
};

const struct cli_command cmd_log = {
        .name = "log",
        .summary = "Show what the logs tell and the PCR values that they add up to",
        .details = "Without an archive and without options: the logs of this machine. Nothing is judged here, see verify;\n"
                   "exit status 2: a log is malformed, and where.",
        .example = "cosima log evidence.tar",
        .arguments = "[EVIDENCE.tar]",
        .arguments_max = 1,
        .json = true,
        .options = options,
        .run = run_log,
};
