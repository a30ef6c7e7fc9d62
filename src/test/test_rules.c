/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of IMA rules: what a kernel takes passes, and one broken thing in a good rule gives exactly one code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "trust/rules.h"

#define UUID "0f3b3c2e-94a1-4b3e-9d4e-5f0d6a8c7b21"

struct verdict {
        const char *line;
        enum err e;
        const char *token; /* what is blamed; NULL: the whole rule, or nothing */
};

static void judge(const struct verdict *v, enum rules_kernel kernel)
{
        struct rules_rule rule = { .action = RULES_ACTIONS };
        struct span token = span_of("untouched", 9);
        enum err e = rules_parse(span_of_str(v->line), kernel, &rule, &token);

        if (e != v->e)
                fail_msg("%s: %s instead of %s", v->line, err_name(e), err_name(v->e));
        if (e == ERR_OK) {
                assert_true(span_equal_str(token, "untouched"));
                assert_int_not_equal(rule.action, RULES_ACTIONS);
                return;
        }
        assert_int_equal(rule.action, RULES_ACTIONS);
        if (!span_equal_str(token, v->token ? v->token : ""))
                fail_msg("%s: blames %.*s", v->line, (int)token.len, (const char *)token.data);
}

static void judge_all(const struct verdict *v, size_t count, enum rules_kernel kernel)
{
        for (size_t i = 0; i < count; i++)
                judge(&v[i], kernel);
}

#define JUDGE(table, kernel) judge_all(table, sizeof(table) / sizeof(*(table)), kernel)

/* src/test/oracle-rules.sh lets kernels say the same of these. */
static void good_rules_pass(void **state)
{
        static const char *const good[] = {
                "measure",
                "measure func=FILE_CHECK mask=MAY_READ uid=0",
                "measure func=FILE_CHECK mask=^MAY_READ fowner>1000 fgroup<4294967294",
                "measure func=FILE_CHECK mask=MAY_APPEND euid>0 egid=5",
                "measure \t func=BPRM_CHECK  fsuuid=" UUID " ",
                "measure func=MMAP_CHECK mask=MAY_EXEC fsname=ext4 permit_directio",
                "measure func=CREDS_CHECK mask=^MAY_EXEC",
                "measure func=MODULE_CHECK mask=MAY_READ fsmagic=0xEF53",
                "measure func=FIRMWARE_CHECK fsmagic=ef53",
                "measure func=KEXEC_KERNEL_CHECK",
                "measure func=KEXEC_INITRAMFS_CHECK gid=7",
                "measure func=KEXEC_CMDLINE fsname=ext4 template=ima-buf",
                "measure func=POLICY_CHECK template=ima-sig",
                "measure func=KEY_CHECK keyrings=.ima|.evm uid=0",
                "measure func=CRITICAL_DATA label=device-mapper|selinux",
                "dont_measure fsname=tmpfs",
                "dont_measure func=KEY_CHECK keyrings=.builtin_trusted_keys",
                "appraise func=BPRM_CHECK appraise_type=imasig partition=COS_OEM",
                "appraise func=BPRM_CHECK digest_type=verity appraise_type=sigv3",
                "appraise func=SETXATTR_CHECK appraise_algos=sha256,sha512",
                "appraise func=MODULE_CHECK appraise_type=imasig appraise_algos=sha384",
                "dont_appraise fowner=0",
                "audit func=BPRM_CHECK",
                "hash func=FILE_CHECK fsname=ext4",
                "dont_hash fsname=tmpfs",
        };

        (void)state;
        for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
                for (unsigned kernel = 0; kernel < RULES_KERNELS; kernel++)
                        judge(&(struct verdict){ good[i], ERR_OK, NULL }, (enum rules_kernel)kernel);
}

static void words_are_known(void **state)
{
        static const struct verdict bad[] = {
                { "", ERR_RULES_TOKEN, "" },
                { "measured func=FILE_CHECK", ERR_RULES_TOKEN, "measured" },
                { "measure func", ERR_RULES_TOKEN, "func" },
                { "measure fn=FILE_CHECK", ERR_RULES_TOKEN, "fn=FILE_CHECK" },
                { "measure =FILE_CHECK", ERR_RULES_TOKEN, "=FILE_CHECK" },
                { "measure FILE_CHECK", ERR_RULES_TOKEN, "FILE_CHECK" },
                { "measure permit_directio=1", ERR_RULES_TOKEN, "permit_directio=1" },
                { "measure Func=FILE_CHECK", ERR_RULES_TOKEN, "Func=FILE_CHECK" },
                { "measure dont_measure", ERR_RULES_ACTION_TWICE, "dont_measure" },
                { "measure func=", ERR_RULES_VALUE, "func=" },
                { "measure func>FILE_CHECK", ERR_RULES_OPERATOR, "func>FILE_CHECK" },
                { "measure fsname<ext4", ERR_RULES_OPERATOR, "fsname<ext4" },
                { "measure func=FILE_CHECK # all", ERR_RULES_COMMENT, "#" },
                { "measure func=FILE_CHECK#all", ERR_RULES_COMMENT, "func=FILE_CHECK#all" },
        };

        (void)state;
        JUDGE(bad, RULES_KERNEL_6_1);
        JUDGE(bad, RULES_KERNEL_7_2);
}

