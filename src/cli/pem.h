/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys as PEM (RFC 7468). */
#ifndef CLI_PEM_H
#define CLI_PEM_H

#include "port/ports.h"

/* "PUBLIC KEY" of an attestation key, in new memory. */
struct span pem_of_key(const struct ports_key *key);

#endif
