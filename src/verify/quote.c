/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing what a TPM signed and verifying it by mbedtls. */
#include "verify/quote.h"

#include <mbedtls/constant_time.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/pem.h>
#include <mbedtls/pk.h>
#include <mbedtls/rsa.h>

#include "base/reader.h"

/* TPM 2.0 part 2, sections 6.2, 6.3 and 6.9. */
#define TPM_GENERATED_VALUE 0xff544347u
#define TPM_ST_ATTEST_QUOTE 0x8018u
#define TPM_ALG_RSASSA 0x0014u
#define TPM_ALG_ECDSA 0x0018u

#define RSA_BITS_MIN 2048

/* A TPM2B: u16 size | bytes. */
static struct span read_sized(struct reader *r)
{
        return reader_bytes(r, reader_u16be(r));
}

/* TPMS_PCR_SELECTION: u16 hash | u8 size | size bytes, bit n of byte k is PCR 8k + n. */
static enum err read_selection(struct reader *r, struct quote_selection *ret)
{
        ret->tpm_id = reader_u16be(r);

        struct span bits = reader_bytes(r, reader_u8(r));

        if (!reader_ok(r))
                return ERR_QUOTE_ENDS;
        ret->pcrs = 0;
        for (size_t i = 0; i < bits.len; i++) {
                if (i >= QUOTE_PCRS / 8) {
                        if (bits.data[i] != 0)
                                return ERR_QUOTE_SELECTION;
                        continue;
                }
                ret->pcrs |= (uint32_t)bits.data[i] << (8 * i);
        }
        return ERR_OK;
}

static enum err read_selections(struct reader *r, struct quote *q)
{
        uint32_t count = reader_u32be(r), any = 0;

        if (!reader_ok(r))
                return ERR_QUOTE_ENDS;
        if (count == 0 || count > QUOTE_SELECTIONS_MAX)
                return ERR_QUOTE_SELECTION;
        q->selection_count = count;
        for (uint32_t i = 0; i < count; i++) {
                TRY(read_selection(r, &q->selections[i]));
                any |= q->selections[i].pcrs;
                for (uint32_t k = 0; k < i; k++)
                        if (q->selections[k].tpm_id == q->selections[i].tpm_id)
                                return ERR_QUOTE_SELECTION;
        }
        /* An empty selection proves nothing about any PCR and has fooled verifiers before. */
        return any ? ERR_OK : ERR_QUOTE_SELECTION;
}

enum err quote_parse(struct span message, struct quote *ret_quote)
{
        struct reader r = reader_on(message);
        struct quote q = { 0 };
        uint32_t magic = reader_u32be(&r);
        uint16_t type = reader_u16be(&r);

        if (!reader_ok(&r))
                return ERR_QUOTE_ENDS;
        if (magic != TPM_GENERATED_VALUE)
                return ERR_QUOTE_MAGIC;
        if (type != TPM_ST_ATTEST_QUOTE)
                return ERR_QUOTE_TYPE;
        q.signer = read_sized(&r);
        q.extra_data = read_sized(&r);
        q.clock_ms = reader_u64be(&r);
        q.reset_count = reader_u32be(&r);
        q.restart_count = reader_u32be(&r);

        uint8_t safe = reader_u8(&r);

        q.firmware_version = reader_u64be(&r);
        if (!reader_ok(&r))
                return ERR_QUOTE_ENDS;
        if (safe > 1)
                return ERR_QUOTE_CLOCK;
        q.clock_safe = safe;
        TRY(read_selections(&r, &q));
        q.pcr_digest = read_sized(&r);
        if (!reader_ok(&r))
                return ERR_QUOTE_ENDS;
        if (reader_left(&r) != 0)
                return ERR_QUOTE_TRAILING;
        *ret_quote = q;
        return ERR_OK;
}