static void conditions_stand_once(void **state)
{
        static const struct verdict bad[] = {
                { "measure func=FILE_CHECK func=FILE_CHECK", ERR_RULES_REPEATED, "func=FILE_CHECK" },
                { "measure mask=MAY_READ mask=MAY_EXEC", ERR_RULES_REPEATED, "mask=MAY_EXEC" },
                { "measure uid=0 euid=0", ERR_RULES_REPEATED, "euid=0" },
                { "measure uid>0 uid<9", ERR_RULES_REPEATED, "uid<9" },
                { "measure egid=0 gid=0", ERR_RULES_REPEATED, "gid=0" },
                { "measure fsname=ext4 fsname=xfs", ERR_RULES_REPEATED, "fsname=xfs" },
                { "measure partition=A partition=B", ERR_RULES_REPEATED, "partition=B" },
                { "measure template=ima-ng template=ima-sig", ERR_RULES_REPEATED, "template=ima-sig" },
        };

        (void)state;
        JUDGE(bad, RULES_KERNEL_6_1);
}

static void values_are_understood(void **state)
{
        static const struct verdict bad[] = {
                { "measure func=PATH obj=/oem/x", ERR_RULES_PATH, "func=PATH" },
                { "measure func=FILE_CHECK obj=/oem/x", ERR_RULES_PATH, "obj=/oem/x" },
                { "measure path=/oem/x", ERR_RULES_PATH, "path=/oem/x" },
                { "measure func=PATH_CHECK", ERR_RULES_FUNC_OLD, "func=PATH_CHECK" },
                { "measure func=FILE_MMAP mask=MAY_EXEC", ERR_RULES_FUNC_OLD, "func=FILE_MMAP" },
                { "measure func=FILE_CHECKS", ERR_RULES_FUNC, "func=FILE_CHECKS" },
                { "measure mask=READ", ERR_RULES_MASK, "mask=READ" },
                { "measure mask=^", ERR_RULES_MASK, "mask=^" },
                { "measure mask=MAY_READ|MAY_WRITE", ERR_RULES_MASK, "mask=MAY_READ|MAY_WRITE" },
                { "measure fsmagic=0x", ERR_RULES_FSMAGIC, "fsmagic=0x" },
                { "measure fsmagic=0", ERR_RULES_FSMAGIC, "fsmagic=0" },
                { "measure fsmagic=ext4", ERR_RULES_FSMAGIC, "fsmagic=ext4" },
                { "measure fsmagic=12345678901234567", ERR_RULES_FSMAGIC, "fsmagic=12345678901234567" },
                { "measure fsuuid=@OEM@", ERR_RULES_FSUUID, "fsuuid=@OEM@" },
                { "measure fsuuid=00000000-0000-0000-0000-000000000000", ERR_RULES_FSUUID_NULL,
                  "fsuuid=00000000-0000-0000-0000-000000000000" },
                { "measure uid=root", ERR_RULES_ID, "uid=root" },
                { "measure uid=-1", ERR_RULES_ID, "uid=-1" },
                { "measure uid=00", ERR_RULES_ID, "uid=00" },
                { "measure uid=4294967295", ERR_RULES_ID, "uid=4294967295" },
                { "measure uid=99999999999999999999", ERR_RULES_ID, "uid=99999999999999999999" },
                { "measure fowner=4294967295", ERR_RULES_ID, "fowner=4294967295" },
                { "measure fowner=4242424242", ERR_RULES_FOWNER_RESERVED, "fowner=4242424242" },
                { "dont_measure fowner>4242424242", ERR_RULES_FOWNER_RESERVED, "fowner>4242424242" },
                { "measure obj_type=bin_t", ERR_RULES_LSM, "obj_type=bin_t" },
                { "measure subj_role=x", ERR_RULES_LSM, "subj_role=x" },
                { "measure func=FILE_CHECK pcr=11", ERR_RULES_PCR, "pcr=11" },
                { "measure func=KEY_CHECK keyrings=.ima||.evm", ERR_RULES_LIST, "keyrings=.ima||.evm" },
                { "measure func=CRITICAL_DATA label=a|", ERR_RULES_LIST, "label=a|" },
                { "appraise appraise_type=signature", ERR_RULES_APPRAISE_TYPE, "appraise_type=signature" },
                { "appraise func=MODULE_CHECK appraise_type=imasig|modsig", ERR_RULES_APPRAISE_TYPE, "appraise_type=imasig|modsig" },
                { "appraise appraise_type=sigv3", ERR_RULES_APPRAISE_TYPE, "appraise_type=sigv3" },
                { "appraise appraise_algos=sha1", ERR_RULES_APPRAISE_ALGOS, "appraise_algos=sha1" },
                { "appraise appraise_flag=check_blacklist", ERR_RULES_APPRAISE_FLAG, "appraise_flag=check_blacklist" },
        };

        (void)state;
        JUDGE(bad, RULES_KERNEL_6_1);
}

