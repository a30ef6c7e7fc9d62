/* SPDX-License-Identifier: Apache-2.0 */
/* Leads the paths of the IMA log back to one name for each file. */
#include "verify/alias.h"

#define PATH_BYTES_MAX 4096

/* Whether path is top or lies below it; "/" holds every absolute path. */
static bool is_below(struct span path, struct span top)
{
        if (top.len == 0 || path.len < top.len || path.data[0] != top.data[0])
                return false;
        if (top.len == 1 && top.data[0] == '/')
                return true;
        /* Its end differs sooner than its beginning. */
        return (path.len == top.len || path.data[top.len] == '/') && path.data[top.len - 1] == top.data[top.len - 1] &&
               memcmp(path.data, top.data, top.len) == 0;
}

static struct span without_sysroot(struct span path)
{
        static const char sysroot[] = "/sysroot";
        size_t len = sizeof(sysroot) - 1;

        return path.len > len && is_below(path, span_of_str(sysroot)) ? span_of(path.data + len, path.len - len) : path;
}

static const struct alias_mount *find_mount(const struct alias_mount *mounts, unsigned count, struct span path)
{
        const struct alias_mount *best = NULL;

        for (unsigned i = 0; i < count; i++)
                if (is_below(path, mounts[i].point) && (!best || mounts[i].point.len > best->point.len))
                        best = &mounts[i];
        return best;
}

const struct alias_mount *alias_mount_of(const struct alias_mount *mounts, unsigned count, struct span path)
{
        return find_mount(mounts, count, without_sysroot(path));
}

static const struct alias_mount *whole_mount(const struct alias_mount *mounts, unsigned count, struct span partition)
{
        for (unsigned i = 0; i < count; i++)
                if (span_equal(mounts[i].partition, partition) && span_equal_str(mounts[i].root, "/"))
                        return &mounts[i];
        return NULL;
}

/* What follows the mount point, empty for the point itself. */
static struct span rest_below(struct span path, struct span point)
{
        size_t len = span_equal_str(point, "/") ? 0 : point.len;

        return span_of(path.data + len, path.len - len);
}

struct joined {
        uint8_t text[2 * PATH_BYTES_MAX];
        size_t len;
};

static void join(struct joined *j, struct span part)
{
        if (span_equal_str(part, "/") || part.len == 0 || part.len > sizeof(j->text) - j->len)
                return;
        memcpy(j->text + j->len, part.data, part.len);
        j->len += part.len;
}

/* Whether JSON spells the bytes as they are: ASCII without controls, quotes and backslashes. Eight bytes at a time. */
static bool is_plain(struct span text)
{
        const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
        uint64_t word, bad = 0;
        size_t i = 0;

        for (; text.len - i >= sizeof(word); i += sizeof(word)) {
                memcpy(&word, text.data + i, sizeof(word));

                uint64_t quote = word ^ ones * '"', backslash = word ^ ones * '\\';

                bad |= word | (word - ones * ' ') | (quote - ones) | (backslash - ones);
        }
        for (; i < text.len; i++)
                if (text.data[i] < ' ' || text.data[i] >= 0x7f || text.data[i] == '"' || text.data[i] == '\\')
                        return false;
        return (bad & highs) == 0;
}

/* json_text(), with the most ordinary case first: millions of names are looked up. */
static enum err put_name(struct span name, char *buf, struct span *ret_name)
{
        struct json_writer w;

        if (is_plain(name) && name.len <= ALIAS_NAME_BYTES - 2) {
                buf[0] = '"';
                memcpy(buf + 1, name.data, name.len);
                buf[name.len + 1] = '"';
                *ret_name = span_of(buf, name.len + 2);
                return ERR_OK;
        }
        w = json_writer_on(buf, ALIAS_NAME_BYTES);
        json_text(&w, name);
        return json_writer_result(&w, ret_name);
}

enum err alias_name(const struct alias_mount *mounts, unsigned count, struct span path, char *buf, struct span *ret_name)
{
        struct span plain = without_sysroot(path);
        const struct alias_mount *mount = find_mount(mounts, count, plain);
        const struct alias_mount *whole = mount ? whole_mount(mounts, count, mount->partition) : NULL;

        if (whole && whole != mount && path.len <= PATH_BYTES_MAX) {
                struct joined j = { .len = 0 };

                join(&j, whole->point);
                join(&j, mount->root);
                join(&j, rest_below(plain, mount->point));
                return put_name(span_of(j.text, j.len), buf, ret_name);
        }
        return put_name(plain, buf, ret_name);
}

bool alias_seen_at(const struct alias_mount *mounts, unsigned count, unsigned i, struct span name, char *buf, size_t cap, struct span *ret_path)
{
        const struct alias_mount *home = find_mount(mounts, count, name), *mount = &mounts[i];
        struct span inside, rest;

        if (!home || !span_equal_str(home->root, "/") || home == mount || !span_equal(home->partition, mount->partition))
                return false;
        inside = rest_below(name, home->point);
        if (!is_below(inside, mount->root))
                return false;
        rest = rest_below(inside, mount->root);
        if (mount->point.len + rest.len > cap)
                return false;
        memcpy(buf, mount->point.data, mount->point.len);
        memcpy(buf + mount->point.len, rest.data, rest.len);
        *ret_path = span_of(buf, mount->point.len + rest.len);
        return true;
}
