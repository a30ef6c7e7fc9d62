/* SPDX-License-Identifier: Apache-2.0 */
/* The renderer: partitions become UUIDs, and what is not known is widened, left out or refused, by the action. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "trust/render.h"

#define HEAD "cosima 1\nname a\nversion 1\npcr 15\n"
#define OEM "partition OEM required label=OEM fs=ext4\n"
#define ANY "partition ANY optional label=ANY\n"
#define UUID "0f3b3c2e-94a1-4b3e-9d4e-5f0d6a8c7b21"

static void parse(const char *text, struct policy *policy)
{
        struct policy_error error;

        assert_int_equal(policy_parse(span_of_str(text), policy, &error), ERR_OK);
}

static void expect(const char *text, const struct render_partition *partitions, const char *rules)
{
        static char buf[RENDER_BYTES_MAX];
        struct policy policy;
        struct span got;

        parse(text, &policy);
        assert_int_equal(render_rules(&policy, partitions, buf, sizeof(buf), &got), ERR_OK);
        buf[got.len] = 0;
        assert_string_equal(buf, rules);
}

static void a_known_partition_becomes_its_uuid(void **state)
{
        const struct render_partition known[] = { { true, UUID, span_of("ext4", 4) } };

        (void)state;
        expect(HEAD OEM "measure func=BPRM_CHECK partition=OEM\ndont_measure partition=OEM uid=1\nappraise fowner=0 partition=OEM\n", known,
               RENDER_RECEIPT_RULE "\nmeasure func=BPRM_CHECK fsuuid=" UUID "\ndont_measure fsuuid=" UUID " uid=1\nappraise fowner=0 fsuuid=" UUID
                                   "\n");
}

static void other_rules_stay_as_they_are(void **state)
{
        (void)state;
        expect(HEAD " measure \t func=BPRM_CHECK  fsname=overlay \n# no\n\nappraise fowner=0\n", NULL,
               RENDER_RECEIPT_RULE "\n measure \t func=BPRM_CHECK  fsname=overlay \nappraise fowner=0\n");
}

static void the_policy_type_widens_an_unknown_uuid(void **state)
{
        const struct render_partition locked[] = { { true, "", span_of("xfs", 3) } };

        (void)state;
        expect(HEAD OEM "measure partition=OEM func=BPRM_CHECK\naudit partition=OEM\nhash partition=OEM\n", locked,
               RENDER_RECEIPT_RULE "\nmeasure fsname=ext4 func=BPRM_CHECK\naudit fsname=ext4\nhash fsname=ext4\n");
}

static void the_found_type_widens_when_the_policy_names_none(void **state)
{
        const struct render_partition locked[] = { { true, "", span_of("vfat", 4) } };

        (void)state;
        expect(HEAD ANY "measure func=BPRM_CHECK partition=ANY\n", locked, RENDER_RECEIPT_RULE "\nmeasure func=BPRM_CHECK fsname=vfat\n");
}

static void nothing_known_leaves_no_condition(void **state)
{
        const struct render_partition absent[] = { { false, "", { 0 } } };

        (void)state;
        expect(HEAD ANY "measure func=BPRM_CHECK partition=ANY\nmeasure partition=ANY\tuid=0\n", absent,
               RENDER_RECEIPT_RULE "\nmeasure func=BPRM_CHECK\nmeasure\tuid=0\n");
}

static void an_exemption_is_left_out(void **state)
{
        const struct render_partition absent[] = { { false, "", { 0 } } };

        (void)state;
        expect(HEAD OEM "dont_measure partition=OEM\ndont_appraise partition=OEM\ndont_hash partition=OEM\nmeasure uid=0\n", absent,
               RENDER_RECEIPT_RULE "\nmeasure uid=0\n");
}

/* A UUID that does not tell file systems apart is none: null, or not a UUID, or of a partition that was found twice. */
static void a_useless_uuid_is_unknown(void **state)
{
        const struct render_partition useless[][1] = {
                { { true, "00000000-0000-0000-0000-000000000000", span_of("ext4", 4) } },
                { { true, "ABCD-1234", span_of("ext4", 4) } },
                { { false, UUID, span_of("ext4", 4) } },
        };

        (void)state;
        for (size_t i = 0; i < 3; i++)
                expect(HEAD OEM "measure partition=OEM\n", useless[i], RENDER_RECEIPT_RULE "\nmeasure fsname=ext4\n");
}

static void appraisal_is_never_widened(void **state)
{
        const struct render_partition locked[] = { { true, "", span_of("ext4", 4) } };
        struct span got = span_of("untouched", 9);
        char buf[512];
        struct policy policy;

        (void)state;
        parse(HEAD OEM "measure uid=0\nappraise partition=OEM appraise_type=imasig\n", &policy);
        assert_int_equal(render_rules(&policy, locked, buf, sizeof(buf), &got), ERR_RENDER_APPRAISE);
        assert_true(span_equal_str(got, "untouched"));
}

static void a_small_buffer_is_an_error(void **state)
{
        const struct render_partition known[] = { { true, UUID, span_of("ext4", 4) } };
        const char *want = RENDER_RECEIPT_RULE "\nmeasure fsuuid=" UUID "\n";
        struct policy policy;

        (void)state;
        parse(HEAD OEM "measure partition=OEM\n", &policy);
        for (size_t cap = 0; cap <= strlen(want); cap++) {
                char *buf = malloc(cap ? cap : 1);
                struct span got = span_of("untouched", 9);
                enum err e = render_rules(&policy, known, buf, cap, &got);

                assert_int_equal(e, cap == strlen(want) ? ERR_OK : ERR_NO_SPACE);
                assert_true(span_equal_str(got, e == ERR_OK ? want : "untouched"));
                free(buf);
        }
}

static void the_receipt_names_its_owner(void **state)
{
        char owner[64];

        (void)state;
        snprintf(owner, sizeof(owner), "fowner=%u", RENDER_RECEIPT_OWNER);
        assert_non_null(strstr(RENDER_RECEIPT_RULE, owner));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_known_partition_becomes_its_uuid),
                cmocka_unit_test(other_rules_stay_as_they_are),
                cmocka_unit_test(the_policy_type_widens_an_unknown_uuid),
                cmocka_unit_test(the_found_type_widens_when_the_policy_names_none),
                cmocka_unit_test(nothing_known_leaves_no_condition),
                cmocka_unit_test(an_exemption_is_left_out),
                cmocka_unit_test(a_useless_uuid_is_unknown),
                cmocka_unit_test(appraisal_is_never_widened),
                cmocka_unit_test(a_small_buffer_is_an_error),
                cmocka_unit_test(the_receipt_names_its_owner),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
