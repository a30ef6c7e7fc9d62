/* SPDX-License-Identifier: Apache-2.0 */
/* Compares a dm-verity table with the superblock that was measured (linux drivers/md/dm-verity-target.c: verity_status). */
#include "log/dm.h"

#include "base/canon.h"

#define UUID_PREFIX "CRYPT-VERITY-"
#define SECTOR_BYTES 512

bool dm_is_of_verity(const struct dm_table *table, struct span uuid)
{
        return dm_is_of(table, UUID_PREFIX, uuid);
}

static enum err get_text(struct span object, const char *key, struct span *ret_text)
{
        struct span value;

        TRY(canon_member(object, key, &value));
        return canon_plain_string(value, ret_text);
}

static enum err only_target(const struct dm_table *table, struct dm_target *ret_target)
{
        struct span targets = table->targets;
        struct dm_target t;

        if (table->target_count != 1 || targets.len == 0)
                return ERR_DM_VERITY_TARGETS;
        TRY(dm_next_target(&targets, &t));
        if (targets.len > 0 || t.index != 0 || t.begin_sectors != 0 || !span_equal_str(t.type, "verity"))
                return ERR_DM_VERITY_TARGETS;
        *ret_target = t;
        return ERR_OK;
}

/* No salt at all is logged as a dash. */
static enum err check_salt(const struct dm_target *target, struct span identity)
{
        struct span used, salt;

        TRY(dm_field(target->fields, "salt", &used));
        TRY(get_text(identity, "salt", &salt));
        return span_equal(used, salt.len > 0 ? salt : span_of_str("-")) ? ERR_OK : ERR_DM_VERITY_SALT;
}

/* The members that a policy's classes may leave out of the event are compared where they are. */
static enum err check_rest(const struct dm_target *target, struct span volume)
{
        struct span config, layout, value, used, algorithm;
        uint64_t block_bytes, blocks;

        if (canon_member(volume, "config", &config) != ERR_OK)
                return ERR_OK;
        TRY(dm_field(target->fields, "verity_algorithm", &used));
        TRY(get_text(config, "algorithm", &algorithm));
        if (!span_equal(used, algorithm))
                return ERR_DM_VERITY_ALGORITHM;
        if (canon_member(volume, "layout", &layout) != ERR_OK)
                return ERR_OK;
        TRY(canon_member(layout, "data_blocks", &value));
        TRY(canon_u64(value, &blocks));
        TRY(canon_member(config, "data_block_bytes", &value));
        TRY(canon_u64(value, &block_bytes));
        return block_bytes / SECTOR_BYTES > 0 && target->len_sectors / (block_bytes / SECTOR_BYTES) == blocks ? ERR_OK : ERR_DM_LENGTH;
}

enum err dm_match_verity(const struct dm_table *table, struct span volume)
{
        struct span identity, uuid, failed;
        struct dm_target target;

        if (canon_member(volume, "identity", &identity) != ERR_OK || get_text(identity, "uuid", &uuid) != ERR_OK)
                return ERR_DM_VOLUME;
        if (!dm_is_of_verity(table, uuid))
                return ERR_DM_UUID;
        TRY(only_target(table, &target));
        TRY(dm_field(target.fields, "hash_failed", &failed));
        if (!span_equal_str(failed, "V"))
                return ERR_DM_VERITY_FAILED;
        TRY(check_salt(&target, identity));
        return check_rest(&target, volume);
}

enum err dm_verity_root(const struct dm_table *table, struct span *ret_root)
{
        struct dm_target target;

        TRY(only_target(table, &target));
        return dm_field(target.fields, "root_digest", ret_root);
}
