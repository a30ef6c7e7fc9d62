/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three depths of a look. When all that a verdict depends on is as it was, only the quote is verified. When the IMA log has grown in the same boot,
 * the new entries are judged. Else everything is.
 */
#include "cli/watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "cli/case.h"
#include "cli/child.h"
#include "cli/file.h"
#include "cli/nonce.h"
#include "cli/print.h"
#include "cli/stream.h"
#include "cli/verdict.h"
#include "cli/watch_state.h"

#define STATE_BYTES_MAX (16u * 1024 * 1024)
#define NONCE_BYTES 32

struct look {
        const struct cli *cli;
        struct watch_state before, after;
        struct span nonce;
        char nonce_text[2 * NONCE_BYTES + 1];
        struct archive archive;
        struct evidence_error refused; /* code is not ERR_OK: the evidence is no archive */
        uint64_t missing;              /* bytes of the IMA log that the node did not send, since we have judged them */
        struct quote quote;
        struct judge_look seen;
        struct judge *judge;
        enum judge_verdict verdict;
};

/* ---- state and baseline -------------------------------------------------------------------------------------------------- */

static enum cli_exit read_state(struct look *l)
{
        const char *path = cli_value(l->cli, "state");
        struct span text;
        enum cli_exit status;
        enum err e;

        if (access(path, F_OK) != 0 && errno == ENOENT)
                return CLI_OK;
        status = file_read(l->cli, path, STATE_BYTES_MAX, &text);
        if (status != CLI_OK)
                return status;
        e = watch_state_read(text, &l->before);
        return e == ERR_OK ? CLI_OK : cli_fail(l->cli, CLI_FAILED, "%s: %s; without it everything is judged anew", path, err_text(e));
}

/* A file that was changed or replaced has another identity; its bytes are not read for that. */
static enum cli_exit identify_baseline(struct look *l)
{
        const char *path = cli_value(l->cli, "baseline");
        struct stat st;