static void conditions_fit_the_action(void **state)
{
        static const struct verdict bad[] = {
                { "measure template=ima-ngv2", ERR_RULES_TEMPLATE, "template=ima-ngv2" },
                { "measure template=ima", ERR_RULES_TEMPLATE, "template=ima" },
                { "dont_measure template=ima-ng", ERR_RULES_TEMPLATE_ACTION, "template=ima-ng" },
                { "measure appraise_type=imasig", ERR_RULES_APPRAISE_ONLY, "appraise_type=imasig" },
                { "audit appraise_algos=sha256", ERR_RULES_APPRAISE_ONLY, "appraise_algos=sha256" },
                { "hash digest_type=verity", ERR_RULES_APPRAISE_ONLY, "digest_type=verity" },
                { "measure digest_type=verity", ERR_RULES_VERITY_MEASURE, "digest_type=verity" },
                { "appraise digest_type=sha256", ERR_RULES_VERITY, "digest_type=sha256" },
                { "appraise digest_type=verity", ERR_RULES_VERITY, NULL },
                { "appraise digest_type=verity appraise_type=imasig", ERR_RULES_VERITY, "appraise_type=imasig" },
                { "appraise appraise_type=imasig digest_type=verity", ERR_RULES_VERITY, "digest_type=verity" },
                { "dont_measure", ERR_RULES_BLIND, NULL },
                { "dont_appraise permit_directio", ERR_RULES_BLIND, NULL },
        };

        (void)state;
        JUDGE(bad, RULES_KERNEL_6_1);
}

static void conditions_fit_the_func(void **state)
{
        static const struct verdict bad[] = {
                { "appraise func=KEY_CHECK", ERR_RULES_FUNC_ACTION, NULL },
                { "audit func=CRITICAL_DATA", ERR_RULES_FUNC_ACTION, NULL },
                { "appraise func=KEXEC_CMDLINE", ERR_RULES_FUNC_ACTION, NULL },
                { "measure func=SETXATTR_CHECK", ERR_RULES_FUNC_ACTION, NULL },
                { "appraise func=SETXATTR_CHECK", ERR_RULES_SETXATTR, NULL },
                { "appraise func=SETXATTR_CHECK appraise_algos=sha256 uid=0", ERR_RULES_FUNC_CONDITION, NULL },
                { "measure func=KEY_CHECK fsname=ext4", ERR_RULES_FUNC_CONDITION, NULL },
                { "measure func=KEY_CHECK partition=A", ERR_RULES_FUNC_CONDITION, NULL },
                { "measure func=KEY_CHECK label=a", ERR_RULES_FUNC_CONDITION, NULL },
                { "measure func=CRITICAL_DATA keyrings=.ima", ERR_RULES_FUNC_CONDITION, NULL },
                { "measure func=CRITICAL_DATA mask=MAY_READ", ERR_RULES_FUNC_CONDITION, NULL },
                { "measure func=FILE_CHECK label=a", ERR_RULES_FUNC_CONDITION, NULL },
                { "measure label=a", ERR_RULES_FUNC_CONDITION, NULL },
                { "measure func=KEXEC_CMDLINE mask=MAY_READ", ERR_RULES_FUNC_CONDITION, NULL },
                { "appraise func=MODULE_CHECK digest_type=verity appraise_type=sigv3", ERR_RULES_FUNC_CONDITION, NULL },
                { "measure func=KEY_CHECK gid=0", ERR_RULES_IGNORED, NULL },
                { "measure func=CRITICAL_DATA gid=0", ERR_RULES_IGNORED, NULL },
                { "measure func=BPRM_CHECK mask=MAY_READ", ERR_RULES_MASK_NEVER, NULL },
                { "measure func=MODULE_CHECK mask=^MAY_EXEC", ERR_RULES_MASK_NEVER, NULL },
                { "measure func=CRITICAL_DATA template=ima-ng", ERR_RULES_TEMPLATE_BUFFER, NULL },
                { "measure func=FILE_CHECK template=ima-buf", ERR_RULES_TEMPLATE, NULL },
                { "measure partition=A fsname=ext4", ERR_RULES_PARTITION_AND_FS, NULL },
                { "measure fsuuid=" UUID " partition=A", ERR_RULES_PARTITION_AND_FS, NULL },
        };

        (void)state;
        JUDGE(bad, RULES_KERNEL_6_1);
}

