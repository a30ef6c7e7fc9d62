/* SPDX-License-Identifier: Apache-2.0 */
/* Walks two canonical values at once; both have their keys in ascending order, so one pass over each is enough. */
#include "verify/diff.h"

/* Where we are in one pair of objects or arrays. */
struct frame {
        bool is_array, numbered;
        unsigned index;
        size_t path_len; /* of the path to the pair itself */
        struct canon_walk walks[2];
        bool has[2]; /* a member was read from this side and not compared yet */
        struct span keys[2], values[2];
};

struct walk {
        unsigned depth;
        struct frame frames[JSON_DEPTH_MAX + 1];
        size_t path_len;
        char path[DIFF_PATH_BYTES];
        diff_visit visit;
        void *arg;
};

static void append(struct walk *w, struct span name)
{
        size_t room = sizeof(w->path) - w->path_len;
        bool dot = w->path_len > 0;

        if (name.len == 0 || name.len + dot > room)
                return;
        if (dot)
                w->path[w->path_len++] = '.';
        memcpy(w->path + w->path_len, name.data, name.len);
        w->path_len += name.len;
}

static void append_number(struct walk *w, unsigned number)
{
        char digits[10];
        size_t at = sizeof(digits);

        do {
                digits[--at] = (char)('0' + number % 10);
                number /= 10;
        } while (number > 0);
        append(w, span_of(digits + at, sizeof(digits) - at));
}

static unsigned count_elements(struct span array)
{
        struct canon_walk walk;
        struct span value;
        unsigned count = 0;

        if (canon_open_array(array, &walk) != ERR_OK)
                return 0;
        while (canon_next_element(&walk, &value))
                count++;
        return count;
}

/* A new frame when both values are objects, or arrays of one length. */
static bool descend(struct walk *w, struct span was, struct span now)
{
        struct frame *f = &w->frames[w->depth];

        *f = (struct frame){ .path_len = w->path_len };
        if (canon_open_object(was, &f->walks[0]) != ERR_OK || canon_open_object(now, &f->walks[1]) != ERR_OK) {
                unsigned count = count_elements(was);

                if (canon_open_array(was, &f->walks[0]) != ERR_OK || canon_open_array(now, &f->walks[1]) != ERR_OK ||
                    count != count_elements(now))
                        return false;
                f->is_array = true;
                f->numbered = count != 1;
        }
        w->depth++;
        return true;
}

static void compare(struct walk *w, struct span was, struct span now)
{
        if (span_equal(was, now))
                return;
        if (w->depth < sizeof(w->frames) / sizeof(w->frames[0]) && descend(w, was, now))
                return;
        w->visit(w->arg, span_of(w->path, w->path_len), was, now);
}

static void read_side(struct frame *f, unsigned side)
{
        if (f->has[side])
                return;
        f->has[side] = f->is_array ? canon_next_element(&f->walks[side], &f->values[side])
                                   : canon_next_member(&f->walks[side], &f->keys[side], &f->values[side]);
}

static int compare_keys(struct span a, struct span b)
{
        int by_bytes = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);

        return by_bytes != 0 ? by_bytes : a.len < b.len ? -1 : a.len > b.len;
}

/* Compare the next member of the innermost pair. False when it has no more. */
static bool step(struct walk *w)
{
        struct frame *f = &w->frames[w->depth - 1];
        int order = 0;

        w->path_len = f->path_len;
        read_side(f, 0);
        read_side(f, 1);
        if (!f->has[0] && !f->has[1])
                return false;
        if (f->is_array) {
                if (f->numbered)
                        append_number(w, f->index++);
        } else {
                order = !f->has[0] ? 1 : !f->has[1] ? -1 : compare_keys(f->keys[0], f->keys[1]);
                append(w, f->keys[order > 0]);
        }

        const struct span none = { NULL, 0 };
        struct span was = order > 0 ? none : f->values[0], now = order < 0 ? none : f->values[1];

        if (order <= 0)
                f->has[0] = false;
        if (order >= 0)
                f->has[1] = false;
        if (order != 0)
                w->visit(w->arg, span_of(w->path, w->path_len), was, now);
        else
                compare(w, was, now);
        return true;
}

void diff_walk(struct span was, struct span now, diff_visit visit, void *arg)
{
        struct walk w = { .visit = visit, .arg = arg };

        compare(&w, was, now);
        while (w.depth > 0)
                if (!step(&w))
                        w.depth--;
}
