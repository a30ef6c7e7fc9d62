/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the one spelling that canonical JSON gives a value, and finds values in it without copying. */
#include "base/canon.h"

#include "base/json.h"

#define NUMBER_MAX UINT64_C(9007199254740991) /* 2^53 - 1, RFC 8785 section 3.2.2.3 */

struct scan {
        struct span text;
        size_t pos;
};

/* The byte at the cursor, 0 at the end; NUL never is part of canonical JSON. */
static uint8_t peek(const struct scan *s)
{
        return s->pos < s->text.len ? s->text.data[s->pos] : 0;
}

static bool take(struct scan *s, char c)
{
        if (peek(s) != (uint8_t)c)
                return false;
        s->pos++;
        return true;
}

static bool take_word(struct scan *s, const char *word)
{
        struct span w = span_of_str(word);

        if (!span_equal(span_sub(s->text, s->pos, w.len), w))
                return false;
        s->pos += w.len;
        return true;
}

static bool is_digit(uint8_t c)
{
        return c >= '0' && c <= '9';
}

static bool has_short_escape(uint8_t c)
{
        return c != 0 && strchr("\b\f\n\r\t", c);
}

/* Behind "\u00": two lower-case digits of a control character that has no short escape. */
static bool take_control(struct scan *s)
{
        static const char digits[] = "0123456789abcdef";
        uint8_t high = s->pos + 2 <= s->text.len ? s->text.data[s->pos] : 0;
        const char *low = high ? memchr(digits, s->text.data[s->pos + 1], 16) : NULL;

        if ((high != '0' && high != '1') || !low || has_short_escape((uint8_t)((high - '0') * 16 + (low - digits))))
                return false;
        s->pos += 2;
        return true;
}

/* Behind a backslash. */
static bool take_escape(struct scan *s)
{
        uint8_t c = peek(s);

        if (c != 0 && strchr("\"\\bfnrt", c)) {
                s->pos++;
                return true;
        }
        return take_word(s, "u00") && take_control(s);
}

/* Move over text that is nothing but ASCII without controls, quotes and backslashes: eight bytes at a time, which most text is made of. */
static void skip_plain(struct scan *s)
{
        const uint64_t ones = UINT64_C(0x0101010101010101);
        uint64_t word;

        while (s->text.len - s->pos >= sizeof(word)) {
                memcpy(&word, s->text.data + s->pos, sizeof(word));
                if ((word | (word - ones * ' ') | ((word ^ ones * '"') - ones) | ((word ^ ones * '\\') - ones)) & ones << 7)
                        return;
                s->pos += sizeof(word);
        }
}

/* ret_inside: the bytes between the quotes, escapes as they stand. */
static enum err scan_string(struct scan *s, struct span *ret_inside)
{
        uint8_t all = 0;
        size_t start;

        if (!take(s, '"'))
                return ERR_CANON_SYNTAX;
        start = s->pos;
        skip_plain(s);
        while (peek(s) != '"') {
                all |= peek(s);
                if (peek(s) < 0x20)
                        return ERR_CANON_SYNTAX;
                if (!take(s, '\\'))
                        s->pos++;
                else if (!take_escape(s))
                        return ERR_CANON_SYNTAX;
        }
        *ret_inside = span_sub(s->text, start, s->pos - start);
        s->pos++;
        return all < 0x80 || json_is_utf8(*ret_inside) ? ERR_OK : ERR_CANON_UTF8;
}

static enum err scan_number(struct scan *s, uint64_t *ret_number)
{
        uint64_t n = 0;

        /* A digit behind a leading zero is no part of the number, and so a syntax error to whoever reads on. */
        if (take(s, '0')) {
                *ret_number = 0;
                return ERR_OK;
        }
        while (is_digit(peek(s))) {
                n = n * 10 + (peek(s) - '0');
                if (n > NUMBER_MAX)
                        return ERR_CANON_NUMBER;
                s->pos++;
        }
        *ret_number = n;
        return ERR_OK;
}

/* A value that holds no others. */
static enum err scan_scalar(struct scan *s)
{
        struct span string;
        uint64_t number;

        if (peek(s) == '"')
                return scan_string(s, &string);
        if (is_digit(peek(s)))
                return scan_number(s, &number);
        if (take_word(s, "true") || take_word(s, "false") || take_word(s, "null"))
                return ERR_OK;
        return ERR_CANON_SYNTAX;
}

/* An open object or array; its last key, to see the order. */
struct level {
        bool object;
        bool first;
        struct span last_key;
};

static bool key_is_plain(struct span key)
{
        for (size_t i = 0; i < key.len; i++)
                if (key.data[i] >= 0x80 || key.data[i] == '\\')
                        return false;
        return true;
}

