/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 by mbedtls. */
#include "cli/base64.h"

#include <stdio.h>
#include <stdlib.h>

#include <mbedtls/base64.h>

#include "cli/cli.h"

#define PEM_COLUMNS 64

struct span base64_encode(struct span bytes)
{
        size_t cap = (bytes.len + 2) / 3 * 4 + 1, len;
        unsigned char *text = cli_alloc(cap);

        /* It fails for want of room only. */
        if (mbedtls_base64_encode(text, cap, &len, bytes.data, bytes.len) != 0)
                abort();
        return span_of(text, len);
}

struct span base64_pem(struct span der, const char *label)
{
        struct span text = base64_encode(der);
        size_t cap = text.len + text.len / PEM_COLUMNS + 2 * strlen(label) + 64;
        char *pem = cli_alloc(cap), *at = pem;

        at += snprintf(at, cap, "-----BEGIN %s-----\n", label);
        for (size_t done = 0; done < text.len; done += PEM_COLUMNS)
                at += snprintf(at, cap - (size_t)(at - pem), "%.*s\n", PEM_COLUMNS, (const char *)text.data + done);
        at += snprintf(at, cap - (size_t)(at - pem), "-----END %s-----\n", label);
        return span_of(pem, (size_t)(at - pem));
}
