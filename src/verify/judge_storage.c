/* SPDX-License-Identifier: Apache-2.0 */
/* What the partitions are and hold, against the baseline, field by field. */
#include "verify/diff.h"
#include "verify/judge_parts.h"

struct partition_diff {
        struct judge *j;
        struct span name;
};

/* "candidates" says nothing to a person: every partition has one. */
static struct span without_candidates(struct span path)
{
        static const char prefix[] = "candidates.";
        size_t len = sizeof(prefix) - 1;

        return path.len > len && memcmp(path.data, prefix, len) == 0 ? span_of(path.data + len, path.len - len) : path;
}

static void add_field(void *arg, struct span path, struct span was, struct span now)
{
        struct partition_diff *d = arg;
        struct reason reason = {
                .code = REASON_STORAGE_FIELD,
                .subject = d->name,
                .field = reason_keep(&d->j->reasons, without_candidates(path)),
                .was = was,
                .now = now,
        };

        reason_add(&d->j->reasons, &reason);
}

/* The partition of a storage event by its name. */
static bool find_partition(struct span storage, struct span name, struct span *ret_partition)
{
        struct canon_walk walk;
        struct span value, found;

        if (canon_member(storage, "partitions", &value) != ERR_OK || canon_open_array(value, &walk) != ERR_OK)
                return false;
        while (canon_next_element(&walk, &value))
                if (canon_member(value, "name", &found) == ERR_OK && canon_plain_string(found, &found) == ERR_OK && span_equal(found, name)) {
                        *ret_partition = value;
                        return true;
                }
        return false;
}

static void add_about(struct judge *j, enum reason_code code, struct span name, uint64_t number)
{
        struct reason reason = { .code = code, .subject = name, .number = number };

        reason_add(&j->reasons, &reason);
}

#define GUIDS_BYTES 512

/* "guid, guid": by what to find the devices that match. */
static struct span list_candidates(struct judge *j, struct span partition)
{
        struct canon_walk walk;
        struct span value, guid;
        char text[GUIDS_BYTES];
        size_t len = 0;

        if (canon_member(partition, "candidates", &value) != ERR_OK || canon_open_array(value, &walk) != ERR_OK)
                return span_of(NULL, 0);
        while (canon_next_element(&walk, &value)) {
                if (canon_member(value, "entry", &value) != ERR_OK || canon_member(value, "identity", &value) != ERR_OK ||
                    canon_member(value, "guid", &value) != ERR_OK || canon_plain_string(value, &guid) != ERR_OK ||
                    guid.len + 2 > sizeof(text) - len)
                        continue;
                if (len > 0) {
                        memcpy(text + len, ", ", 2);
                        len += 2;
                }
                memcpy(text + len, guid.data, guid.len);
                len += guid.len;
        }
        return reason_keep(&j->reasons, span_of(text, len));
}

static void add_ambiguous(struct judge *j, struct span name, struct span partition, uint64_t count)
{
        struct reason reason = {
                .code = REASON_STORAGE_AMBIGUOUS, .subject = name, .number = count, .now = list_candidates(j, partition)
        };

        reason_add(&j->reasons, &reason);
}

/* A partition in another state is said in one line; its fields then all differ and say nothing more. */
static bool check_state(struct judge *j, struct span name, struct span was, struct span now)
{
        struct span old, new, state;
        uint64_t count;

        if (canon_member(was, "state", &old) != ERR_OK || canon_member(now, "state", &new) != ERR_OK || span_equal(old, new))
                return true;
        if (span_equal_str(new, "\"ambiguous\"") && canon_member(now, "count", &state) == ERR_OK && canon_u64(state, &count) == ERR_OK) {
                add_ambiguous(j, name, now, count);
        } else if (span_equal_str(new, "\"absent\"")) {
                add_about(j, REASON_STORAGE_ABSENT, name, 0);
        } else {
                struct reason reason = { .code = REASON_STORAGE_STATE, .subject = name, .was = old, .now = new };

                reason_add(&j->reasons, &reason);
        }
        return false;
}

