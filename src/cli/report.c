/* SPDX-License-Identifier: Apache-2.0 */
/* The page: verdict, boot, storage, questions with their reasons, PCR values. */
#include "cli/report.h"

#include <stdlib.h>

#include "base/version.h"
#include "cli/explain.h"
#include "cli/html.h"

const char *report_state_class(enum report_state state)
{
        static const char *const classes[] = {
                [REPORT_GOOD] = "good", [REPORT_NOTE] = "note", [REPORT_BAD] = "bad", [REPORT_UNKNOWN] = "unknown"
        };

        return classes[state];
}

/* ---- questions ----------------------------------------------------------------------------------------------------------- */

/* The first code of each question's part of reason.def. */
static const struct {
        enum reason_code first;
        enum report_question question;
} parts[] = {
        { REASON_EVIDENCE, REPORT_QUOTE },         { REASON_PCRS_MALFORMED, REPORT_LOGS },  { REASON_EVENTS_NONE, REPORT_EVENTS },
        { REASON_CONTENT, REPORT_FILES },          { REASON_POLICY_ABSENT, REPORT_POLICY }, { REASON_STORAGE_FIELD, REPORT_STORAGE },
        { REASON_IMA_START, REPORT_FILES },
};

static const struct {
        const char *question, *answer;
} questions[REPORT_QUESTIONS] = {
        [REPORT_QUOTE] = { "Is the quote the node's, and new?", "Signed in a TPM by the enrolled key, over the nonce, for exactly the enrolled PCRs." },
        [REPORT_LOGS] = { "Are the logs what was measured?", "Replayed, the logs give the quoted values in every bank." },
        [REPORT_EVENTS] = { "Did cosima do all of its work?", "Its events are complete, in order, without a failure, and closed by the handover." },
        [REPORT_POLICY] = { "By which policy?", "By the signed policy that was enrolled; the rules are those it gives, and the kernel took them." },
        [REPORT_STORAGE] = { "Is the storage the enrolled one?", "Every field of it." },
        [REPORT_FILES] = { "Are the files the enrolled ones?", "All that the kernel measured, and none that had to be read is missing." },
};

enum report_question report_question_of(enum reason_code code)
{
        enum report_question question = REPORT_QUOTE;

        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
                if (code >= parts[i].first)
                        question = parts[i].question;
        return question;
}

enum report_state report_state_of(const struct judge *j, enum report_question question)
{
        enum report_state state = j->has_quote || question == REPORT_QUOTE ? REPORT_GOOD : REPORT_UNKNOWN;

        for (unsigned i = 0; i < j->reasons.kept_count; i++) {
                const struct reason *r = &j->reasons.kept[i];

                if (report_question_of(r->code) != question || r->code == REASON_BOOT_CHAIN)
                        continue;
                if (reason_weight(r->code) != REASON_NOTE)
                        return REPORT_BAD;
                state = REPORT_NOTE;
        }
        return state;
}

enum report_state report_chain_state(const struct judge *j)
{
        static const enum report_state states[] = { [JUDGE_CHAIN_UNCHANGED] = REPORT_GOOD,
                                                    [JUDGE_CHAIN_CHANGED] = REPORT_BAD,
                                                    [JUDGE_CHAIN_UNMEASURED] = REPORT_NOTE,
                                                    [JUDGE_CHAIN_UNKNOWN] = REPORT_UNKNOWN };

        return states[j->chain];
}

static void put_reasons(FILE *out, const struct judge *j, enum report_question question)
{
        bool open = false;

        for (unsigned i = 0; i < j->reasons.kept_count; i++) {
                const struct reason *r = &j->reasons.kept[i];
                char *text = NULL;
                size_t len = 0;
                FILE *memory;

                if (r->code == REASON_BOOT_CHAIN || report_question_of(r->code) != question || explain_is_repeated(j, i) || !(memory = open_memstream(&text, &len)))
                        continue;
                explain_reason(memory, j, r);
                fclose(memory);
                fprintf(out, "%s<li class=\"%s\"><code>%s</code> ", open ? "" : "<ul>", reason_weight(r->code) == REASON_NOTE ? "note" : "bad",
                        reason_name(r->code));
                /* It has been escaped for a terminal already: only markup is left to do. */
                html_string(out, text);
                fputs("</li>", out);
                open = true;
                free(text);
        }
        if (open)
                fputs("</ul>", out);
}

