/* SPDX-License-Identifier: Apache-2.0 */
/* What explain says of changed boots, word for word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/explain.h"
#include "trial.h"
#include "verify/field.h"

/* Commands keep their memory until the program ends (cli/cli.h, cli_alloc). */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
        return "detect_leaks=0";
}

static void says(enum trial_moment moment, void (*change)(struct story *s), const char *sentence)
{
        struct story *s = calloc(1, sizeof(*s));
        const struct judge *j;
        char *text;
        size_t len;
        FILE *out = open_memstream(&text, &len);

        story_begin(s);
        if (moment == TRIAL_BEGIN)
                change(s);
        story_boot(s);
        if (moment == TRIAL_BOOT)
                change(s);
        story_run(s);
        story_quote(s);
        assert_int_equal(trial_judge(s, &j), JUDGE_UNTRUSTED);
        explain_reason(out, j, &j->reasons.kept[0]);
        assert_int_equal(fclose(out), 0);
        assert_string_equal(text, sentence);
        free(text);
        free(s);
}

static void mount_options(struct story *s)
{
        story_replace(strstr(s->storage, "COS_OEM\",\"state\""), "\"mount_options\":\"\"", "\"mount_options\":\"noacl\"");
}

static void file_system_replaced(struct story *s)
{
        story_replace(s->storage, "c05a0000-0000-4000-8000-000000000002", "99999999-0000-4000-8000-000000000002");
}

static void partition_replaced(struct story *s)
{
        story_replace(s->storage, "8bfa06f9", "99999999");
}

static void hostile_label(struct story *s)
{
        story_replace(s->storage, "\"label\":\"COS_OEM\"", "\"label\":\"\u202e<b>\"");
}

static void storage_is_said_by_field_and_class(void **state)
{
        (void)state;
        says(TRIAL_BEGIN, mount_options, "COS_PERSISTENT: ext4 mount options \"\" -> \"noacl\" (config)");
        says(TRIAL_BEGIN, file_system_replaced,
             "COS_OEM: ext4 uuid \"c05a0000-0000-4000-8000-000000000002\" -> \"99999999-0000-4000-8000-000000000002\" (identity)");
        says(TRIAL_BEGIN, partition_replaced,
             "COS_OEM: partition guid \"8bfa06f9-ca4f-56dc-90c9-49cf20f4f45e\" -> \"99999999-ca4f-56dc-90c9-49cf20f4f45e\" (identity)");
        says(TRIAL_BEGIN, hostile_label, "COS_OEM: ext4 label \"COS_OEM\" -> \"\\xe2\\x80\\xae<b>\" (identity)");
}

static void file_changed(struct story *s)
{
        memset(story_entry_of(s, "/usr/local/bin/agent")->hash, 0x9f, 32);
}

static void file_unknown(struct story *s)
{
        story_add_entry(s, "/usr/local/bin/miner\n", 0x44);
}

static void file_violated(struct story *s)
{
        story_add_entry(s, "/usr/local/bin/agent", 0)->violation = true;
}

static void content_changed(struct story *s)
{
        story_replace(story_event_of(s, "content")->content, "\"files\":3", "\"files\":2");
}

static void content_replaced(struct story *s)
{
        story_replace(story_event_of(s, "content")->content, "\"sha256\":\"07", "\"sha256\":\"08");
}

static void files_are_said_with_their_place(void **state)
{
        (void)state;
        says(TRIAL_BOOT, file_changed, "/usr/local/bin/agent: not the enrolled content (1 allowed, seen 9f9f9f9f9f9f…) first seen at IMA entry 4");
        says(TRIAL_BOOT, file_unknown, "/usr/local/bin/miner\\n: was used and is not enrolled (seen 444444444444…) first seen at IMA entry 5");
        says(TRIAL_BOOT, file_violated, "/usr/local/bin/agent: was written to while it was read: its content is not known first seen at IMA entry 5");
        says(TRIAL_BOOT, content_changed, "COS_OEM: number of files and folders 3 -> 2");
        says(TRIAL_BOOT, content_replaced, "COS_OEM: names, modes, owners or contents of files 070000000000… -> 080000000000…");
}

static void a_path_is_cut_into_words(void **state)
{
        char name[FIELD_NAME_BYTES];
        static char longest[2 * FIELD_NAME_BYTES];
        struct field f = field_of(span_of(NULL, 0), span_of_str("X"), span_of_str("table.identity.disk_guid"), name);

        (void)state;
        assert_true(span_equal_str(f.name, "partition table disk guid"));
        assert_true(span_equal_str(f.klass, "identity"));
        assert_int_equal(f.type.len, 0);
        memset(longest, 'x', sizeof(longest) - 1);
        f = field_of(span_of(NULL, 0), span_of_str("X"), span_of_str(longest), name);
        assert_int_equal(f.name.len, 0);
        f = field_of(span_of(NULL, 0), span_of_str("X"), span_of(NULL, 0), name);
        assert_int_equal(f.name.len, 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(storage_is_said_by_field_and_class),
                cmocka_unit_test(files_are_said_with_their_place),
                cmocka_unit_test(a_path_is_cut_into_words),
        };

        return cmocka_run_group_tests_name("explain", tests, trial_set_up, trial_tear_down);
}
