/* SPDX-License-Identifier: Apache-2.0 */
/* The IMA rules as they are written to the kernel. */
#include "trust/render.h"

#include "trust/word.h"

struct out {
        char *buf;
        size_t cap, len;
        bool full;
};

static void put(struct out *o, struct span text)
{
        if (text.len > o->cap - o->len) {
                o->full = true;
                return;
        }
        if (text.len != 0)
                memcpy(o->buf + o->len, text.data, text.len);
        o->len += text.len;
}

static void put_str(struct out *o, const char *text)
{
        put(o, span_of_str(text));
}

/* A null UUID counts as none: the kernel would match every file system that has none. */
static bool has_uuid(const struct render_partition *known)
{
        struct span uuid = span_of(known->fs_uuid, strnlen(known->fs_uuid, sizeof(known->fs_uuid)));

        return known->present && guid_is_text(uuid) && !word_made_of(uuid, GUID_TEXT_SIZE, "0-");
}

/* The condition that stands for partition=NAME: its key, and its value, which is empty when nothing is known. */
static const char *condition(const struct policy_partition *declared, const struct render_partition *known, struct span *ret_value)
{
        if (has_uuid(known)) {
                *ret_value = span_of_str(known->fs_uuid);
                return "fsuuid=";
        }
        *ret_value = declared->fs.len ? declared->fs : known->fs_name;
        return "fsname=";
}

static enum err put_rule(struct out *o, const struct policy *policy, const struct policy_rule *rule, const struct render_partition *known)
{
        size_t before = (size_t)(rule->token.data - rule->line.data), after = before + rule->token.len;
        struct span value;
        const char *key = condition(&policy->partitions[rule->partition], known, &value);

        if (!has_uuid(known)) {
                if (rule->action == RULES_APPRAISE)
                        return ERR_RENDER_APPRAISE;
                if (rules_exempts(rule->action))
                        return ERR_OK;
        }
        if (value.len != 0) {
                put(o, span_sub(rule->line, 0, before));
                put_str(o, key);
                put(o, value);
        } else {
                put(o, span_sub(rule->line, 0, before - 1)); /* and the blank, which is there: an action comes first */
        }
        put(o, span_sub(rule->line, after, rule->line.len - after));
        put_str(o, "\n");
        return ERR_OK;
}

enum err render_rules(const struct policy *policy, const struct render_partition *partitions, char *buf, size_t cap, struct span *ret_text)
{
        struct out o = { .buf = buf, .cap = cap };

        put_str(&o, RENDER_RECEIPT_RULE "\n");
        for (unsigned i = 0; i < policy->rule_count; i++) {
                const struct policy_rule *rule = &policy->rules[i];

                if (rule->partition >= 0) {
                        TRY(put_rule(&o, policy, rule, &partitions[rule->partition]));
                        continue;
                }
                put(&o, rule->line);
                put_str(&o, "\n");
        }
        if (o.full)
                return ERR_NO_SPACE;
        *ret_text = span_of(buf, o.len);
        return ERR_OK;
}
