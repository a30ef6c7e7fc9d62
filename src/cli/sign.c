/* SPDX-License-Identifier: Apache-2.0 */
/* Signing by mbedtls, with random numbers from the kernel. */
#include "cli/sign.h"

#include <sys/random.h>

#include <mbedtls/error.h>
#include <mbedtls/pk.h>

#include "cli/file.h"

#define KEY_BYTES_MAX (64u * 1024)

/* The kernel's random numbers, as mbedtls asks for them. Never fewer than asked: a weak nonce gives an ECDSA key away. */
static int random_bytes(void *context, unsigned char *bytes, size_t len)
{
        (void)context;
        while (len != 0) {
                ssize_t n = getrandom(bytes, len, 0);

                if (n <= 0)
                        return MBEDTLS_ERR_ERROR_GENERIC_ERROR;
                bytes += n;
                len -= (size_t)n;
        }
        return 0;
}

/* PEM is recognised by its dashes, and mbedtls then wants its closing NUL counted, which file_read() puts there. */
static enum cli_exit read_key(const struct cli *cli, const char *path, mbedtls_pk_context *pk)
{
        struct span file;
        enum cli_exit status = file_read(cli, path, KEY_BYTES_MAX, &file);
        const char *text;
        size_t bits;

        if (status != CLI_OK)
                return status;
        text = (const char *)file.data;
        if (strstr(text, "ENCRYPTED"))
                return cli_fail(cli, CLI_FAILED, "%s: the key has a password; cosima asks for none, so decrypt it to a file in memory: "
                                                 "openssl pkey -in %s -out /dev/shm/key.pem", path, path);
        if (mbedtls_pk_parse_key(pk, file.data, file.len + (strstr(text, "-----BEGIN") != NULL), NULL, 0, random_bytes, NULL) != 0)
                return cli_fail(cli, CLI_USAGE, "%s: not a private key that can be used: RSA, or ECDSA on P-256 or P-384, in PEM or DER", path);
        bits = mbedtls_pk_get_bitlen(pk);
        if (mbedtls_pk_can_do(pk, MBEDTLS_PK_RSA) ? bits < 2048 || bits > 4096 : !mbedtls_pk_can_do(pk, MBEDTLS_PK_ECDSA))
                return cli_fail(cli, CLI_FAILED, "%s: %s", path, err_text(mbedtls_pk_can_do(pk, MBEDTLS_PK_RSA) ? ERR_SIG_KEY_BITS
                                                                                                             : ERR_SIG_KEY_TYPE));
        return CLI_OK;
}

/* The key id of the certificate, which is the signer's key identifier for a kernel. */
static enum cli_exit read_cert_id(const struct cli *cli, struct span cert_file, const char *cert_path, uint32_t *ret_key_id)
{
        struct sig_cert cert;
        enum err e = sig_read_cert(cert_file, &cert);

        if (e != ERR_OK)
                return cli_fail(cli, CLI_USAGE, "%s: %s", cert_path, err_text(e));
        *ret_key_id = cert.key_id;
        return CLI_OK;
}

static enum cli_exit compute_id(const struct cli *cli, const mbedtls_pk_context *pk, uint32_t *ret_key_id)
{
        unsigned char bits[1024], *start = bits + sizeof(bits);
        int len = mbedtls_pk_write_pubkey(&start, bits, pk);

        if (len <= 0)
                return cli_fail(cli, CLI_FAILED, "the public key cannot be written (mbedtls -0x%04x)", (unsigned)-len);
        *ret_key_id = sig_key_id(span_of(start, (size_t)len));
        return CLI_OK;
}

/* ret_signature has MBEDTLS_PK_SIGNATURE_MAX_SIZE bytes. */
static enum cli_exit sign_with_key(const struct cli *cli, mbedtls_pk_context *pk, enum alg alg, struct span data, unsigned char *ret_signature,
                                   size_t *ret_len)
{
        static const mbedtls_md_type_t md[ALG_COUNT] = {
                [ALG_SHA256] = MBEDTLS_MD_SHA256, [ALG_SHA384] = MBEDTLS_MD_SHA384, [ALG_SHA512] = MBEDTLS_MD_SHA512
        };
        struct digest digest;
        struct span hash;
        int code;

        digest_of(alg, data, &digest);
        hash = digest_span(&digest);
        code = mbedtls_pk_sign(pk, md[alg], hash.data, hash.len, ret_signature, MBEDTLS_PK_SIGNATURE_MAX_SIZE, ret_len, random_bytes, NULL);
        return code == 0 ? CLI_OK : cli_fail(cli, CLI_FAILED, "the key does not sign (mbedtls -0x%04x)", (unsigned)-code);
}