enum err quote_parse_signature(struct span signature, struct quote_signature *ret_signature)
{
        struct reader r = reader_on(signature);
        struct quote_signature sig = { 0 };
        uint16_t scheme = reader_u16be(&r);
        uint16_t hash = reader_u16be(&r);

        if (!reader_ok(&r))
                return ERR_QUOTE_SIG_ENDS;
        if (scheme != TPM_ALG_RSASSA && scheme != TPM_ALG_ECDSA)
                return ERR_QUOTE_SIG_SCHEME;
        if (alg_by_tpm_id(hash, &sig.alg) != ERR_OK || sig.alg == ALG_SHA1)
                return ERR_QUOTE_SIG_HASH;
        sig.rsa = scheme == TPM_ALG_RSASSA;
        if (sig.rsa) {
                sig.value = read_sized(&r);
        } else {
                sig.r = read_sized(&r);
                sig.s = read_sized(&r);
        }
        if (!reader_ok(&r))
                return ERR_QUOTE_SIG_ENDS;
        if (reader_left(&r) != 0)
                return ERR_QUOTE_SIG_TRAILING;
        *ret_signature = sig;
        return ERR_OK;
}

static const mbedtls_md_type_t md_types[ALG_COUNT] = {
        [ALG_SHA1] = MBEDTLS_MD_SHA1,
        [ALG_SHA256] = MBEDTLS_MD_SHA256,
        [ALG_SHA384] = MBEDTLS_MD_SHA384,
        [ALG_SHA512] = MBEDTLS_MD_SHA512,
};

static enum err verify_ecdsa(mbedtls_pk_context *pk, struct span hash, const struct quote_signature *sig)
{
        enum err result = ERR_QUOTE_SIGNATURE;
        mbedtls_ecp_group group;
        mbedtls_ecp_point point;
        mbedtls_mpi d, r, s;

        mbedtls_ecp_group_init(&group);
        mbedtls_ecp_point_init(&point);
        mbedtls_mpi_init(&d);
        mbedtls_mpi_init(&r);
        mbedtls_mpi_init(&s);
        if (mbedtls_ecp_export(mbedtls_pk_ec(*pk), &group, &d, &point) == 0 && mbedtls_mpi_read_binary(&r, sig->r.data, sig->r.len) == 0 &&
            mbedtls_mpi_read_binary(&s, sig->s.data, sig->s.len) == 0 &&
            mbedtls_ecdsa_verify(&group, hash.data, hash.len, &point, &r, &s) == 0)
                result = ERR_OK;
        mbedtls_mpi_free(&s);
        mbedtls_mpi_free(&r);
        mbedtls_mpi_free(&d);
        mbedtls_ecp_point_free(&point);
        mbedtls_ecp_group_free(&group);
        return result;
}

static enum err check_key(const mbedtls_pk_context *pk, const struct quote_signature *sig)
{
        mbedtls_pk_type_t type = mbedtls_pk_get_type(pk);

        if (type == MBEDTLS_PK_RSA)
                return mbedtls_pk_get_bitlen(pk) < RSA_BITS_MIN ? ERR_QUOTE_AK_WEAK : sig->rsa ? ERR_OK : ERR_QUOTE_AK_KIND;
        if (type != MBEDTLS_PK_ECKEY)
                return ERR_QUOTE_AK;
        return sig->rsa ? ERR_QUOTE_AK_KIND : ERR_OK;
}

/*
 * The DER of the first "PUBLIC KEY" block. Pinning and verifying both start from these bytes, so that a file with two keys cannot show one to
 * each. ret_der has room for QUOTE_PEM_BYTES_MAX bytes.
 */
static enum err decode_pem(struct span ak_pem, uint8_t *ret_der, size_t *ret_len)
{
        unsigned char text[QUOTE_PEM_BYTES_MAX + 1]; /* mbedtls wants a NUL behind it */
        enum err result = ERR_QUOTE_AK;
        mbedtls_pem_context pem;
        size_t used;

