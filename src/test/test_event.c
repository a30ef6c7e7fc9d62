/* SPDX-License-Identifier: Apache-2.0 */
/* The events' exact bytes, since their hashes are what is measured; their names and their order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/canon.h"
#include "event/event.h"

#define AA "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define BB "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static char buf[EVENT_BYTES_MAX];

static void assert_content(struct span content, const char *text, enum event_type type)
{
        enum event_type found = EVENT_TYPE_COUNT;

        assert_int_equal(content.len, strlen(text));
        assert_memory_equal(content.data, text, content.len);
        assert_int_equal(event_type_of(content, &found), ERR_OK);
        assert_int_equal(found, type);
}

static void policy(void **state)
{
        struct event_policy e = { .name = span_of_str("kairos-grub"), .version = 7, .pcr = 15, .ima = EVENT_IMA_TPM_BYPASS };
        struct span content = { NULL, 0 };
        size_t needed;

        (void)state;
        memset(e.sha256, 0xaa, sizeof(e.sha256));
        memset(e.signer, 0xbb, sizeof(e.signer));
        assert_int_equal(event_write_policy(&e, buf, sizeof(buf), &content), ERR_OK);
        assert_content(content,
                       "{\"event\":\"policy\",\"format\":1,\"ima\":\"tpm-bypass\",\"name\":\"kairos-grub\",\"pcr\":15,\"sha256\":\"" AA
                       "\",\"signer\":\"" BB "\",\"version\":7}",
                       EVENT_POLICY);
        needed = content.len;
        content = span_of(NULL, 0);
        assert_int_equal(event_write_policy(&e, buf, needed - 1, &content), ERR_NO_SPACE);
        assert_null(content.data);
        assert_int_equal(event_write_policy(&e, buf, needed, &content), ERR_OK);
}

static void ima_policy(void **state)
{
        struct event_ima_policy e = { .loaded = EVENT_LOAD_PATH, .result = ERR_OK };
        struct span content;

        (void)state;
        memset(e.sha256, 0xaa, sizeof(e.sha256));
        assert_int_equal(event_write_ima_policy(&e, buf, sizeof(buf), &content), ERR_OK);
        assert_content(content, "{\"event\":\"ima-policy\",\"loaded\":\"path\",\"result\":\"OK\",\"sha256\":\"" AA "\"}", EVENT_IMA_POLICY);
}

static void content_of_a_partition(void **state)
{
        struct event_content e = { .partition = span_of_str("COS_OEM"), .files = 3, .bytes = 12345 };
        struct span content;

        (void)state;
        memset(e.sha256, 0xbb, sizeof(e.sha256));
        assert_int_equal(event_write_content(&e, buf, sizeof(buf), &content), ERR_OK);
        assert_content(content, "{\"bytes\":12345,\"event\":\"content\",\"files\":3,\"partition\":\"COS_OEM\",\"sha256\":\"" BB "\"}",
                       EVENT_CONTENT);
}

static void handover(void **state)
{
        struct event_mount mounts[] = {
                { .name = span_of_str("COS_OEM"), .why = ERR_OK },
                { .name = span_of_str("COS_PERSISTENT"), .why = ERR_SURVEY_ABSENT },
        };
        struct span content;

        (void)state;
        assert_int_equal(event_write_handover(mounts, 2, buf, sizeof(buf), &content), ERR_OK);
        assert_content(content,
                       "{\"event\":\"handover\",\"partitions\":[{\"matches\":true,\"name\":\"COS_OEM\"},"
                       "{\"matches\":false,\"name\":\"COS_PERSISTENT\",\"why\":\"SURVEY_ABSENT\"}]}",
                       EVENT_HANDOVER);
        assert_int_equal(event_write_handover(NULL, 0, buf, sizeof(buf), &content), ERR_OK);
        assert_content(content, "{\"event\":\"handover\",\"partitions\":[]}", EVENT_HANDOVER);
}

static void failure(void **state)
{
        struct event_failure e = { .stage = "policy", .error = ERR_HEX };
        char long_detail[EVENT_DETAIL_MAX + 50];
        struct span content;

        (void)state;
        assert_int_equal(event_write_failure(&e, buf, sizeof(buf), &content), ERR_OK);
        assert_content(content, "{\"error\":\"HEX\",\"event\":\"failure\",\"stage\":\"policy\"}", EVENT_FAILURE);
        e.detail = span_of("line\n\xff", 6);
        assert_int_equal(event_write_failure(&e, buf, sizeof(buf), &content), ERR_OK);
        assert_content(content, "{\"detail\":{\"hex\":\"6c696e650aff\"},\"error\":\"HEX\",\"event\":\"failure\",\"stage\":\"policy\"}",
                       EVENT_FAILURE);
        memset(long_detail, 'x', sizeof(long_detail));
        e.detail = span_of(long_detail, sizeof(long_detail));
        assert_int_equal(event_write_failure(&e, buf, sizeof(buf), &content), ERR_OK);
        assert_memory_equal(content.data + strlen("{\"detail\":\"") + EVENT_DETAIL_MAX, "\",\"error\"", strlen("\",\"error\""));
}

static void info(void **state)
{
        struct event_value values[] = {
                { .key = "resets", .number = 3 },
                { .key = "vendor", .text = span_of_str("IBM") },
        };
        struct event_value unordered[] = { { .key = "b" }, { .key = "a" } };
        struct span content;

        (void)state;
        assert_int_equal(event_write_info("tpm", values, 2, buf, sizeof(buf), &content), ERR_OK);
        assert_content(content, "{\"event\":\"info\",\"topic\":\"tpm\",\"values\":{\"resets\":3,\"vendor\":\"IBM\"}}", EVENT_INFO);
        assert_int_equal(event_write_info("tpm", unordered, 2, buf, sizeof(buf), &content), ERR_JSON_ORDER);
}

static void names(void **state)
{
        enum event_type type = EVENT_TYPE_COUNT;

        (void)state;
        for (unsigned i = 0; i < EVENT_TYPE_COUNT; i++) {
                assert_int_equal(event_info(i)->type, i);
                assert_int_equal(event_by_name(span_of_str(event_info(i)->name), &type), ERR_OK);
                assert_int_equal(type, i);
                assert_int_equal(event_info(i)->extended, i != EVENT_INFO);
        }
        assert_int_equal(event_by_name(span_of_str("polic"), &type), ERR_EVENT_UNKNOWN);
        assert_int_equal(event_type_of(span_of_str("{\"event\":\"other\"}"), &type), ERR_EVENT_UNKNOWN);
        assert_int_equal(event_type_of(span_of_str("{\"event\":7}"), &type), ERR_EVENT_NAME);
        assert_int_equal(event_type_of(span_of_str("{\"a\":\"event\"}"), &type), ERR_EVENT_NAME);
        assert_int_equal(event_type_of(span_of_str("[]"), &type), ERR_EVENT_NAME);
        assert_int_equal(event_type_of(span_of_str("{\"event\": \"policy\"}"), &type), ERR_CANON_SYNTAX);
        assert_int_equal(type, EVENT_TYPE_COUNT - 1);
}

static void order(void **state)
{
        static const enum event_type whole[] = { EVENT_INFO,       EVENT_POLICY,  EVENT_STORAGE, EVENT_INFO,     EVENT_FAILURE,
                                                 EVENT_IMA_POLICY, EVENT_CONTENT, EVENT_CONTENT, EVENT_HANDOVER, EVENT_FAILURE };
        struct event_order o = { 0 };

        (void)state;
        for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
                assert_int_equal(event_order_add(&o, whole[i]), ERR_OK);
        assert_int_equal(o.counts[EVENT_CONTENT], 2);
        assert_int_equal(o.counts[EVENT_FAILURE], 2);
        assert_int_equal(event_order_add(&o, EVENT_CONTENT), ERR_EVENT_ORDER);
        assert_int_equal(event_order_add(&o, EVENT_HANDOVER), ERR_EVENT_REPEATED);
        assert_int_equal(o.counts[EVENT_CONTENT], 2);

        o = (struct event_order){ 0 };
        assert_int_equal(event_order_add(&o, EVENT_STORAGE), ERR_OK);
        assert_int_equal(event_order_add(&o, EVENT_POLICY), ERR_EVENT_ORDER);
        assert_int_equal(event_order_add(&o, EVENT_STORAGE), ERR_EVENT_REPEATED);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(policy),   cmocka_unit_test(ima_policy), cmocka_unit_test(content_of_a_partition),
                cmocka_unit_test(handover), cmocka_unit_test(failure),    cmocka_unit_test(info),
                cmocka_unit_test(names),    cmocka_unit_test(order),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
