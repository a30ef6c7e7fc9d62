/* SPDX-License-Identifier: Apache-2.0 */
/* What came before and beside the boot: counters, banks, systemd's separators, older contents, encrypted volumes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "made.h"
#include "trial.h"

static void run_all(const struct trial *trials, size_t count)
{
        for (size_t i = 0; i < count; i++)
                trial_run(&trials[i]);
}

#define RUN(trials) run_all(trials, sizeof(trials) / sizeof((trials)[0]))

/* ---- counters ------------------------------------------------------------------------------------------------------------ */

static void restarted(struct story *s)
{
        s->facts.restart_count = 4;
}

static void as_often(struct story *s)
{
        (void)s;
}

static void restarted_less(struct story *s)
{
        s->facts.restart_count = 3;
        story_sign(s);
}

static void restarted_less_after_a_reset(struct story *s)
{
        s->facts.reset_count++;
        s->facts.restart_count = 0;
        story_sign(s);
}

static void counters_do_not_go_back(void **state)
{
        static const struct trial trials[] = {
                { "as many restarts", TRIAL_QUOTE, as_often, { 0 } },
                { "fewer restarts", TRIAL_QUOTE, restarted_less, { REASON_RESTARTS_BACK } },
                { "fewer restarts after a reset", TRIAL_QUOTE, restarted_less_after_a_reset, { 0 } },
        };

        (void)state;
        trial_enroll_as(TRIAL_BEGIN, restarted);
        RUN(trials);
        trial_end();
}

/* ---- banks --------------------------------------------------------------------------------------------------------------- */

static void bank_hidden(struct story *s)
{
        char *at = strstr(s->pcrs_json, ",\"sha384\"");

        strcpy(at, "}");
        s->evidence.members[EVIDENCE_PCRS] = span_of_str(s->pcrs_json);
}

static void bank_not_extended(struct story *s)
{
        char *at = strstr(s->events_log, "{\"digest\":"), *end;

        /* The digests of a record are sorted by bank; the second of them, SHA-384, is taken out. */
        at = strstr(at + 1, ",{\"digest\":");
        end = strchr(at, '}') + 1;
        memmove(at, end, strlen(end) + 1);
        s->evidence.members[EVIDENCE_EVENTS].len -= (size_t)(end - at);
}

static void bank_unknown(struct story *s)
{
        snprintf(s->meta, sizeof(s->meta), "{\"mounts\":%s,\"unknown_banks\":1}", s->mounts);
        s->evidence.members[EVIDENCE_META] = span_of_str(s->meta);
}

static void every_bank_is_replayed(void **state)
{
        static const struct trial trials[] = {
                { "a bank that is not shown any more", TRIAL_QUOTE, bank_hidden, { REASON_BANK_ABSENT } },
                { "a bank that an event did not go into", TRIAL_QUOTE, bank_not_extended, { REASON_EVENT_BANK } },
                { "a bank of an unknown hash", TRIAL_QUOTE, bank_unknown, { REASON_BANK_UNKNOWN } },
        };

        (void)state;
        trial_enroll();
        RUN(trials);
        trial_end();
}

static void both_banks(struct story *s)
{
        s->facts.selection_count = 2;
        s->facts.selections[1] = (struct quote_selection){ alg_info(ALG_SHA384)->tpm_id, 0xffff };
}

static void no_values(struct story *s)
{
        s->evidence.members[EVIDENCE_PCRS] = span_of(NULL, 0);
}

/* IMA extends its own hash into one bank and SHA-1 with zeros into the other; both are signed, and nobody says what they hold. */
static void logs_alone_give_both_banks(void **state)
{
        static const struct trial trials[] = {
                { "values beside the quote", TRIAL_QUOTE, as_often, { 0 } },
                { "no values beside the quote", TRIAL_QUOTE, no_values, { 0 } },
        };

        (void)state;
        trial_enroll_as(TRIAL_BEGIN, both_banks);
        RUN(trials);
        trial_end();
}

/* ---- systemd's separators ------------------------------------------------------------------------------------------------ */

/* In the initrd, after IMA has taken its aggregate. */
static void separated(struct story *s)
{
        for (unsigned pcr = 0; pcr < 15; pcr++)
                if (0x72ff >> pcr & 1)
                        story_extend(s, pcr, "os-separator");
}

static void separated_by_others(struct story *s)
{
        story_extend(s, 13, "OS-separator");
}

static void separated_twice(struct story *s)
{
        story_extend(s, 13, "os-separator");
        story_extend(s, 13, "os-separator");
}

static void separators_of_free_pcrs_are_understood(void **state)
{
        static const struct trial trials[] = {
                { "another word than systemd's", TRIAL_RUN, separated_by_others, { REASON_PCR_UNEXPLAINED } },
                { "systemd's word twice", TRIAL_RUN, separated_twice, { REASON_PCR_UNEXPLAINED } },
        };
        struct story *s = calloc(1, sizeof(*s));
        const struct judge *j;

        (void)state;
        trial_enroll();
        RUN(trials);
        story_begin(s);
        story_run(s);
        for (unsigned pcr = 12; pcr < 15; pcr++)
                story_extend(s, pcr, "os-separator");
        story_quote(s);
        assert_int_equal(trial_judge(s, &j), JUDGE_TRUSTED);
        assert_int_equal(j->reasons.count, 0);
        assert_int_equal(j->separated, 0x7000);
        free(s);
        trial_end();
}

/* The firmware's log tells the PCRs as they were before systemd's separator, and so does IMA's aggregate. */
static struct span write_firmware_log(struct made *m)
{
        m->len = 0;
        made_put_spec_id(m);
        for (unsigned pcr = 0; pcr < 10; pcr++)
                made_put_tcg(m, pcr, 0x0d, span_of_str("firmware, boot loader, kernel and initrd")); /* EV_IPL */
        return made_span(m);
}

