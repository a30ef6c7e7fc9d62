/* SPDX-License-Identifier: Apache-2.0 */
/* The policy parser: a good policy with one thing broken gives exactly one code, its line and its word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/class.h"
#include "trust/policy.h"

#define HEAD "cosima 1\nname a\nversion 7\npcr 15\n"
#define RULE "measure func=BPRM_CHECK\n"

static void expect(struct span text, enum err code, unsigned line_no, const char *token)
{
        struct policy policy = { .pcr = 99 };
        struct policy_error error = { .line_no = 77 };
        enum err e = policy_parse(text, &policy, &error);

        if (e != code)
                fail_msg("%s instead of %s for: %.*s", err_name(e), err_name(code), (int)(text.len < 300 ? text.len : 300), (const char *)text.data);
        if (code == ERR_OK) {
                assert_int_equal(error.line_no, 77);
                assert_int_not_equal(policy.pcr, 99);
                return;
        }
        assert_int_equal(policy.pcr, 99);
        assert_int_equal(error.code, code);
        assert_int_equal(error.line_no, line_no);
        if (!span_equal_str(error.token, token))
                fail_msg("%s blames \"%.*s\" instead of \"%s\"", err_name(e), (int)error.token.len, (const char *)error.token.data, token);
}

static void expect_str(const char *text, enum err code, unsigned line_no, const char *token)
{
        expect(span_of_str(text), code, line_no, token);
}

static void every_part_is_read(void **state)
{
        static const char text[] = "cosima 1 # format\n"
                                   "# a comment, then an empty line\n\n"
                                   "name kairos-grub_2.0\nversion 4294967295\n\tpcr\t9 # why\n"
                                   "partition COS_OEM required label=COS_OEM,COS_OEM_LUKS partlabel=oem fs=ext4\n"
                                   "partition DATA2 optional partlabel=data # no label\n"
                                   "classes layout,identity\ndisks closed\nwait 0\non-failure halt\nkernel 6.12\n"
                                   "walk DATA2\n"
                                   "walk COS_OEM max=67108864 except=/grubenv,/a/b\n"
                                   "measure func=BPRM_CHECK partition=DATA2\n"
                                   "dont_measure func=FILE_CHECK fsname=tmpfs\n"
                                   " measure func=MMAP_CHECK_REQPROT partition=COS_OEM uid=0\n";
        struct policy_error error;
        struct policy p;

        (void)state;
        assert_int_equal(policy_parse(span_of_str(text), &p, &error), ERR_OK);
        assert_true(span_equal_str(p.text, text));
        assert_true(span_equal_str(p.name, "kairos-grub_2.0"));
        assert_int_equal(p.version, 4294967295u);
        assert_int_equal(p.pcr, 9);
        assert_int_equal(p.classes, CLASS_IDENTITY | CLASS_LAYOUT);
        assert_int_equal(p.disks, POLICY_DISKS_CLOSED);
        assert_int_equal(p.wait_s, 0);
        assert_int_equal(p.on_failure, POLICY_HALT);
        assert_int_equal(p.kernel, RULES_KERNEL_6_12);
        assert_int_equal(p.partition_count, 2);
        assert_true(p.partitions[0].required);
        assert_int_equal(p.partitions[0].label_count, 2);
        assert_true(span_equal_str(p.partitions[0].labels[1], "COS_OEM_LUKS"));
        assert_true(span_equal_str(p.partitions[0].fs, "ext4"));
        assert_false(p.partitions[1].required);
        assert_int_equal(p.partitions[1].label_count, 0);
        assert_int_equal(p.partitions[1].fs.len, 0);
        assert_int_equal(p.walk_count, 2);
        assert_int_equal(p.walks[0].partition, 1);
        assert_int_equal(p.walks[0].max_bytes, 0);
        assert_int_equal(p.walks[1].except_count, 2);
        assert_true(span_equal_str(p.walks[1].except[1], "/a/b"));
        assert_int_equal(p.walks[1].max_bytes, 67108864);
        assert_int_equal(p.rule_count, 3);
        assert_int_equal(p.rules[0].partition, 1);
        assert_int_equal(p.rules[0].line_no, 16);
        assert_int_equal(p.rules[1].partition, -1);
        assert_int_equal(p.rules[1].action, RULES_DONT_MEASURE);
        assert_true(span_equal_str(p.rules[2].token, "partition=COS_OEM"));
        assert_true(span_equal_str(p.rules[2].line, " measure func=MMAP_CHECK_REQPROT partition=COS_OEM uid=0"));
}

static void defaults_are_as_documented(void **state)
{
        struct policy_error error;
        struct policy p;

        (void)state;
        assert_int_equal(policy_parse(span_of_str(HEAD RULE), &p, &error), ERR_OK);
        assert_int_equal(p.classes, CLASS_IDENTITY | CLASS_CONFIG);
        assert_int_equal(p.disks, POLICY_DISKS_OPEN);
        assert_int_equal(p.wait_s, 10);
        assert_int_equal(p.on_failure, POLICY_CONTINUE);
        assert_int_equal(p.kernel, RULES_KERNEL_6_1);
        assert_int_equal(p.partition_count + p.walk_count, 0);
}

static void bytes_are_looked_at_first(void **state)
{
        (void)state;
        expect(span_of(NULL, 0), ERR_POLICY_EMPTY, 0, "");
        expect_str(HEAD "measure\r\n" RULE, ERR_POLICY_CR, 5, "\r");
        expect_str("cosima 1\r\n", ERR_POLICY_CR, 1, "\r");
        expect_str(HEAD "# gr\xc3\xbc\xc3\x9f\n" RULE, ERR_POLICY_BYTE, 5, "\xc3");
        expect_str(HEAD "\x1b[2J\n" RULE, ERR_POLICY_BYTE, 5, "\x1b");
        expect_str(HEAD RULE "\x7f\n", ERR_POLICY_BYTE, 6, "\x7f");
        expect_str(HEAD "measure func=BPRM_CHECK", ERR_POLICY_LINE_END, 5, "");
}

static void a_nul_is_blamed_by_its_byte(void **state)
{
        static const char nul[] = HEAD "\0\n";
        struct policy_error error;
        struct policy p;

        (void)state;
        assert_int_equal(policy_parse(span_of(nul, sizeof(nul) - 1), &p, &error), ERR_POLICY_NUL);
        assert_int_equal(error.line_no, 5);
        assert_true(span_equal(error.token, span_of(nul + sizeof(HEAD) - 1, 1)));
}

static void sizes_are_limited(void **state)
{
        char *text = malloc(POLICY_BYTES_MAX + 1);
        size_t head = strlen(HEAD RULE);

        (void)state;
        memset(text, '\n', POLICY_BYTES_MAX + 1);
        memcpy(text, HEAD RULE, head);
        expect(span_of(text, POLICY_BYTES_MAX), ERR_OK, 0, "");
        expect(span_of(text, POLICY_BYTES_MAX + 1), ERR_POLICY_LARGE, 0, "");
        memset(text + head, '#', POLICY_LINE_MAX);
        expect(span_of(text, POLICY_BYTES_MAX), ERR_OK, 0, "");
        text[head + POLICY_LINE_MAX] = '#';
        expect(span_of(text, POLICY_BYTES_MAX), ERR_POLICY_LINE_LENGTH, 6, "");
        free(text);
}

static void the_first_line_is_the_format(void **state)
{
        (void)state;
        expect_str("\n", ERR_POLICY_FIRST_LINE, 1, "");
        expect_str("# only\n# comments\n", ERR_POLICY_FIRST_LINE, 1, "#");
        expect_str("\n" HEAD RULE, ERR_POLICY_FIRST_LINE, 1, "");
        expect_str("measure func=BPRM_CHECK\n", ERR_POLICY_FIRST_LINE, 1, "measure");
        expect_str("cosima\n", ERR_POLICY_FIRST_LINE, 1, "cosima");
        expect_str("cosima 2\n", ERR_POLICY_FORMAT, 1, "2");
        expect_str("cosima 1 2\n", ERR_POLICY_WORDS, 1, "1");
        expect_str(HEAD "cosima 1\n" RULE, ERR_POLICY_DIRECTIVE, 5, "cosima");
}

static void what_must_be_there_is_asked_for(void **state)
{
        (void)state;
        expect_str("cosima 1\nversion 7\npcr 15\n" RULE, ERR_POLICY_NO_NAME, 0, "");
        expect_str("cosima 1\nname a\npcr 15\n" RULE, ERR_POLICY_NO_VERSION, 0, "");
        expect_str("cosima 1\nname a\nversion 7\n" RULE, ERR_POLICY_NO_PCR, 0, "");
        expect_str(HEAD, ERR_POLICY_NO_RULES, 0, "");
        expect_str(HEAD "# measure\n", ERR_POLICY_NO_RULES, 0, "");
}

/* Each of these lines, in a policy that is good without it. */
static const struct {
        const char *line;
        enum err code;
        const char *token;
} bad_lines[] = {
        { "colour red", ERR_POLICY_DIRECTIVE, "colour" },
        { "Wait 10", ERR_POLICY_DIRECTIVE, "Wait" },
        { "pcr 15", ERR_POLICY_REPEATED, "pcr" },
        { "name b", ERR_POLICY_REPEATED, "name" },
        { "wait", ERR_POLICY_WORDS, "wait" },
        { "wait # 10", ERR_POLICY_WORDS, "wait" },
        { "wait 10 20", ERR_POLICY_WORDS, "20" },
        { "wait 301", ERR_POLICY_WAIT, "301" },
        { "wait -1", ERR_POLICY_WAIT, "-1" },
        { "wait 010", ERR_POLICY_WAIT, "010" },
        { "classes identity,", ERR_POLICY_CLASSES, "identity," },
        { "classes identity,identity", ERR_POLICY_CLASSES, "identity,identity" },
        { "classes info", ERR_POLICY_CLASSES, "info" },
        { "disks shut", ERR_POLICY_DISKS, "shut" },
        { "on-failure reboot", ERR_POLICY_ON_FAILURE, "reboot" },
        { "kernel 5.15", ERR_POLICY_KERNEL, "5.15" },
        { "partition", ERR_POLICY_WORDS, "partition" },
        { "partition Oem required label=A", ERR_POLICY_PARTITION_NAME, "Oem" },
        { "partition OEM", ERR_POLICY_PARTITION_NEED, "OEM" },
        { "partition OEM needed label=A", ERR_POLICY_PARTITION_NEED, "needed" },
        { "partition OEM required", ERR_POLICY_PARTITION_SELECTOR, "required" },
        { "partition OEM required fs=ext4", ERR_POLICY_PARTITION_SELECTOR, "fs=ext4" },
        { "partition OEM required uuid=A", ERR_POLICY_PARTITION_OPTION, "uuid=A" },
        { "partition OEM required label=A label=B", ERR_POLICY_PARTITION_OPTION, "label=B" },
        { "partition OEM required label=A fs=ext4 fs=ext4", ERR_POLICY_PARTITION_OPTION, "fs=ext4" },
        { "partition OEM required label=", ERR_POLICY_PARTITION_LABEL, "label=" },
        { "partition OEM required label=A,", ERR_POLICY_PARTITION_LABEL, "label=A," },
        { "partition OEM required label=A,B,C,D,E", ERR_POLICY_PARTITION_LABEL, "label=A,B,C,D,E" },
        { "partition OEM required partlabel=0123456789012345678901234567890123456", ERR_POLICY_PARTITION_LABEL,
          "partlabel=0123456789012345678901234567890123456" },
        { "partition OEM required label=A,A", ERR_POLICY_PARTITION_SHARED, "label=A,A" },
        { "partition OEM required label=USED", ERR_POLICY_PARTITION_SHARED, "label=USED" },
        { "partition OEM required partlabel=used", ERR_POLICY_PARTITION_SHARED, "partlabel=used" },
        { "partition USED required label=A", ERR_POLICY_PARTITION_TWICE, "USED" },
        { "partition OEM required label=A fs=crypto_LUKS", ERR_POLICY_PARTITION_FS, "fs=crypto_LUKS" },
        { "partition OEM required label=A fs=", ERR_POLICY_PARTITION_FS, "fs=" },
        { "walk", ERR_POLICY_WORDS, "walk" },
        { "walk OEM", ERR_POLICY_WALK_PARTITION, "OEM" },
        { "walk WALKED", ERR_POLICY_WALK_TWICE, "WALKED" },
        { "walk USED depth=3", ERR_POLICY_WALK_OPTION, "depth=3" },
        { "walk USED max=1 max=2", ERR_POLICY_WALK_OPTION, "max=2" },
        { "walk USED except=/a except=/b", ERR_POLICY_WALK_OPTION, "except=/b" },
        { "walk USED max=0", ERR_POLICY_WALK_MAX, "max=0" },
        { "walk USED max=64M", ERR_POLICY_WALK_MAX, "max=64M" },
        { "walk USED max=9223372036854775808", ERR_POLICY_WALK_MAX, "max=9223372036854775808" },
        { "walk USED except=grubenv", ERR_POLICY_WALK_EXCEPT, "except=grubenv" },
        { "walk USED except=/", ERR_POLICY_WALK_EXCEPT, "except=/" },
        { "walk USED except=/a/", ERR_POLICY_WALK_EXCEPT, "except=/a/" },
        { "walk USED except=/a//b", ERR_POLICY_WALK_EXCEPT, "except=/a//b" },
        { "walk USED except=/a/../b", ERR_POLICY_WALK_EXCEPT, "except=/a/../b" },
        { "walk USED except=/a,", ERR_POLICY_WALK_EXCEPT, "except=/a," },
        { "walk USED except=/1,/2,/3,/4,/5,/6,/7,/8,/9", ERR_POLICY_WALK_EXCEPT, "except=/1,/2,/3,/4,/5,/6,/7,/8,/9" },
        { "measure func=PATH obj=/x", ERR_RULES_PATH, "func=PATH" },
        { "measure func=BPRM_CHECK partition=OEM", ERR_RULES_PARTITION_UNKNOWN, "partition=OEM" },
        { "measure func=BPRM_CHECK # all", ERR_RULES_COMMENT, "#" },
        { "measure func=MMAP_CHECK_REQPROT", ERR_RULES_KERNEL, "func=MMAP_CHECK_REQPROT" },
        { "dont_measure", ERR_RULES_BLIND, "" },
};

