/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures of IMA's version 2, verified by mbedtls with keys from X.509 certificates. */
#include "trust/sig.h"

#include <mbedtls/asn1.h>
#include <mbedtls/pem.h>
#include <mbedtls/rsa.h>
#include <mbedtls/x509_crt.h>

#include "base/reader.h"

#define TYPE_DIGSIG 3 /* EVM_IMA_XATTR_DIGSIG */
#define VERSION_2 2
#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 4096
#define KEY_ID_BYTES 4

#define PEM_BEGIN "-----BEGIN CERTIFICATE-----"
#define PEM_END "-----END CERTIFICATE-----"

static uint32_t last_four(struct span bytes)
{
        return reader_at_u32be(bytes, bytes.len - KEY_ID_BYTES);
}

/* enum hash_algo of linux include/uapi/linux/hash_info.h: those of SHA-2 are in the table of event/alg. */
static enum err read_alg(uint8_t ima_id, enum alg *ret_alg)
{
        enum { MD4 = 0, MD5 = 1, SHA1 = 2, RIPEMD160 = 3 };
        enum alg alg;

        if (ima_id == MD4 || ima_id == MD5 || ima_id == SHA1 || ima_id == RIPEMD160)
                return ERR_SIG_HASH_WEAK;
        if (alg_by_ima_id(ima_id, &alg) != ERR_OK)
                return ERR_SIG_HASH;
        *ret_alg = alg;
        return ERR_OK;
}

enum err sig_parse(struct span file, struct sig *ret_sig)
{
        struct reader r = reader_on(file);
        uint8_t type = reader_u8(&r), version = reader_u8(&r), ima_id = reader_u8(&r);
        struct sig sig = { .key_id = reader_u32be(&r) };
        uint16_t size = reader_u16be(&r);

        if (!reader_ok(&r))
                return ERR_SIG_SHORT;
        if (file.len > SIG_BYTES_MAX)
                return ERR_SIG_LONG;
        if (type != TYPE_DIGSIG)
                return ERR_SIG_TYPE;
        if (version != VERSION_2)
                return ERR_SIG_VERSION;
        TRY(read_alg(ima_id, &sig.alg));
        if (size == 0 || size != reader_left(&r))
                return ERR_SIG_SIZE;
        sig.signature = reader_bytes(&r, size);
        *ret_sig = sig;
        return ERR_OK;
}

enum err sig_write(const struct sig *sig, uint8_t *buf, struct span *ret_file)
{
        uint32_t id = sig->key_id;
        size_t size = sig->signature.len;

        if (sig->alg == ALG_SHA1)
                return ERR_SIG_HASH_WEAK;
        if (size > SIG_BYTES_MAX - SIG_HEADER_BYTES)
                return ERR_SIG_LONG;
        memcpy(buf, (const uint8_t[SIG_HEADER_BYTES]){
                TYPE_DIGSIG, VERSION_2, alg_info(sig->alg)->ima_id,
                (uint8_t)(id >> 24), (uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id,
                (uint8_t)(size >> 8), (uint8_t)size }, SIG_HEADER_BYTES);
        memcpy(buf + SIG_HEADER_BYTES, sig->signature.data, size);
        *ret_file = span_of(buf, SIG_HEADER_BYTES + size);
        return ERR_OK;
}

uint32_t sig_key_id(struct span public_key)
{
        struct digest sha1;

        digest_of(ALG_SHA1, public_key, &sha1);
        return last_four(digest_span(&sha1));
}

static bool is_memory_error(int code)
{
        return code == MBEDTLS_ERR_X509_ALLOC_FAILED || code == MBEDTLS_ERR_PK_ALLOC_FAILED || code == MBEDTLS_ERR_PEM_ALLOC_FAILED ||
               code == MBEDTLS_ERR_ASN1_ALLOC_FAILED || code == MBEDTLS_ERR_MPI_ALLOC_FAILED || code == MBEDTLS_ERR_ECP_ALLOC_FAILED;
}

static enum err cert_error(int code)
{
        if (code == 0)
                return ERR_OK;
        if (is_memory_error(code))
                return ERR_SIG_MEMORY;
        if (code == MBEDTLS_ERR_PK_UNKNOWN_PK_ALG || code == MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE)
                return ERR_SIG_KEY_TYPE;
        /* With what the OID parser said added, which is less than 0x80. */
        if (code <= MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG && code > MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG - 0x80)
                return ERR_SIG_CERT_ALG;
        return ERR_SIG_CERT;
}

/* mbedtls wants PEM to end in a NUL, which a span need not, so it is copied; text around the certificate is allowed, as openssl writes it. */
static enum err parse_pem(struct span file, mbedtls_x509_crt *crt)
{
        unsigned char text[SIG_CERT_BYTES_MAX + 1];
        mbedtls_pem_context pem;
        const unsigned char *der;
        size_t used, der_len;
        int code;
        enum err e;

