/* SPDX-License-Identifier: Apache-2.0 */
/* Knows which parts of a storage path are names, classes and containers. */
#include "verify/field.h"

#include "verify/judge_parts.h"

/* Containers that a person calls otherwise, or not at all. */
static const struct {
        const char *part, *word;
} containers[] = {
        { "candidates", "" }, { "signatures", "" }, { "entry", "partition" }, { "table", "partition table" }, { "kernel", "kernel's view" },
};

static bool is_class(struct span part)
{
        return span_equal_str(part, "identity") || span_equal_str(part, "config") || span_equal_str(part, "layout");
}

static struct span word_of(struct span part)
{
        for (size_t i = 0; i < sizeof(containers) / sizeof(containers[0]); i++)
                if (span_equal_str(part, containers[i].part))
                        return span_of_str(containers[i].word);
        return part;
}

/* Up to the next dot, which is taken too. */
static struct span next_part(struct span *path)
{
        const uint8_t *dot = path->len > 0 ? memchr(path->data, '.', path->len) : NULL;
        size_t len = dot ? (size_t)(dot - path->data) : path->len;
        struct span part = span_of(path->data, len);

        len += dot != NULL;
        *path = span_of(path->data + len, path->len - len);
        return part;
}

/* Words are put apart by spaces, and so are underscores. */
static void add_word(char *name, size_t *len, struct span word)
{
        if (word.len == 0 || word.len + 1 > FIELD_NAME_BYTES - *len)
                return;
        if (*len > 0)
                name[(*len)++] = ' ';
        for (size_t i = 0; i < word.len; i++)
                name[(*len)++] = word.data[i] == '_' ? ' ' : (char)word.data[i];
}

struct field field_of(struct span storage, struct span partition, struct span path, char *name)
{
        struct field field = { .type = { NULL, 0 } };
        struct span signature, type;
        size_t len = 0;

        if (path.len >= 10 && memcmp(path.data, "signatures", 10) == 0 && judge_storage_signature(storage, partition, &signature) &&
            canon_member(signature, "type", &type) == ERR_OK && canon_plain_string(type, &type) == ERR_OK)
                field.type = type;
        while (path.len > 0) {
                struct span part = next_part(&path);

                if (!field.klass.data && is_class(part))
                        field.klass = part;
                else
                        add_word(name, &len, word_of(part));
        }
        field.name = span_of(name, len);
        return field;
}