static void directives_are_judged(void **state)
{
        char text[1024];

        (void)state;
        for (size_t i = 0; i < sizeof(bad_lines) / sizeof(*bad_lines); i++) {
                snprintf(text, sizeof(text), HEAD "partition USED optional label=USED partlabel=used\npartition WALKED optional label=W\n"
                                                  "walk WALKED\n%s\n" RULE, bad_lines[i].line);
                expect_str(text, bad_lines[i].code, 8, bad_lines[i].token);
        }
}

static void scalars_are_judged(void **state)
{
        (void)state;
        expect_str("cosima 1\nname A\n", ERR_POLICY_NAME, 2, "A");
        expect_str("cosima 1\nname 0123456789012345678901234567890123456789012345678901234567890123x\n", ERR_POLICY_NAME, 2,
                   "0123456789012345678901234567890123456789012345678901234567890123x");
        expect_str("cosima 1\nversion 0\n", ERR_POLICY_VERSION, 2, "0");
        expect_str("cosima 1\nversion 4294967296\n", ERR_POLICY_VERSION, 2, "4294967296");
        expect_str("cosima 1\nversion 1.2\n", ERR_POLICY_VERSION, 2, "1.2");
}

static void the_pcr_is_one_that_nobody_shares(void **state)
{
        char text[64], number[16];

        (void)state;
        for (unsigned pcr = 0; pcr <= 25; pcr++) {
                enum err want = pcr <= 7               ? ERR_POLICY_PCR_FIRMWARE
                                : pcr == 10            ? ERR_POLICY_PCR_IMA
                                : pcr < 16             ? ERR_OK
                                : pcr == 16 || pcr == 23 ? ERR_POLICY_PCR_RESETTABLE
                                : pcr < 23             ? ERR_POLICY_PCR_DRTM
                                                       : ERR_POLICY_PCR;

                snprintf(text, sizeof(text), "cosima 1\nname a\nversion 7\npcr %u\n" RULE, pcr);
                snprintf(number, sizeof(number), "%u", pcr);
                expect_str(text, want, 4, number);
        }
        expect_str("cosima 1\npcr fifteen\n", ERR_POLICY_PCR, 2, "fifteen");
}

