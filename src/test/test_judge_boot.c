/* SPDX-License-Identifier: Apache-2.0 */
/* Events, policy, storage and files: one thing about the boot changed, exactly one reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hex.h"
#include "event/receipt.h"
#include "trial.h"

static void write_failure(struct story *s, const char *stage, enum err error)
{
        struct event_failure failure = { stage, error, span_of_str("vda2") };
        struct story_event *e = story_add_event(s, "");
        struct span content;

        assert_int_equal(event_write_failure(&failure, e->content, sizeof(e->content) - 1, &content), ERR_OK);
        e->content[content.len] = '\0';
}

/* ---- events -------------------------------------------------------------------------------------------------------------- */

static void failed(struct story *s)
{
        write_failure(s, "survey", ERR_SURVEY_AMBIGUOUS);
}

static void only_failed(struct story *s)
{
        s->event_count = 0;
        s->entry_count = 1;
        write_failure(s, "policy", ERR_SIG_NO_KEY);
}

static void no_handover(struct story *s)
{
        story_remove_event(s, story_event_of(s, "handover"));
}

static void no_storage(struct story *s)
{
        story_remove_event(s, story_event_of(s, "storage"));
}

static void no_content(struct story *s)
{
        story_remove_event(s, story_event_of(s, "content"));
}

static void event_after_handover(struct story *s)
{
        story_add_event(s, "{\"bytes\":0,\"event\":\"content\",\"files\":0,\"partition\":\"COS_PERSISTENT\",\"sha256\":\"00\"}");
}

static void policy_twice(struct story *s)
{
        story_add_event(s, story_event_of(s, "policy")->content);
}

static void mounted_another(struct story *s)
{
        story_replace(story_event_of(s, "handover")->content, "{\"matches\":true,\"name\":\"COS_OEM\"}",
                      "{\"matches\":false,\"name\":\"COS_OEM\",\"why\":\"BOOT_SWAPPED\"}");
}

static void rules_not_loaded(struct story *s)
{
        story_replace(story_event_of(s, "ima-policy")->content, "\"result\":\"OK\"", "\"result\":\"IMA_DENIED\"");
        story_replace(story_event_of(s, "ima-policy")->content, "\"loaded\":\"text\"", "\"loaded\":\"none\"");
        s->entry_count = 1;
}

static void rules_loaded_otherwise(struct story *s)
{
        story_replace(story_event_of(s, "ima-policy")->content, "\"loaded\":\"text\"", "\"loaded\":\"path\"");
}

static void bypass(struct story *s)
{
        s->ima_state = EVENT_IMA_TPM_BYPASS;
}

static void another_pcr(struct story *s)
{
        story_replace(s->policy, "pcr 15", "pcr 14");
}

static void member_missing(struct story *s)
{
        story_replace(story_event_of(s, "ima-policy")->content, ",\"result\":\"OK\"", "");
}

static void content_changed(struct story *s)
{
        story_replace(story_event_of(s, "content")->content, "\"files\":3", "\"files\":2");
}

static const struct trial event_trials[] = {
        { "a failure", TRIAL_BOOT, failed, { REASON_FAILURE } },
        { "nothing but a failure", TRIAL_BOOT, only_failed, { REASON_FAILURE } },
        { "no handover", TRIAL_BOOT, no_handover, { REASON_EVENT_ABSENT } },
        { "no storage event", TRIAL_BOOT, no_storage, { REASON_EVENT_ABSENT } },
        { "no content event", TRIAL_BOOT, no_content, { REASON_EVENT_ABSENT } },
        { "an event after the handover", TRIAL_BOOT, event_after_handover, { REASON_EVENT_ORDER } },
        { "the policy event twice", TRIAL_BOOT, policy_twice, { REASON_EVENT_ORDER } },
        { "another device mounted", TRIAL_BOOT, mounted_another, { REASON_HANDOVER } },
        { "rules refused by the kernel", TRIAL_BOOT, rules_not_loaded, { REASON_RULES_LOAD } },
        { "something that no other check looks at", TRIAL_BOOT, rules_loaded_otherwise, { REASON_PCR_CHANGED } },
        { "IMA without its TPM", TRIAL_BEGIN, bypass, { REASON_IMA_STATE } },
        { "an event without a member", TRIAL_BOOT, member_missing, { REASON_EVENT_FIELDS } },
        { "a file less in COS_OEM", TRIAL_BOOT, content_changed, { REASON_CONTENT } },
};

