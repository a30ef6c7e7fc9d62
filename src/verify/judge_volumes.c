/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes that are opened before they are mounted: the mapping that was made, as the device mapper told IMA, against the header that was measured before. */
#include "log/dm.h"
#include "verify/judge_parts.h"

static void add(struct judge *j, enum reason_code code, struct span subject, uint64_t number, enum err error)
{
        struct reason reason = { .code = code, .subject = subject, .number = number, .error = error };

        reason_add(&j->reasons, &reason);
}

static bool open_partitions(const struct judge *j, struct canon_walk *ret_walk)
{
        struct span value;

        return j->events.storage.data && canon_member(j->events.storage, "partitions", &value) == ERR_OK &&
               canon_open_array(value, ret_walk) == ERR_OK;
}

static bool get_text(struct span object, const char *key, struct span *ret_text)
{
        struct span value;

        return canon_member(object, key, &value) == ERR_OK && canon_plain_string(value, ret_text) == ERR_OK;
}

enum kind { NONE, LUKS2, VERITY };

/* What kind of volume a partition is that somebody has to open; with its name, the measured header, and the volume's UUID. */
static enum kind kind_of(const struct judge *j, struct span partition, struct span *ret_name, struct span *ret_volume, struct span *ret_uuid)
{
        struct span type, identity, value;
        uint64_t version;

        if (!get_text(partition, "name", ret_name) || !judge_storage_signature(j->events.storage, *ret_name, ret_volume) ||
            !get_text(*ret_volume, "type", &type) || canon_member(*ret_volume, "identity", &identity) != ERR_OK ||
            !get_text(identity, "uuid", ret_uuid))
                return NONE;
        if (span_equal_str(type, "DM_verity_hash"))
                return VERITY;
        return span_equal_str(type, "crypto_LUKS") && canon_member(identity, "version", &value) == ERR_OK &&
                               canon_u64(value, &version) == ERR_OK && version == 2
                       ? LUKS2
                       : NONE;
}

static bool is_kept(const struct judge *j, struct span partition, struct span root)
{
        for (unsigned i = 0; i < j->root_count; i++)
                if (span_equal(j->roots[i].partition, partition) && span_equal(j->roots[i].root, root))
                        return true;
        return false;
}

/* For who enrols. The table itself will not outlive the call. */
static void keep_root(struct judge *j, struct span partition, struct span root, uint64_t number)
{
        struct span kept;

        if (is_kept(j, partition, root) || j->root_count == JUDGE_ROOTS_MAX)
                return;
        kept = reason_keep(&j->reasons, root);
        if (kept.data)
                j->roots[j->root_count++] = (struct judge_root){ partition, kept, number };
}

/* Nothing that is measured before it is opened tells the root digest, so it is held against the enrolled ones. */
static void check_root(struct judge *j, const struct dm_table *table, struct span partition, uint64_t number)
{
        struct reason reason = { .code = REASON_VERITY_UNPINNED, .subject = partition, .number = number };
        struct span root;
        enum err e = dm_verity_root(table, &root);

        if (e != ERR_OK) {
                add(j, REASON_DM_TABLE, partition, number, e);
                return;
        }
        keep_root(j, partition, root, number);
        for (unsigned i = 0; j->baseline && i < j->baseline->root_count; i++) {
                const struct baseline_root *pin = &j->baseline->roots[i];

                if (!span_equal(pin->partition, partition))
                        continue;
                if (span_equal(pin->root, root))
                        return;
                reason.code = REASON_VERITY_ROOT;
                reason.was = pin->root;
        }
        if (!j->baseline)
                return;
        if (reason_will_be_kept(&j->reasons, reason.code))
                reason.now = reason_keep(&j->reasons, root);
        reason_add(&j->reasons, &reason);
}

static void check_table(struct judge *j, const struct dm_table *table, uint64_t number)
{
        struct span partition, name, volume, uuid;
        struct canon_walk walk;

        if (!open_partitions(j, &walk))
                return;
        for (unsigned i = 0; i < POLICY_PARTITIONS_MAX && canon_next_element(&walk, &partition); i++) {
                enum kind kind = kind_of(j, partition, &name, &volume, &uuid);
                enum err e;

                if (kind == NONE || !(kind == LUKS2 ? dm_is_of_luks2(table, uuid) : dm_is_of_verity(table, uuid)))
                        continue;
                if (!(j->walk.volumes >> i & 1))
                        j->walk.first_table[i] = number;
                j->walk.volumes |= UINT32_C(1) << i;
                e = kind == LUKS2 ? dm_match_luks2(table, volume, 0) : dm_match_verity(table, volume);
                if (e != ERR_OK)
                        add(j, REASON_DM_TABLE, name, number, e);
                else if (kind == VERITY)
                        check_root(j, table, name, number);
        }
}

void judge_volumes_entry(struct judge *j, const struct ima_entry *e, uint64_t number)
{
        struct dm_table table;
        enum err error;

        if (!dm_is_table_load(e))
                return;
        error = dm_read_table(e->buffer, &table);
        if (error == ERR_OK)
                check_table(j, &table, number);
        else if (j->reasons.counts[REASON_DM_TABLE_MALFORMED] == 0)
                judge_add_number(j, REASON_DM_TABLE_MALFORMED, "ima.bin", number, error);
}

static bool lets_tables_in(struct span line)
{
        return span_find(line, "measure ") == line.data && span_find(line, "func=CRITICAL_DATA") &&
               (!span_find(line, "label=") || span_find(line, "device-mapper"));
}

/* Whether the rules let the device mapper's tables into the log. */
static bool are_measured(const struct judge *j)
{
        struct span rest = j->has_rules ? j->rules : span_of(NULL, 0);

        while (rest.len > 0) {
                const uint8_t *end = memchr(rest.data, '\n', rest.len);
                size_t len = end ? (size_t)(end - rest.data) : rest.len;

                if (lets_tables_in(span_of(rest.data, len)))
                        return true;
                len += end != NULL;
                rest = span_of(rest.data + len, rest.len - len);
        }
        return false;
}

/* Whether the handover says of a partition that it is mounted as it was measured, so it was opened. */
static bool is_mounted(const struct judge *j, struct span name)
{
        struct canon_walk walk;
        struct span value, found;

        if (!j->events.handover.data || canon_member(j->events.handover, "partitions", &value) != ERR_OK ||
            canon_open_array(value, &walk) != ERR_OK)
                return false;
        while (canon_next_element(&walk, &value))
                if (get_text(value, "name", &found) && span_equal(found, name))
                        return canon_member(value, "matches", &value) == ERR_OK && span_equal_str(value, "true");
        return false;
}

static bool was_opened(const struct judge *j, unsigned partition)
{
        return j->walk.volumes >> partition & 1 && j->walk.first_table[partition] < judge_ima_quoted(j);
}

void judge_volumes_end(struct judge *j)
{
        struct span partition, name, volume, uuid;
        struct canon_walk walk;

        if (j->reasons.counts[REASON_RULES_LOAD] > 0 || !are_measured(j) || !open_partitions(j, &walk))
                return;
        for (unsigned i = 0; i < POLICY_PARTITIONS_MAX && canon_next_element(&walk, &partition); i++)
                if (!was_opened(j, i) && kind_of(j, partition, &name, &volume, &uuid) != NONE && is_mounted(j, name))
                        add(j, REASON_DM_TABLE_ABSENT, name, 0, ERR_OK);
}