        if (ak_pem.len == 0 || ak_pem.len > QUOTE_PEM_BYTES_MAX || memchr(ak_pem.data, 0, ak_pem.len))
                return ERR_QUOTE_AK;
        memcpy(text, ak_pem.data, ak_pem.len);
        text[ak_pem.len] = '\0';
        mbedtls_pem_init(&pem);
        if (mbedtls_pem_read_buffer(&pem, "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----", text, NULL, 0, &used) == 0) {
                const unsigned char *der = mbedtls_pem_get_buffer(&pem, ret_len);

                memcpy(ret_der, der, *ret_len);
                result = ERR_OK;
        }
        mbedtls_pem_free(&pem);
        return result;
}

/* A SubjectPublicKeyInfo and nothing behind it. */
static enum err parse_key(uint8_t *der, size_t len, mbedtls_pk_context *pk)
{
        unsigned char *at = der;
        int why = mbedtls_pk_parse_subpubkey(&at, der + len, pk);

        /* The curves that are compiled in are the ones we accept. */
        if (why == MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE)
                return ERR_QUOTE_AK_WEAK;
        return why == 0 && at == der + len ? ERR_OK : ERR_QUOTE_AK;
}

static enum err verify_with(mbedtls_pk_context *pk, struct span message, const struct quote_signature *sig)
{
        struct digest digest;

        TRY(check_key(pk, sig));
        digest_of(sig->alg, message, &digest);
        if (!sig->rsa)
                return verify_ecdsa(pk, digest_span(&digest), sig);
        return mbedtls_pk_verify(pk, md_types[sig->alg], digest.bytes, alg_info(sig->alg)->size, sig->value.data, sig->value.len) == 0
                       ? ERR_OK
                       : ERR_QUOTE_SIGNATURE;
}

enum err quote_verify(struct span message, const struct quote_signature *signature, struct span ak_pem)
{
        uint8_t der[QUOTE_PEM_BYTES_MAX];
        mbedtls_pk_context pk;
        enum err result;
        size_t len;

        TRY(decode_pem(ak_pem, der, &len));
        mbedtls_pk_init(&pk);
        result = parse_key(der, len, &pk);
        if (result == ERR_OK)
                result = verify_with(&pk, message, signature);
        mbedtls_pk_free(&pk);
        return result;
}

enum err quote_ak_sha256(struct span ak_pem, uint8_t *ret_sha256)
{
        uint8_t der[QUOTE_PEM_BYTES_MAX];
        struct digest digest;
        size_t len;

        TRY(decode_pem(ak_pem, der, &len));
        digest_of(ALG_SHA256, span_of(der, len), &digest);
        memcpy(ret_sha256, digest.bytes, 32);
        return ERR_OK;
}

bool quote_has_nonce(const struct quote *quote, struct span nonce)
{
        return nonce.len > 0 && quote->extra_data.len == nonce.len &&
               mbedtls_ct_memcmp(quote->extra_data.data, nonce.data, nonce.len) == 0;
}

bool quote_has_values(const struct quote *quote, enum alg hash, const struct quote_bank *banks)
{
        struct digest_state state;
        struct digest digest;

        digest_begin(&state, hash);
        for (unsigned i = 0; i < quote->selection_count; i++) {
                const struct quote_selection *s = &quote->selections[i];
                enum alg alg;

                if (s->pcrs == 0)
                        continue;
                if (alg_by_tpm_id(s->tpm_id, &alg) != ERR_OK || (s->pcrs & ~banks[alg].pcrs) != 0)
                        return false;
                for (unsigned pcr = 0; pcr < QUOTE_PCRS; pcr++)
                        if (s->pcrs >> pcr & 1)
                                digest_add(&state, digest_span(&banks[alg].values[pcr]));
        }
        digest_end(&state, &digest);
        return span_equal(digest_span(&digest), quote->pcr_digest);
}