/* ---- policy and rules ---------------------------------------------------------------------------------------------------- */

static void policy_newer(struct story *s)
{
        story_replace(s->policy, "version 7", "version 8");
}

static void policy_older(struct story *s)
{
        story_replace(s->policy, "version 7", "version 6");
}

static void policy_changed(struct story *s)
{
        story_replace(s->policy, "wait 1", "wait 2");
}

static void policy_renamed(struct story *s)
{
        story_replace(s->policy, "name test", "name other");
}

static void policy_by_another(struct story *s)
{
        s->signer_seed = "somebody else";
}

static void policy_left_out(struct story *s)
{
        s->evidence.members[EVIDENCE_POLICY] = span_of(NULL, 0);
}

static void policy_swapped(struct story *s)
{
        s->evidence.members[EVIDENCE_POLICY] = span_of_str("cosima 1\n");
}

static void signature_left_out(struct story *s)
{
        s->evidence.members[EVIDENCE_POLICY_SIG] = span_of(NULL, 0);
}

static void certificate_left_out(struct story *s)
{
        s->evidence.members[EVIDENCE_SIGNER] = span_of(NULL, 0);
}

static void signature_changed(struct story *s)
{
        s->signer.sig[30] ^= 1;
}

static void signer_hidden(struct story *s)
{
        static struct signer other;

        signer_make(&other, "somebody else", span_of_str(s->policy));
        s->evidence.members[EVIDENCE_POLICY_SIG] = span_of(other.sig, other.sig_len);
        s->evidence.members[EVIDENCE_SIGNER] = span_of(other.cert, other.cert_len);
}

/* Signed and measured, and still no policy: not by any cosima-boot of ours. */
static void policy_malformed(struct story *s)
{
        char *digest = strstr(story_event_of(s, "policy")->content, "\"sha256\":\"") + 10, hex[65];
        struct digest measured;

        story_replace(s->policy, "disks open", "disks ajar");
        signer_make(&s->signer, s->signer_seed, span_of_str(s->policy));
        digest_of(ALG_SHA256, span_of_str(s->policy), &measured);
        hex_encode(digest_span(&measured), hex);
        memcpy(digest, hex, 64);
}

static void event_of_another_version(struct story *s)
{
        story_replace(story_event_of(s, "policy")->content, "\"version\":7", "\"version\":8");
}

static void other_rules(struct story *s)
{
        char *digest = strstr(story_event_of(s, "ima-policy")->content, "\"sha256\":\"") + 10;

        *digest = *digest == '0' ? '1' : '0';
}

static void no_receipt(struct story *s)
{
        story_remove_entry(s, story_entry_of(s, RECEIPT_PATH));
}

static void another_receipt(struct story *s)
{
        story_entry_of(s, RECEIPT_PATH)->hash[0] ^= 1;
}

