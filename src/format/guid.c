/* SPDX-License-Identifier: Apache-2.0 */
/* The two byte orders of GUIDs and UUIDs. */
#include "format/guid.h"

#include "base/hex.h"

/* Text groups of 4, 2, 2, 2 and 6 bytes, each followed by a hyphen but the last. */
static void format_groups(struct span bytes, char *ret_text)
{
        static const uint8_t group_bytes[] = { 4, 2, 2, 2, 6 };
        size_t at = 0;

        for (size_t i = 0; i < sizeof(group_bytes); i++) {
                hex_encode(span_sub(bytes, at, group_bytes[i]), ret_text);
                ret_text += 2 * group_bytes[i];
                at += group_bytes[i];
                *ret_text++ = at < GUID_BYTES ? '-' : '\0';
        }
}

void guid_format_uuid(struct span bytes, char *ret_text)
{
        format_groups(bytes, ret_text);
}

void guid_format(struct span bytes, char *ret_text)
{
        static const uint8_t order[GUID_BYTES] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
        uint8_t text_order[GUID_BYTES];

        for (size_t i = 0; i < GUID_BYTES; i++)
                text_order[i] = bytes.data[order[i]];
        format_groups(span_of(text_order, GUID_BYTES), ret_text);
}

void guid_put(struct json_writer *w, const char *key, const uint8_t *guid)
{
        char text[GUID_TEXT_SIZE];

        guid_format(span_of(guid, GUID_BYTES), text);
        json_put_str(w, key, text);
}

void guid_put_uuid(struct json_writer *w, const char *key, const uint8_t *uuid)
{
        char text[GUID_TEXT_SIZE];

        guid_format_uuid(span_of(uuid, GUID_BYTES), text);
        json_put_str(w, key, text);
}

static bool is_hex_digit(uint8_t c)
{
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool guid_is_text(struct span text)
{
        if (text.len != GUID_TEXT_SIZE - 1)
                return false;
        for (size_t i = 0; i < text.len; i++) {
                bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;

                if (hyphen ? text.data[i] != '-' : !is_hex_digit(text.data[i]))
                        return false;
        }
        return true;
}
