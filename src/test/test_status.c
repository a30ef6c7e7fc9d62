/* SPDX-License-Identifier: Apache-2.0 */
/* The state of a boot, from the logs of a real one and from events with one thing missing or wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/status.h"
#include "test/seeds.h"
#include "verify/baseline.h"
#include "verify/evidence.h"

#define BOOT "src/fuzz/corpus/evidence/boot.tar"
#define POLICY "{\"event\":\"policy\",\"format\":1,\"ima\":\"active\",\"name\":\"p\",\"pcr\":15,\"sha256\":\"00\",\"signer\":\"ab\",\"version\":3}"
#define STORAGE "{\"event\":\"storage\",\"partitions\":[{\"candidates\":[{\"signatures\":[{\"type\":\"crypto_LUKS\"}]}],\"count\":1,\"name\":\"A\",\"state\":\"present\"}," \
                "{\"candidates\":[],\"count\":0,\"name\":\"B\",\"state\":\"absent\"}]}"
#define RULES "{\"event\":\"ima-policy\",\"loaded\":\"text\",\"result\":\"OK\",\"sha256\":\"00\"}"
#define CONTENT "{\"bytes\":12,\"event\":\"content\",\"files\":3,\"partition\":\"A\",\"sha256\":\"00\"}"
#define HANDOVER "{\"event\":\"handover\",\"partitions\":[{\"matches\":true,\"name\":\"A\"},{\"matches\":false,\"name\":\"B\",\"why\":\"BOOT_NOT_MOUNTED\"}]}"
#define FAILURE "{\"detail\":\"A\",\"error\":\"BOOT_UUID\",\"event\":\"failure\",\"stage\":\"handover\"}"

/* ---- a log in memory ------------------------------------------------------------------------------------------------- */

struct story {
        char log[65536];
        size_t len;
        struct digest pcr;
};

static void tell(struct story *s, const char *content)
{
        static const enum alg algs[] = { ALG_SHA256 };
        struct digest_set set;
        struct span record;
        static uint64_t recnum;

        if (s->len == 0) {
                recnum = 0;
                s->pcr = (struct digest){ .alg = ALG_SHA256 };
        }
        digest_set_of(algs, 1, span_of_str(content), &set);
        digest_extend(&s->pcr, digest_span(&set.digests[0]));
        assert_int_equal(cel_write(recnum++, 15, &set, span_of_str(content), s->log + s->len, sizeof(s->log) - s->len, &record), ERR_OK);
        s->len += record.len;
}

static struct status status_of(const struct story *s)
{
        struct status_input in = { .events = span_of(s->log, s->len), .values = { 1, { s->pcr } }, .rules = span_of_str("a\nb\n") };
        struct status status;

        status_collect(&in, &status);
        return status;
}

static bool advises(const struct status *s, const char *word)
{
        const char *advice;

        for (unsigned i = 0; (advice = status_advice(s, i)) != NULL; i++)
                if (strstr(advice, word))
                        return true;
        return false;
}

/* ---- tests ----------------------------------------------------------------------------------------------------------- */

static bool next_in_memory(void *arg, struct ima_entry *ret_entry, enum err *ret_error)
{
        struct ima_reader *r = arg;

        if (ima_done(r))
                return false;
        *ret_error = ima_next(r, ret_entry);
        return *ret_error == ERR_OK;
}

static void the_logs_of_a_real_boot(void **state)
{
        struct quote_bank banks[ALG_COUNT] = { 0 };
        struct evidence_error error;
        struct evidence evidence;
        struct status status;
        size_t len;
        uint8_t *tar = seeds_load(BOOT, 1 << 24, &len);
        struct ima_reader ima;
        struct status_input in = { .rules = span_of_str("x\n"), .next_ima = next_in_memory, .ima = &ima };

        (void)state;
        assert_int_equal(evidence_read(span_of(tar, len), &evidence, &error), ERR_OK);
        assert_int_equal(baseline_read_banks(evidence.members[EVIDENCE_PCRS], banks), ERR_OK);
        in.events = evidence.members[EVIDENCE_EVENTS];
        ima = ima_reader_on(evidence.members[EVIDENCE_IMA], ALG_SHA1);
        in.values = (struct digest_set){ 1, { banks[ALG_SHA256].values[15] } };
        in.ima_values = (struct digest_set){ 1, { banks[ALG_SHA256].values[10] } };
        status_collect(&in, &status);
        assert_true(status_is_good(&status));
        assert_int_equal(status.pcr, 15);
        assert_int_equal(status.events_pcr, STATUS_PCR_AGREES);
        assert_int_equal(status.ima_pcr, STATUS_PCR_AGREES);
        assert_true(status.receipt);
        assert_int_equal(status.partition_count, 2);
        assert_true(status.partitions[0].matches && status.partitions[0].walked && !status.partitions[0].luks);

        in.ima_values.digests[0].bytes[0] ^= 1;
        ima = ima_reader_on(evidence.members[EVIDENCE_IMA], ALG_SHA1);
        status_collect(&in, &status);
        assert_int_equal(status.ima_pcr, STATUS_PCR_DIFFERS);
        assert_true(advises(&status, "PCR 10"));
        in.ima_values.count = 0;
        ima = ima_reader_on(span_of(evidence.members[EVIDENCE_IMA].data, evidence.members[EVIDENCE_IMA].len - 1), ALG_SHA1);
        status_collect(&in, &status);
        assert_int_equal(status.ima_error, ERR_IMA_ENDS);
        assert_false(status_is_good(&status));
        free(tar);
}