static const struct trial policy_trials[] = {
        { "a newer policy", TRIAL_BEGIN, policy_newer, { REASON_POLICY_NEWER } },
        { "an older policy", TRIAL_BEGIN, policy_older, { REASON_POLICY_OLDER } },
        { "another policy of the same version", TRIAL_BEGIN, policy_changed, { REASON_POLICY_CHANGED } },
        { "a policy of another name", TRIAL_BEGIN, policy_renamed, { REASON_POLICY_NAME } },
        { "a policy that somebody else signed", TRIAL_BEGIN, policy_by_another, { REASON_POLICY_SIGNER } },
        { "no policy in the evidence", TRIAL_QUOTE, policy_left_out, { REASON_POLICY_ABSENT } },
        { "another policy in the evidence", TRIAL_QUOTE, policy_swapped, { REASON_POLICY_DIGEST } },
        { "no signature in the evidence", TRIAL_QUOTE, signature_left_out, { REASON_POLICY_SIGNATURE } },
        { "no certificate in the evidence", TRIAL_QUOTE, certificate_left_out, { REASON_POLICY_SIGNATURE } },
        { "a byte of the signature changed", TRIAL_QUOTE, signature_changed, { REASON_POLICY_SIGNATURE } },
        { "the signature of somebody else in the evidence", TRIAL_QUOTE, signer_hidden, { REASON_POLICY_SIGNER } },
        { "a policy that cannot be read", TRIAL_BOOT, policy_malformed, { REASON_POLICY_MALFORMED, REASON_RECEIPT_DIGEST } },
        { "the event names another version", TRIAL_BOOT, event_of_another_version, { REASON_POLICY_FACTS, REASON_RECEIPT_DIGEST } },
        { "other rules than the policy gives", TRIAL_BOOT, other_rules, { REASON_RULES_DIGEST, REASON_RECEIPT_DIGEST } },
        { "no receipt", TRIAL_BOOT, no_receipt, { REASON_RECEIPT_ABSENT } },
        { "another receipt", TRIAL_BOOT, another_receipt, { REASON_RECEIPT_DIGEST } },
        { "another PCR", TRIAL_BEGIN, another_pcr, { REASON_EVENTS_PCR, REASON_POLICY_CHANGED } },
};

/* ---- storage ------------------------------------------------------------------------------------------------------------- */

static void another_file_system(struct story *s)
{
        story_replace(s->storage, "c05a0000-0000-4000-8000-000000000002", "99999999-0000-4000-8000-000000000002");
}

static void another_partition(struct story *s)
{
        story_replace(s->storage, "8bfa06f9", "99999999");
}

static void mount_options(struct story *s)
{
        story_replace(s->storage, "\"mount_options\":\"\"", "\"mount_options\":\"noacl\"");
}

static void member_added(struct story *s)
{
        story_replace(s->storage, "\"config\":{", "\"config\":{\"flags\":1,");
}

static void second_disk(struct story *s)
{
        story_replace(s->storage, "\"count\":1,\"name\":\"COS_OEM\",\"state\":\"present\"",
                      "\"count\":2,\"name\":\"COS_OEM\",\"state\":\"ambiguous\"");
}

static void partition_gone(struct story *s)
{
        story_replace(s->storage, "\"count\":1,\"name\":\"COS_OEM\",\"state\":\"present\"", "\"count\":0,\"name\":\"COS_OEM\",\"state\":\"absent\"");
}

static void malformed(struct story *s)
{
        story_replace(s->storage, "\"name\":\"COS_OEM\",\"state\":\"present\"", "\"name\":\"COS_OEM\",\"state\":\"malformed\"");
        story_replace(s->storage, "\"identity\":{\"label\"", "\"error\":\"EXT4_CHECKSUM\",\"identity\":{\"label\"");
}

static void disks_closed(struct story *s)
{
        story_replace(s->storage, "{\"event\":\"storage\"", "{\"disks\":{\"count\":1},\"event\":\"storage\"");
}

