/* SPDX-License-Identifier: Apache-2.0 */
/* Follows a path along all patterns at once. */
#include "verify/glob.h"

enum { ROOT, LITERAL, ONE, STAR, DEEP };

struct glob_set glob_set_in(struct glob_node *nodes, uint32_t *marks, uint32_t *now, uint32_t *then, uint32_t cap)
{
        return (struct glob_set){ .nodes = nodes, .marks = marks, .now = now, .then = then, .count = 1, .cap = cap };
}

/* The next part of a pattern at *at, which moves behind it. */
static struct glob_node next_part(struct span pattern, size_t *at)
{
        uint8_t byte = pattern.data[(*at)++];

        if (byte == '?')
                return (struct glob_node){ .kind = ONE };
        if (byte == '*') {
                bool deep = *at < pattern.len && pattern.data[*at] == '*';

                *at += deep;
                return (struct glob_node){ .kind = deep ? DEEP : STAR };
        }
        if (byte == '\\' && *at < pattern.len)
                byte = pattern.data[(*at)++];
        return (struct glob_node){ .kind = LITERAL, .byte = byte };
}

static bool is_dots(struct span name)
{
        return name.len == 0 || span_equal_str(name, ".") || span_equal_str(name, "..");
}

const char *glob_fault(struct span pattern)
{
        size_t name_at = 1;
        bool first_is_plain = true;

        if (pattern.len == 0 || pattern.data[0] != '/')
                return "does not begin with '/'";
        for (size_t i = 1; i <= pattern.len; i++) {
                if (i < pattern.len && pattern.data[i] != '/') {
                        if (name_at == 1 && (pattern.data[i] == '*' || pattern.data[i] == '?'))
                                first_is_plain = false;
                        continue;
                }
                if (is_dots(span_of(pattern.data + name_at, i - name_at)))
                        return "holds an empty name, \".\" or \"..\"";
                name_at = i + 1;
        }
        if (!first_is_plain)
                return "has a wildcard in its first folder: it may match everything";
        if (pattern.data[pattern.len - 1] == '\\' && (pattern.len < 2 || pattern.data[pattern.len - 2] != '\\'))
                return "ends in a backslash";
        return NULL;
}

/* The child of a node that is this part, made when there is none; 0 when there is no more room. */
static uint32_t child_of(struct glob_set *set, uint32_t parent, struct glob_node part)
{
        for (uint32_t c = set->nodes[parent].child; c != 0; c = set->nodes[c].next)
                if (set->nodes[c].kind == part.kind && set->nodes[c].byte == part.byte)
                        return c;
        if (set->count == set->cap)
                return 0;
        part.next = set->nodes[parent].child;
        set->nodes[set->count] = part;
        set->nodes[parent].child = set->count;
        return set->count++;
}

bool glob_add(struct glob_set *set, struct span pattern)
{
        uint32_t node = 0;
        size_t at = 0;

        while (at < pattern.len) {
                node = child_of(set, node, next_part(pattern, &at));
                if (node == 0)
                        return false;
        }
        set->nodes[node].accepts = true;
        return true;
}

/* Reach a node, once in a turn. */
static void reach(struct glob_set *set, uint32_t node, uint32_t *list, uint32_t *count)
{
        if (set->marks[node] == set->turn)
                return;
        set->marks[node] = set->turn;
        list[(*count)++] = node;
}

/* '*' and '**' match nothing, too. */
static void reach_stars(struct glob_set *set, uint32_t *list, uint32_t *count)
{
        for (uint32_t i = 0; i < *count; i++)
                for (uint32_t c = set->nodes[list[i]].child; c != 0; c = set->nodes[c].next)
                        if (set->nodes[c].kind == STAR || set->nodes[c].kind == DEEP)
                                reach(set, c, list, count);
}

static uint32_t step(struct glob_set *set, const uint32_t *now, uint32_t count, uint8_t byte, uint32_t *then)
{
        uint32_t reached = 0;

        set->turn++;
        for (uint32_t i = 0; i < count; i++) {
                const struct glob_node *n = &set->nodes[now[i]];

                if (n->kind == DEEP || (n->kind == STAR && byte != '/'))
                        reach(set, now[i], then, &reached);
                for (uint32_t c = n->child; c != 0; c = set->nodes[c].next)
                        if ((set->nodes[c].kind == LITERAL && set->nodes[c].byte == byte) || (set->nodes[c].kind == ONE && byte != '/'))
                                reach(set, c, then, &reached);
        }
        reach_stars(set, then, &reached);
        return reached;
}

bool glob_matches(struct glob_set *set, struct span path)
{
        uint32_t *now = set->now, *then = set->then, count = 0;

        set->turn++;
        reach(set, 0, now, &count);
        reach_stars(set, now, &count);
        for (size_t i = 0; i < path.len && count > 0; i++) {
                uint32_t *swap = now;

                count = step(set, now, count, path.data[i], then);
                now = then;
                then = swap;
        }
        for (uint32_t i = 0; i < count; i++)
                if (set->nodes[now[i]].accepts)
                        return true;
        return false;
}