static void put_question(FILE *out, const struct judge *j, enum report_question question)
{
        static const char *const words[] = { [REPORT_GOOD] = "yes", [REPORT_NOTE] = "yes, with notes", [REPORT_BAD] = "no", [REPORT_UNKNOWN] = "not known" };
        enum report_state state = report_state_of(j, question);

        fprintf(out, "<section class=\"question %s\"><h3>%s <span class=\"answer\">%s</span></h3>", report_state_class(state),
                questions[question].question, words[state]);
        if (state == REPORT_GOOD)
                fprintf(out, "<p>%s</p>", questions[question].answer);
        put_reasons(out, j, question);
        fputs("</section>\n", out);
}

static void put_chain(FILE *out, const struct judge *j)
{
        fprintf(out, "<section class=\"question %s\"><h3>Was the boot itself the enrolled one? <span class=\"answer\">%s</span></h3><p>",
                report_state_class(report_chain_state(j)), judge_chain_text(j->chain));
        html_string(out, judge_chain_sentence(j->chain));
        fputs(". This is a verdict of its own.</p>", out);
        for (unsigned pcr = 0; pcr < QUOTE_PCRS; pcr++)
                if (j->chain_changed >> pcr & 1)
                        fprintf(out, "<ul><li class=\"bad\">PCR %u is not as enrolled: %s</li></ul>", pcr, explain_pcr(pcr));
        if (j->reasons.counts[REASON_BOOT_CHAIN] > 0)
                fputs("<p>The boot chain was asked for, and counts in the verdict above.</p>", out);
        fputs("</section>\n", out);
}

/* ---- PCR values ---------------------------------------------------------------------------------------------------------- */

static void put_pcrs(FILE *out, const struct judge *j)
{
        fputs("<h2>PCR values</h2>\n<details><summary>What the TPM signed, by bank</summary>\n<table><tr><th>bank</th><th>PCR</th><th>value</th></tr>\n", out);
        for (unsigned alg = 0; alg < ALG_COUNT; alg++)
                for (unsigned pcr = 0; pcr < QUOTE_PCRS; pcr++) {
                        if (!(j->signed_pcrs[alg] & j->values[alg].pcrs & UINT32_C(1) << pcr))
                                continue;
                        fprintf(out, "<tr%s><td>%s</td><td>%u</td><td class=\"hex\">", j->chain_changed >> pcr & 1 ? " class=\"bad\"" : "",
                                alg_info((enum alg)alg)->name, pcr);
                        for (unsigned i = 0; i < alg_info((enum alg)alg)->size; i++)
                                fprintf(out, "%02x", j->values[alg].values[pcr].bytes[i]);
                        fputs("</td></tr>\n", out);
                }
        fputs("</table></details>\n", out);
}

/* ---- page ---------------------------------------------------------------------------------------------------------------- */