static void a_whole_boot(void **state)
{
        struct story s = { .len = 0 };
        struct status status;

        (void)state;
        tell(&s, POLICY);
        tell(&s, STORAGE);
        tell(&s, RULES);
        tell(&s, CONTENT);
        tell(&s, HANDOVER);
        status = status_of(&s);
        assert_true(status_is_good(&status)); /* an absent partition that nothing required */
        assert_int_equal(status.version, 3);
        assert_int_equal(status.rule_count, 2);
        assert_true(status.partitions[0].luks);
        assert_int_equal(status.partitions[0].entries, 3);
        assert_int_equal(status.partitions[0].bytes, 12);
        assert_true(span_equal_str(status.partitions[1].why, "BOOT_NOT_MOUNTED"));
        s.pcr.bytes[3] ^= 1;
        status = status_of(&s);
        assert_int_equal(status.events_pcr, STATUS_PCR_DIFFERS);
        assert_true(advises(&status, "somebody else"));
}

static void what_is_missing(void **state)
{
        struct story s = { .len = 0 };
        struct status status;

        (void)state;
        status = status_of(&s);
        assert_false(status_is_good(&status));
        assert_true(advises(&status, "Nothing was measured"));
        tell(&s, POLICY);
        tell(&s, STORAGE);
        status = status_of(&s);
        assert_true(advises(&status, "rules were not loaded"));
        assert_true(advises(&status, "hand-over is missing"));
        tell(&s, "{\"event\":\"ima-policy\",\"loaded\":\"none\",\"result\":\"IMA_ABSENT\",\"sha256\":\"00\"}");
        status = status_of(&s);
        assert_true(advises(&status, "rules were not loaded"));
        assert_false(status_is_good(&status));
}

static void an_ima_without_a_tpm(void **state)
{
        struct story s = { .len = 0 };
        struct status status;

        (void)state;
        tell(&s, "{\"event\":\"policy\",\"format\":1,\"ima\":\"tpm-bypass\",\"name\":\"p\",\"pcr\":15,\"sha256\":\"00\",\"signer\":\"ab\",\"version\":3}");
        tell(&s, STORAGE);
        tell(&s, RULES);
        tell(&s, HANDOVER);
        status = status_of(&s);
        assert_false(status_is_good(&status));
        assert_true(advises(&status, "found no TPM"));
}

static void what_failed(void **state)
{
        struct story s = { .len = 0 };
        struct status status;

        (void)state;
        tell(&s, POLICY);
        tell(&s, STORAGE);
        tell(&s, RULES);
        tell(&s, "{\"event\":\"handover\",\"partitions\":[{\"matches\":false,\"name\":\"A\",\"why\":\"BOOT_UUID\"}]}");
        status = status_of(&s);
        assert_true(advises(&status, "not what was measured"));
        for (unsigned i = 0; i <= STATUS_FAILURES_MAX; i++)
                tell(&s, FAILURE);
        status = status_of(&s);
        assert_int_equal(status.failure_count, STATUS_FAILURES_MAX + 1);
        assert_true(span_equal_str(status.failures[STATUS_FAILURES_MAX - 1].detail, "A"));
        assert_true(advises(&status, "A failure was measured"));
        s.len -= 5; /* torn: written, not extended */
        assert_int_equal(status_of(&s).log_error, ERR_CEL_TORN);
        s.log[1] = 'x';
        status = status_of(&s);
        assert_false(status.measured);
        assert_true(advises(&status, "event log is damaged"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_logs_of_a_real_boot),
                cmocka_unit_test(a_whole_boot),
                cmocka_unit_test(what_is_missing),
                cmocka_unit_test(an_ima_without_a_tpm),
                cmocka_unit_test(what_failed),
        };

        return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