static void directives_come_first(void **state)
{
        (void)state;
        expect_str(HEAD RULE "wait 5\n", ERR_POLICY_ORDER, 6, "wait");
        expect_str(HEAD RULE "partition A required label=A\n", ERR_POLICY_ORDER, 6, "partition");
        expect_str(HEAD RULE "walk A\n", ERR_POLICY_ORDER, 6, "walk");
}

static void counts_are_limited(void **state)
{
        static char text[16 * 1024];
        size_t len = (size_t)snprintf(text, sizeof(text), HEAD);

        (void)state;
        for (unsigned i = 0; i <= POLICY_PARTITIONS_MAX; i++)
                len += (size_t)snprintf(text + len, sizeof(text) - len, "partition P%u optional label=L%u\n", i, i);
        expect_str(text, ERR_POLICY_PARTITIONS_MANY, 13, "P8");
        len = (size_t)snprintf(text, sizeof(text), HEAD);
        for (unsigned i = 0; i < POLICY_RULES_MAX; i++)
                len += (size_t)snprintf(text + len, sizeof(text) - len, "measure uid=%u\n", i);
        expect_str(text, ERR_OK, 0, "");
        snprintf(text + len, sizeof(text) - len, "measure uid=0\n");
        expect_str(text, ERR_POLICY_RULES_MANY, 5 + POLICY_RULES_MAX, "");
}

