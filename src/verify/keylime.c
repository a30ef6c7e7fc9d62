/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how Keylime's policies look, and by which paths files are logged. */
#include "verify/keylime.h"

#define AGGREGATE "boot_aggregate"

static int compare_paths(const char *a, const char *b)
{
        return strcmp(a, b);
}

int keylime_compare(const struct keylime_entry *a, const struct keylime_entry *b)
{
        int by_path = compare_paths(a->path, b->path);

        if (by_path != 0)
                return by_path;
        if (a->digest.len != b->digest.len)
                return a->digest.len < b->digest.len ? -1 : 1;
        return memcmp(a->digest.data, b->digest.data, a->digest.len);
}

bool keylime_is_special(struct span name)
{
        return name.len == 0 || name.data[0] != '/';
}

/* Whether the JSON text spells a line feed. */
static bool has_line_feed(struct span text)
{
        for (size_t i = 0; i + 1 < text.len; i++)
                if (text.data[i] == '\\' && text.data[++i] == 'n')
                        return true;
        return false;
}

enum err keylime_name(struct span name, char *buf, struct span *ret_name)
{
        if (name.len < 2 || name.data[0] != '"')
                return ERR_KEYLIME_NAME_UTF8;
        if (has_line_feed(name))
                return ERR_KEYLIME_NAME_LINE;
        if (name.len - 2 > ALIAS_NAME_BYTES)
                return ERR_NO_SPACE;
        for (size_t i = 1; i + 1 < name.len; i++)
                buf[i - 1] = name.data[i] == ' ' ? '_' : (char)name.data[i];
        *ret_name = span_of(buf, name.len - 2);
        return ERR_OK;
}

bool keylime_path(const struct baseline *b, struct span name, unsigned i, char *buf, size_t cap, struct span *ret_path)
{
        static const char sysroot[] = "/sysroot";
        size_t before = i % 2 ? sizeof(sysroot) - 1 : 0;
        struct span path = name;
        unsigned mount = i / 2;

        if (keylime_is_special(name) ? i > 0 : mount > b->mount_count)
                return false;
        if (before > cap)
                return false;
        if (mount > 0 && !alias_seen_at(b->mounts, b->mount_count, mount - 1, name, buf + before, cap - before, &path))
                return false;
        if (path.len > cap - before)
                return false;
        memmove(buf + before, path.data, path.len);
        memcpy(buf, sysroot, before);
        *ret_path = span_of(buf, before + path.len);
        return true;
}

/* A regular expression being written; fails sticky. */
struct regex {
        char *buf;
        size_t cap, len;
        bool failed;
};

static void put(struct regex *r, const char *text, size_t len)
{
        if (r->failed || r->cap - r->len < len) {
                r->failed = true;
                return;
        }
        memcpy(r->buf + r->len, text, len);
        r->len += len;
}

static void put_str(struct regex *r, const char *text)
{
        put(r, text, strlen(text));
}

/* A character that stands for itself. */
static void put_plain(struct regex *r, char c)
{
        static const char special[] = "\\^$.|?*+()[]{}";

        if (c != '\0' && strchr(special, c))
                put_str(r, "\\");
        put(r, c == ' ' ? "_" : &c, 1);
}

static enum err finish(const struct regex *r, struct span *ret_regex)
{
        if (r->failed)
                return ERR_NO_SPACE;
        *ret_regex = span_of(r->buf, r->len);
        return ERR_OK;
}

enum err keylime_exclude(struct span path, char *buf, size_t cap, struct span *ret_regex)
{
        struct regex r = { .buf = buf, .cap = cap };

        for (size_t i = 0; i < path.len; i++)
                put_plain(&r, (char)path.data[i]);
        put_str(&r, "(/.*)?$");
        return finish(&r, ret_regex);
}

enum err keylime_exclude_pattern(struct span pattern, char *buf, size_t cap, struct span *ret_regex)
{
        struct regex r = { .buf = buf, .cap = cap };

        for (size_t i = 0; i < pattern.len; i++) {
                char c = (char)pattern.data[i];
                bool two = c == '*' && i + 1 < pattern.len && pattern.data[i + 1] == '*';

                if (c == '?')
                        put_str(&r, "[^/]");
                else if (c == '*')
                        put_str(&r, two ? ".*" : "[^/]*");
                else
                        put_plain(&r, c);
                i += two;
        }
        put_str(&r, "$");
        return finish(&r, ret_regex);
}

