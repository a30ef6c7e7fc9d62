/* SPDX-License-Identifier: Apache-2.0 */
/* Knows how Keylime wants a quote, a key and the log. */
#include <mbedtls/pk.h>

#include "base/hex.h"
#include "verify/keylime.h"

#define PCR_LISTS_OF 8
#define TPM_ALG_NULL 0x0010
#define TPM_ALG_RSASSA 0x0014
#define TPM_ALG_ECDSA 0x0018
#define TPM_ALG_RSA 0x0001
#define TPM_ALG_ECC 0x0023
#define ATTRIBUTES 0x00050072u /* of a restricted signing key */

/* Bytes going out, big-endian or little-endian; fails sticky. */
struct out {
        uint8_t *buf;
        size_t cap, len;
        bool failed;
};

static void put(struct out *o, const void *bytes, size_t len)
{
        if (o->failed || o->cap - o->len < len) {
                o->failed = true;
                return;
        }
        if (len > 0)
                memcpy(o->buf + o->len, bytes, len);
        o->len += len;
}

static void put_zeros(struct out *o, size_t len)
{
        static const uint8_t zero;

        for (size_t i = 0; i < len; i++)
                put(o, &zero, 1);
}

static void put_le(struct out *o, uint32_t value, unsigned bytes)
{
        for (unsigned i = 0; i < bytes; i++)
                put(o, &(uint8_t){ (uint8_t)(value >> (8 * i)) }, 1);
}

static void put_be(struct out *o, uint32_t value, unsigned bytes)
{
        while (bytes-- > 0)
                put(o, &(uint8_t){ (uint8_t)(value >> (8 * bytes)) }, 1);
}

/* ---- PCR values ------------------------------------------------------------------------------------------------------------ */

static void put_selection(struct out *o, enum alg alg, uint32_t pcrs)
{
        put_le(o, 1, 4);
        put_le(o, alg_info(alg)->tpm_id, 2);
        put_le(o, 3, 1);
        put_le(o, pcrs, 3);
        put_zeros(o, 2);
        put_zeros(o, 15 * 8);
}

static void put_digest(struct out *o, const struct digest *d)
{
        struct span bytes = d ? digest_span(d) : span_of(NULL, 0);

        put_le(o, (uint32_t)bytes.len, 2);
        put(o, bytes.data, bytes.len);
        put_zeros(o, ALG_DIGEST_MAX - bytes.len);
}

enum err keylime_write_pcrs(const struct quote *quote, enum alg alg, const struct quote_bank *banks, uint8_t *buf, size_t cap, size_t *ret_size)
{
        struct out o = { .buf = buf, .cap = cap };
        const struct digest *values[QUOTE_PCRS] = { NULL };
        unsigned count = 0, lists;
        uint32_t pcrs;

        if (quote->selection_count != 1 || quote->selections[0].tpm_id != alg_info(alg)->tpm_id)
                return ERR_KEYLIME_BANKS;
        pcrs = quote->selections[0].pcrs;
        if ((pcrs & ~banks[alg].pcrs) != 0 || !quote_has_values(quote, alg, banks))
                return ERR_KEYLIME_VALUES;
        for (unsigned pcr = 0; pcr < QUOTE_PCRS; pcr++)
                if (pcrs >> pcr & 1)
                        values[count++] = &banks[alg].values[pcr];
        lists = (count + PCR_LISTS_OF - 1) / PCR_LISTS_OF;
        put_selection(&o, alg, pcrs);
        put_le(&o, lists, 4);
        for (unsigned list = 0; list < lists; list++) {
                unsigned left = count - list * PCR_LISTS_OF;

                put_le(&o, left < PCR_LISTS_OF ? left : PCR_LISTS_OF, 4);
                for (unsigned i = 0; i < PCR_LISTS_OF; i++)
                        put_digest(&o, i < left ? values[list * PCR_LISTS_OF + i] : NULL);
        }
        if (o.failed)
                return ERR_NO_SPACE;
        *ret_size = o.len;
        return ERR_OK;
}

/* ---- key ------------------------------------------------------------------------------------------------------------------- */

static void put_head(struct out *o, uint16_t type)
{
        put_be(o, type, 2);
        put_be(o, alg_info(ALG_SHA256)->tpm_id, 2);
        put_be(o, ATTRIBUTES, 4);
        put_be(o, 0, 2); /* authPolicy */
        put_be(o, TPM_ALG_NULL, 2);
        put_be(o, type == TPM_ALG_RSA ? TPM_ALG_RSASSA : TPM_ALG_ECDSA, 2);
        put_be(o, alg_info(ALG_SHA256)->tpm_id, 2);
}

static void put_sized(struct out *o, const uint8_t *bytes, size_t len)
{
        put_be(o, (uint32_t)len, 2);
        put(o, bytes, len);
}