static void a_partition_selects_by_label(void **state)
{
        struct policy_error error;
        struct policy p;

        (void)state;
        assert_int_equal(policy_parse(span_of_str(HEAD "partition A required label=X,Y partlabel=z\n" RULE), &p, &error), ERR_OK);
        assert_true(policy_partition_selects(&p.partitions[0], span_of_str("Y"), span_of_str("")));
        assert_true(policy_partition_selects(&p.partitions[0], span_of_str(""), span_of_str("z")));
        assert_false(policy_partition_selects(&p.partitions[0], span_of_str("z"), span_of_str("X")));
        assert_false(policy_partition_selects(&p.partitions[0], span_of_str(""), span_of_str("")));
        assert_int_equal(policy_partition_index(&p, span_of_str("A")), 0);
        assert_int_equal(policy_partition_index(&p, span_of_str("a")), -1);
}

/* Every prefix of the policies that we ship, from memory of exactly its size, so that the sanitizer sees a read beyond it. */
static void every_prefix_of_what_we_ship(void **state)
{
        static const char *const shipped[] = { "policy/kairos-grub", "policy/kairos-uki", "policy/elemental", "policy/strict" };

        (void)state;
        for (size_t i = 0; i < sizeof(shipped) / sizeof(*shipped); i++) {
                static char text[POLICY_BYTES_MAX];
                FILE *file = fopen(shipped[i], "r");
                size_t len, valid = 0;

                assert_non_null(file);
                len = fread(text, 1, sizeof(text), file);
                fclose(file);
                for (size_t cut = 0; cut <= len; cut++) {
                        struct policy policy;
                        struct policy_error error;
                        uint8_t *exact = malloc(cut ? cut : 1);
                        enum err e;

                        memcpy(exact, text, cut);
                        e = policy_parse(span_of(exact, cut), &policy, &error);
                        if (cut == len)
                                assert_int_equal(e, ERR_OK);
                        if (e == ERR_OK)
                                assert_int_equal(exact[cut - 1], '\n');
                        valid += e == ERR_OK;
                        free(exact);
                }
                assert_in_range(valid, 10, 60); /* from the first rule on, one a line */
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_part_is_read),
                cmocka_unit_test(defaults_are_as_documented),
                cmocka_unit_test(bytes_are_looked_at_first),
                cmocka_unit_test(a_nul_is_blamed_by_its_byte),
                cmocka_unit_test(sizes_are_limited),
                cmocka_unit_test(the_first_line_is_the_format),
                cmocka_unit_test(what_must_be_there_is_asked_for),
                cmocka_unit_test(directives_are_judged),
                cmocka_unit_test(scalars_are_judged),
                cmocka_unit_test(the_pcr_is_one_that_nobody_shares),
                cmocka_unit_test(directives_come_first),
                cmocka_unit_test(counts_are_limited),
                cmocka_unit_test(a_partition_selects_by_label),
                cmocka_unit_test(every_prefix_of_what_we_ship),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