        memcpy(text, file.data, file.len);
        text[file.len] = 0;
        mbedtls_pem_init(&pem);
        code = mbedtls_pem_read_buffer(&pem, PEM_BEGIN, PEM_END, text, NULL, 0, &used);
        if (code != 0) {
                e = is_memory_error(code) ? ERR_SIG_MEMORY : ERR_SIG_CERT_PEM;
        } else if (strstr((const char *)text + used, PEM_BEGIN)) {
                e = ERR_SIG_CERT_SEVERAL;
        } else {
                der = mbedtls_pem_get_buffer(&pem, &der_len);
                e = cert_error(mbedtls_x509_crt_parse_der(crt, der, der_len));
        }
        mbedtls_pem_free(&pem);
        return e;
}

static bool is_der(struct span file)
{
        return file.len != 0 && file.data[0] == (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE);
}

static enum err parse_cert(struct span file, mbedtls_x509_crt *crt)
{
        if (file.len > SIG_CERT_BYTES_MAX)
                return ERR_SIG_CERT_LONG;
        if (!is_der(file))
                return file.len == 0 ? ERR_SIG_CERT : parse_pem(file, crt);
        TRY(cert_error(mbedtls_x509_crt_parse_der(crt, file.data, file.len)));
        return crt->raw.len == file.len ? ERR_OK : ERR_SIG_CERT_SEVERAL;
}

/* The bits of the subjectPublicKey inside SubjectPublicKeyInfo (RFC 5280 section 4.1). */
static enum err read_public_key(const mbedtls_x509_buf *spki, struct span *ret_bits)
{
        unsigned char *p = spki->p;
        const unsigned char *end = p + spki->len;
        size_t len;

        if (mbedtls_asn1_get_tag(&p, end, &len, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) != 0 ||
            mbedtls_asn1_get_tag(&p, end, &len, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) != 0)
                return ERR_SIG_CERT;
        p += len;
        if (mbedtls_asn1_get_bitstring_null(&p, end, &len) != 0)
                return ERR_SIG_CERT;
        *ret_bits = span_of(p, len);
        return ERR_OK;
}

static enum err read_key_id(const mbedtls_x509_crt *crt, uint32_t *ret_key_id)
{
        struct span skid = span_of(crt->subject_key_id.p, crt->subject_key_id.len), bits;

        if (crt->subject_key_id.p != NULL) {
                if (skid.len < KEY_ID_BYTES)
                        return ERR_SIG_CERT_KEY_ID;
                *ret_key_id = last_four(skid);
                return ERR_OK;
        }
        TRY(read_public_key(&crt->pk_raw, &bits));
        *ret_key_id = sig_key_id(bits);
        return ERR_OK;
}

static enum err describe_cert(const mbedtls_x509_crt *crt, struct sig_cert *ret_cert)
{
        struct sig_cert cert = { .key_bits = (unsigned)mbedtls_pk_get_bitlen(&crt->pk) };
        struct digest spki;

