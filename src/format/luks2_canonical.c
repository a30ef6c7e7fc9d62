/* SPDX-License-Identifier: Apache-2.0 */
/* Walks parsed JSON with a stack of its own and hands it to the canonical writer. */
#include "format/luks2_canonical.h"

#define NUMBER_MAX ((UINT64_C(1) << 53) - 1)

/* Keys go into our events unescaped, so they are held to graphic ASCII without quote and backslash. */
static bool is_plain(struct span key)
{
        for (size_t i = 0; i < key.len; i++)
                if (key.data[i] <= ' ' || key.data[i] > '~' || key.data[i] == '"' || key.data[i] == '\\')
                        return false;
        return true;
}

enum err luks2_canonical_next(yyjson_val *object, const char *last, const char **ret_key, yyjson_val **ret_value)
{
        const char *best = NULL;
        yyjson_val *best_value = NULL;
        yyjson_val *name, *value;
        size_t i, count;

        if (yyjson_obj_size(object) > LUKS2_CANONICAL_MEMBERS_MAX)
                return ERR_LUKS2_JSON_MEMBERS;
        yyjson_obj_foreach(object, i, count, name, value) {
                const char *key = yyjson_get_str(name);

                if (!is_plain(span_of(key, yyjson_get_len(name))))
                        return ERR_LUKS2_JSON_KEY;
                if (last && strcmp(key, last) <= 0)
                        continue;

                int order = best ? strcmp(key, best) : -1;

                if (order == 0)
                        return ERR_LUKS2_JSON_DUPLICATE;
                if (order < 0) {
                        best = key;
                        best_value = value;
                }
        }
        *ret_key = best;
        *ret_value = best_value;
        return ERR_OK;
}

static enum err put_scalar(struct json_writer *w, yyjson_val *value)
{
        switch (yyjson_get_type(value)) {
        case YYJSON_TYPE_STR:
                json_text(w, span_of(yyjson_get_str(value), yyjson_get_len(value)));
                return ERR_OK;
        case YYJSON_TYPE_BOOL:
                json_bool(w, yyjson_get_bool(value));
                return ERR_OK;
        case YYJSON_TYPE_NULL:
                json_null(w);
                return ERR_OK;
        default:
                if (!yyjson_is_uint(value) || yyjson_get_uint(value) > NUMBER_MAX)
                        return ERR_LUKS2_JSON_NUMBER;
                json_u64(w, yyjson_get_uint(value));
                return ERR_OK;
        }
}

struct frame {
        yyjson_val *container;
        const char *last_key;  /* of an object */
        yyjson_arr_iter items; /* of an array */
};

static void frame_open(struct json_writer *w, struct frame *f, yyjson_val *container)
{
        *f = (struct frame){ .container = container };
        if (yyjson_is_obj(container)) {
                json_object_open(w);
        } else {
                yyjson_arr_iter_init(container, &f->items);
                json_array_open(w);
        }
}

static void frame_close(struct json_writer *w, const struct frame *f)
{
        if (yyjson_is_obj(f->container))
                json_object_close(w);
        else
                json_array_close(w);
}

/* The next value of the container, its key written already; NULL behind the last one. */
static enum err frame_next(struct json_writer *w, struct frame *f, const char *without, yyjson_val **ret_value)
{
        if (!yyjson_is_obj(f->container)) {
                *ret_value = yyjson_arr_iter_next(&f->items);
                return ERR_OK;
        }
        do {
                TRY(luks2_canonical_next(f->container, f->last_key, &f->last_key, ret_value));
        } while (without && f->last_key && strcmp(f->last_key, without) == 0);
        if (f->last_key)
                json_key(w, f->last_key);
        return ERR_OK;
}

enum err luks2_canonical_copy(struct json_writer *w, yyjson_val *value, const char *without)
{
        struct frame frames[LUKS2_CANONICAL_DEPTH_MAX];
        unsigned depth = 0;

        for (;;) {
                if (!yyjson_is_ctn(value)) {
                        TRY(put_scalar(w, value));
                } else {
                        if (depth == LUKS2_CANONICAL_DEPTH_MAX)
                                return ERR_LUKS2_JSON_DEPTH;
                        frame_open(w, &frames[depth++], value);
                }
                for (value = NULL; depth > 0; depth--) {
                        TRY(frame_next(w, &frames[depth - 1], depth == 1 ? without : NULL, &value));
                        if (value)
                                break;
                        frame_close(w, &frames[depth - 1]);
                }
                if (depth == 0)
                        return ERR_OK;
        }
}
