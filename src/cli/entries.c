/* SPDX-License-Identifier: Apache-2.0 */
/* Writes baselines. */
#include "cli/entries.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "cli/case.h"
#include "cli/file.h"
#include "cli/print.h"

#define FIXED_BYTES (2u * 1024 * 1024) /* of a baseline without its files and patterns */
#define JSON_BYTES 65536
#define CHUNK_BYTES (256u * 1024)
#define LOOKED_BACK 64 /* as baseline_write() does: a file with more contents than that may have one more often than twice */

struct entries_link {
        uint32_t older; /* entry of the same name, and one; 0: none */
        bool returned;  /* a content of this name had been there before, with others between */
        uint64_t number; /* of the entry in the log that told it */
};

/* Names and digests of 100,000 files, each in memory of its own, would take half as much again. */
static struct span keep(struct entries *e, struct span text)
{
        uint8_t *kept;

        if (text.len > e->chunk_left) {
                e->chunk_left = text.len > CHUNK_BYTES ? text.len : CHUNK_BYTES;
                e->chunk = cli_alloc(e->chunk_left);
        }
        kept = memcpy(e->chunk, text.data, text.len);
        e->chunk += text.len;
        e->chunk_left -= text.len;
        return span_of(kept, text.len);
}

/* Names come from the log of a machine that may be anybody's; without the seed nobody makes many of one hash. */
static uint64_t hash_of(const struct entries *e, struct span name)
{
        const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
        uint64_t hash = e->seed ^ name.len;

        for (size_t i = 0; i < name.len; i++) {
                hash = (hash ^ name.data[i]) * odd;
                hash ^= hash >> 32;
        }
        return hash;
}

/* The slot of a name, or the empty one where it belongs. */
static uint32_t *find_slot(const struct entries *e, struct span name)
{
        size_t at = hash_of(e, name) & (e->slot_count - 1);

        while (e->slots[at] != 0 && !span_equal(e->list[e->slots[at] - 1].name, name))
                at = (at + 1) & (e->slot_count - 1);
        return &e->slots[at];
}

static void *grow_array(void *old, size_t count, size_t cap, size_t size)
{
        void *grown = cli_alloc(cap * size);

        if (count > 0)
                memcpy(grown, old, count * size);
        free(old);
        return grown;
}

static void grow(struct entries *e)
{
        e->cap = e->cap ? 2 * e->cap : 1024;
        e->list = grow_array(e->list, e->count, e->cap, sizeof(*e->list));
        e->links = grow_array(e->links, e->count, e->cap, sizeof(*e->links));
        free(e->slots);
        e->slot_count = 2 * e->cap;
        e->slots = cli_alloc(e->slot_count * sizeof(*e->slots));
        if (e->seed == 0 && getrandom(&e->seed, sizeof(e->seed), 0) != (ssize_t)sizeof(e->seed))
                e->seed = (uintptr_t)e->list;
        for (size_t i = 0; i < e->count; i++)
                *find_slot(e, e->list[i].name) = (uint32_t)i + 1;
}

/* Whether the baseline would not show it: it was seen last, or before and some content of this file came back already. */
static bool is_known(const struct entries *e, uint32_t newest, struct span digest, bool *ret_returns)
{
        *ret_returns = false;
        if (newest == 0)
                return false;
        if (span_equal(e->list[newest - 1].digest, digest))
                return true;
        for (uint32_t i = newest, steps = 0; i != 0 && !*ret_returns && steps < LOOKED_BACK; i = e->links[i - 1].older, steps++)
                *ret_returns = span_equal(e->list[i - 1].digest, digest);
        return *ret_returns && e->links[newest - 1].returned;
}

void entries_add(struct entries *e, const struct baseline *b, struct span path, struct span digest, uint64_t number)
{
        struct span name;
        uint32_t *slot;
        bool returns;

        /* Room is enough for every path that a kernel logs; what is longer cannot be used either. */
        if (e->text_bytes > BASELINE_BYTES_MAX || alias_name(b->mounts, b->mount_count, path, e->name, &name) != ERR_OK)
                return;
        if (e->count == e->cap)
                grow(e);
        slot = find_slot(e, name);
        if (is_known(e, *slot, digest, &returns))
                return;
        e->list[e->count] = (struct baseline_entry){ .name = *slot != 0 ? e->list[*slot - 1].name : keep(e, name),
                                                     .digest = keep(e, digest), .age = e->count };
        e->links[e->count] = (struct entries_link){ *slot, returns || (*slot != 0 && e->links[*slot - 1].returned), number };
        *slot = (uint32_t)++e->count;
        e->text_bytes += name.len + digest.len + 16;
}

void entries_cut(struct entries *e, uint64_t count)
{
        size_t kept = 0;

        for (size_t i = 0; i < e->count; i++)
                if (e->links[i].number < count)
                        e->list[kept++] = e->list[i];
        e->count = kept;
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
        struct json_writer w;
        char *buf;
        struct span text;
        enum cli_exit status;
        enum err error;

        if (e->text_bytes > BASELINE_BYTES_MAX)
                return cli_fail(cli, CLI_FAILED, "%s: would be larger than %zu bytes", out, BASELINE_BYTES_MAX);
        if (e->count > 0)
                qsort(e->list, e->count, sizeof(*e->list), compare_entries);
        buf = cli_alloc(size + 1);
        w = json_writer_on(buf, size);
        baseline_write(&w, b, e->list, e->count);
        error = json_writer_result(&w, &text);
        if (error != ERR_OK)
                return cli_fail(cli, CLI_FAILED, "%s: %s", out, err_text(error));
        buf[text.len++] = '\n';
        status = file_write(cli, out, 0644, text);
        return status == CLI_OK ? print_done(cli, e->count) : status;
}
