/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 into new memory. */
#ifndef CLI_BASE64_H
#define CLI_BASE64_H

#include "base/span.h"

/* RFC 4648 section 4, without line ends; NUL-terminated behind its end and never freed. */
struct span base64_encode(struct span bytes);
/* The same as PEM (RFC 7468) with this label. */
struct span base64_pem(struct span der, const char *label);

#endif
