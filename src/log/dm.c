/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the text by which the device mapper tells IMA of a table. */
#include "log/dm.h"

/* ---- text ------------------------------------------------------------------------------------------------------------ */

/* Where the first separator is that no backslash stands before; the length of text when there is none. */
static size_t find_separator(struct span text, char separator)
{
        for (size_t i = 0; i < text.len; i++) {
                if (text.data[i] == '\\')
                        i++;
                else if (text.data[i] == (uint8_t)separator)
                        return i;
        }
        return text.len;
}

/* The end of a field: a comma that is not inside parentheses. Names of devices may hold any number of those, but they are no fields. */
static size_t find_comma(struct span text)
{
        unsigned depth = 0;

        for (size_t i = 0; i < text.len; i++) {
                char c = (char)text.data[i];

                if (c == ',' && depth == 0)
                        return i;
                depth += c == '(';
                depth -= c == ')' && depth > 0;
        }
        return text.len;
}

/* Cut the text up to a separator off *text; a part that no separator ends does not count. */
static bool cut(struct span *text, char separator, struct span *ret_part)
{
        size_t len = find_separator(*text, separator);

        if (len >= text->len)
                return false;
        *ret_part = span_sub(*text, 0, len);
        *text = span_sub(*text, len + 1, text->len - len - 1);
        return true;
}

/* "key=value" at the start of a list, which moves behind it and its comma. */
static bool cut_field(struct span *list, size_t len, struct span *ret_key, struct span *ret_value)
{
        struct span field = span_sub(*list, 0, len);

        len += len < list->len;
        *list = span_sub(*list, len, list->len - len);
        if (!cut(&field, '=', ret_key))
                return false;
        *ret_value = field;
        return true;
}

/* The next field of a list, which must have this key. */
static bool cut_value(struct span *list, const char *key, struct span *ret_value)
{
        struct span name;

        return cut_field(list, find_separator(*list, ','), &name, ret_value) && span_equal_str(name, key);
}

static bool read_number(struct span text, uint64_t *ret_number)
{
        uint64_t number = 0;

        if (text.len == 0)
                return false;
        for (size_t i = 0; i < text.len; i++) {
                unsigned digit = (unsigned)(text.data[i] - '0');

                if (digit > 9 || number > (UINT64_MAX - digit) / 10)
                        return false;
                number = number * 10 + digit;
        }
        *ret_number = number;
        return true;
}

static bool cut_number(struct span *list, const char *key, uint64_t *ret_number)
{
        struct span text;

        return cut_value(list, key, &text) && read_number(text, ret_number);
}

/* ---- tables ---------------------------------------------------------------------------------------------------------- */

bool dm_is_table_load(const struct ima_entry *entry)
{
        return entry->kind == IMA_BUFFER && span_equal_str(entry->path, DM_TABLE_LOAD);
}

enum err dm_read_table(struct span buffer, struct dm_table *ret_table)
{
        struct dm_table t = { .targets = buffer };
        struct span version, device;
        uint64_t minors;

        if (!cut(&t.targets, ';', &version) || !cut(&t.targets, ';', &device))
                return ERR_DM_SYNTAX;
        if (!cut_value(&version, "dm_version", &t.version) || version.len > 0 || !cut_value(&device, "name", &t.name) ||
            !cut_value(&device, "uuid", &t.uuid) || !cut_number(&device, "major", &t.major) || !cut_number(&device, "minor", &t.minor) ||
            !cut_number(&device, "minor_count", &minors) || !cut_number(&device, "num_targets", &t.target_count) || device.len > 0)
                return ERR_DM_SYNTAX;
        *ret_table = t;
        return ERR_OK;
}

enum err dm_next_target(struct span *targets, struct dm_target *ret_target)
{
        struct span rest = *targets;
        struct dm_target t;

        if (!cut(&rest, ';', &t.fields) || !cut_number(&t.fields, "target_index", &t.index) ||
            !cut_number(&t.fields, "target_begin", &t.begin_sectors) || !cut_number(&t.fields, "target_len", &t.len_sectors) ||
            !cut_value(&t.fields, "target_name", &t.type))
                return ERR_DM_SYNTAX;
        *targets = rest;
        *ret_target = t;
        return ERR_OK;
}

enum err dm_field(struct span fields, const char *key, struct span *ret_value)
{
        struct span found = { NULL, 0 }, name, value;

        while (fields.len > 0) {
                if (!cut_field(&fields, find_comma(fields), &name, &value) || !span_equal_str(name, key))
                        continue;
                if (found.data)
                        return ERR_DM_FIELD;
                found = value;
        }
        if (!found.data)
                return ERR_DM_FIELD;
        *ret_value = found;
        return ERR_OK;
}