static const struct trial storage_trials[] = {
        { "another file system", TRIAL_BEGIN, another_file_system, { REASON_STORAGE_FIELD } },
        { "another partition", TRIAL_BEGIN, another_partition, { REASON_STORAGE_FIELD } },
        { "other mount options", TRIAL_BEGIN, mount_options, { REASON_STORAGE_FIELD } },
        { "a member more", TRIAL_BEGIN, member_added, { REASON_STORAGE_FIELD } },
        { "disks measured that were not", TRIAL_BEGIN, disks_closed, { REASON_STORAGE_DECLARED } },
        { "a second disk", TRIAL_BEGIN, second_disk, { REASON_STORAGE_AMBIGUOUS } },
        { "no partition", TRIAL_BEGIN, partition_gone, { REASON_STORAGE_ABSENT } },
        { "a malformed file system", TRIAL_BEGIN, malformed, { REASON_STORAGE_STATE } },
};

/* ---- files --------------------------------------------------------------------------------------------------------------- */

static void file_changed(struct story *s)
{
        story_entry_of(s, "/oem/90_custom.yaml")->hash[5] ^= 1;
}

static void file_unknown(struct story *s)
{
        story_add_entry(s, "/usr/local/bin/miner", 0x44);
}

/* Every rule is bound to a partition, so a path outside is a partition's file by another way. */
static void file_under_another_path(struct story *s)
{
        story_add_entry(s, "/mnt/bin/miner", 0x44);
}

static void file_before_the_pivot(struct story *s)
{
        snprintf(story_entry_of(s, "/oem/90_custom.yaml")->path, 64, "/sysroot/oem/90_custom.yaml");
}

static void file_twice(struct story *s)
{
        story_add_entry(s, "/sysroot/usr/local/bin/agent", 0x33);
}

static void violated(struct story *s)
{
        story_add_entry(s, "/usr/local/bin/agent", 0)->violation = true;
}

static void file_absent(struct story *s)
{
        story_remove_entry(s, story_entry_of(s, "/oem/90_custom.yaml"));
}

static void unwalked_file_absent(struct story *s)
{
        story_remove_entry(s, story_entry_of(s, "/usr/local/bin/agent"));
}

static void log_trimmed(struct story *s)
{
        story_remove_entry(s, story_entry_of(s, IMA_BOOT_AGGREGATE));
}

static void another_kernel(struct story *s)
{
        *story_add_entry(s, IMA_BOOT_AGGREGATE, 0) = *story_entry_of(s, IMA_BOOT_AGGREGATE);
}

static void aggregate_of_others(struct story *s)
{
        story_entry_of(s, IMA_BOOT_AGGREGATE)->hash[0] ^= 1;
}

static void another_ima_pcr(struct story *s)
{
        story_entry_of(s, "/usr/local/bin/agent")->pcr = 12;
}

static void unknown_template(struct story *s)
{
        story_entry_of(s, "/usr/local/bin/agent")->template_name = "ima-new";
}

static void same_bytes_other_hash(struct story *s)
{
        story_entry_of(s, "/oem/90_custom.yaml")->hash_name = "sm3-256";
}

static const struct trial file_trials[] = {
        { "a file of COS_OEM changed", TRIAL_BOOT, file_changed, { REASON_FILE_CHANGED } },
        { "an unknown program", TRIAL_BOOT, file_unknown, { REASON_FILE_UNKNOWN } },
        { "an unknown program under another path", TRIAL_BOOT, file_under_another_path, { REASON_FILE_UNKNOWN } },
        { "a file read before switch_root", TRIAL_BOOT, file_before_the_pivot, { 0 } },
        { "a file under two paths", TRIAL_BOOT, file_twice, { 0 } },
        { "a file written while it was read", TRIAL_BOOT, violated, { REASON_FILE_VIOLATION } },
        { "a walked file that is gone", TRIAL_BOOT, file_absent, { REASON_FILE_ABSENT } },
        { "a program that was not run", TRIAL_BOOT, unwalked_file_absent, { 0 } },
        { "the log trimmed", TRIAL_BOOT, log_trimmed, { REASON_IMA_START } },
        { "a second kernel by kexec", TRIAL_BOOT, another_kernel, { REASON_IMA_RESTART } },
        { "the aggregate of other PCRs", TRIAL_BOOT, aggregate_of_others, { REASON_BOOT_AGGREGATE } },
        { "an entry in another PCR", TRIAL_BOOT, another_ima_pcr, { REASON_IMA_PCR, REASON_PCR_UNEXPLAINED } },
        { "a template that nobody knows", TRIAL_BOOT, unknown_template, { REASON_IMA_TEMPLATE } },
        { "the digest under another hash's name", TRIAL_BOOT, same_bytes_other_hash, { REASON_FILE_CHANGED } },
};

