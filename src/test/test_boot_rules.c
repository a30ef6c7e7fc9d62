/* SPDX-License-Identifier: Apache-2.0 */
/* The IMA rules on kernels that take them, refuse them, want them signed, or forget them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "test/fakes.h"

#define PCR 14 /* of the policy */
#define MEASURED "policy storage ima-policy "

static struct fakes f;

static int set_up(void **state)
{
        (void)state;
        fakes_begin(&f);
        return 0;
}

static int tear_down(void **state)
{
        (void)state;
        fakes_end(&f);
        return 0;
}

/* Measuring has failed with these events, and the TPM holds exactly what the log says. */
static void assert_failed(const char *events)
{
        assert_int_equal(fakes_run(&f, boot_measure, ""), 1);
        assert_string_equal(fakes_events(&f), events);
        assert_true(fakes_log_is_pcr(&f, PCR));
}

static const char *ima_event(void)
{
        static char text[65536];
        const struct fakes_file *log = fakes_file(&f, FAKES_LOG);

        memcpy(text, log->bytes, log->len);
        text[log->len] = '\0';
        return strstr(text, "\"event\":\"ima-policy\"");
}

static void assert_ima_failed(enum err e)
{
        char events[128] = MEASURED "failure:";

        assert_failed(strcat(strcat(strcat(events, err_name(e)), "@rules")," "));
        assert_non_null(strstr(ima_event(), err_name(e)));
        fakes_end(&f);
        fakes_begin(&f);
}

static void measures_how_loading_failed(void **state)
{
        (void)state;
        f.ima.absent = true;
        assert_ima_failed(ERR_IMA_ABSENT);
        f.ima.open_error = ERR_IMA_LOADED;
        assert_ima_failed(ERR_IMA_LOADED);
        f.ima.busy_times = 100;
        assert_ima_failed(ERR_IMA_BUSY);
        f.ima.text_error = ERR_IMA_RULE;
        f.ima.error_line = 2;
        assert_ima_failed(ERR_IMA_RULE);
        f.ima.text_error = ERR_IMA_CUT;
        assert_ima_failed(ERR_IMA_CUT);
        f.ima.deaf = true;
        assert_ima_failed(ERR_BOOT_RECEIPT);
        f.unwritable = RECEIPT_PATH;
        assert_ima_failed(ERR_FILE_WRITE);
}

static void waits_while_the_policy_file_is_busy(void **state)
{
        (void)state;
        f.ima.busy_times = 2;
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
}

static void sees_rules_that_were_loaded_before(void **state)
{
        static const char ours[] = "measure func=FILE_CHECK mask=MAY_READ fowner=-52543054 \nmeasure func=BPRM_CHECK \n";
        static const char others[] = "dont_measure fsname=ext4 \nmeasure func=FILE_CHECK mask=MAY_READ fowner=-52543054 \n";
        static const char elsewhere[] = "measure func=BPRM_CHECK pcr=16 \nmeasure func=FILE_CHECK mask=MAY_READ fowner=-52543054 \n";
        static const char nameless[] = "measure func=BPRM_CHECK template=evm-sig \nmeasure func=FILE_CHECK mask=MAY_READ fowner=-52543054 \n";

        (void)state;
        fakes_put(&f, "/sys/kernel/security/ima/policy", span_of_str(others));
        assert_ima_failed(ERR_BOOT_EARLIER_RULES);
        fakes_put(&f, "/sys/kernel/security/ima/policy", span_of_str(elsewhere));
        assert_ima_failed(ERR_BOOT_EARLIER_RULES);
        fakes_put(&f, "/sys/kernel/security/ima/policy", span_of_str(nameless));
        assert_ima_failed(ERR_BOOT_EARLIER_RULES);
        fakes_put(&f, "/sys/kernel/security/ima/policy", span_of_str(ours));
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
}

/* The policy file is there for more, and cannot be read: what was loaded before is not known. */
static void trusts_no_kernel_that_hides_its_rules(void **state)
{
        (void)state;
        f.ima.takes_more = true;
        assert_ima_failed(ERR_BOOT_HIDDEN_RULES);
        f.ima.takes_more = true;
        fakes_put(&f, "/sys/kernel/security/ima/policy", span_of_str("measure func=BPRM_CHECK \n"));
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
}

static bool hurry_is(const char *text)
{
        const struct fakes_file *file = fakes_file(&f, FAKES_HURRY);

        return file ? span_equal_str(span_of(file->bytes, file->len), text) : text == NULL;
}

