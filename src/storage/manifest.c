/* SPDX-License-Identifier: Apache-2.0 */
/* A digest over a sorted list of files: what is missing, added, rolled back or re-owned changes it. */
#include "storage/manifest.h"

/* A path of 4095 bytes, each of them escaped as \u00xx or as hex, and the other members. */
#define ENTRY_TEXT_BYTES (6 * MANIFEST_PATH_MAX + 512)

void manifest_begin(struct manifest *m, const struct policy_walk *walk)
{
        m->walk = walk;
        m->entries = m->files = m->bytes = 0;
        m->error = ERR_OK;
        m->last_len = 0;
        digest_begin(&m->state, ALG_SHA256);
}

static bool is_same_or_below(struct span path, struct span top)
{
        if (path.len < top.len || memcmp(path.data, top.data, top.len) != 0)
                return false;
        return path.len == top.len || path.data[top.len] == '/';
}

bool manifest_excludes(const struct policy_walk *walk, struct span path)
{
        for (unsigned i = 0; i < walk->except_count; i++)
                if (is_same_or_below(path, walk->except[i]))
                        return true;
        return false;
}

int manifest_compare_paths(struct span a, struct span b)
{
        size_t len = a.len < b.len ? a.len : b.len;

        for (size_t i = 0; i < len; i++) {
                int ca = a.data[i] == '/' ? -1 : a.data[i];
                int cb = b.data[i] == '/' ? -1 : b.data[i];

                if (ca != cb)
                        return ca - cb;
        }
        return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

static void write_entry(struct json_writer *w, const struct manifest_entry *e)
{
        json_array_open(w);
        json_text(w, e->path);
        json_text(w, span_of(&e->type, 1));
        json_u64(w, e->mode);
        json_u64(w, e->uid);
        json_u64(w, e->gid);
        json_u64(w, e->size_bytes);
        json_u64(w, e->major);
        json_u64(w, e->minor);
        json_hex(w, span_of(e->sha256, sizeof(e->sha256)));
        json_array_close(w);
}

static enum err check_entry(const struct manifest *m, const struct manifest_entry *e)
{
        if (e->path.len == 0 || e->path.len > MANIFEST_PATH_MAX || e->path.data[0] != '/')
                return ERR_MANIFEST_PATH;
        if (m->last_len > 0 && manifest_compare_paths(span_of(m->last, m->last_len), e->path) >= 0)
                return ERR_MANIFEST_ORDER;
        if (e->type == 'f' && m->walk->max_bytes != 0 && e->size_bytes > m->walk->max_bytes)
                return ERR_MANIFEST_LARGE;
        return ERR_OK;
}

static enum err add_entry(struct manifest *m, const struct manifest_entry *e)
{
        char buf[ENTRY_TEXT_BYTES];
        struct json_writer w = json_writer_on(buf, sizeof(buf));
        struct span text;

        TRY(check_entry(m, e));
        memcpy(m->last, e->path.data, e->path.len);
        m->last_len = e->path.len;
        if (e->type == 'd' && span_equal_str(e->path, "/lost+found"))
                return ERR_OK;
        write_entry(&w, e);
        TRY(json_writer_result(&w, &text));
        digest_add(&m->state, text);
        m->entries++;
        if (e->type == 'f') {
                m->files++;
                m->bytes += e->size_bytes;
        }
        return ERR_OK;
}

enum err manifest_add(struct manifest *m, const struct manifest_entry *entry)
{
        if (m->error == ERR_OK)
                m->error = add_entry(m, entry);
        return m->error;
}

enum err manifest_end(struct manifest *m, struct digest *ret_digest)
{
        TRY(m->error);
        digest_end(&m->state, ret_digest);
        return ERR_OK;
}