static void write_digests(struct json_writer *w, const struct keylime_entry *entries, size_t count)
{
        json_object_open(w);
        for (size_t i = 0; i < count;) {
                const struct keylime_entry *first = &entries[i];

                json_key(w, first->path);
                json_array_open(w);
                for (; i < count && compare_paths(entries[i].path, first->path) == 0; i++)
                        if (&entries[i] == first || !span_equal(entries[i].digest, entries[i - 1].digest))
                                json_text(w, entries[i].digest);
                json_array_close(w);
        }
        json_object_close(w);
}

/* Keys and buffers have no path, and the special names other than boot_aggregate are theirs. */
static void write_specials(struct json_writer *w, const struct keylime_runtime *r)
{
        json_object_open(w);
        for (size_t i = 0; i < r->file_count;) {
                const char *path = r->files[i].path;
                bool wanted = keylime_is_special(span_of_str(path)) && strcmp(path, AGGREGATE) != 0;

                if (wanted) {
                        json_key(w, path);
                        json_array_open(w);
                }
                for (; i < r->file_count && strcmp(r->files[i].path, path) == 0; i++)
                        if (wanted)
                                json_text(w, r->files[i].digest);
                if (wanted)
                        json_array_close(w);
        }
        json_object_close(w);
}

void keylime_write_runtime(struct json_writer *w, const struct keylime_runtime *r)
{
        json_object_open(w);
        json_key(w, "digests");
        write_digests(w, r->files, r->file_count);
        json_key(w, "excludes");
        json_array_open(w);
        for (unsigned i = 0; i < r->exclude_count; i++)
                json_text(w, r->excludes[i]);
        json_array_close(w);
        json_put_object(w, "ima");
        json_key(w, "dm_policy");
        json_null(w);
        json_key(w, "ignored_keyrings");
        json_array_open(w);
        json_array_close(w);
        json_put_str(w, "log_hash_alg", "sha1"); /* of the log's digest column, whatever the files' digests are */
        json_object_close(w);
        json_key(w, "ima-buf");
        write_specials(w, r);
        json_key(w, "keyrings");
        write_specials(w, r);
        json_put_object(w, "meta");
        json_put_u64(w, "generator", 3); /* 0 and 1 count as no policy at all */
        json_put_u64(w, "version", 1);
        json_object_close(w);
        json_put_u64(w, "release", 0);
        json_put_str(w, "verification-keys", "");
        json_object_close(w);
}

/* The value of one bank in one baseline, NULL when it has none. */
static const struct digest *value_of(const struct baseline *b, unsigned pcr, enum alg alg)
{
        if (pcr == b->pcr)
                return digest_find(&b->pcrs, alg);
        return b->boot_chain[alg].pcrs >> pcr & 1 ? &b->boot_chain[alg].values[pcr] : NULL;
}

static bool is_repeated(const struct baseline *const *baselines, unsigned count, unsigned pcr, enum alg alg)
{
        const struct digest *value = value_of(baselines[count], pcr, alg);

        for (unsigned i = 0; i < count; i++) {
                const struct digest *other = value_of(baselines[i], pcr, alg);

                if (other && span_equal(digest_span(other), digest_span(value)))
                        return true;
        }
        return false;
}

static void write_values(struct json_writer *w, const struct baseline *const *baselines, unsigned count, unsigned pcr)
{
        json_array_open(w);
        for (unsigned alg = ALG_SHA1 + 1; alg < ALG_COUNT; alg++)
                for (unsigned i = 0; i < count; i++) {
                        const struct digest *value = value_of(baselines[i], pcr, (enum alg)alg);

                        if (value && !is_repeated(baselines, i, pcr, (enum alg)alg))
                                json_hex(w, digest_span(value));
                }
        json_array_close(w);
}

/* PCR 10 is Keylime's through the log, 16 its agent's. */
static bool is_in_chain(const struct baseline *b, unsigned pcr)
{
        for (unsigned i = ALG_SHA1 + 1; i < ALG_COUNT; i++)
                if (b->boot_chain[i].pcrs >> pcr & 1)
                        return pcr <= 9 || pcr == 11;
        return false;
}

void keylime_write_tpm(struct json_writer *w, const struct baseline *const *baselines, unsigned count, bool boot_chain)
{
        static const char keys[QUOTE_PCRS][3] = { "0", "1", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19",
                                                  "2", "20", "21", "22", "23", "3", "4", "5", "6", "7", "8", "9" };

        json_object_open(w);
        for (unsigned i = 0; i < QUOTE_PCRS; i++) {
                unsigned pcr = (unsigned)(keys[i][0] - '0');

                if (keys[i][1])
                        pcr = 10 * pcr + (unsigned)(keys[i][1] - '0');
                if (pcr != baselines[0]->pcr && !(boot_chain && is_in_chain(baselines[0], pcr)))
                        continue;
                json_key(w, keys[i]);
                write_values(w, baselines, count, pcr);
        }
        json_object_close(w);
}