        if (mbedtls_pk_can_do(&crt->pk, MBEDTLS_PK_ECDSA)) {
                cert.key_type = "ecdsa"; /* on P-256 or P-384: mbedtls is built with no other curve */
        } else if (mbedtls_pk_can_do(&crt->pk, MBEDTLS_PK_RSA)) {
                cert.key_type = "rsa";
                if (cert.key_bits < RSA_BITS_MIN || cert.key_bits > RSA_BITS_MAX)
                        return ERR_SIG_KEY_BITS;
        } else {
                return ERR_SIG_KEY_TYPE;
        }
        TRY(read_key_id(crt, &cert.key_id));
        digest_of(ALG_SHA256, span_of(crt->pk_raw.p, crt->pk_raw.len), &spki);
        memcpy(cert.spki_sha256, spki.bytes, sizeof(cert.spki_sha256));
        *ret_cert = cert;
        return ERR_OK;
}

enum err sig_read_cert(struct span file, struct sig_cert *ret_cert)
{
        mbedtls_x509_crt crt;
        enum err e;

        mbedtls_x509_crt_init(&crt);
        e = parse_cert(file, &crt);
        if (e == ERR_OK)
                e = describe_cert(&crt, ret_cert);
        mbedtls_x509_crt_free(&crt);
        return e;
}

static enum err verify_error(int code)
{
        if (code == 0)
                return ERR_OK;
        if (is_memory_error(code))
                return ERR_SIG_MEMORY;
        return code == MBEDTLS_ERR_RSA_VERIFY_FAILED || code == MBEDTLS_ERR_ECP_VERIFY_FAILED ? ERR_SIG_MISMATCH : ERR_SIG_ENCODING;
}

static enum err verify_with_key(mbedtls_pk_context *pk, const struct sig *sig, const struct digest *digest)
{
        static const mbedtls_md_type_t md[ALG_COUNT] = {
                [ALG_SHA256] = MBEDTLS_MD_SHA256, [ALG_SHA384] = MBEDTLS_MD_SHA384, [ALG_SHA512] = MBEDTLS_MD_SHA512
        };
        struct span hash = digest_span(digest);

        if (mbedtls_pk_can_do(pk, MBEDTLS_PK_RSA) && sig->signature.len != mbedtls_pk_get_len(pk))
                return ERR_SIG_ENCODING;
        return verify_error(mbedtls_pk_verify(pk, md[sig->alg], hash.data, hash.len, sig->signature.data, sig->signature.len));
}

/* ERR_SIG_NO_KEY when the certificate has another key id. */
static enum err verify_with_cert(struct span file, const struct sig *sig, const struct digest *digest, struct sig_cert *ret_cert)
{
        mbedtls_x509_crt crt;
        struct sig_cert cert;
        enum err e;

        mbedtls_x509_crt_init(&crt);
        e = parse_cert(file, &crt);
        if (e == ERR_OK)
                e = describe_cert(&crt, &cert);
        if (e == ERR_OK && cert.key_id != sig->key_id)
                e = ERR_SIG_NO_KEY;
        if (e == ERR_OK)
                e = verify_with_key(&crt.pk, sig, digest);
        if (e == ERR_OK)
                *ret_cert = cert;
        mbedtls_x509_crt_free(&crt);
        return e;
}

enum err sig_verify(struct span sig_file, struct span data, const struct span *certs, unsigned cert_count, struct sig_signer *ret_signer)
{
        enum err result = ERR_SIG_NO_KEY;
        struct sig_signer signer = { 0 };
        struct digest digest;
        struct sig sig;

        TRY(sig_parse(sig_file, &sig));
        if (cert_count == 0 || cert_count > SIG_CERTS_MAX)
                return ERR_SIG_CERTS;
        digest_of(sig.alg, data, &digest);
        for (unsigned i = 0; i < cert_count; i++) {
                struct sig_cert cert;
                enum err e = verify_with_cert(certs[i], &sig, &digest, &cert);

                if (e != ERR_OK && e != ERR_SIG_ENCODING && e != ERR_SIG_MISMATCH && e != ERR_SIG_NO_KEY)
                        return e;
                if (e != ERR_SIG_NO_KEY && result != ERR_OK)
                        result = e;
                if (e == ERR_OK) {
                        signer.cert_index = i;
                        memcpy(signer.spki_sha256, cert.spki_sha256, sizeof(signer.spki_sha256));
                }
        }
        if (result == ERR_OK)
                *ret_signer = signer;
        return result;
}
