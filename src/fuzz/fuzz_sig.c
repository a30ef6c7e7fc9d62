/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a signature file, verified by a real key: none may verify, since nothing here is what was signed. */
#include <stdio.h>
#include <stdlib.h>

#include "trust/sig.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t certs[2][SIG_CERT_BYTES_MAX];
static struct span cert_spans[2];
static uint32_t key_ids[2];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
        static const char *const paths[] = { "build/corpus/cert/p256.der", "build/corpus/cert/rsa2048.der" };

        (void)argc;
        (void)argv;
        for (unsigned i = 0; i < 2; i++) {
                FILE *file = fopen(paths[i], "rb");
                struct sig_cert cert;

                if (!file) {
                        perror(paths[i]);
                        exit(1);
                }
                cert_spans[i] = span_of(certs[i], fread(certs[i], 1, sizeof(certs[i]), file));
                (void)fclose(file);
                if (sig_read_cert(cert_spans[i], &cert) != ERR_OK)
                        abort();
                key_ids[i] = cert.key_id;
        }
        return 0;
}

/*
 * The signature comes under the key id of a certificate, so that the key is really asked: RSA's, or for one key id in sixteen that of ECDSA,
 * which takes a tenth of a second under the sanitizers.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        uint8_t buf[SIG_BYTES_MAX];
        struct sig_signer signer;
        struct span file;
        struct sig sig;

        if (sig_parse(span_of(data, size), &sig) != ERR_OK)
                return 0;
        sig.key_id = key_ids[sig.key_id % 16 != 0];
        if (sig_write(&sig, buf, &file) != ERR_OK)
                abort();
        if (sig_verify(file, span_of("never signed", 12), cert_spans, 2, &signer) == ERR_OK)
                abort();
        return 0;
}
