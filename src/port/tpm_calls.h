/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that send TPM commands share: one call with its retries, and the translation of return codes. */
#ifndef PORT_TPM_CALLS_H
#define PORT_TPM_CALLS_H

#include "port/machine.h"

struct tpm_attempts {
        unsigned count;
        bool started;
};

/* Whether the TPM asked for the same command again; waits as long as is polite before it says so. */
bool tpm_must_retry(struct machine *m, TSS2_RC rc, struct tpm_attempts *a);

/* A call is made again as long as the TPM asks for it, within bounds; it marshals its command anew each time. */
#define TPM_CALL(rc, m, call)                                                                                          \
        do {                                                                                                           \
                struct tpm_attempts attempts_ = { 0 };                                                                 \
                do {                                                                                                   \
                        (rc) = (call);                                                                                 \
                } while (tpm_must_retry((m), (rc), &attempts_));                                                       \
        } while (0)

/* ERR_OK, or our code for theirs. */
MUST_CHECK enum err tpm_error(const struct machine *m, TSS2_RC rc);

TSS2_SYS_CONTEXT *tpm_sys(struct machine *m);
/* One empty password. */
extern const TSS2L_SYS_AUTH_COMMAND tpm_empty_auth;

#endif
