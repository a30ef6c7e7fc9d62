/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes that are opened before they are mounted, LUKS2 and dm-verity: each trial changes how. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "trial.h"

static void run_all(const struct trial *trials, size_t count)
{
        for (size_t i = 0; i < count; i++)
                trial_run(&trials[i]);
}

#define RUN(trials) run_all(trials, sizeof(trials) / sizeof((trials)[0]))

/* ---- encrypted volumes --------------------------------------------------------------------------------------------------- */

#define DEVICE(uuid) "dm_version=4.47.0;name=persistent,uuid=CRYPT-LUKS2-" uuid "-persistent,major=254,minor=0,minor_count=1,num_targets=1;"
#define VOLUME DEVICE("c05a0000000040008000000000000005")
#define CRYPT(cipher)                                                                                                                     \
        "target_index=0,target_begin=0,target_len=16384,target_name=crypt,target_version=1.24.0,allow_discards=n,same_cpu=n,"               \
        "submit_from_crypt_cpus=n,no_read_workqueue=n,no_write_workqueue=n,iv_large_sectors=n,cipher_string=" cipher                       \
        ",key_size=64,key_parts=1,key_extra_size=0,key_mac_size=0;"

/* COS_PERSISTENT inside LUKS2. */
static void encrypted(struct story *s)
{
        story_encrypt(s, VOLUME CRYPT("aes-xts-plain64"));
}

static void opened_without_cipher(struct story *s)
{
        s->table = VOLUME CRYPT("cipher_null-ecb");
}

static void opened_with_another_cipher(struct story *s)
{
        s->table = VOLUME CRYPT("aes-cbc-essiv:sha256");
}

static void not_opened(struct story *s)
{
        s->table = NULL;
}

static void opened_another(struct story *s)
{
        s->table = DEVICE("00000000000000000000000000000000") CRYPT("aes-xts-plain64");
}

static void opened_and_another(struct story *s)
{
        story_add_table(s, DEVICE("00000000000000000000000000000000") CRYPT("aes-xts-plain64"));
}

static void table_malformed(struct story *s)
{
        story_add_table(s, "dm_version;");
}

static void mappings_are_those_of_the_header(void **state)
{
        static const struct trial trials[] = {
                { "a volume opened as its header says", TRIAL_BEGIN, NULL, { 0 } },
                { "a volume opened without a cipher", TRIAL_BEGIN, opened_without_cipher, { REASON_DM_TABLE } },
                { "a volume opened with another cipher", TRIAL_BEGIN, opened_with_another_cipher, { REASON_DM_TABLE } },
                { "a volume that nobody opened", TRIAL_BEGIN, not_opened, { REASON_DM_TABLE_ABSENT } },
                { "another volume opened in its place", TRIAL_BEGIN, opened_another, { REASON_DM_TABLE_ABSENT } },
                { "another volume opened besides", TRIAL_BOOT, opened_and_another, { 0 } },
                { "a table that is none", TRIAL_BOOT, table_malformed, { REASON_DM_TABLE_MALFORMED } },
        };

        (void)state;
        trial_enroll_as(TRIAL_BEGIN, encrypted);
        RUN(trials);
        trial_end();
}

/* ---- dm-verity ----------------------------------------------------------------------------------------------------------- */

#define VERITY_DEVICE(uuid) "dm_version=4.47.0;name=vendor,uuid=CRYPT-VERITY-" uuid "-vendor,major=254,minor=1,minor_count=1,num_targets=1;"
#define VERITY_ROOT(failed, algorithm, salt, root)                                                                                                  \
        VERITY_DEVICE("c05a0000000040008000000000000005")                                                                                \
        "target_index=0,target_begin=0,target_len=8192,target_name=verity,target_version=1.8.1,hash_failed=" failed                      \
        ",verity_version=1,data_device_name=253:2,hash_device_name=253:3,verity_algorithm=" algorithm ",root_digest=" root ",salt=" salt        \
        ",ignore_zero_blocks=n,check_at_most_once=n;"

