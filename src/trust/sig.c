/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures of IMA's version 2, verified by mbedtls with keys from X.509 certificates. */
#include "trust/sig.h"

#include <mbedtls/ecdsa.h>
#include <mbedtls/rsa.h>

#include "base/reader.h"
#include "trust/cert.h"

#define TYPE_DIGSIG 3 /* EVM_IMA_XATTR_DIGSIG */
#define VERSION_2 2
#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 4096
#define KEY_ID_BYTES 4

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
        return code == MBEDTLS_ERR_MPI_ALLOC_FAILED || code == MBEDTLS_ERR_ECP_ALLOC_FAILED;
}

/* ---- keys ---------------------------------------------------------------------------------------------------------------- */

/* A certificate's key, for mbedtls. */
struct key {
        enum cert_key type;
        mbedtls_rsa_context rsa;
        mbedtls_ecdsa_context ecdsa;
};

static enum err key_error(int code)
{
        if (code == 0)
                return ERR_OK;
        return is_memory_error(code) ? ERR_SIG_MEMORY : ERR_SIG_CERT;
}

static int load_rsa(mbedtls_rsa_context *rsa, const struct cert *cert)
{
        int code = mbedtls_rsa_import_raw(rsa, cert->modulus.data, cert->modulus.len, NULL, 0, NULL, 0, NULL, 0, cert->exponent.data,
                                          cert->exponent.len);

        return code != 0 ? code : mbedtls_rsa_check_pubkey(rsa);
}

static int load_ecdsa(mbedtls_ecdsa_context *ecdsa, const struct cert *cert)
{
        mbedtls_ecp_group *curve = &ecdsa->MBEDTLS_PRIVATE(grp);
        mbedtls_ecp_point *point = &ecdsa->MBEDTLS_PRIVATE(Q);
        int code = mbedtls_ecp_group_load(curve, cert->key == CERT_P256 ? MBEDTLS_ECP_DP_SECP256R1 : MBEDTLS_ECP_DP_SECP384R1);

        if (code == 0)
                code = mbedtls_ecp_point_read_binary(curve, point, cert->point.data, cert->point.len);
        return code != 0 ? code : mbedtls_ecp_check_pubkey(curve, point);
}

static void key_free(struct key *key)
{
        mbedtls_rsa_free(&key->rsa);
        mbedtls_ecdsa_free(&key->ecdsa);
}

/* To be freed in any case. */
static enum err key_load(struct key *key, const struct cert *cert)
{
        key->type = cert->key;
        mbedtls_rsa_init(&key->rsa);
        mbedtls_ecdsa_init(&key->ecdsa);
        return key_error(cert->key == CERT_RSA ? load_rsa(&key->rsa, cert) : load_ecdsa(&key->ecdsa, cert));
}

static enum err verify_error(int code)
{
        if (code == 0)
                return ERR_OK;
        if (is_memory_error(code))
                return ERR_SIG_MEMORY;
        return code == MBEDTLS_ERR_RSA_VERIFY_FAILED || code == MBEDTLS_ERR_ECP_VERIFY_FAILED ? ERR_SIG_MISMATCH : ERR_SIG_ENCODING;
}

static enum err key_verify(struct key *key, const struct sig *sig, const struct digest *digest)
{
        static const mbedtls_md_type_t md[ALG_COUNT] = {
                [ALG_SHA256] = MBEDTLS_MD_SHA256, [ALG_SHA384] = MBEDTLS_MD_SHA384, [ALG_SHA512] = MBEDTLS_MD_SHA512
        };
        struct span hash = digest_span(digest), signature = sig->signature;

        if (key->type != CERT_RSA)
                return verify_error(mbedtls_ecdsa_read_signature(&key->ecdsa, hash.data, hash.len, signature.data, signature.len));
        if (signature.len != mbedtls_rsa_get_len(&key->rsa))
                return ERR_SIG_ENCODING;
        return verify_error(mbedtls_rsa_rsassa_pkcs1_v15_verify(&key->rsa, md[sig->alg], (unsigned)hash.len, hash.data, signature.data));
}