/* The kernel is told to hurry while rules are loaded, whatever comes of it, and only then; not where it has no such setting, or another. */
static void hurries_the_kernel_while_it_loads(void **state)
{
        (void)state;
        fakes_put(&f, FAKES_HURRY, span_of_str("0\n"));
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
        assert_true(f.ima.in_a_hurry && hurry_is("0\n"));
        tear_down(NULL);
        set_up(NULL);
        fakes_put(&f, FAKES_HURRY, span_of_str("0\n"));
        f.ima.text_error = ERR_IMA_RULE;
        assert_int_equal(fakes_run(&f, boot_measure, ""), 1);
        assert_true(f.ima.in_a_hurry && hurry_is("0\n"));
        tear_down(NULL);
        set_up(NULL);
        fakes_put(&f, FAKES_HURRY, span_of_str("0\n"));
        f.ima.told_otherwise = true;
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
        assert_true(hurry_is("2\n"));
        tear_down(NULL);
        set_up(NULL);
        fakes_put(&f, FAKES_HURRY, span_of_str("1\n"));
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
        assert_true(hurry_is("1\n"));
        tear_down(NULL);
        set_up(NULL);
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
        assert_true(!f.ima.in_a_hurry && hurry_is(NULL));
}

static void finds_the_receipt_by_any_hash(void **state)
{
        (void)state;
        strcpy(f.ima.hash_name, "sha1");
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
}

static void tells_a_bypassed_ima(void **state)
{
        (void)state;
        f.ima.bypass = true;
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
        assert_non_null(strstr((const char *)fakes_file(&f, FAKES_LOG)->bytes, "\"ima\":\"tpm-bypass\""));
}

static void put_signed_rules(const char *seed, bool same)
{
        struct fakes_file *rules;
        struct signer signer;

        /* the rules as this machine renders them, from a run before */
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
        rules = fakes_file(&f, "/run/cosima/rules");
        signer_make(&signer, seed, span_of(rules->bytes, rules->len));
        char text[2048];
        size_t len = rules->len - (same ? 0 : 5);

        memcpy(text, rules->bytes, len);
        fakes_end(&f);
        fakes_begin(&f);
        fakes_put(&f, "/etc/cosima/rules", span_of(text, len));
        fakes_put(&f, "/etc/cosima/rules.sig", span_of(signer.sig, signer.sig_len));
        f.ima.text_error = ERR_IMA_DENIED;
}

static void loads_signed_rules_by_path(void **state)
{
        (void)state;
        f.ima.text_error = ERR_IMA_DENIED;
        assert_ima_failed(ERR_BOOT_NO_RULES);
        put_signed_rules("fleet", false);
        assert_ima_failed(ERR_BOOT_RULES_DIFFER);
        put_signed_rules("fleet", true);
        fakes_drop(&f, "/etc/cosima/rules.sig");
        assert_ima_failed(ERR_BOOT_RULES_UNSIGNED);
        put_signed_rules("stranger", true);
        assert_ima_failed(ERR_SIG_NO_KEY);
        put_signed_rules("fleet", true);
        f.key_error = ERR_KEY_REFUSED;
        assert_ima_failed(ERR_KEY_REFUSED);
        put_signed_rules("fleet", true);
        f.ima.refuses_path = true;
        assert_ima_failed(ERR_BOOT_RULES_REFUSED);
        put_signed_rules("fleet", true);
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
        assert_true(f.ima.by_path && f.made_ring && f.restricted);
        assert_non_null(strstr(ima_event(), "\"loaded\":\"path\",\"result\":\"OK\""));
        fakes_end(&f);
        fakes_begin(&f);
        put_signed_rules("fleet", true);
        f.has_ima_ring = true;
        f.key_error = ERR_KEY_REFUSED; /* stands in the ring already */
        assert_int_equal(fakes_run(&f, boot_measure, ""), 0);
        assert_true(f.ima.by_path && !f.made_ring && !f.restricted);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        const struct CMUnitTest tests[] = {
                TEST(measures_how_loading_failed),
                TEST(waits_while_the_policy_file_is_busy),
                TEST(sees_rules_that_were_loaded_before),
                TEST(trusts_no_kernel_that_hides_its_rules),
                TEST(hurries_the_kernel_while_it_loads),
                TEST(finds_the_receipt_by_any_hash),
                TEST(tells_a_bypassed_ima),
                TEST(loads_signed_rules_by_path),
        };

        return cmocka_run_group_tests_name("boot_rules", tests, NULL, NULL);
}
