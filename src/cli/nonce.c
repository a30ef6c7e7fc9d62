/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a nonce given as hex. */
#include "cli/nonce.h"

#include "base/hex.h"

enum cli_exit nonce_parse(const struct cli *cli, const char *hex, struct span *ret_nonce)
{
        size_t len = strlen(hex) / 2;
        uint8_t *bytes = cli_alloc(len);

        if (hex_decode(span_of_str(hex), len, bytes) != ERR_OK)
                return cli_fail(cli, CLI_USAGE, "--nonce: not a hexadecimal string");
        if (len < NONCE_BYTES_MIN || len > NONCE_BYTES_MAX)
                return cli_fail(cli, CLI_USAGE, "--nonce: %zu bytes, but it takes %d to %d", len, NONCE_BYTES_MIN, NONCE_BYTES_MAX);
        *ret_nonce = span_of(bytes, len);
        return CLI_OK;
}