/* What follows the last of the key's fields in its SubjectPublicKeyInfo: the point, or RSAPublicKey. */
static bool put_ec(struct out *o, mbedtls_pk_context *pk)
{
        unsigned char der[512], *at = der + sizeof(der);
        int len = mbedtls_pk_write_pubkey(&at, der, pk);
        size_t half = len > 0 ? ((size_t)len - 1) / 2 : 0;

        if (half != 32 && half != 48)
                return false;
        put_head(o, TPM_ALG_ECC);
        put_be(o, half == 32 ? 3 : 4, 2); /* TPM_ECC_NIST_P256, P384 */
        put_be(o, TPM_ALG_NULL, 2);
        put_sized(o, der + sizeof(der) - len + 1, half);
        put_sized(o, der + sizeof(der) - len + 1 + half, half);
        return true;
}

static bool put_rsa(struct out *o, mbedtls_pk_context *pk)
{
        const mbedtls_rsa_context *rsa = mbedtls_pk_rsa(*pk);
        uint8_t modulus[512], exponent[4];
        size_t len = mbedtls_rsa_get_len(rsa);

        if (len > sizeof(modulus) || mbedtls_rsa_export_raw(rsa, modulus, len, NULL, 0, NULL, 0, NULL, 0, exponent, sizeof(exponent)) != 0)
                return false;
        put_head(o, TPM_ALG_RSA);
        put_be(o, (uint32_t)len * 8, 2);
        put(o, exponent, sizeof(exponent));
        put_sized(o, modulus, len);
        return true;
}

enum err keylime_write_ak(struct span ak_pem, uint8_t *buf, size_t *ret_size)
{
        struct out o = { .buf = buf, .cap = KEYLIME_AK_BYTES_MAX, .len = 2 };
        uint8_t pem[QUOTE_PEM_BYTES_MAX];
        mbedtls_pk_context pk;
        bool done = false;

        if (ak_pem.len >= sizeof(pem))
                return ERR_QUOTE_AK;
        memcpy(pem, ak_pem.data, ak_pem.len);
        pem[ak_pem.len] = 0;
        mbedtls_pk_init(&pk);
        if (mbedtls_pk_parse_public_key(&pk, pem, ak_pem.len + 1) == 0)
                done = mbedtls_pk_can_do(&pk, MBEDTLS_PK_RSA) ? put_rsa(&o, &pk) : put_ec(&o, &pk);
        mbedtls_pk_free(&pk);
        if (!done || o.failed)
                return ERR_QUOTE_AK;
        buf[0] = (uint8_t)((o.len - 2) >> 8);
        buf[1] = (uint8_t)(o.len - 2);
        *ret_size = o.len;
        return ERR_OK;
}

/* ---- log ------------------------------------------------------------------------------------------------------------------- */

static void put_str(struct out *o, const char *s)
{
        put(o, s, strlen(s));
}

static void put_hex(struct out *o, struct span bytes)
{
        char two[3];

        for (size_t i = 0; i < bytes.len; i++) {
                hex_encode(span_of(bytes.data + i, 1), two);
                put(o, two, 2);
        }
}

static bool is_template(const struct ima_entry *e, const char *name)
{
        return span_equal_str(e->name, name);
}

enum err keylime_write_line(const struct ima_entry *e, char *buf, size_t *ret_len)
{
        static const char digits[] = "0123456789";
        struct out o = { .buf = (uint8_t *)buf, .cap = KEYLIME_LINE_BYTES(e->data.len) };
        bool legacy = is_template(e, "ima"), has_signature = is_template(e, "ima-sig"), has_buffer = is_template(e, "ima-buf");

        if (e->kind == IMA_OTHER || !(legacy || has_signature || has_buffer || is_template(e, "ima-ng")))
                return ERR_KEYLIME_TEMPLATE;
        if (e->pcr >= 10)
                put(&o, digits + e->pcr / 10 % 10, 1);
        put(&o, digits + e->pcr % 10, 1);
        put_str(&o, " ");
        put_hex(&o, e->digest);
        put_str(&o, " ");
        put(&o, e->name.data, e->name.len);
        put_str(&o, " ");
        if (!legacy) {
                put(&o, e->hash_name.data, e->hash_name.len);
                put_str(&o, ":");
        }
        put_hex(&o, e->hash);
        put_str(&o, " ");
        put(&o, e->path.data, e->path.len);
        if (has_signature || has_buffer)
                put_str(&o, " ");
        put_hex(&o, has_signature ? e->signature : has_buffer ? e->buffer : span_of(NULL, 0));
        put_str(&o, "\n");
        if (o.failed)
                return ERR_KEYLIME_TEMPLATE;
        *ret_len = o.len;
        return ERR_OK;
}