/* ---- certificates -------------------------------------------------------------------------------------------------------- */

static unsigned bits_of(struct span number)
{
        unsigned bits = 8 * (unsigned)number.len;

        for (unsigned top = number.len > 0 ? number.data[0] : 0x80; top < 0x80; top <<= 1)
                bits--;
        return bits;
}

static enum err read_key_id(const struct cert *cert, uint32_t *ret_key_id)
{
        if (cert->key_id.data && cert->key_id.len < KEY_ID_BYTES)
                return ERR_SIG_CERT_KEY_ID;
        *ret_key_id = cert->key_id.data ? last_four(cert->key_id) : sig_key_id(cert->public_key);
        return ERR_OK;
}

static enum err describe(const struct cert *cert, struct sig_cert *ret_cert)
{
        static const unsigned bits[CERT_KEY_COUNT] = { [CERT_P256] = 256, [CERT_P384] = 384 };
        struct sig_cert described = { .key_type = "ecdsa", .key_bits = bits[cert->key] };
        struct digest spki;

        if (cert->key == CERT_RSA) {
                described.key_type = "rsa";
                described.key_bits = bits_of(cert->modulus);
                if (described.key_bits < RSA_BITS_MIN || described.key_bits > RSA_BITS_MAX)
                        return ERR_SIG_KEY_BITS;
        }
        TRY(read_key_id(cert, &described.key_id));
        digest_of(ALG_SHA256, cert->spki, &spki);
        memcpy(described.spki_sha256, spki.bytes, sizeof(described.spki_sha256));
        *ret_cert = described;
        return ERR_OK;
}

/* Read a certificate file and, when sig and digest are given, let its key verify. ERR_SIG_NO_KEY when it has another key id than the signature. */
static enum err use_cert(struct span file, const struct sig *sig, const struct digest *digest, struct sig_cert *ret_cert)
{
        uint8_t buf[CERT_BYTES_MAX];
        struct sig_cert described;
        struct span der;
        struct cert cert;
        struct key key;
        enum err e;

        TRY(cert_to_der(file, buf, &der));
        TRY(cert_parse(der, &cert));
        TRY(describe(&cert, &described));
        e = key_load(&key, &cert);
        if (e == ERR_OK && sig)
                e = described.key_id == sig->key_id ? key_verify(&key, sig, digest) : ERR_SIG_NO_KEY;
        key_free(&key);
        if (e == ERR_OK)
                *ret_cert = described;
        return e;
}

enum err sig_read_cert(struct span file, struct sig_cert *ret_cert)
{
        return use_cert(file, NULL, NULL, ret_cert);
}

static enum err verify(const struct sig *sig, const struct digest *digest, const struct span *certs, unsigned cert_count,
                       struct sig_signer *ret_signer)
{
        enum err result = ERR_SIG_NO_KEY;
        struct sig_signer signer = { 0 };

        if (cert_count == 0 || cert_count > SIG_CERTS_MAX)
                return ERR_SIG_CERTS;
        for (unsigned i = 0; i < cert_count; i++) {
                struct sig_cert cert;
                enum err e = use_cert(certs[i], sig, digest, &cert);

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

enum err sig_verify(struct span sig_file, struct span data, const struct span *certs, unsigned cert_count, struct sig_signer *ret_signer)
{
        struct digest digest;
        struct sig sig;

        TRY(sig_parse(sig_file, &sig));
        digest_of(sig.alg, data, &digest);
        return verify(&sig, &digest, certs, cert_count, ret_signer);
}

enum err sig_verify_digest(struct span sig_file, const struct digest *digest, const struct span *certs, unsigned cert_count,
                           struct sig_signer *ret_signer)
{
        struct sig sig;

        TRY(sig_parse(sig_file, &sig));
        return sig.alg == digest->alg ? verify(&sig, digest, certs, cert_count, ret_signer) : ERR_SIG_HASH_KIND;
}
