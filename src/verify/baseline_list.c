/* SPDX-License-Identifier: Apache-2.0 */
/* The list of files, which is nearly all of a baseline: read in one pass. And the order in which it stands. */
#include "verify/baseline.h"

#include <endian.h>

/* Eight bytes at a time; musl's memcmp() goes byte by byte, and names of one folder begin alike. */
int baseline_compare_names(struct span a, struct span b)
{
        size_t len = a.len < b.len ? a.len : b.len, i = 0;
        uint64_t x, y;
        int by_bytes;

        for (; len - i >= sizeof(x); i += sizeof(x)) {
                memcpy(&x, a.data + i, sizeof(x));
                memcpy(&y, b.data + i, sizeof(y));
                if (x != y)
                        return be64toh(x) < be64toh(y) ? -1 : 1;
        }
        by_bytes = memcmp(a.data + i, b.data + i, len - i);
        return by_bytes != 0 ? by_bytes : a.len < b.len ? -1 : a.len > b.len;
}

int baseline_compare(const struct baseline_entry *a, const struct baseline_entry *b)
{
        int by_name = baseline_compare_names(a->name, b->name);

        if (by_name != 0)
                return by_name;
        return a->age != b->age ? (a->age < b->age ? -1 : 1) : baseline_compare_names(a->digest, b->digest);
}

/* ---- one pass ---------------------------------------------------------------------------------------------------------- */

struct cursor {
        const uint8_t *at, *end;
};

static bool take(struct cursor *c, char byte)
{
        if (c->at == c->end || *c->at != (uint8_t)byte)
                return false;
        c->at++;
        return true;
}

/* Sixteen bytes that the processor looks at at once; what is not ASCII is negative. */
typedef int8_t bytes16 __attribute__((vector_size(16)));
typedef uint64_t words16 __attribute__((vector_size(16)));

/* The first byte from at on that is not ASCII, a control, a quote or a backslash. */
static const uint8_t *skip_plain(const uint8_t *at, const uint8_t *end)
{
        bytes16 bytes;
        words16 other;

        for (; (size_t)(end - at) >= sizeof(bytes); at += sizeof(bytes)) {
                memcpy(&bytes, at, sizeof(bytes));
                other = (words16)((bytes < ' ') | (bytes == '"') | (bytes == '\\'));
                if (other[0])
                        return at + __builtin_ctzll(le64toh(other[0])) / 8;
                if (other[1])
                        return at + 8 + __builtin_ctzll(le64toh(other[1])) / 8;
        }
        while (at < end && *at >= ' ' && *at < 0x80 && *at != '"' && *at != '\\')
                at++;
        return at;
}

/* A string without escapes, in ASCII; its quotes are part of it. */
static bool take_plain(struct cursor *c, struct span *ret_string)
{
        const uint8_t *start = c->at;

        if (!take(c, '"'))
                return false;
        c->at = skip_plain(c->at, c->end);
        if (!take(c, '"'))
                return false;
        *ret_string = span_of(start, (size_t)(c->at - start));
        return true;
}

/* ["name","digest",…] of plain strings. */
static bool take_plain_file(struct cursor *c, struct baseline_file *ret_file)
{
        struct span name, digest;
        const uint8_t *rest;

        if (!take(c, '[') || !take_plain(c, &name))
                return false;
        rest = c->at;
        while (take(c, ','))
                if (!take_plain(c, &digest))
                        return false;
        *ret_file = (struct baseline_file){ name, { span_of(rest, (size_t)(c->at - rest)) } };
        if (ret_file->digests.rest.len > 0)
                ret_file->digests.rest = span_of(rest + 1, ret_file->digests.rest.len - 1);
        return take(c, ']');
}

/* A file whose name JSON must escape, or that is not ASCII. What is no list of strings is left to the slow way. */
static bool take_other_file(struct cursor *c, struct baseline_file *ret_file)
{
        struct canon_walk walk = { span_of(c->at, (size_t)(c->end - c->at)) }, inner, rest;
        struct span value, name, digest;

        if (!canon_next_element(&walk, &value) || canon_open_array(value, &inner) != ERR_OK || !canon_next_element(&inner, &name) ||
            name.data[0] != '"')
                return false;
        for (rest = inner; canon_next_element(&rest, &digest);)
                if (digest.data[0] != '"')
                        return false;
        *ret_file = (struct baseline_file){ name, inner };
        c->at = value.data + value.len;
        return true;
}

static bool take_file(struct cursor *c, struct baseline_file *ret_file)
{
        struct cursor quick = *c;

        if (!take_plain_file(&quick, ret_file))
                return take_other_file(c, ret_file);
        *c = quick;
        return true;
}

static bool take_files(struct cursor *c, struct baseline_file *files, size_t cap, size_t *ret_count)
{
        size_t count = 0;

        *ret_count = 0;
        if (!take(c, '['))
                return false;
        if (take(c, ']'))
                return true;
        do {
                if (count == cap || !take_file(c, &files[count]))
                        return false;
                if (count > 0 && baseline_compare_names(files[count - 1].name, files[count].name) >= 0)
                        return false;
                count++;
        } while (take(c, ','));
        *ret_count = count;
        return take(c, ']');
}

/* Move to the value of "files"; what was passed are members before it. */
static bool find_files(struct cursor *c)
{
        static const char key[] = "\"files\":";
        struct canon_walk walk = { span_of(c->at, (size_t)(c->end - c->at)) };
        struct span name, value;

        while (!span_equal(span_sub(walk.rest, 0, sizeof(key) - 1), span_of(key, sizeof(key) - 1)))
                if (!canon_next_member(&walk, &name, &value))
                        return false;
        c->at = walk.rest.data + sizeof(key) - 1;
        return true;
}

bool baseline_split(struct span object, struct baseline_file *files, size_t cap, size_t *ret_count, struct span *ret_before, struct span *ret_after)
{
        struct cursor c = { object.data, object.data + object.len };
        const uint8_t *start = object.data + 1;
        size_t head;

        if (object.len < 2 || object.data[object.len - 1] != '}' || !take(&c, '{') || !find_files(&c))
                return false;
        head = (size_t)(c.at - start) - (sizeof("\"files\":") - 1);
        /* A comma stands between it and what is before. */
        if (head > 0 && start[head - 1] != ',')
                return false;
        *ret_before = span_of(start, head > 0 ? head - 1 : 0);
        if (!take_files(&c, files, cap, ret_count))
                return false;
        c.end--;
        if (c.at < c.end && !take(&c, ','))
                return false;
        *ret_after = span_of(c.at, (size_t)(c.end - c.at));
        return ret_after->len > 0;
}
