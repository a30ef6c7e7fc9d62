/* SPDX-License-Identifier: Apache-2.0 */
/* One command out by one write, one response in by as many reads as it takes. */
#include "port/tcti.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define HEADER_BYTES 10        /* tag, size, response code: TPM 2.0 part 1 section 18 */
#define TAG_TPM12 0x00c4       /* TPM_TAG_RSP_COMMAND of TPM 1.2 */

static uint32_t get_u32be(const uint8_t *b)
{
        return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* Read until the size in the header is reached; a device gives all of it at once, a socket need not. */
static TSS2_RC read_response(struct tcti *t)
{
        size_t got = 0, want = HEADER_BYTES;

        while (got < want) {
                ssize_t n = read(t->fd, t->response + got, sizeof(t->response) - got);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return TSS2_TCTI_RC_IO_ERROR;
                got += (size_t)n;
                if (got >= HEADER_BYTES)
                        want = get_u32be(t->response + 2);
                if (want < HEADER_BYTES || want > sizeof(t->response))
                        return TSS2_TCTI_RC_MALFORMED_RESPONSE;
        }
        if (got != want)
                return TSS2_TCTI_RC_MALFORMED_RESPONSE;
        t->is_tpm12 = t->response[0] == TAG_TPM12 >> 8 && t->response[1] == (TAG_TPM12 & 0xff);
        t->len = got;
        return TSS2_RC_SUCCESS;
}

static TSS2_RC transmit(TSS2_TCTI_CONTEXT *context, size_t size, const uint8_t *command)
{
        struct tcti *t = (struct tcti *)context;
        ssize_t n;

        if (t->len != 0)
                return TSS2_TCTI_RC_BAD_SEQUENCE;
        do {
                n = write(t->fd, command, size);
        } while (n < 0 && errno == EINTR);
        return n == (ssize_t)size ? read_response(t) : TSS2_TCTI_RC_IO_ERROR;
}

/* Called twice for each command: without a buffer it tells the size. */
static TSS2_RC receive(TSS2_TCTI_CONTEXT *context, size_t *size, uint8_t *response, int32_t timeout)
{
        struct tcti *t = (struct tcti *)context;

        (void)timeout; /* transmit has waited already */
        if (t->len == 0)
                return TSS2_TCTI_RC_BAD_SEQUENCE;
        if (response) {
                if (*size < t->len)
                        return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
                memcpy(response, t->response, t->len);
        }
        *size = t->len;
        if (response)
                t->len = 0;
        return TSS2_RC_SUCCESS;
}

void tcti_on(struct tcti *t, int fd)
{
        memset(&t->common, 0, sizeof(t->common));
        t->common.magic = 0x636f73696d613031ull;
        t->common.version = 1;
        t->common.transmit = transmit;
        t->common.receive = receive;
        t->fd = fd;
        t->is_tpm12 = false;
        t->len = 0;
}

void tcti_close(struct tcti *t)
{
        if (t->fd >= 0)
                close(t->fd);
        t->fd = -1;
}