static void check_partitions(struct judge *j, struct span from, struct span other, bool compare)
{
        struct canon_walk walk;
        struct span was, now, name;

        if (canon_member(from, "partitions", &was) != ERR_OK || canon_open_array(was, &walk) != ERR_OK)
                return;
        while (canon_next_element(&walk, &was)) {
                if (canon_member(was, "name", &name) != ERR_OK || canon_plain_string(name, &name) != ERR_OK)
                        continue;
                if (!find_partition(other, name, &now)) {
                        add_about(j, REASON_STORAGE_DECLARED, name, 0);
                } else if (compare && check_state(j, name, was, now)) {
                        struct partition_diff d = { j, name };

                        diff_walk(was, now, add_field, &d);
                }
        }
}

/* Members besides "partitions": the other disks, where the policy closes them. */
static void check_disks(struct judge *j)
{
        struct span was = { NULL, 0 }, now = { NULL, 0 };
        bool had = canon_member(j->baseline->storage, "disks", &was) == ERR_OK;
        bool has = canon_member(j->events.storage, "disks", &now) == ERR_OK;
        struct partition_diff d = { j, span_of_str("disks") };

        if (had && has)
                diff_walk(was, now, add_field, &d);
        else if (had != has)
                add_about(j, REASON_STORAGE_DECLARED, d.name, 0);
}

/* Whether it is one of the content events that are allowed. */
static bool is_enrolled(const struct judge *j, struct span content)
{
        for (unsigned i = 0; i < j->baseline->content_count; i++)
                if (span_equal(j->baseline->content[i], content))
                        return true;
        return false;
}

/* Whether a later one of the baseline is of the same partition: the newest is the one to compare with. */
static bool is_superseded(const struct judge *j, unsigned index)
{
        struct span name, other;

        if (canon_member(j->baseline->content[index], "partition", &name) != ERR_OK)
                return false;
        for (unsigned i = index + 1; i < j->baseline->content_count; i++)
                if (canon_member(j->baseline->content[i], "partition", &other) == ERR_OK && span_equal(name, other))
                        return true;
        return false;
}

/* Of the three members of a content event, the first that differs tells most: files came or went, grew, or changed. */
static void check_content(struct judge *j, struct span enrolled)
{
        static const char *const members[] = { "files", "bytes", "sha256" };
        struct reason reason = { .code = REASON_CONTENT };
        struct span value, now;

        if (canon_member(enrolled, "partition", &value) != ERR_OK || canon_plain_string(value, &reason.subject) != ERR_OK)
                return;
        now = judge_events_content(j, reason.subject);
        if (!now.data || is_enrolled(j, now))
                return;
        for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
                if (canon_member(enrolled, members[i], &reason.was) == ERR_OK && canon_member(now, members[i], &reason.now) == ERR_OK &&
                    !span_equal(reason.was, reason.now)) {
                        reason.field = span_of_str(members[i]);
                        break;
                }
        reason_add(&j->reasons, &reason);
}

void judge_storage_check(struct judge *j)
{
        if (!j->baseline || !j->events.storage.data)
                return;
        check_partitions(j, j->baseline->storage, j->events.storage, true);
        check_partitions(j, j->events.storage, j->baseline->storage, false);
        check_disks(j);
        for (unsigned i = 0; i < j->baseline->content_count; i++)
                if (!is_superseded(j, i))
                        check_content(j, j->baseline->content[i]);
}

bool judge_storage_signature(struct span storage, struct span name, struct span *ret_signature)
{
        struct canon_walk walk;
        struct span partition, value;
        uint64_t count;

        if (!find_partition(storage, name, &partition) || canon_member(partition, "count", &value) != ERR_OK ||
            canon_u64(value, &count) != ERR_OK || count != 1)
                return false;
        if (canon_member(partition, "candidates", &value) != ERR_OK || canon_open_array(value, &walk) != ERR_OK ||
            !canon_next_element(&walk, &value))
                return false;
        if (canon_member(value, "signatures", &value) != ERR_OK || canon_open_array(value, &walk) != ERR_OK ||
            !canon_next_element(&walk, ret_signature))
                return false;
        /* Exactly one, and not malformed. */
        return !canon_next_element(&walk, &value) && canon_member(*ret_signature, "error", &value) != ERR_OK;
}

bool judge_storage_is_absent(struct span storage, struct span name)
{
        struct span partition, state;

        return find_partition(storage, name, &partition) && canon_member(partition, "state", &state) == ERR_OK &&
               span_equal_str(state, "\"absent\"");
}
