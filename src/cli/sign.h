/* SPDX-License-Identifier: Apache-2.0 */
/* Signing bytes in the format of trust/sig.h: with a private key from a file, or with a signature that an HSM made. */
#ifndef CLI_SIGN_H
#define CLI_SIGN_H

#include "cli/cli.h"
#include "trust/sig.h"

/* Who signs, and how. */
struct sign_request {
        const char *key_path;  /* PEM or DER, without a password; NULL: raw_path */
        const char *raw_path;  /* a signature made elsewhere over the data's hash: RSA PKCS#1 v1.5, or ECDSA in DER */
        const char *cert_path; /* or NULL with a key: the key id is then that of the public key */
        enum alg alg;
};

/*
 * Sign data. buf has SIG_BYTES_MAX bytes; ret_file, the whole signature file, points into it; ret_sig is what it says. With a certificate the
 * result is verified with it. Says what is wrong and returns CLI_FAILED, or CLI_USAGE for a file that is no key or no certificate.
 */
enum cli_exit sign_bytes(const struct cli *cli, const struct sign_request *request, struct span data, uint8_t *buf, struct span *ret_file,
                         struct sig *ret_sig);

#define SIGN_DER_BYTES_MAX 256

/* An ECDSA signature over the SHA-256 of data, and the key that verifies it. */
struct sign_ecdsa {
        uint8_t signature[SIGN_DER_BYTES_MAX], spki[SIGN_DER_BYTES_MAX]; /* DER */
        size_t signature_len, spki_len;
};

/* Sign with an EC key on P-256 from a file. Says what is wrong: CLI_FAILED, CLI_USAGE for a file that is no such key. */
enum cli_exit sign_ecdsa(const struct cli *cli, const char *key_path, struct span data, struct sign_ecdsa *ret);

#endif