        if (stat(path, &st) != 0)
                return cli_fail(l->cli, CLI_FAILED, "%s: %s", path, strerror(errno));
        snprintf(l->after.baseline, sizeof(l->after.baseline), "%llx.%llx.%llx.%llx.%lx.%llx.%lx", (unsigned long long)st.st_dev,
                 (unsigned long long)st.st_ino, (unsigned long long)st.st_size, (unsigned long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
                 (unsigned long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
        return CLI_OK;
}

/* ---- evidence -------------------------------------------------------------------------------------------------------------- */

static enum cli_exit make_nonce(struct look *l)
{
        uint8_t *nonce = cli_alloc(NONCE_BYTES);

        if (getrandom(nonce, NONCE_BYTES, 0) != NONCE_BYTES)
                return cli_fail(l->cli, CLI_FAILED, "no random numbers: %s", strerror(errno));
        l->nonce = span_of(nonce, NONCE_BYTES);
        hex_encode(l->nonce, l->nonce_text);
        return CLI_OK;
}

static enum cli_exit open_fetched(struct look *l, uint64_t offset)
{
        const char *command = cli_value(l->cli, "fetch");
        char nonce[sizeof("COSIMA_NONCE=") + 2 * NONCE_BYTES], from[64];
        char *env[] = { nonce, from, NULL };
        enum cli_exit status = make_nonce(l);
        int fd;

        if (status != CLI_OK)
                return status;
        snprintf(nonce, sizeof(nonce), "COSIMA_NONCE=%s", l->nonce_text);
        snprintf(from, sizeof(from), "COSIMA_IMA_OFFSET=%llu", (unsigned long long)offset);
        status = child_read(l->cli, command, env, &fd);
        return status == CLI_OK ? archive_open_fd(l->cli, fd, command, &l->archive, &l->refused) : status;
}

/* meta.json is not signed: what it says of the log's beginning is believed as far as the log replays to the quote from there. */
static void read_missing(struct look *l)
{
        struct span meta = l->archive.evidence.members[EVIDENCE_META], value;

        if (!meta.data || canon_check(meta) != ERR_OK || canon_member(meta, "ima_offset", &value) != ERR_OK ||
            canon_u64(value, &l->missing) != ERR_OK)
                l->missing = 0;
}

static enum cli_exit open_evidence(struct look *l, uint64_t offset)
{
        const char *path = l->cli->argument_count > 0 ? l->cli->arguments[0] : NULL;
        enum cli_exit status = CLI_OK;

        l->refused.code = ERR_OK;
        if (path)
                status = nonce_parse(l->cli, cli_value(l->cli, "nonce"), &l->nonce);
        if (status == CLI_OK)
                status = path ? archive_open(l->cli, path, &l->archive, &l->refused) : open_fetched(l, offset);
        if (l->refused.code != ERR_OK)
                return CLI_OK;
        if (status == CLI_OK)
                read_missing(l);
        return status;
}

/* ---- nothing new ----------------------------------------------------------------------------------------------------------- */

static void add_u64(struct digest_state *s, uint64_t number)
{
        uint8_t bytes[8];

        for (unsigned i = 0; i < 8; i++)
                bytes[i] = (uint8_t)(number >> (8 * i));
        digest_add(s, span_of(bytes, sizeof(bytes)));
}

static void add_text(struct digest_state *s, struct span text)
{
        add_u64(s, text.len);
        digest_add(s, text);
}

/* What is signed, but for the nonce and the time. */
static void add_quote(struct digest_state *s, const struct quote *q)
{
        add_u64(s, q->reset_count);
        add_u64(s, q->restart_count);
        add_u64(s, q->clock_safe);
        add_u64(s, q->firmware_version);
        for (unsigned i = 0; i < q->selection_count; i++) {
                add_u64(s, q->selections[i].tpm_id);
                add_u64(s, q->selections[i].pcrs);
        }
        add_text(s, q->pcr_digest);
}

/* False when there is no quote. */
static bool digest_inputs(struct look *l)
{
        struct digest_state s;
        struct digest digest;

        if (quote_parse(l->archive.evidence.members[EVIDENCE_QUOTE_MSG], &l->quote) != ERR_OK)
                return false;
        digest_begin(&s, ALG_SHA256);
        add_text(&s, span_of_str(l->after.baseline));
        add_u64(&s, cli_flag(l->cli, "require-boot-chain"));
        for (unsigned m = 0; m < EVIDENCE_MEMBERS; m++)
                if (m != EVIDENCE_QUOTE_MSG && m != EVIDENCE_QUOTE_SIG && m != EVIDENCE_META)
                        add_text(&s, l->archive.evidence.members[m]);
        add_u64(&s, l->archive.has_ima ? l->missing + l->archive.ima_size : 0);
        add_quote(&s, &l->quote);
        digest_end(&s, &digest);
        memcpy(l->after.inputs, digest.bytes, sizeof(l->after.inputs));
        return true;
}

/* The key is among the inputs, so it is the one that the last verdict was about. */
static bool is_signed(const struct look *l)
{
        struct span message = l->archive.evidence.members[EVIDENCE_QUOTE_MSG];
        struct quote_signature signature;

        return quote_has_nonce(&l->quote, l->nonce) && l->quote.clock_ms >= l->before.clock_ms &&
               l->quote.reset_count == l->before.resets && l->quote.restart_count == l->before.restarts &&
               quote_parse_signature(l->archive.evidence.members[EVIDENCE_QUOTE_SIG], &signature) == ERR_OK &&
               quote_verify(message, &signature, l->archive.evidence.members[EVIDENCE_AK]) == ERR_OK;
}

static bool is_nothing_new(struct look *l)
{
        return digest_inputs(l) && l->before.is_there && l->before.has_ima && memcmp(l->before.inputs, l->after.inputs, 32) == 0 && is_signed(l);
}

/* ---- judging ----------------------------------------------------------------------------------------------------------------- */

static bool is_same_boot(const struct look *l)
{
        return l->before.is_there && l->before.has_ima && strcmp(l->before.baseline, l->after.baseline) == 0 &&
               l->judge->has_quote && l->judge->quote.reset_count == l->before.resets && l->judge->quote.restart_count == l->before.restarts &&
               l->before.offset >= l->missing && l->before.offset <= l->missing + l->archive.ima_size;
}

/* Whether the evidence is the node's and was made now: signed by its key, for our nonce, and not before the last look. */
static bool is_of_node(const struct judge *j)
{
        const unsigned *counts = j->reasons.counts;

        return j->has_quote && counts[REASON_NONCE] == 0 && counts[REASON_RESETS_BACK] == 0 && counts[REASON_RESTARTS_BACK] == 0 &&
               counts[REASON_LOOK_RESETS_BACK] == 0 && counts[REASON_LOOK_RESTARTS_BACK] == 0 && counts[REASON_LOOK_CLOCK_BACK] == 0;
}

/* Only what a quote confirmed is worth keeping. */
static enum cli_exit keep_ima(struct look *l, unsigned first_reason, const unsigned *counts_before, uint64_t end)
{
        enum err e;

        replay_ima_conclude(&l->judge->ima);
        l->after.has_ima = is_of_node(l->judge) && !judge_ima_stopped(l->judge) && l->judge->ima.matched;
        if (!l->after.has_ima)
                return CLI_OK;
        l->after.offset = l->missing + end;
        e = watch_state_save_ima(l->judge, first_reason, counts_before, &l->after.ima);
        return e == ERR_OK ? CLI_OK : cli_fail(l->cli, CLI_FAILED, "%s: %s", cli_value(l->cli, "state"), err_text(e));
}

static bool does_not_fit(const struct judge *j)
{
        return j->reasons.counts[REASON_IMA_REPLAY] > 0 || j->reasons.counts[REASON_IMA_MALFORMED] > 0;
}

/* From the place where the last look ended, or from the beginning. */
static enum cli_exit judge_log(struct look *l, bool resume)
{
        struct judge *j = l->judge;
        unsigned counts_before[REASON_COUNT_], first_reason;
        uint64_t end;
        enum cli_exit status;

        j->evidence = l->archive.evidence;
        j->nonce = l->nonce;
        l->seen = (struct judge_look){ l->before.clock_ms, l->before.resets, l->before.restarts };
        j->look = l->before.is_there ? &l->seen : NULL;
        memset(j->seen, 0, j->baseline->file_count);
        memset(j->seen_at, 0, j->baseline->file_count * sizeof(*j->seen_at));
        judge_begin(j);
        first_reason = j->reasons.kept_count;
        memcpy(counts_before, j->reasons.counts, sizeof(counts_before));
        resume = resume && is_same_boot(l);
        if (resume && watch_state_load_ima(j, l->before.ima) != ERR_OK)
                return judge_log(l, false);
        status = stream_ima(l->cli, &l->archive, resume ? l->before.offset - l->missing : 0, j, NULL, &end);
        if (status == CLI_OK)
                status = keep_ima(l, first_reason, counts_before, end);
        if (status != CLI_OK)
                return status;
        l->verdict = judge_end(j);
        /* What was new did not fit what was judged before. */
        if (resume && l->missing == 0 && does_not_fit(j))
                return judge_log(l, false);
        return CLI_OK;
}

static void refuse(struct look *l)
{
        const char *path = l->cli->argument_count > 0 ? l->cli->arguments[0] : cli_value(l->cli, "fetch");

        case_refuse(l->judge, path, &l->refused);
        l->verdict = JUDGE_MALFORMED;
}

static enum cli_exit judge_news(struct look *l)
{
        enum cli_exit status = case_read_baseline(l->cli, cli_value(l->cli, "baseline"), l->judge);

        if (status != CLI_OK)
                return status;
        if (l->refused.code == ERR_OK)
                status = judge_log(l, true);
        /* A part of the log is enough only for who judged the rest; a node that was booted anew has another log. */
        if (status == CLI_OK && l->refused.code == ERR_OK && l->missing > 0 &&
            (!is_same_boot(l) || does_not_fit(l->judge))) {
                archive_close(&l->archive);
                status = open_evidence(l, 0);
                if (status == CLI_OK && l->refused.code == ERR_OK && l->missing > 0)
                        return cli_fail(l->cli, CLI_FAILED, "%s: sends only a part of the IMA log, though all of it was asked for",
                                        cli_value(l->cli, "fetch"));
                if (status == CLI_OK && l->refused.code == ERR_OK && digest_inputs(l))
                        status = judge_log(l, false);
        }
        if (status == CLI_OK && l->refused.code != ERR_OK)
                refuse(l);
        return status;
}

/* ---- telling ----------------------------------------------------------------------------------------------------------------- */

/* Verdict and reasons, but not the numbers in notes, which change all the time. */
static void digest_verdict(struct look *l)
{
        const struct judge *j = l->judge;
        struct digest_state s;
        struct digest digest;

        digest_begin(&s, ALG_SHA256);
        add_text(&s, span_of_str(judge_verdict_text(l->verdict)));
        add_text(&s, span_of_str(judge_chain_text(j->chain)));
        for (unsigned i = 0; i < j->reasons.kept_count; i++) {
                const struct reason *r = &j->reasons.kept[i];

                if (reason_weight(r->code) == REASON_NOTE)
                        continue;
                add_u64(&s, r->code);
                add_text(&s, r->subject);
                add_text(&s, r->field);
                add_text(&s, r->now);
        }
        digest_end(&s, &digest);
        memcpy(l->after.judged, digest.bytes, sizeof(l->after.judged));
}

static enum cli_exit run_hook(struct look *l)
{
        const char *hook = cli_value(l->cli, "hook");
        bool changed = l->before.is_there ? memcmp(l->before.judged, l->after.judged, 32) != 0 : l->verdict != JUDGE_TRUSTED;
        struct span text;
        enum cli_exit status;
        enum err e;

        if (!hook || !changed)
                return CLI_OK;
        e = verdict_write_json(l->judge, l->verdict, &text);
        status = e == ERR_OK ? child_write(l->cli, hook, text) : cli_fail(l->cli, CLI_FAILED, "%s", err_text(e));
        /* Who was not told must be told by the next look. */
        if (status != CLI_OK) {
                memcpy(l->after.judged, l->before.judged, sizeof(l->after.judged));
                memset(l->after.inputs, 0, sizeof(l->after.inputs));
        }
        return status;
}

static enum cli_exit write_state(struct look *l)
{
        struct span text;
        enum err e;

        l->after.verdict = l->verdict;
        if (l->refused.code == ERR_OK && is_of_node(l->judge)) {
                l->after.clock_ms = l->judge->quote.clock_ms;
                l->after.resets = l->judge->quote.reset_count;
                l->after.restarts = l->judge->quote.restart_count;
        } else {
                /* Whatever this was, it was not the node; the next evidence goes on from what the node showed. */
                l->after.clock_ms = l->before.clock_ms;
                l->after.resets = l->before.resets;
                l->after.restarts = l->before.restarts;
                l->after.has_ima = l->before.has_ima && strcmp(l->before.baseline, l->after.baseline) == 0;
                l->after.offset = l->before.offset;
                l->after.ima = l->before.ima;
                memset(l->after.inputs, 0, sizeof(l->after.inputs));
        }
        e = watch_state_write(&l->after, &text);
        if (e != ERR_OK)
                return cli_fail(l->cli, CLI_FAILED, "%s: %s", cli_value(l->cli, "state"), err_text(e));
        return file_write(l->cli, cli_value(l->cli, "state"), 0600, text);
}

static enum cli_exit print_nothing_new(const struct look *l)
{
        char buf[256];
        struct json_writer w = json_writer_on(buf, sizeof(buf));

        if (!l->cli->json) {
                printf("%s\nnothing new\n", judge_verdict_text(l->before.verdict));
                return CLI_OK;
        }
        json_object_open(&w);
        json_put_bool(&w, "new", false);
        json_put_str(&w, "verdict", judge_verdict_text(l->before.verdict));
        json_object_close(&w);
        return print_json(l->cli, &w);
}

static enum cli_exit tell(struct look *l)
{
        enum cli_exit hooked, status = CLI_OK;

        digest_verdict(l);
        if (l->cli->json)
                status = verdict_print_json(l->cli, l->judge, l->verdict);
        else
                verdict_print(l->judge, l->verdict);
        hooked = run_hook(l);
        if (status == CLI_OK)
                status = write_state(l);
        return status == CLI_OK ? hooked : status;
}

enum cli_exit watch_look(const struct cli *cli, enum judge_verdict *ret_verdict)
{
        struct look *l = cli_alloc(sizeof(*l));
        enum cli_exit status;

        l->cli = cli;
        status = identify_baseline(l);
        if (status == CLI_OK)
                status = read_state(l);
        if (status == CLI_OK)
                status = open_evidence(l, l->before.has_ima ? l->before.offset : 0);
        if (status != CLI_OK)
                return status;
        if (l->refused.code == ERR_OK && is_nothing_new(l)) {
                archive_close(&l->archive);
                *ret_verdict = l->before.verdict;
                return print_nothing_new(l);
        }
        l->judge = case_new();
        status = judge_news(l);
        if (status == CLI_OK && l->verdict != JUDGE_MALFORMED && cli_flag(cli, "require-boot-chain"))
                l->verdict = verdict_require_chain(l->judge, l->verdict);
        if (status == CLI_OK)
                status = tell(l);
        *ret_verdict = l->verdict;
        return status;
}
