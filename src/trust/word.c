/* SPDX-License-Identifier: Apache-2.0 */
/* Words, lists and numbers of the policy language. */
#include "trust/word.h"

static bool is_blank(uint8_t c)
{
        return c == ' ' || c == '\t';
}

bool word_next(struct span *rest, struct span *ret_word)
{
        size_t start = 0, end;

        while (start < rest->len && is_blank(rest->data[start]))
                start++;
        for (end = start; end < rest->len && !is_blank(rest->data[end]);)
                end++;
        if (start == end)
                return false;
        *ret_word = span_sub(*rest, start, end - start);
        *rest = span_sub(*rest, end, rest->len - end);
        return true;
}

bool word_item(struct span *list, char separator, struct span *ret_item)
{
        const uint8_t *end;

        if (list->data == NULL)
                return false;
        end = list->len ? memchr(list->data, separator, list->len) : NULL;
        if (end == NULL) {
                *ret_item = *list;
                *list = span_of(NULL, 0);
                return true;
        }
        *ret_item = span_of(list->data, (size_t)(end - list->data));
        *list = span_sub(*list, ret_item->len + 1, list->len - ret_item->len - 1);
        return true;
}

bool word_begins(struct span word, const char *prefix, struct span *ret_rest)
{
        struct span p = span_of_str(prefix);

        if (!span_equal(span_sub(word, 0, p.len), p))
                return false;
        *ret_rest = span_sub(word, p.len, word.len - p.len);
        return true;
}

bool word_number(struct span digits, uint64_t max, uint64_t *ret_number)
{
        uint64_t number = 0;

        if (digits.len == 0 || (digits.len > 1 && digits.data[0] == '0'))
                return false;
        for (size_t i = 0; i < digits.len; i++) {
                unsigned digit = (unsigned)digits.data[i] - '0';

                if (digit > 9 || number > (max - digit) / 10)
                        return false;
                number = number * 10 + digit;
        }
        *ret_number = number;
        return true;
}

bool word_made_of(struct span word, size_t max, const char *set)
{
        if (word.len == 0 || word.len > max)
                return false;
        for (size_t i = 0; i < word.len; i++)
                if (word.data[i] == 0 || strchr(set, word.data[i]) == NULL)
                        return false;
        return true;
}
