/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a certificate. */
#include <stdlib.h>

#include "trust/sig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct sig_cert cert = { 0 };

        if (sig_read_cert(span_of(data, size), &cert) == ERR_OK && (!cert.key_type || cert.key_bits < 256 || cert.key_bits > 4096))
                abort();
        return 0;
}
