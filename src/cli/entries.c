/* SPDX-License-Identifier: Apache-2.0 */
/* Writes baselines. */
#include "cli/entries.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/file.h"
#include "cli/print.h"

#define FIXED_BYTES (2u * 1024 * 1024) /* of a baseline without its files and patterns */
#define JSON_BYTES 65536

static struct span keep(struct span text)
{
        return span_of(memcpy(cli_alloc(text.len), text.data, text.len), text.len);
}

static void grow(struct entries *e)
{
        size_t wider = e->cap ? 2 * e->cap : 1024;
        struct baseline_entry *grown = cli_alloc(wider * sizeof(*grown));

        if (e->count > 0)
                memcpy(grown, e->list, e->count * sizeof(*grown));
        free(e->list);
        e->list = grown;
        e->cap = wider;
}

void entries_add(struct entries *e, const struct baseline *b, struct span path, struct span digest)
{
        struct span name;

        /* Room is enough for every path that a kernel logs; what is longer cannot be used either. */
        if (alias_name(b->mounts, b->mount_count, path, e->name, &name) != ERR_OK)
                return;
        if (e->count == e->cap)
                grow(e);
        e->list[e->count] = (struct baseline_entry){ .name = keep(name), .digest = keep(digest), .age = e->count };
        e->count++;
        e->text_bytes += name.len + digest.len + 16;
}

static int compare_spans(const void *a, const void *b)
{
        return baseline_compare_names(*(const struct span *)a, *(const struct span *)b);
}

enum cli_exit entries_write_allowed(const struct cli *cli, struct span *patterns, size_t count, struct span *ret_allowed)
{
        size_t size = 64;
        struct json_writer w;
        enum err e;

        if (count == 0)
                return CLI_OK;
        qsort(patterns, count, sizeof(*patterns), compare_spans);
        for (size_t i = 0; i < count; i++)
                size += 6 * patterns[i].len + 16;
        w = json_writer_on(cli_alloc(size), size);
        json_array_open(&w);
        for (size_t i = 0; i < count; i++)
                json_text(&w, patterns[i]);
        json_array_close(&w);
        e = json_writer_result(&w, ret_allowed);
        return e == ERR_OK ? CLI_OK : cli_fail(cli, CLI_FAILED, "--allow: %s", err_text(e));
}

static enum cli_exit print_done(const struct cli *cli, size_t count)
{
        const char *out = cli_value(cli, "out");
        struct json_writer w = json_writer_on(cli_alloc(JSON_BYTES), JSON_BYTES);

        if (strcmp(out, "-") == 0)
                return CLI_OK;
        if (!cli->json) {
                printf("%s: enrolled, with %zu files\n", out, count);
                return CLI_OK;
        }
        json_object_open(&w);
        json_put_u64(&w, "files", count);
        json_put_str(&w, "out", out);
        json_object_close(&w);
        return print_json(cli, &w);
}

static int compare_entries(const void *a, const void *b)
{
        return baseline_compare(a, b);
}

enum cli_exit entries_write_baseline(const struct cli *cli, const struct baseline *b, struct entries *e)
{
        const char *out = cli_value(cli, "out");
        size_t size = FIXED_BYTES + b->allowed.len + e->text_bytes;
        char *buf = cli_alloc(size + 1);
        struct json_writer w = json_writer_on(buf, size);
        struct span text;
        enum cli_exit status;
        enum err error;

        if (e->count > 0)
                qsort(e->list, e->count, sizeof(*e->list), compare_entries);
        baseline_write(&w, b, e->list, e->count);
        error = json_writer_result(&w, &text);
        if (error != ERR_OK)
                return cli_fail(cli, CLI_FAILED, "%s: %s", out, err_text(error));
        buf[text.len++] = '\n';
        status = file_write(cli, out, 0644, text);
        return status == CLI_OK ? print_done(cli, e->count) : status;
}
