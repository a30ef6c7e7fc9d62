/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence and baseline from files, ready for the judge. */
#ifndef CLI_CASE_H
#define CLI_CASE_H

#include "cli/cli.h"
#include "cli/stream.h"
#include "verify/judge.h"

/* A judge in new memory, zeroed. */
struct judge *case_new(void);
/*
 * Read an evidence archive. CLI_USAGE when it is none: then its reason is in j's list; CLI_FAILED, having said why, when the file cannot be read.
 */
enum cli_exit case_read_evidence(const struct cli *cli, const char *path, struct judge *j);
/*
 * Judge an evidence archive, of which the IMA log is not kept in memory: log spans of j's evidence are not there. CLI_OK with a verdict, which
 * is JUDGE_MALFORMED with its reason when the archive is none; CLI_FAILED, having said why, when it cannot be read.
 */
enum cli_exit case_judge(const struct cli *cli, const char *path, struct judge *j, enum judge_verdict *ret_verdict);
/* The same, and another one sees each entry as well, after judge_begin(). */
enum cli_exit case_judge_beside(const struct cli *cli, const char *path, struct judge *j, const struct stream_visitor *visitor,
                                enum judge_verdict *ret_verdict);
/* The reason for a refused archive, which becomes the only one. */
void case_refuse(struct judge *j, const char *path, const struct evidence_error *why);
#define BASELINE_BYTES_MAX ((size_t)256 * 1024 * 1024)
/* Read a baseline from text, which must stay; path is its name for messages. CLI_USAGE, having said why. */
enum cli_exit case_parse_baseline(const struct cli *cli, const char *path, struct span text, struct baseline **ret_baseline);
/*
 * Say why a text in the baseline's format was refused: with the member that is wrong, or, where there is none, with the byte at which it is no
 * canonical JSON. Returns CLI_USAGE.
 */
enum cli_exit case_fail_text(const struct cli *cli, const char *path, struct span text, const char *member, enum err e);
/*
 * Read a baseline, with the memory that the judge needs for it; the vendor's part that --vendor names is put into it. CLI_FAILED or CLI_USAGE,
 * having said why.
 */
enum cli_exit case_read_baseline(const struct cli *cli, const char *path, struct judge *j);

#endif
