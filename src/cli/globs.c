/* SPDX-License-Identifier: Apache-2.0 */
/* Reads patterns and looks for those that reach too far. */
#include "cli/globs.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/file.h"
#include "cli/print.h"

#define FILE_BYTES_MAX (16u * 1024 * 1024)

static void add(struct globs *g, struct span pattern)
{
        if (g->count == g->cap) {
                size_t wider = g->cap ? 2 * g->cap : 64;
                struct span *grown = cli_alloc(wider * sizeof(*grown));

                if (g->count > 0)
                        memcpy(grown, g->patterns, g->count * sizeof(*grown));
                free(g->patterns);
                g->patterns = grown;
                g->cap = wider;
        }
        g->patterns[g->count++] = pattern;
}

/* Whether a pattern is a mount point and a wildcard for all that is in it. */
static bool is_whole_mount(struct span pattern, const struct alias_mount *mounts, unsigned count)
{
        for (unsigned i = 0; i < count; i++) {
                struct span point = mounts[i].point, rest;

                if (pattern.len <= point.len || memcmp(pattern.data, point.data, point.len) != 0 || pattern.data[point.len] != '/')
                        continue;
                rest = span_of(pattern.data + point.len + 1, pattern.len - point.len - 1);
                if (span_equal_str(rest, "*") || span_equal_str(rest, "**") || span_equal_str(rest, "**/*") || span_equal_str(rest, "*/**") ||
                    span_equal_str(rest, "**/**"))
                        return true;
        }
        return false;
}

static enum cli_exit check(const struct cli *cli, struct span pattern, const char *where, unsigned line, const struct alias_mount *mounts,
                           unsigned count)
{
        const char *why = glob_fault(pattern);

        if (!why && is_whole_mount(pattern, mounts, count))
                why = "is all of a partition";
        if (!why)
                return CLI_OK;
        fprintf(stderr, "%s: %s", cli->name, where);
        if (line > 0)
                fprintf(stderr, ":%u", line);
        fputs(": ", stderr);
        print_escaped(stderr, pattern);
        fprintf(stderr, ": %s\n", why);
        return CLI_USAGE;
}

static enum cli_exit read_lines(const struct cli *cli, const char *path, const struct alias_mount *mounts, unsigned count, struct globs *g)
{
        struct span text, line;
        enum cli_exit status = file_read(cli, path, FILE_BYTES_MAX, &text);

        for (unsigned number = 1; status == CLI_OK && text.len > 0; number++) {
                const uint8_t *end = memchr(text.data, '\n', text.len);

                line = span_of(text.data, end ? (size_t)(end - text.data) : text.len);
                text = end ? span_of(end + 1, text.len - line.len - 1) : span_of(NULL, 0);
                if (line.len == 0 || line.data[0] == '#')
                        continue;
                status = check(cli, line, path, number, mounts, count);
                add(g, line);
        }
        return status;
}

struct glob_set globs_compile(const struct span *patterns, size_t count)
{
        struct glob_set set;
        size_t cap = 1;

        for (size_t i = 0; i < count; i++)
                cap += patterns[i].len;
        set = glob_set_in(cli_alloc(cap * sizeof(struct glob_node)), cli_alloc(cap * sizeof(uint32_t)), cli_alloc(cap * sizeof(uint32_t)),
                          cli_alloc(cap * sizeof(uint32_t)), (uint32_t)cap);
        for (size_t i = 0; i < count; i++)
                glob_add(&set, patterns[i]);
        return set;
}

enum cli_exit globs_read(const struct cli *cli, const char *option, const struct alias_mount *mounts, unsigned mount_count,
                         struct globs *ret_globs)
{
        struct globs globs = { .count = 0 };
        enum cli_exit status = CLI_OK;
        const char *value;
        char from[64], where[64];

        snprintf(from, sizeof(from), "%s-from", option);
        snprintf(where, sizeof(where), "--%s", option);
        for (unsigned i = 0; status == CLI_OK && (value = cli_value_at(cli, option, i)) != NULL; i++) {
                status = check(cli, span_of_str(value), where, 0, mounts, mount_count);
                add(&globs, span_of_str(value));
        }
        for (unsigned i = 0; status == CLI_OK && (value = cli_value_at(cli, from, i)) != NULL; i++)
                status = read_lines(cli, value, mounts, mount_count, &globs);
        if (status != CLI_OK)
                return status;
        globs.set = globs_compile(globs.patterns, globs.count);
        *ret_globs = globs;
        return CLI_OK;
}
