/* SPDX-License-Identifier: Apache-2.0 */
/* Tables as the device mapper tells IMA of them: what Debian's 6.1 kernel wrote for dm-crypt, each field against the measured header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "log/dm.h"

#define UUID "85c39d0f-4867-5227-8334-f5eec606d9eb"
#define DEVICE "dm_version=4.47.0;name=COS_PERSISTENT,uuid=CRYPT-LUKS2-85c39d0f486752278334f5eec606d9eb-COS_PERSISTENT,major=253,minor=0," \
               "minor_count=1,num_targets=1;"
#define TARGET "target_index=0,target_begin=0,target_len=47104,target_name=crypt,target_version=1.24.0,"
#define FLAGS "allow_discards=n,same_cpu_crypt=n,submit_from_crypt_cpus=n,no_read_workqueue=n,no_write_workqueue=n,iv_large_sectors=n,"
#define CIPHER "cipher_string=aes-xts-plain64,"
#define KEY "key_size=64,key_parts=1,key_extra_size=0,key_mac_size=0;"
#define CRYPT DEVICE TARGET FLAGS CIPHER KEY

#define SEGMENT "{\"encryption\":\"aes-xts-plain64\",\"iv_tweak\":\"0\",\"offset\":\"16777216\",\"sector_size\":512,\"size\":\"dynamic\",\"type\":\"crypt\"}"
#define IDENTITY "\"identity\":{\"uuid\":\"" UUID "\"}"
#define KEYSLOTS "\"keyslots\":{\"0\":{\"key_size\":64}}"
#define VOLUME "{\"config\":{" KEYSLOTS ",\"segments\":{\"0\":" SEGMENT "}}," IDENTITY "}"
#define VOLUME_BYTES (16777216 + 47104 * 512)

static struct dm_table read_table(const char *text)
{
        struct dm_table table;

        assert_int_equal(dm_read_table(span_of_str(text), &table), ERR_OK);
        return table;
}

static enum err match(const char *text, const char *volume)
{
        struct dm_table table = read_table(text);

        return dm_match_luks2(&table, span_of_str(volume), VOLUME_BYTES);
}

static void a_table_of_dm_crypt(void **state)
{
        struct dm_table table = read_table(CRYPT);
        struct dm_target target;
        struct span value;

        (void)state;
        assert_true(span_equal_str(table.version, "4.47.0"));
        assert_true(span_equal_str(table.name, "COS_PERSISTENT"));
        assert_int_equal(table.major, 253);
        assert_int_equal(table.minor, 0);
        assert_int_equal(table.target_count, 1);
        assert_int_equal(dm_next_target(&table.targets, &target), ERR_OK);
        assert_int_equal(table.targets.len, 0);
        assert_int_equal(target.len_sectors, 47104);
        assert_true(span_equal_str(target.type, "crypt"));
        assert_int_equal(dm_field(target.fields, "cipher_string", &value), ERR_OK);
        assert_true(span_equal_str(value, "aes-xts-plain64"));
        assert_int_equal(dm_field(target.fields, "sector_size", &value), ERR_DM_FIELD);
        assert_true(span_equal_str(value, "aes-xts-plain64"));
}

static void names_hold_separators(void **state)
{
        struct dm_table table = read_table("dm_version=4.47.0;name=a\\,b\\;c\\=(\\\\,uuid=,major=254,minor=7,minor_count=1,num_targets=2;"
                                           "target_index=0,target_begin=0,target_len=8,target_name=linear,target_version=1.4.0,device_name=254:16,start=8;"
                                           "target_index=1,target_begin=8,target_len=8,target_name=zero,;");
        struct dm_target target;

        (void)state;
        assert_true(span_equal_str(table.name, "a\\,b\\;c\\=(\\\\"));
        assert_int_equal(table.uuid.len, 0);
        assert_int_equal(dm_next_target(&table.targets, &target), ERR_OK);
        assert_true(span_equal_str(target.type, "linear"));
        assert_int_equal(dm_next_target(&table.targets, &target), ERR_OK);
        assert_int_equal(target.index, 1);
        assert_int_equal(table.targets.len, 0);
}

static void a_cipher_with_commas(void **state)
{
        struct span value;

        (void)state;
        assert_int_equal(dm_field(span_of_str("a=1,cipher_string=capi:authenc(hmac(sha256),xts(aes))-random,key_size=96"), "cipher_string", &value), ERR_OK);
        assert_true(span_equal_str(value, "capi:authenc(hmac(sha256),xts(aes))-random"));
        assert_int_equal(dm_field(span_of_str("a=1,a=2"), "a", &value), ERR_DM_FIELD);
}

static void every_prefix(void **state)
{
        struct dm_table table;
        struct dm_target target;

        (void)state;
        for (size_t len = 0; len < sizeof(CRYPT) - 1; len++) {
                char *text = test_malloc(len + 1);
                struct span targets;

                memcpy(text, CRYPT, len);
                if (dm_read_table(span_of(text, len), &table) == ERR_OK) {
                        targets = table.targets;
                        assert_true(len >= sizeof(DEVICE) - 1);
                        assert_true(targets.len == 0 || dm_next_target(&targets, &target) == ERR_DM_SYNTAX);
                        assert_int_equal(dm_match_luks2(&table, span_of_str(VOLUME), 0), targets.len == 0 ? ERR_DM_TARGETS : ERR_DM_SYNTAX);
                }
                test_free(text);
        }
}

static void the_device_part_is_exact(void **state)
{
        static const char *const wrong[] = {
                "dm_version=4.47.0,x=1;name=n,uuid=u,major=1,minor=2,minor_count=1,num_targets=0;",
                "version=4.47.0;name=n,uuid=u,major=1,minor=2,minor_count=1,num_targets=0;",
                "dm_version=4.47.0;uuid=u,name=n,major=1,minor=2,minor_count=1,num_targets=0;",
                "dm_version=4.47.0;name=n,uuid=u,major=x,minor=2,minor_count=1,num_targets=0;",
                "dm_version=4.47.0;name=n,uuid=u,major=1,minor=,minor_count=1,num_targets=0;",
                "dm_version=4.47.0;name=n,uuid=u,major=1,minor=99999999999999999999,minor_count=1,num_targets=0;",
                "dm_version=4.47.0;name=n,uuid=u,major=1,minor=2,minor_count=1,num_targets=0,more=1;",
                "dm_version=4.47.0;name=n,uuid=u,major=1,minor=2,minor_count=1,num_targets=0",
        };
        struct dm_table table;

        (void)state;
        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
                assert_int_equal(dm_read_table(span_of_str(wrong[i]), &table), ERR_DM_SYNTAX);
}

static void the_mapping_of_the_measured_volume(void **state)
{
        (void)state;
        assert_int_equal(match(CRYPT, VOLUME), ERR_OK);
        assert_int_equal(match(DEVICE TARGET FLAGS CIPHER "sector_size=512," KEY, VOLUME), ERR_OK);
        assert_int_equal(match(CRYPT, "{" IDENTITY "}"), ERR_OK);
        assert_int_equal(match(CRYPT, "{\"config\":{\"keyslots\":{},\"segments\":{\"0\":" SEGMENT "}}," IDENTITY "}"), ERR_OK);
}

static void each_field_of_the_mapping(void **state)
{
        (void)state;
        assert_int_equal(match(CRYPT, "{\"identity\":{\"uuid\":\"85c39d0f-4867-5227-8334-f5eec606d9ec\"}}"), ERR_DM_UUID);
        assert_int_equal(match(CRYPT, "{\"identity\":{\"uuid\":\"85c39d0f\"}}"), ERR_DM_UUID);
        assert_int_equal(match(DEVICE TARGET FLAGS "cipher_string=aes-cbc-essiv:sha256," KEY, VOLUME), ERR_DM_CIPHER);
        assert_int_equal(match(DEVICE TARGET FLAGS "cipher_string=cipher_null-ecb," KEY, VOLUME), ERR_DM_NULL);
        assert_int_equal(match(DEVICE TARGET FLAGS "cipher_string=cipher_null-ecb," KEY, "{" IDENTITY "}"), ERR_DM_NULL);
        assert_int_equal(match(DEVICE TARGET FLAGS KEY, VOLUME), ERR_DM_FIELD);
        assert_int_equal(match(DEVICE TARGET FLAGS CIPHER CIPHER KEY, VOLUME), ERR_DM_FIELD);
        assert_int_equal(match(DEVICE TARGET FLAGS CIPHER "sector_size=4096," KEY, VOLUME), ERR_DM_SECTOR);
        assert_int_equal(match(DEVICE TARGET FLAGS CIPHER "key_size=32;", VOLUME), ERR_DM_KEY);
        assert_int_equal(match(DEVICE TARGET FLAGS CIPHER "integrity_tag_size=16," KEY, VOLUME), ERR_DM_INTEGRITY);
        assert_int_equal(match(DEVICE "target_index=0,target_begin=8,target_len=47104,target_name=crypt," CIPHER KEY, VOLUME), ERR_DM_TARGETS);
        assert_int_equal(match(DEVICE "target_index=0,target_begin=0,target_len=47104,target_name=linear,device_name=254:1,start=0;", VOLUME),
                         ERR_DM_TARGETS);
        assert_int_equal(match(CRYPT TARGET CIPHER KEY, VOLUME), ERR_DM_TARGETS);
        assert_int_equal(match(DEVICE "target_index=0,target_begin=0,target_len=47103,target_name=crypt," CIPHER KEY, VOLUME), ERR_DM_LENGTH);
}

static void each_field_of_the_header(void **state)
{
        (void)state;
        assert_int_equal(match(CRYPT, "{\"config\":{}}"), ERR_DM_VOLUME);
        assert_int_equal(match(CRYPT, "{\"config\":{" KEYSLOTS "}," IDENTITY "}"), ERR_DM_VOLUME);
        assert_int_equal(match(CRYPT, "{\"config\":{" KEYSLOTS ",\"segments\":{}}," IDENTITY "}"), ERR_DM_VOLUME);
        assert_int_equal(match(CRYPT, "{\"config\":{" KEYSLOTS ",\"segments\":{\"0\":" SEGMENT ",\"1\":" SEGMENT "}}," IDENTITY "}"), ERR_DM_VOLUME);
        assert_int_equal(match(CRYPT, "{\"config\":{" KEYSLOTS ",\"segments\":{\"0\":{\"type\":\"linear\"}}}," IDENTITY "}"), ERR_DM_VOLUME);
}

static void the_length_of_a_segment(void **state)
{
        struct dm_table table = read_table(CRYPT);
        struct span volume = span_of_str(VOLUME);

        (void)state;
        assert_int_equal(dm_match_luks2(&table, volume, 0), ERR_OK);
        assert_int_equal(dm_match_luks2(&table, volume, VOLUME_BYTES + 511), ERR_OK);
        assert_int_equal(dm_match_luks2(&table, volume, VOLUME_BYTES + 512), ERR_DM_LENGTH);
        assert_int_equal(dm_match_luks2(&table, volume, 512), ERR_DM_LENGTH);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_table_of_dm_crypt),          cmocka_unit_test(names_hold_separators),
                cmocka_unit_test(a_cipher_with_commas),         cmocka_unit_test(every_prefix),
                cmocka_unit_test(the_device_part_is_exact),     cmocka_unit_test(the_mapping_of_the_measured_volume),
                cmocka_unit_test(each_field_of_the_mapping),    cmocka_unit_test(each_field_of_the_header),
                cmocka_unit_test(the_length_of_a_segment),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
