/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a table of the device mapper: reading ends, and what is cut out of it points into it. */
#include <stdlib.h>

#include "log/dm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char volume[] = "{\"config\":{\"keyslots\":{\"0\":{\"key_size\":64}},\"segments\":{\"0\":{\"encryption\":\"aes-xts-plain64\",\"offset\":\"16777216\","
                             "\"sector_size\":512,\"size\":\"dynamic\",\"type\":\"crypt\"}}},"
                             "\"identity\":{\"uuid\":\"85c39d0f-4867-5227-8334-f5eec606d9eb\"}}";

static void check_inside(struct span whole, struct span part)
{
        if (part.data < whole.data || part.data + part.len > whole.data + whole.len)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct span bytes = span_of(data, size), targets, value;
        struct dm_table table;
        struct dm_target target;

        if (dm_read_table(bytes, &table) != ERR_OK)
                return 0;
        check_inside(bytes, table.name);
        check_inside(bytes, table.uuid);
        check_inside(bytes, table.targets);
        for (targets = table.targets; targets.len > 0 && dm_next_target(&targets, &target) == ERR_OK;) {
                check_inside(bytes, target.type);
                check_inside(bytes, target.fields);
                if (dm_field(target.fields, "cipher_string", &value) == ERR_OK)
                        check_inside(target.fields, value);
        }
        if (dm_match_luks2(&table, span_of_str(volume), 25165824) == ERR_OK && table.target_count != 1)
                abort();
        return 0;
}
