/* SPDX-License-Identifier: Apache-2.0 */
/* A signed file with its signature and the certificates that may verify it, as several commands are given them. */
#ifndef CLI_SIGNED_H
#define CLI_SIGNED_H

#include "cli/cli.h"
#include "trust/sig.h"

/* The two options, for the tables of the commands. */
#define SIGNED_OPTION_SIG { "sig", "FILE", "the signature; default: POLICY.sig", 0 }
#define SIGNED_OPTION_CERT                                                                                                             \
        { "cert", "CERT", "a certificate that is trusted, DER or PEM; the key id chooses among several", CLI_REQUIRED | CLI_REPEAT }

/* All in memory that stays. */
struct signed_file {
        const char *path, *sig_path, *cert_paths[SIG_CERTS_MAX];
        struct span text, sig, certs[SIG_CERTS_MAX];
        unsigned cert_count;
};

/* Read the file at path and what --sig and --cert name. Says what is wrong. ret_file is to be zeroed by the caller. */
enum cli_exit signed_read(const struct cli *cli, const char *path, struct signed_file *ret_file);

/* Verify it; the errors of sig_verify(). */
MUST_CHECK enum err signed_verify(const struct signed_file *file, struct sig_signer *ret_signer);

/* The file that is to blame when that failed: a certificate when one cannot be read, else the signature. */
const char *signed_blame(const struct signed_file *file);

#endif