/* Fill in the signature, and without a certificate the key id. */
static enum cli_exit use_key(const struct cli *cli, const struct sign_request *request, struct span data, struct sig *sig,
                             unsigned char *signature)
{
        mbedtls_pk_context pk;
        enum cli_exit status;

        mbedtls_pk_init(&pk);
        status = read_key(cli, request->key_path, &pk);
        if (status == CLI_OK && !request->cert_path)
                status = compute_id(cli, &pk, &sig->key_id);
        if (status == CLI_OK)
                status = sign_with_key(cli, &pk, request->alg, data, signature, &sig->signature.len);
        mbedtls_pk_free(&pk);
        sig->signature.data = signature;
        return status;
}

/* What was written is judged as cosima-boot will judge it, so that a signature by the wrong key is found here and not at boot. */
static enum cli_exit judge(const struct cli *cli, const struct sign_request *request, struct span file, struct span data, struct span cert)
{
        struct sig_signer signer;
        enum err e = sig_verify(file, data, &cert, 1, &signer);

        if (e == ERR_OK)
                return CLI_OK;
        if (request->key_path)
                return cli_fail(cli, CLI_FAILED, "%s: not the certificate of %s", request->cert_path, request->key_path);
        return cli_fail(cli, CLI_FAILED, "%s: %s", request->raw_path, err_text(e));
}

enum cli_exit sign_bytes(const struct cli *cli, const struct sign_request *request, struct span data, uint8_t *buf, struct span *ret_file,
                         struct sig *ret_sig)
{
        unsigned char signature[MBEDTLS_PK_SIGNATURE_MAX_SIZE];
        struct sig sig = { .alg = request->alg };
        struct span cert = { 0 }, file;
        enum cli_exit status = CLI_OK;
        enum err e;

        if (request->cert_path)
                status = file_read(cli, request->cert_path, SIG_CERT_BYTES_MAX, &cert);
        if (status == CLI_OK && request->cert_path)
                status = read_cert_id(cli, cert, request->cert_path, &sig.key_id);
        if (status == CLI_OK)
                status = request->key_path ? use_key(cli, request, data, &sig, signature)
                                           : file_read(cli, request->raw_path, SIG_BYTES_MAX, &sig.signature);
        if (status != CLI_OK)
                return status;
        e = sig_write(&sig, buf, &file);
        if (e != ERR_OK)
                return cli_fail(cli, CLI_FAILED, "%s", err_text(e));
        if (request->cert_path)
                status = judge(cli, request, file, data, cert);
        if (status != CLI_OK)
                return status;
        sig.signature = span_sub(file, SIG_HEADER_BYTES, file.len - SIG_HEADER_BYTES);
        *ret_file = file;
        *ret_sig = sig;
        return CLI_OK;
}

/* What mbedtls wrote to the end of a buffer. */
static size_t take_end(const unsigned char *buf, size_t cap, int len, uint8_t *ret_bytes)
{
        if (len <= 0)
                return 0;
        memcpy(ret_bytes, buf + cap - len, (size_t)len);
        return (size_t)len;
}

enum cli_exit sign_ecdsa(const struct cli *cli, const char *key_path, struct span data, struct sign_ecdsa *ret)
{
        unsigned char signature[MBEDTLS_PK_SIGNATURE_MAX_SIZE], spki[SIGN_DER_BYTES_MAX];
        mbedtls_pk_context pk;
        enum cli_exit status;
        size_t len = 0;

        mbedtls_pk_init(&pk);
        status = read_key(cli, key_path, &pk);
        if (status == CLI_OK && (!mbedtls_pk_can_do(&pk, MBEDTLS_PK_ECDSA) || mbedtls_pk_get_bitlen(&pk) != 256))
                status = cli_fail(cli, CLI_USAGE, "%s: not an EC key on P-256", key_path);
        if (status == CLI_OK)
                status = sign_with_key(cli, &pk, ALG_SHA256, data, signature, &len);
        if (status == CLI_OK) {
                ret->spki_len = take_end(spki, sizeof(spki), mbedtls_pk_write_pubkey_der(&pk, spki, sizeof(spki)), ret->spki);
                memcpy(ret->signature, signature, len);
                ret->signature_len = len;
        }
        mbedtls_pk_free(&pk);
        return status;
}
