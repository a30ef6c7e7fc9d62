/* SPDX-License-Identifier: Apache-2.0 */
/* The TPM port against a TPM that answers what a script says: each kind of return code, and answers that no TPM should give. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "port/machine.h"

#define ANSWER_MAX 128

/* An answer: as many bytes as given, then nothing more until the next command. No bytes: the connection is closed. */
struct answer {
        size_t len;
        uint8_t bytes[ANSWER_MAX];
};

/* tag, size, response code */
#define HEADER(tag, size, code) 0x80, (tag), 0, 0, 0, (size), 0, 0, (uint8_t)((code) >> 8), (uint8_t)(code)
#define CODE(code) { 10, { HEADER(0x01, 10, code) } }
/* a response with a session: parameter size 0, nonce, attributes, HMAC */
#define EXTENDED { 19, { HEADER(0x02, 19, 0), 0, 0, 0, 0, 0, 0, 1, 0, 0 } }

static char folder[] = "/tmp/cosima-tpm-XXXXXX";
static pid_t child;
static struct machine machine;

/* A child that answers on the socket, and ends with the connection. */
static void start(const struct answer *answers, unsigned count)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int server = socket(AF_UNIX, SOCK_STREAM, 0);

        strcpy(folder, "/tmp/cosima-tpm-XXXXXX");
        assert_non_null(mkdtemp(folder));
        (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", folder);
        assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof(address)), 0);
        assert_int_equal(listen(server, 1), 0);
        assert_int_equal(setenv("COSIMA_SWTPM", address.sun_path, 1), 0);
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
                int c = accept(server, NULL, NULL);
                uint8_t command[4096];

                for (unsigned i = 0; i < count && read(c, command, sizeof(command)) > 0 && answers[i].len > 0; i++)
                        if (write(c, answers[i].bytes, answers[i].len) < 0)
                                break;
                _exit(0);
        }
        close(server);
        (void)machine_ports(&machine);
        assert_int_equal(tpm_open(&machine), ERR_OK);
}

static void stop(void)
{
        char path[128];

        machine_close(&machine);
        assert_int_equal(waitpid(child, NULL, 0), child);
        (void)snprintf(path, sizeof(path), "%s/socket", folder);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(rmdir(folder), 0);
}

static enum err extend_with(const struct answer *answers, unsigned count)
{
        struct digest_set digests = { 1, { { .alg = ALG_SHA256 } } };
        enum err e;

        start(answers, count);
        e = tpm_extend(&machine, 15, &digests);
        stop();
        return e;
}

static void translates_return_codes(void **state)
{
        static const struct {
                struct answer answer;
                enum err expected;
        } cases[] = {
                { EXTENDED, ERR_OK },
                { CODE(0x101), ERR_TPM_FAILED },  /* TPM_RC_FAILURE */
                { CODE(0x921), ERR_TPM_REFUSED }, /* TPM_RC_LOCKOUT */
                { CODE(0x184), ERR_TPM_REFUSED }, /* TPM_RC_VALUE, parameter 1 */
                { { 10, { 0x00, 0xc4, 0, 0, 0, 10, 0, 0, 0, 30 } }, ERR_TPM_12 },
                { { 10, { HEADER(0x77, 10, 0) } }, ERR_TPM_RESPONSE }, /* tag */
                { { 10, { HEADER(0x02, 9, 0) } }, ERR_TPM_RESPONSE },  /* size below the header's */
                { { 12, { HEADER(0x02, 10, 0) } }, ERR_TPM_RESPONSE }, /* more than the size says */
                { { 10, { 0x80, 0x02, 0x7f, 0, 0, 0, 0, 0, 0, 0 } }, ERR_TPM_RESPONSE },
                { { 0, { 0 } }, ERR_TPM_IO },
                { { 5, { 0x80, 0x02 } }, ERR_TPM_IO }, /* ends inside the header */
        };

        (void)state;
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                assert_int_equal(extend_with(&cases[i].answer, 1), cases[i].expected);
}

static void retries_when_asked_for(void **state)
{
        static const struct answer busy[] = { CODE(0x922), CODE(0x908), CODE(0x90a), EXTENDED };
        static const struct answer lost[] = { CODE(0x100), CODE(0), EXTENDED };
        static const struct answer dead[] = { CODE(0x100), CODE(0x101), CODE(0x101) };
        struct answer never[13];

        (void)state;
        assert_int_equal(extend_with(busy, 4), ERR_OK);
        assert_int_equal(extend_with(lost, 3), ERR_OK); /* TPM2_Startup in between */
        assert_int_equal(extend_with(dead, 3), ERR_TPM_REFUSED);
        for (unsigned i = 0; i < 13; i++)
                never[i] = (struct answer)CODE(0x90a);
        assert_int_equal(extend_with(never, 13), ERR_TPM_BUSY);
}

static enum err banks_with(const struct answer *answer, unsigned pcr, struct ports_banks *ret_banks)
{
        enum err e;

        start(answer, 1);
        e = tpm_banks(&machine, pcr, ret_banks);
        stop();
        return e;
}

/* more, capability, count, then hash, size and bits of each bank. */
static void tells_the_banks(void **state)
{
        static const struct answer good = { 37, { HEADER(0x01, 37, 0), 0, 0, 0, 0, 5, 0, 0, 0, 3, 0x00, 0x0c, 3, 0, 0x80, 0, 0x00, 0x0b, 3,
                                                  0xff, 0xff, 0xff, 0x00, 0x12, 3, 0, 0x80, 0 } };
        struct ports_banks banks = { .count = 99 };
        struct answer broken = good;

        (void)state;
        assert_int_equal(banks_with(&good, 15, &banks), ERR_OK);
        assert_int_equal(banks.count, 2);
        assert_int_equal(banks.algs[0], ALG_SHA256);
        assert_int_equal(banks.algs[1], ALG_SHA384);
        assert_int_equal(banks.unknown, 1); /* SM3 */
        assert_int_equal(banks_with(&good, 8, &banks), ERR_OK);
        assert_int_equal(banks.count, 1);
        assert_int_equal(banks.unknown, 0);
        banks.count = 99;
        broken.bytes[23] = 0x40; /* PCR 14 in SHA-384 */
        broken.bytes[29] = 0;
        broken.bytes[35] = 0;
        assert_int_equal(banks_with(&broken, 15, &banks), ERR_TPM_NO_BANK);
        broken = good;
        broken.bytes[18] = 17; /* more banks than there can be */
        assert_int_equal(banks_with(&broken, 15, &banks), ERR_TPM_RESPONSE);
        broken.bytes[18] = 4; /* one more than there is */
        assert_int_equal(banks_with(&broken, 15, &banks), ERR_TPM_RESPONSE);
        broken = good;
        broken.bytes[14] = 6; /* another capability */
        assert_int_equal(banks_with(&broken, 15, &banks), ERR_TPM_RESPONSE);
        assert_int_equal(banks.count, 99);
}

static void is_absent_without_a_socket(void **state)
{
        (void)state;
        assert_int_equal(unsetenv("COSIMA_SWTPM"), 0);
        (void)machine_ports(&machine);
        assert_int_equal(tpm_open(&machine), ERR_TPM_ABSENT);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(translates_return_codes), cmocka_unit_test(retries_when_asked_for), cmocka_unit_test(tells_the_banks),
                cmocka_unit_test(is_absent_without_a_socket),
        };

        (void)signal(SIGPIPE, SIG_IGN);
        return cmocka_run_group_tests_name("tpm", tests, NULL, NULL);
}
