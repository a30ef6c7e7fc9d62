/* SPDX-License-Identifier: Apache-2.0 */
/* Leads the paths of the IMA log back to one name for each file. */
#include "verify/alias.h"

#define PATH_BYTES_MAX 4096

/* Whether path is top or lies below it; "/" holds every absolute path. */
static bool is_below(struct span path, struct span top)
{
        if (span_equal_str(top, "/"))
                return path.len > 0 && path.data[0] == '/';
        return path.len >= top.len && top.len > 0 && memcmp(path.data, top.data, top.len) == 0 &&
               (path.len == top.len || path.data[top.len] == '/');
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

enum err alias_name(const struct alias_mount *mounts, unsigned count, struct span path, char *buf, struct span *ret_name)
{
        struct json_writer w = json_writer_on(buf, ALIAS_NAME_BYTES);
        struct span plain = without_sysroot(path);
        const struct alias_mount *mount = find_mount(mounts, count, plain);
        const struct alias_mount *whole = mount ? whole_mount(mounts, count, mount->partition) : NULL;

        if (whole && whole != mount && path.len <= PATH_BYTES_MAX) {
                struct joined j = { .len = 0 };

                join(&j, whole->point);
                join(&j, mount->root);
                join(&j, rest_below(plain, mount->point));
                json_text(&w, span_of(j.text, j.len));
        } else {
                json_text(&w, plain);
        }
        return json_writer_result(&w, ret_name);
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