static bool key_ascends(struct span before, struct span key)
{
        size_t common = before.len < key.len ? before.len : key.len;
        int order = common ? memcmp(before.data, key.data, common) : 0;

        return order < 0 || (order == 0 && before.len < key.len);
}

/* What stands before a value: a comma unless it is the first, and in an object its key. */
static enum err scan_lead(struct scan *s, struct level *l)
{
        struct span key;

        if (!l->first && !take(s, ','))
                return ERR_CANON_SYNTAX;
        if (l->object) {
                TRY(scan_string(s, &key));
                if (!key_is_plain(key) || !take(s, ':'))
                        return ERR_CANON_SYNTAX;
                if (!l->first && !key_ascends(l->last_key, key))
                        return ERR_CANON_ORDER;
                l->last_key = key;
        }
        l->first = false;
        return ERR_OK;
}

/* One value, whatever it holds, with a stack of its own instead of recursion. */
static enum err scan_value(struct scan *s)
{
        struct level levels[JSON_DEPTH_MAX];
        size_t depth = 0;

        do {
                if (depth > 0 && take(s, levels[depth - 1].object ? '}' : ']')) {
                        depth--;
                        continue;
                }
                if (depth > 0)
                        TRY(scan_lead(s, &levels[depth - 1]));
                if (peek(s) != '{' && peek(s) != '[') {
                        TRY(scan_scalar(s));
                        continue;
                }
                if (depth + 1 >= JSON_DEPTH_MAX)
                        return ERR_CANON_DEPTH;
                levels[depth++] = (struct level){ .object = peek(s) == '{', .first = true };
                s->pos++;
        } while (depth > 0);
        return ERR_OK;
}

enum err canon_check(struct span text)
{
        struct scan s = { .text = text };

        TRY(scan_value(&s));
        return s.pos == text.len ? ERR_OK : ERR_CANON_SYNTAX;
}

size_t canon_fault(struct span text)
{
        struct scan s = { .text = text };
        enum err e = scan_value(&s);

        (void)e;
        return s.pos;
}

static enum err open_as(struct span value, char open, char close, struct canon_walk *ret_walk)
{
        if (value.len < 2 || value.data[0] != (uint8_t)open || value.data[value.len - 1] != (uint8_t)close)
                return ERR_CANON_SHAPE;
        ret_walk->rest = span_sub(value, 1, value.len - 2);
        return ERR_OK;
}

enum err canon_open_object(struct span value, struct canon_walk *ret_walk)
{
        return open_as(value, '{', '}', ret_walk);
}

enum err canon_open_array(struct span value, struct canon_walk *ret_walk)
{
        return open_as(value, '[', ']', ret_walk);
}

/* Advance behind a value that starts at from, and behind the comma after it. */
static bool walk_value(struct canon_walk *w, size_t from, struct span *ret_value)
{
        struct scan s = { .text = w->rest, .pos = from };

        if (scan_value(&s) != ERR_OK)
                return false;
        *ret_value = span_sub(w->rest, from, s.pos - from);
        take(&s, ',');
        w->rest = span_sub(w->rest, s.pos, w->rest.len - s.pos);
        return true;
}

bool canon_next_member(struct canon_walk *w, struct span *ret_key, struct span *ret_value)
{
        struct scan s = { .text = w->rest };
        struct span key;

        if (w->rest.len == 0 || scan_string(&s, &key) != ERR_OK || !take(&s, ':') || !walk_value(w, s.pos, ret_value))
                return false;
        *ret_key = key;
        return true;
}

bool canon_next_element(struct canon_walk *w, struct span *ret_value)
{
        return w->rest.len > 0 && walk_value(w, 0, ret_value);
}

enum err canon_member(struct span object, const char *key, struct span *ret_value)
{
        struct canon_walk w;
        struct span name, value;

        TRY(canon_open_object(object, &w));
        while (canon_next_member(&w, &name, &value))
                if (span_equal_str(name, key)) {
                        *ret_value = value;
                        return ERR_OK;
                }
        return ERR_CANON_SHAPE;
}

enum err canon_plain_string(struct span value, struct span *ret_text)
{
        if (value.len < 2 || value.data[0] != '"' || memchr(value.data, '\\', value.len))
                return ERR_CANON_SHAPE;
        *ret_text = span_sub(value, 1, value.len - 2);
        return ERR_OK;
}

enum err canon_u64(struct span value, uint64_t *ret_number)
{
        struct scan s = { .text = value };
        uint64_t number;

        if (!is_digit(peek(&s)) || scan_number(&s, &number) != ERR_OK || s.pos != value.len)
                return ERR_CANON_SHAPE;
        *ret_number = number;
        return ERR_OK;
}