static void newer_words_need_a_newer_kernel(void **state)
{
        static const struct verdict old[] = {
                { "measure func=MMAP_CHECK_REQPROT", ERR_RULES_KERNEL, "func=MMAP_CHECK_REQPROT" },
                { "dont_audit func=BPRM_CHECK", ERR_RULES_KERNEL, "dont_audit" },
                { "measure fs_subtype=sshfs", ERR_RULES_KERNEL, "fs_subtype=sshfs" },
        }, since_6_12[] = {
                { "measure func=MMAP_CHECK_REQPROT mask=MAY_EXEC", ERR_OK, NULL },
        }, since_7_2[] = {
                { "measure func=MMAP_CHECK_REQPROT", ERR_OK, NULL },
                { "dont_audit func=BPRM_CHECK", ERR_OK, NULL },
                { "dont_audit", ERR_RULES_BLIND, NULL },
                { "measure fs_subtype=sshfs", ERR_OK, NULL },
                { "appraise appraise_type=sigv3", ERR_OK, NULL },
        };

        (void)state;
        JUDGE(old, RULES_KERNEL_6_1);
        JUDGE(since_6_12, RULES_KERNEL_6_12);
        JUDGE(since_7_2, RULES_KERNEL_7_2);
        judge(&old[1], RULES_KERNEL_6_12);
        judge(&old[2], RULES_KERNEL_6_12);
}

static void a_partition_leaves_room_for_its_uuid(void **state)
{
        char line[RULES_LINE_MAX];
        struct rules_rule rule;
        struct span token;
        size_t fits = RULES_LINE_MAX - 43 + strlen("partition=A"); /* fsuuid= and 36 characters instead */

        (void)state;
        memset(line, ' ', sizeof(line));
        memcpy(line, "measure partition=A", 19);
        assert_int_equal(rules_parse(span_of(line, fits), RULES_KERNEL_6_1, &rule, &token), ERR_OK);
        assert_int_equal(rules_parse(span_of(line, fits + 1), RULES_KERNEL_6_1, &rule, &token), ERR_RULES_LENGTH);
}

static void a_partition_is_found(void **state)
{
        static const char line[] = "measure func=BPRM_CHECK partition=COS_OEM uid=0";
        struct rules_rule rule;
        struct span token;

        (void)state;
        assert_int_equal(rules_parse(span_of_str(line), RULES_KERNEL_6_1, &rule, &token), ERR_OK);
        assert_int_equal(rule.action, RULES_MEASURE);
        assert_true(span_equal_str(rule.token, "partition=COS_OEM"));
        assert_ptr_equal(rule.token.data, line + 24);
        assert_true(span_equal_str(rule.partition, "COS_OEM"));
        assert_int_equal(rules_parse(span_of_str("dont_measure uid=0"), RULES_KERNEL_6_1, &rule, &token), ERR_OK);
        assert_int_equal(rule.token.len, 0);
        assert_true(rules_exempts(rule.action));
}

static void kernels_have_names(void **state)
{
        enum rules_kernel kernel = RULES_KERNELS;

        (void)state;
        for (unsigned i = 0; i < RULES_KERNELS; i++) {
                assert_true(rules_kernel_by_name(span_of_str(rules_kernel_name((enum rules_kernel)i)), &kernel));
                assert_int_equal(kernel, i);
        }
        assert_false(rules_kernel_by_name(span_of_str("6.2"), &kernel));
        assert_true(rules_is_action(span_of_str("dont_hash")));
        assert_false(rules_is_action(span_of_str("partition")));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(good_rules_pass),
                cmocka_unit_test(words_are_known),
                cmocka_unit_test(conditions_stand_once),
                cmocka_unit_test(values_are_understood),
                cmocka_unit_test(conditions_fit_the_action),
                cmocka_unit_test(conditions_fit_the_func),
                cmocka_unit_test(newer_words_need_a_newer_kernel),
                cmocka_unit_test(a_partition_leaves_room_for_its_uuid),
                cmocka_unit_test(a_partition_is_found),
                cmocka_unit_test(kernels_have_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