#define VERITY(failed, algorithm, salt) VERITY_ROOT(failed, algorithm, salt, "aa")

/* COS_PERSISTENT behind dm-verity. */
static void verified(struct story *s)
{
        char *at = strstr(s->storage, "COS_OEM\",\"state\"");

        s->table = VERITY("V", "sha256", "0102");
        story_replace(s->policy, "measure func=BPRM_CHECK", "measure func=CRITICAL_DATA label=device-mapper\nmeasure func=BPRM_CHECK");
        story_replace(at, "\"config\":{\"mount_options\":\"\"},\"identity\":{\"label\":\"COS_PERSISTENT\",",
                      "\"config\":{\"algorithm\":\"sha256\",\"data_block_bytes\":4096,\"hash_block_bytes\":4096,\"hash_type\":1},"
                      "\"identity\":{\"salt\":\"0102\",");
        story_replace(strstr(at, "\"salt\""), "\"type\":\"ext4\"", "\"layout\":{\"data_blocks\":1024},\"type\":\"DM_verity_hash\"");
}

static void verity_failed(struct story *s)
{
        s->table = VERITY("C", "sha256", "0102");
}

static void verity_by_another_hash(struct story *s)
{
        s->table = VERITY("V", "sha1", "0102");
}

static void verity_with_another_salt(struct story *s)
{
        s->table = VERITY("V", "sha256", "-");
}

static void verity_with_another_root(struct story *s)
{
        s->table = VERITY_ROOT("V", "sha256", "0102", "ab");
}

static void verity_with_another_root_later(struct story *s)
{
        story_add_table(s, VERITY_ROOT("V", "sha256", "0102", "bb"));
}

static void verity_with_the_root_again(struct story *s)
{
        story_add_table(s, VERITY("V", "sha256", "0102"));
}

/* Enrolled before there was such a pin, or without a boot. */
static void roots_that_are_not_enrolled_are_said(void **state)
{
        static const struct trial unpinned = { "a volume whose root digest is not enrolled", TRIAL_BEGIN, NULL, { REASON_VERITY_UNPINNED } };
        char text[STORY_TEXT_BYTES];
        struct span before;

        (void)state;
        trial_enroll_as(TRIAL_BEGIN, verified);
        before = trial_baseline_text();
        assert_true(before.len < sizeof(text));
        memcpy(text, before.data, before.len);
        text[before.len] = '\0';
        story_replace(text, "\"verity\":[{\"partition\":\"COS_PERSISTENT\",\"root\":\"aa\"}],", "");
        trial_use_baseline(text);
        trial_run(&unpinned);
        trial_end();
}

static void mappings_are_those_of_the_superblock(void **state)
{
        static const struct trial trials[] = {
                { "a volume opened as its superblock says", TRIAL_BEGIN, NULL, { 0 } },
                { "a block that does not fit", TRIAL_BEGIN, verity_failed, { REASON_DM_TABLE } },
                { "another hash", TRIAL_BEGIN, verity_by_another_hash, { REASON_DM_TABLE } },
                { "another salt", TRIAL_BEGIN, verity_with_another_salt, { REASON_DM_TABLE } },
                { "another root digest", TRIAL_BEGIN, verity_with_another_root, { REASON_VERITY_ROOT } },
                { "another root digest later", TRIAL_BOOT, verity_with_another_root_later, { REASON_VERITY_ROOT } },
                { "the same once more", TRIAL_BOOT, verity_with_the_root_again, { 0 } },
                { "a volume that nobody opened", TRIAL_BEGIN, not_opened, { REASON_DM_TABLE_ABSENT } },
        };

        (void)state;
        trial_enroll_as(TRIAL_BEGIN, verified);
        RUN(trials);
        trial_end();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(mappings_are_those_of_the_header),
                cmocka_unit_test(mappings_are_those_of_the_superblock),
                cmocka_unit_test(roots_that_are_not_enrolled_are_said),
        };

        return cmocka_run_group_tests_name("judge of volumes", tests, NULL, NULL);
}
