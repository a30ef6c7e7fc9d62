/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what is to be judged. */
#include "cli/case.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/file.h"
#include "cli/globs.h"
#include "cli/merge.h"
#include "cli/print.h"
#include "cli/stream.h"

#define EVIDENCE_BYTES_MAX ((size_t)4 * 1024 * 1024 * 1024)

struct judge *case_new(void)
{
        return cli_alloc(sizeof(struct judge));
}

void case_refuse(struct judge *j, const char *path, const struct evidence_error *why)
{
        struct reason reason = {
                .code = REASON_EVIDENCE, .subject = span_of_str(path), .error = why->code, .now = why->name, .number = why->offset
        };

        reason_begin(&j->reasons);
        reason_add(&j->reasons, &reason);
        j->chain = JUDGE_CHAIN_UNKNOWN;
}

enum cli_exit case_read_evidence(const struct cli *cli, const char *path, struct judge *j)
{
        struct evidence_error why;
        struct span tar;
        enum cli_exit status = file_read(cli, path, EVIDENCE_BYTES_MAX, &tar);

        if (status != CLI_OK)
                return CLI_FAILED;
        if (evidence_read(tar, &j->evidence, &why) == ERR_OK)
                return CLI_OK;
        case_refuse(j, path, &why);
        return CLI_USAGE;
}

enum cli_exit case_judge(const struct cli *cli, const char *path, struct judge *j, enum judge_verdict *ret_verdict)
{
        return case_judge_beside(cli, path, j, NULL, ret_verdict);
}

enum cli_exit case_judge_beside(const struct cli *cli, const char *path, struct judge *j, const struct stream_visitor *visitor,
                                enum judge_verdict *ret_verdict)
{
        struct evidence_error why;
        struct archive archive;
        uint64_t end;
        enum cli_exit status = archive_open(cli, path, &archive, &why);

        if (status == CLI_USAGE) {
                case_refuse(j, path, &why);
                *ret_verdict = JUDGE_MALFORMED;
                return CLI_OK;
        }
        if (status != CLI_OK)
                return status;
        j->evidence = archive.evidence;
        judge_begin(j);
        status = stream_ima(cli, &archive, 0, j, visitor, &end);
        archive_close(&archive);
        if (status == CLI_OK)
                *ret_verdict = judge_end(j);
        return status;
}

static void compile_allowed(struct baseline *b)
{
        struct span *patterns = cli_alloc((b->allowed.len / 3 + 1) * sizeof(*patterns)); /* none takes fewer bytes */
        struct canon_walk walk;
        struct span pattern;
        size_t count = 0;

        if (b->allowed.len > 0 && canon_open_array(b->allowed, &walk) == ERR_OK)
                while (canon_next_element(&walk, &pattern))
                        if (canon_plain_string(pattern, &patterns[count]) == ERR_OK)
                                count++;
        if (count > 0) {
                b->allowed_globs = cli_alloc(sizeof(*b->allowed_globs));
                *b->allowed_globs = globs_compile(patterns, count);
        }
        free(patterns);
}

/* Only what another program wrote in its own way can be written again: other spaces, or keys in another order. */
enum cli_exit case_fail_text(const struct cli *cli, const char *path, struct span text, const char *member, enum err e)
{
        size_t at = canon_fault(text);

        if (*member)
                return cli_fail(cli, CLI_USAGE, "%s: %s: %s", path, member, err_text(e));
        return cli_fail(cli, CLI_USAGE, "%s, byte %zu: %s%s", path, at, err_text(e),
                        e == ERR_CANON_ORDER || (at > 0 && at < text.len && strchr(" \t\r\n", text.data[at])) ? " (jq -cS . makes it so)" : "");
}

enum cli_exit case_parse_baseline(const struct cli *cli, const char *path, struct span text, struct baseline **ret_baseline)
{
        struct baseline *baseline = cli_alloc(sizeof(*baseline));
        size_t cap = BASELINE_FILES_CAP(text.len);
        const char *member;
        enum err e = baseline_read(text, cli_alloc_large(cap * sizeof(struct baseline_file)), cap, baseline, &member);

        if (e != ERR_OK)
                return case_fail_text(cli, path, text, member, e);
        cap = baseline_slots(baseline->file_count);
        baseline_index(baseline, cli_alloc_large(cap * sizeof(struct baseline_slot)), cap);
        compile_allowed(baseline);
        *ret_baseline = baseline;
        return CLI_OK;
}

enum cli_exit case_read_baseline(const struct cli *cli, const char *path, struct judge *j)
{
        struct baseline *baseline = NULL;
        struct span text;
        enum cli_exit status = file_read(cli, path, BASELINE_BYTES_MAX, &text);

        if (status == CLI_OK)
                status = case_parse_baseline(cli, path, text, &baseline);
        if (status == CLI_OK && cli_value(cli, "vendor"))
                status = merge_vendor(cli, &baseline);
        if (status != CLI_OK || !baseline)
                return status;
        j->baseline = baseline;
        j->seen = cli_alloc(baseline->file_count);
        j->seen_at = cli_alloc(baseline->file_count * sizeof(*j->seen_at));
        return CLI_OK;
}