static void separators_on_top_of_the_firmware_log_are_understood(void **state)
{
        struct story *s = calloc(1, sizeof(*s));
        struct made *log = calloc(1, sizeof(*log));
        const struct judge *j;

        (void)state;
        story_begin(s);
        story_run(s);
        separated(s);
        story_quote(s);
        s->evidence.members[EVIDENCE_FIRMWARE] = write_firmware_log(log);
        trial_enroll();
        assert_int_equal(trial_judge(s, &j), JUDGE_TRUSTED);
        assert_int_equal(j->reasons.count, 0);
        assert_int_equal(j->firmware_error, ERR_OK);
        assert_int_equal(j->firmware_differs, 0);
        assert_int_equal(j->separated, 0x72ff);
        /* The logs alone must give the quoted digest too, when nobody read the values beside it. */
        s->evidence.members[EVIDENCE_PCRS] = span_of(NULL, 0);
        assert_int_equal(trial_judge(s, &j), JUDGE_TRUSTED);
        assert_int_equal(j->reasons.counts[REASON_QUOTE_DIGEST], 0);
        trial_end();
        free(log);
        free(s);
}

/* ---- older contents ------------------------------------------------------------------------------------------------------ */

#define AGENT "/usr/local/bin/agent"
#define HELPER "/usr/local/bin/helper"

/* A boot in which both programs were updated: both contents are enrolled, the old one first. */
static void updated(struct story *s)
{
        story_add_entry(s, HELPER, 0x50);
        story_add_entry(s, AGENT, 0x34);
        story_add_entry(s, HELPER, 0x51);
}

static void put_back(struct story *s)
{
        story_add_entry(s, AGENT, 0x33);
}

static void read_again(struct story *s)
{
        story_add_entry(s, AGENT, 0x34);
}

static void not_updated(struct story *s)
{
        s->entry_count -= 2;
}

static void partly_updated(struct story *s)
{
        s->entry_count--;
}

static void older_contents_do_not_come_back(void **state)
{
        static const struct trial trials[] = {
                { "the newest content again", TRIAL_BOOT, read_again, { 0 } },
                { "an older content after a newer one", TRIAL_BOOT, put_back, { REASON_FILE_ROLLED_BACK } },
                { "older contents only", TRIAL_BOOT, not_updated, { 0 } },
                { "an older content beside a newer one", TRIAL_BOOT, partly_updated, { REASON_FILES_OLDER } },
        };

        (void)state;
        trial_enroll_as(TRIAL_BOOT, updated);
        RUN(trials);
        trial_end();
}

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
        char *at = strstr(s->storage, "COS_OEM\",\"state\"");

        s->table = VOLUME CRYPT("aes-xts-plain64");
        story_replace(s->policy, "measure func=BPRM_CHECK", "measure func=CRITICAL_DATA label=device-mapper\nmeasure func=BPRM_CHECK");
        story_replace(at, "\"config\":{\"mount_options\":\"\"},\"identity\":{\"label\":\"COS_PERSISTENT\",",
                      "\"config\":{\"inner_uuid\":\"c05a0000-0000-4000-8000-000000000005\",\"keyslots\":{\"0\":{\"key_size\":64}},\"segments\":{\"0\":"
                      "{\"encryption\":\"aes-xts-plain64\",\"iv_tweak\":\"0\",\"offset\":\"16777216\",\"sector_size\":512,\"size\":\"dynamic\","
                      "\"type\":\"crypt\"}}},\"identity\":{\"label\":\"COS_PERSISTENT\",");
        story_replace(strstr(at, "inner_uuid"), "\"type\":\"ext4\"", "\"type\":\"crypto_LUKS\"");
        story_replace(strstr(at, "\"label\":\"COS_PERSISTENT\""), "000000000005\"}", "000000000005\",\"version\":2}");
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
#define VERITY(failed, algorithm, salt)                                                                                                  \
        VERITY_DEVICE("c05a0000000040008000000000000005")                                                                                \
        "target_index=0,target_begin=0,target_len=8192,target_name=verity,target_version=1.8.1,hash_failed=" failed                      \
        ",verity_version=1,data_device_name=253:2,hash_device_name=253:3,verity_algorithm=" algorithm ",root_digest=aa,salt=" salt        \
        ",ignore_zero_blocks=n,check_at_most_once=n;"

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

static void mappings_are_those_of_the_superblock(void **state)
{
        static const struct trial trials[] = {
                { "a volume opened as its superblock says", TRIAL_BEGIN, NULL, { 0 } },
                { "a block that does not fit", TRIAL_BEGIN, verity_failed, { REASON_DM_TABLE } },
                { "another hash", TRIAL_BEGIN, verity_by_another_hash, { REASON_DM_TABLE } },
                { "another salt", TRIAL_BEGIN, verity_with_another_salt, { REASON_DM_TABLE } },
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
                cmocka_unit_test(counters_do_not_go_back),
                cmocka_unit_test(every_bank_is_replayed),
                cmocka_unit_test(logs_alone_give_both_banks),
                cmocka_unit_test(separators_of_free_pcrs_are_understood),
                cmocka_unit_test(separators_on_top_of_the_firmware_log_are_understood),
                cmocka_unit_test(older_contents_do_not_come_back),
                cmocka_unit_test(mappings_are_those_of_the_header),
                cmocka_unit_test(mappings_are_those_of_the_superblock),
        };

        return cmocka_run_group_tests_name("judge of what came before", tests, NULL, NULL);
}
