/* SPDX-License-Identifier: Apache-2.0 */
/* The IMA rules: rendered again from the policy and the measured storage, by the code that rendered them at boot. */
#include "verify/judge_parts.h"

static const char rules_name[] = "IMA rules";

static bool plain_member(struct span object, const char *name, const char *key, struct span *ret_text)
{
        struct span value;

        return canon_member(object, name, &value) == ERR_OK && canon_member(value, key, &value) == ERR_OK &&
               canon_plain_string(value, ret_text) == ERR_OK;
}

/* The UUID that the rules name: of the file system, or the one that a LUKS2 token promises. False when the event does not hold it. */
static bool read_uuid(struct span signature, struct span type, char *ret_uuid)
{
        struct span text = { NULL, 0 }, value;
        bool luks = span_equal_str(type, "crypto_LUKS");
        uint64_t version = 1;

        ret_uuid[0] = '\0';
        if (luks) {
                if (canon_member(signature, "identity", &value) != ERR_OK || canon_member(value, "version", &value) != ERR_OK ||
                    canon_u64(value, &version) != ERR_OK)
                        return false;
                if (version == 1)
                        return true;
                if (!plain_member(signature, "config", "inner_uuid", &text))
                        return false;
        } else if (canon_member(signature, "identity", &value) != ERR_OK) {
                return false;
        } else if (!plain_member(signature, "identity", "uuid", &text)) {
                return true; /* squashfs has none */
        }
        if (guid_is_text(text)) {
                memcpy(ret_uuid, text.data, text.len);
                ret_uuid[text.len] = '\0';
        }
        return true;
}

/* What survey_render_partitions() gave at boot, from what the storage event says. False when the event does not hold enough. */
static bool read_partition(struct span storage, const struct policy_partition *declared, struct render_partition *ret)
{
        struct span signature, type;

        *ret = (struct render_partition){ .fs_name = declared->fs };
        if (!judge_storage_signature(storage, declared->name, &signature))
                return true;
        if (canon_member(signature, "type", &type) != ERR_OK || canon_plain_string(type, &type) != ERR_OK)
                return false;
        ret->present = true;
        if (ret->fs_name.len == 0 && !span_equal_str(type, "crypto_LUKS"))
                ret->fs_name = type;
        return read_uuid(signature, type, ret->fs_uuid);
}

static bool render(struct judge *j)
{
        struct render_partition partitions[POLICY_PARTITIONS_MAX];

        for (unsigned i = 0; i < j->policy.partition_count; i++)
                if (!read_partition(j->events.storage, &j->policy.partitions[i], &partitions[i]))
                        return false;
        return render_rules(&j->policy, partitions, j->rules_text, sizeof(j->rules_text), &j->rules) == ERR_OK;
}

static void check_load(struct judge *j)
{
        struct reason reason = { .code = REASON_RULES_LOAD, .subject = span_of_str(rules_name) };
        struct span result, loaded;

        if (!judge_events_text(j, j->events.ima_policy, "result", &result) || !judge_events_text(j, j->events.ima_policy, "loaded", &loaded))
                return;
        if (span_equal_str(result, err_name(ERR_OK)) && !span_equal_str(loaded, event_load_text(EVENT_LOAD_NONE)))
                return;
        reason.error = judge_events_error(result);
        if (reason.error == ERR_COUNT_)
                reason.error = ERR_OK;
        reason_add(&j->reasons, &reason);
}

static bool starts_with(struct span line, const char *word)
{
        size_t len = strlen(word);

        return line.len >= len && memcmp(line.data, word, len) == 0;
}

/* Whether one of the rule's conditions is this one, up to its value's end or the given part of it. */
static bool has_word(struct span line, const char *word)
{
        for (size_t i = 0; i + 1 < line.len; i++)
                if (line.data[i] == ' ' && starts_with(span_of(line.data + i + 1, line.len - i - 1), word))
                        return true;
        return false;
}

/* A rule by which files of other file systems than the declared ones can come into the log. */
static bool is_unbound(struct span line)
{
        return starts_with(line, "measure ") && !has_word(line, "fsuuid=") && !has_word(line, "func=CRITICAL_DATA") &&
               !has_word(line, "func=KEY_CHECK") && !has_word(line, "func=KEXEC_CMDLINE") && !has_word(line, "func=POLICY_CHECK") &&
               !span_equal_str(line, RENDER_RECEIPT_RULE);
}

/*
 * When every rule is bound to a declared partition, whatever stands in the log is a file of one of them, by whatever path: then all of it is
 * judged. Else only what lies below the mount points.
 */
static void find_scope(struct judge *j)
{
        struct span rest = j->rules;

        while (rest.len > 0) {
                const uint8_t *end = memchr(rest.data, '\n', rest.len);
                size_t len = end ? (size_t)(end - rest.data) : rest.len;

                if (is_unbound(span_of(rest.data, len)))
                        j->judge_all = false;
                len += end != NULL;
                rest = span_of(rest.data + len, rest.len - len);
        }
        /* Without mount points nothing would be judged at all. */
        if (!j->baseline || j->baseline->mount_count == 0)
                j->judge_all = true;
}

void judge_rules_check(struct judge *j)
{
        uint8_t measured[EVENT_SHA256_BYTES];
        struct digest digest;

        if (!j->events.ima_policy.data)
                return;
        check_load(j);
        if (!j->has_policy || !j->events.storage.data || !render(j))
                return;
        j->has_rules = true;
        digest_of(ALG_SHA256, j->rules, &digest);
        if (judge_events_sha256(j, j->events.ima_policy, "sha256", measured) && memcmp(measured, digest.bytes, sizeof(measured)) != 0)
                reason_add_about(&j->reasons, REASON_RULES_DIGEST, rules_name);
        find_scope(j);
}
