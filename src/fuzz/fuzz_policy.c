/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a policy; what is accepted is rendered, and each rendered line must be a rule that needs no more cosima. */
#include <stdlib.h>

#include "trust/render.h"

#define UUID "0f3b3c2e-94a1-4b3e-9d4e-5f0d6a8c7b21"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_lines(const struct policy *policy, struct span rules)
{
        bool first = true;

        while (rules.len != 0) {
                const uint8_t *end = memchr(rules.data, '\n', rules.len);
                struct rules_rule rule;
                struct span line, token;

                if (!end)
                        abort();
                line = span_of(rules.data, (size_t)(end - rules.data));
                if (line.len > RULES_LINE_MAX)
                        abort();
                /* The receipt's owner is refused in policies. */
                if (first != (rules_parse(line, policy->kernel, &rule, &token) == ERR_RULES_FOWNER_RESERVED))
                        abort();
                if (!first && (rules_parse(line, policy->kernel, &rule, &token) != ERR_OK || rule.token.len != 0))
                        abort();
                rules = span_sub(rules, line.len + 1, rules.len - line.len - 1);
                first = false;
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static char buf[RENDER_BYTES_MAX];
        struct policy policy;
        struct policy_error error;

        if (policy_parse(span_of(data, size), &policy, &error) != ERR_OK) {
                if (error.code == ERR_OK)
                        abort();
                return 0;
        }
        for (unsigned known = 0; known < 2; known++) {
                struct render_partition partitions[POLICY_PARTITIONS_MAX] = { 0 };
                struct span rules;
                enum err e;

                for (unsigned i = 0; known && i < policy.partition_count; i++)
                        partitions[i] = (struct render_partition){ true, UUID, span_of("ext4", 4) };
                e = render_rules(&policy, partitions, buf, sizeof(buf), &rules);
                if (e == ERR_OK)
                        check_lines(&policy, rules);
                else if (e != ERR_RENDER_APPRAISE || known)
                        abort();
        }
        return 0;
}
