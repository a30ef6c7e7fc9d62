/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware's log is nobody's word beyond the quoted values: a made-up one does not explain what IMA found when it started. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "log/tcg.h"
#include "trial.h"

#define MEASURED "firmware, boot loader, kernel and initrd"
#define LOG_BYTES 65536

/* As the firmware would have measured it into PCR 0 to 8. */
static struct span write_firmware(uint8_t *log)
{
        static const enum alg bank[] = { ALG_SHA256 };
        struct digest_set set = { .count = 1 };
        struct tcg_log l;
        size_t len, more;

        assert_int_equal(tcg_write_header(bank, 1, log, LOG_BYTES, &len), ERR_OK);
        assert_int_equal(tcg_open(span_of(log, len), &l), ERR_OK);
        digest_of(ALG_SHA256, span_of_str(MEASURED), &set.digests[0]);
        for (unsigned pcr = 0; pcr < 9; pcr++) {
                assert_int_equal(tcg_write_tagged(&l, pcr, 1, &set, span_of_str("x"), log + len, LOG_BYTES - len, &more), ERR_OK);
                len += more;
        }
        return span_of(log, len);
}

/* Nobody measured into PCR 9 before the kernel started; who is root later extends the value that was enrolled. */
static void extend_late(struct story *s)
{
        trial_begin(s);
        for (unsigned alg = 0; alg < ALG_COUNT; alg++)
                memset(s->pcrs[alg].values[9].bytes, 0, sizeof(s->pcrs[alg].values[9].bytes));
        story_boot(s);
        story_extend(s, 9, MEASURED);
        story_run(s);
        story_quote(s);
}

static void a_made_up_firmware_log_explains_nothing(void **state)
{
        struct story *s = calloc(1, sizeof(*s));
        uint8_t *log = calloc(1, LOG_BYTES);

        (void)state;
        for (unsigned made_up = 0; made_up < 2; made_up++) {
                const struct judge *j;

                extend_late(s);
                if (made_up)
                        s->evidence.members[EVIDENCE_FIRMWARE] = write_firmware(log);
                assert_int_equal(trial_judge(s, &j), JUDGE_UNTRUSTED);
                assert_int_equal(j->reasons.counts[REASON_BOOT_AGGREGATE], 1);
        }
        free(log);
        free(s);
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(a_made_up_firmware_log_explains_nothing) };

        return cmocka_run_group_tests_name("judge of the boot aggregate", tests, trial_set_up, trial_tear_down);
}
