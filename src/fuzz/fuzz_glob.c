/* SPDX-License-Identifier: Apache-2.0 */
/* A pattern and a path, with a line feed between them: the set of patterns says what a matcher says that is made for this test alone. */
#include <stdlib.h>

#include "verify/glob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LEN_MAX 64

/* ways[i][k]: the pattern from i on matches the path from k on. By tables, from the end. */
static bool matches(struct span p, struct span s)
{
        static bool ways[LEN_MAX + 1][LEN_MAX + 1];

        for (size_t i = p.len + 1; i-- > 0;)
                for (size_t k = s.len + 1; k-- > 0;) {
                        bool star = i < p.len && p.data[i] == '*', deep = star && i + 1 < p.len && p.data[i + 1] == '*';
                        size_t next = i + 1 + deep;
                        bool escaped = i + 1 < p.len && p.data[i] == '\\';

                        if (i == p.len)
                                ways[i][k] = k == s.len;
                        else if (star)
                                ways[i][k] = ways[next][k] || (k < s.len && (deep || s.data[k] != '/') && ways[i][k + 1]);
                        else if (k == s.len)
                                ways[i][k] = false;
                        else if (p.data[i] == '?')
                                ways[i][k] = s.data[k] != '/' && ways[i + 1][k + 1];
                        else if (escaped)
                                ways[i][k] = p.data[i + 1] == s.data[k] && ways[i + 2][k + 1];
                        else
                                ways[i][k] = p.data[i] == s.data[k] && ways[i + 1][k + 1];
                }
        return ways[0][0];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct glob_node nodes[LEN_MAX + 1] = { 0 };
        uint32_t marks[LEN_MAX + 1] = { 0 }, now[LEN_MAX + 1], then[LEN_MAX + 1];
        const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
        struct span pattern, path;
        struct glob_set set = glob_set_in(nodes, marks, now, then, LEN_MAX + 1);

        if (!end)
                return 0;
        pattern = span_of(data, (size_t)(end - data));
        path = span_of(end + 1, size - pattern.len - 1);
        if (pattern.len > LEN_MAX || path.len > LEN_MAX || glob_fault(pattern))
                return 0;
        if (!glob_add(&set, pattern) || glob_matches(&set, path) != matches(pattern, path))
                abort();
        return 0;
}