static void run_all(const struct trial *trials, size_t count)
{
        for (size_t i = 0; i < count; i++)
                trial_run(&trials[i]);
}

static void events_are_judged(void **state)
{
        (void)state;
        run_all(event_trials, sizeof(event_trials) / sizeof(event_trials[0]));
}

static void policy_is_judged(void **state)
{
        (void)state;
        run_all(policy_trials, sizeof(policy_trials) / sizeof(policy_trials[0]));
}

static void storage_is_judged(void **state)
{
        (void)state;
        run_all(storage_trials, sizeof(storage_trials) / sizeof(storage_trials[0]));
}

static void files_are_judged(void **state)
{
        (void)state;
        run_all(file_trials, sizeof(file_trials) / sizeof(file_trials[0]));
}

/* What a person reads must name the thing. */
static void reasons_name_the_thing(void **state)
{
        struct story *s = calloc(1, sizeof(*s));
        const struct judge *j;

        (void)state;
        story_begin(s);
        another_file_system(s);
        story_boot(s);
        file_changed(s);
        story_run(s);
        story_quote(s);
        assert_int_equal(trial_judge(s, &j), JUDGE_UNTRUSTED);
        assert_int_equal(j->reasons.count, 2);
        assert_true(span_equal_str(j->reasons.kept[0].subject, "COS_OEM"));
        assert_true(span_equal_str(j->reasons.kept[0].field, "signatures.identity.uuid"));
        assert_true(span_equal_str(j->reasons.kept[0].was, "\"c05a0000-0000-4000-8000-000000000002\""));
        assert_true(span_equal_str(j->reasons.kept[0].now, "\"99999999-0000-4000-8000-000000000002\""));
        assert_true(span_equal_str(j->reasons.kept[1].subject, "/oem/90_custom.yaml"));
        assert_int_equal(j->reasons.kept[1].number, 3);
        assert_memory_equal(j->reasons.kept[1].was.data, "sha256:2222", 11);
        free(s);
}

/* Rules that had to be widened let files of other file systems into the log: these are counted, files below the mount points judged. */
static void widened_rules_narrow_the_scope(void **state)
{
        struct story *s = calloc(1, sizeof(*s));
        const struct judge *j;

        (void)state;
        story_begin(s);
        second_disk(s);
        story_boot(s);
        story_add_entry(s, "/bin/sh", 0x55);
        story_add_entry(s, "/lib/ld.so", 0x56);
        file_unknown(s);
        story_run(s);
        story_quote(s);
        assert_int_equal(trial_judge(s, &j), JUDGE_UNTRUSTED);
        assert_int_equal(j->reasons.count, 3);
        assert_int_equal(j->reasons.counts[REASON_STORAGE_AMBIGUOUS], 1);
        assert_int_equal(j->reasons.counts[REASON_FILE_UNKNOWN], 1);
        assert_int_equal(j->reasons.counts[REASON_IMA_OUTSIDE], 1);
        assert_int_equal(j->reasons.kept[2].number, 2);
        free(s);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(events_are_judged), cmocka_unit_test(policy_is_judged),       cmocka_unit_test(storage_is_judged),
                cmocka_unit_test(files_are_judged),  cmocka_unit_test(reasons_name_the_thing),
                cmocka_unit_test(widened_rules_narrow_the_scope),
        };

        return cmocka_run_group_tests_name("judge of the boot", tests, trial_set_up, trial_tear_down);
}
