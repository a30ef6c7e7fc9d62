/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TCTI (TSS 2.0 TPM Command Transmission Interface) over a file descriptor that blocks. tpm2-tss' own one for devices sends a TPM2_GetRandom
 * to learn what the device can do, and gives up when that takes a second; neither is needed to write a command and read its answer.
 */
#ifndef PORT_TCTI_H
#define PORT_TCTI_H

#include <stdbool.h>
#include <tss2/tss2_tcti.h>

#define TCTI_BYTES 4096 /* of the largest command or response */

struct tcti {
        TSS2_TCTI_CONTEXT_COMMON_V1 common; /* first, as the interface demands */
        int fd;
        bool is_tpm12; /* a response had the tag that only TPM 1.2 gives */
        size_t len;    /* of the response that waits to be received; 0: none */
        uint8_t response[TCTI_BYTES];
};

/* Take over fd. */
void tcti_on(struct tcti *t, int fd);
void tcti_close(struct tcti *t);

#endif