static const char style[] =
        ":root{--good:#1a7f37;--bad:#c62828;--note:#9a6700;--unknown:#6e7781;--ink:#1f2328;--paper:#fff;--line:#d0d7de;--soft:#f6f8fa}"
        "@media(prefers-color-scheme:dark){:root{--good:#3fb950;--bad:#ff7b72;--note:#d29922;--unknown:#8b949e;--ink:#e6edf3;--paper:#0d1117;"
        "--line:#30363d;--soft:#161b22}}"
        "*{box-sizing:border-box}body{margin:0 auto;max-width:60rem;padding:2rem 1.5rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);"
        "background:var(--paper);overflow-wrap:anywhere}"
        "h1{font-size:1.7rem;margin:0 0 .25rem}h2{font-size:1.2rem;margin:2.5rem 0 1rem;border-bottom:1px solid var(--line);padding-bottom:.3rem}"
        "h3{font-size:1rem;margin:0}p{margin:.3rem 0}code,.hex{font:.85em ui-monospace,monospace}"
        ".verdict{border-left:.5rem solid;padding:1rem 1.25rem;background:var(--soft)}.verdict p{color:var(--ink)}"
        ".good{border-color:var(--good)}.bad{border-color:var(--bad)}.note{border-color:var(--note)}.unknown{border-color:var(--unknown)}"
        ".verdict.good h1,.good .answer,.good .mark{color:var(--good)}.verdict.bad h1,.bad .answer,.bad .mark{color:var(--bad)}"
        ".note .answer,.note .mark{color:var(--note)}.unknown .answer,.unknown .mark{color:var(--unknown)}"
        ".question{border-left:.25rem solid;padding:.6rem 1rem;margin:.6rem 0;background:var(--soft);border-color:var(--line)}"
        ".question.good{border-color:var(--good)}.question.bad{border-color:var(--bad)}.question.note{border-color:var(--note)}"
        ".answer{font-weight:600;margin-left:.5rem}ul{margin:.4rem 0;padding-left:1.1rem}li{margin:.25rem 0}"
        "li.bad::marker{color:var(--bad)}li.note::marker{color:var(--note)}tr.bad td{color:var(--bad)}"
        ".timeline{list-style:none;margin:0;padding:0 0 0 1.2rem;border-left:2px solid var(--line)}.timeline li{position:relative;padding:0 0 1.1rem .6rem;margin:0}"
        ".timeline li::before{content:'';position:absolute;left:-1.75rem;top:.3rem;width:.9rem;height:.9rem;border-radius:50%;background:var(--unknown);"
        "border:2px solid var(--paper)}.timeline li.good::before{background:var(--good)}.timeline li.bad::before{background:var(--bad)}"
        ".timeline li.note::before{background:var(--note)}.timeline b{margin-right:.5rem}.pcr{font-size:.8rem;color:var(--unknown)}"
        ".timeline div{font-size:.92rem}svg{width:100%;height:auto;display:block}svg text{fill:var(--ink);font:14px system-ui,sans-serif}"
        "svg .small{font-size:12px;fill:var(--unknown)}svg .wrong{font-size:12px;fill:var(--bad)}svg .disk{fill:var(--soft);stroke:var(--line)}svg .good{stroke:var(--good)}"
        "svg .bad{stroke:var(--bad)}svg .note{stroke:var(--note)}svg .unknown{stroke:var(--unknown);stroke-dasharray:6 4}"
        "svg .part{fill:var(--paper);stroke-width:2.5}svg .part.gap{fill:var(--soft);stroke:var(--line);stroke-width:1}"
        ".bar{height:2.2rem}.bar .part{vector-effect:non-scaling-stroke}.wide{overflow-x:auto}.wide svg{min-width:46rem}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.15rem .6rem .15rem 0;"
        "vertical-align:top}footer{margin-top:3rem;font-size:.85rem;color:var(--unknown)}";

static void put_head(FILE *out, enum judge_verdict verdict, const char *name)
{
        fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
              "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
              "<meta name=\"viewport\" content=\"width=device-width\"><title>",
              out);
        fprintf(out, "%s: ", judge_verdict_text(verdict));
        html_string(out, name);
        fprintf(out, "</title>\n<style>%s</style></head>\n<body>\n", style);
}

static unsigned count_weight(const struct judge *j, bool notes)
{
        unsigned count = 0;

        for (unsigned code = 0; code < REASON_COUNT_; code++)
                if ((reason_weight((enum reason_code)code) == REASON_NOTE) == notes)
                        count += j->reasons.counts[code];
        return count;
}

static void put_verdict(FILE *out, const struct judge *j, enum judge_verdict verdict, const char *name)
{
        unsigned reasons = count_weight(j, false), notes = count_weight(j, true);

        fprintf(out, "<header class=\"verdict %s\"><h1>%s</h1><p>", verdict == JUDGE_TRUSTED ? "good" : "bad", judge_verdict_text(verdict));
        html_text(out, span_of_str(name));
        fprintf(out, ": %u reason%s against it, %u note%s. Boot chain: <b>%s</b>.</p>", reasons, reasons == 1 ? "" : "s", notes,
                notes == 1 ? "" : "s", judge_chain_text(j->chain));
        if (j->has_policy) {
                fputs("<p>Policy <b>", out);
                html_text(out, j->policy.name);
                fprintf(out, "</b>, version %u, PCR %u.</p>", j->policy.version, j->policy.pcr);
        }
        fputs("</header>\n", out);
}

void report_write(FILE *out, const struct judge *j, enum judge_verdict verdict, const char *name)
{
        put_head(out, verdict, name);
        put_verdict(out, j, verdict, name);
        fputs("<h2>The boot</h2>\n", out);
        report_timeline(out, j);
        fputs("<h2>The storage</h2>\n", out);
        report_storage(out, j);
        fputs("<h2>The questions</h2>\n", out);
        for (unsigned question = 0; question < REPORT_QUESTIONS; question++)
                put_question(out, j, (enum report_question)question);
        put_chain(out, j);
        if (j->reasons.count > j->reasons.kept_count)
                fprintf(out, "<p>And %u more reasons, which are not shown.</p>\n", j->reasons.count - j->reasons.kept_count);
        put_pcrs(out, j);
        fputs("<footer>cosima " VERSION "</footer>\n</body></html>\n", out);
}
