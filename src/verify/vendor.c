/* SPDX-License-Identifier: Apache-2.0 */
/* Reads and writes a vendor's part of a baseline. */
#include "verify/vendor.h"

static enum err next(struct canon_walk *walk, const char *key, struct span *ret_value, const char **ret_member)
{
        struct span found;

        *ret_member = key;
        return canon_next_member(walk, &found, ret_value) && span_equal_str(found, key) ? ERR_OK : ERR_BASELINE_SHAPE;
}

static enum err next_text(struct canon_walk *walk, const char *key, struct span *ret_text, const char **ret_member)
{
        struct span value;

        TRY(next(walk, key, &value, ret_member));
        return canon_plain_string(value, ret_text);
}

static enum err next_u64(struct canon_walk *walk, const char *key, uint64_t *ret_number, const char **ret_member)
{
        struct span value;

        TRY(next(walk, key, &value, ret_member));
        return canon_u64(value, ret_number);
}

enum err vendor_read(struct span text, struct baseline_file *files, size_t cap, struct vendor *ret_vendor, const char **ret_member)
{
        struct span object = text.len > 0 && text.data[text.len - 1] == '\n' ? span_of(text.data, text.len - 1) : text;
        struct vendor v = { .files = files };
        struct canon_walk walk;
        struct span value;
        uint64_t format;

        *ret_member = "";
        TRY(canon_check(object));
        TRY(canon_open_object(object, &walk));
        TRY(next(&walk, "content", &value, ret_member));
        TRY(baseline_read_list(value, v.content, BASELINE_CONTENT_MAX, &v.content_count));
        TRY(next(&walk, "files", &value, ret_member));
        TRY(baseline_read_files(value, files, cap, &v.file_count));
        TRY(next_text(&walk, "name", &v.name, ret_member));
        TRY(next_text(&walk, "partition", &v.partition, ret_member));
        TRY(next_u64(&walk, "vendor", &format, ret_member));
        if (format != VENDOR_FORMAT)
                return ERR_BASELINE_VERSION;
        TRY(next_u64(&walk, "version", &v.version, ret_member));
        if (canon_next_member(&walk, &value, &value))
                return ERR_BASELINE_SHAPE;
        *ret_vendor = v;
        return ERR_OK;
}

void vendor_write(struct json_writer *w, const struct vendor *v, const struct baseline_entry *entries, size_t count)
{
        json_object_open(w);
        json_key(w, "content");
        json_array_open(w);
        for (unsigned i = 0; i < v->content_count; i++)
                json_raw(w, v->content[i]);
        json_array_close(w);
        json_key(w, "files");
        baseline_write_files(w, entries, count);
        json_put_text(w, "name", v->name);
        json_put_text(w, "partition", v->partition);
        json_put_u64(w, "vendor", VENDOR_FORMAT);
        json_put_u64(w, "version", v->version);
        json_object_close(w);
}

bool vendor_owns(const struct baseline *baseline, struct span partition, struct span name)
{
        struct span path = name.len >= 2 && name.data[0] == '"' ? span_of(name.data + 1, name.len - 2) : name;
        const struct alias_mount *mount = alias_mount_of(baseline->mounts, baseline->mount_count, path);

        return mount && span_equal(mount->partition, partition);
}

bool vendor_owns_content(struct span partition, struct span content)
{
        struct span value, name;

        return canon_member(content, "partition", &value) == ERR_OK && canon_plain_string(value, &name) == ERR_OK && span_equal(name, partition);
}
