/* SPDX-License-Identifier: Apache-2.0 */
/* A reader of DER that goes through a certificate once, from front to back (X.690 section 10, RFC 5280 section 4.1, RFC 3279 section 2.3). */
#include "trust/cert.h"

#include <mbedtls/base64.h>

#include "base/reader.h"

enum tag {
        INTEGER = 0x02,
        BIT_STRING = 0x03,
        OCTET_STRING = 0x04,
        OID = 0x06,
        BOOLEAN = 0x01,
        SEQUENCE = 0x30,
        VERSION = 0xa0,        /* [0] EXPLICIT */
        ISSUER_UNIQUE = 0x81,  /* [1] IMPLICIT BIT STRING */
        SUBJECT_UNIQUE = 0x82, /* [2] */
        EXTENSIONS = 0xa3,     /* [3] EXPLICIT */
};

#define OID_RSA "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01" /* rsaEncryption, 1.2.840.113549.1.1.1 */
#define OID_EC "\x2a\x86\x48\xce\x3d\x02\x01"          /* id-ecPublicKey, 1.2.840.10045.2.1 */
#define OID_P256 "\x2a\x86\x48\xce\x3d\x03\x01\x07"    /* secp256r1, 1.2.840.10045.3.1.7 */
#define OID_P384 "\x2b\x81\x04\x00\x22"                /* secp384r1, 1.3.132.0.34 */
#define OID_KEY_ID "\x55\x1d\x0e"                      /* id-ce-subjectKeyIdentifier, 2.5.29.14 */

/* ---- DER ----------------------------------------------------------------------------------------------------------------- */

/* The length of an element, in at most three bytes: more than any file that is read. More bytes than needed are let pass, as kernels do. */
static uint64_t take_length(struct reader *r)
{
        uint8_t first = reader_u8(r);
        uint64_t length = 0;

        if (first < 0x80)
                return first;
        if (first == 0x80 || first > 0x83)
                r->failed = true;
        for (unsigned i = first & 0x7f; i > 0 && !r->failed; i--)
                length = length << 8 | reader_u8(r);
        return length;
}

/* The content of the next element, which must have this tag. */
static struct span take(struct reader *r, enum tag tag)
{
        if (reader_u8(r) != tag)
                r->failed = true;
        return reader_bytes(r, take_length(r));
}

static bool next_is(const struct reader *r, enum tag tag)
{
        return reader_left(r) > 0 && r->bytes.data[r->pos] == tag;
}

static void skip_optional(struct reader *r, enum tag tag)
{
        if (next_is(r, tag))
                (void)take(r, tag);
}

/* The next element with its tag and length. */
static struct span take_whole(struct reader *r, enum tag tag)
{
        size_t begin = r->pos;

        (void)take(r, tag);
        return reader_ok(r) ? span_sub(r->bytes, begin, r->pos - begin) : span_of(NULL, 0);
}

/* A bit string of whole bytes. */
static struct span take_bits(struct reader *r)
{
        struct reader bits = reader_on(take(r, BIT_STRING));

        if (reader_u8(&bits) != 0 || !reader_ok(&bits))
                r->failed = true;
        return reader_bytes(&bits, reader_left(&bits));
}

/* A positive integer, without the zero that keeps its sign. */
static struct span take_positive(struct reader *r)
{
        struct span n = take(r, INTEGER);
        bool has_zero = n.len > 1 && n.data[0] == 0;

        if (span_is_zero(n) || (n.data[0] & 0x80) != 0 || (has_zero && (n.data[1] & 0x80) == 0))
                r->failed = true;
        return has_zero ? span_sub(n, 1, n.len - 1) : n;
}

/* What is read whole and to its end. */
static enum err finish(const struct reader *r)
{
        return reader_ok(r) && reader_left(r) == 0 ? ERR_OK : ERR_SIG_CERT;
}

#define IS_OID(span, oid) span_equal((span), span_of((oid), sizeof(oid) - 1))

/* ---- the key --------------------------------------------------------------------------------------------------------------- */

/* RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } */
static enum err parse_rsa(struct cert *c)
{
        struct reader bits = reader_on(c->public_key), key = reader_on(take(&bits, SEQUENCE));

        c->key = CERT_RSA;
        c->modulus = take_positive(&key);
        c->exponent = take_positive(&key);
        TRY(finish(&bits));
        return finish(&key);
}

static enum err parse_ec(struct cert *c, struct reader *parameters)
{
        struct span curve = take(parameters, OID);
        size_t size;

        TRY(finish(parameters));
        if (IS_OID(curve, OID_P256))
                c->key = CERT_P256;
        else if (IS_OID(curve, OID_P384))
                c->key = CERT_P384;
        else
                return ERR_SIG_KEY_TYPE;
        size = c->key == CERT_P256 ? 65 : CERT_POINT_BYTES_MAX;
        if (c->public_key.len == 0 || c->public_key.data[0] != 4)
                return ERR_SIG_KEY_TYPE;
        c->point = c->public_key;
        return c->point.len == size ? ERR_OK : ERR_SIG_CERT;
}

/* SubjectPublicKeyInfo ::= SEQUENCE { SEQUENCE { algorithm OID, parameters ANY }, subjectPublicKey BIT STRING } */
static enum err parse_key(struct cert *c)
{
        struct reader whole = reader_on(c->spki), spki = reader_on(take(&whole, SEQUENCE)), algorithm = reader_on(take(&spki, SEQUENCE));
        struct span oid = take(&algorithm, OID);

        c->public_key = take_bits(&spki);
        TRY(finish(&whole));
        TRY(finish(&spki));
        TRY(reader_ok(&algorithm) ? ERR_OK : ERR_SIG_CERT);
        if (IS_OID(oid, OID_RSA))
                return parse_rsa(c);
        return IS_OID(oid, OID_EC) ? parse_ec(c, &algorithm) : ERR_SIG_KEY_TYPE;
}

/* ---- the certificate --------------------------------------------------------------------------------------------------------- */

/* Extension ::= SEQUENCE { extnID OID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }; of a key identifier, twice an OCTET STRING. */
static enum err parse_extension(struct reader *list, struct cert *c)
{
        struct reader extension = reader_on(take(list, SEQUENCE)), value;
        struct span oid = take(&extension, OID);

        skip_optional(&extension, BOOLEAN);
        value = reader_on(take(&extension, OCTET_STRING));
        TRY(finish(&extension));
        if (!IS_OID(oid, OID_KEY_ID))
                return ERR_OK;
        if (c->key_id.data)
                return ERR_SIG_CERT; /* twice: which one counts? */
        c->key_id = take(&value, OCTET_STRING);
        return finish(&value);
}

static enum err parse_extensions(struct reader *tbs, struct cert *c)
{
        struct reader whole, list;

        if (!next_is(tbs, EXTENSIONS))
                return ERR_OK;
        whole = reader_on(take(tbs, EXTENSIONS));
        list = reader_on(take(&whole, SEQUENCE));
        TRY(finish(&whole));
        while (reader_left(&list) > 0)
                TRY(parse_extension(&list, c));
        return finish(&list);
}

/* TBSCertificate: version, serial number, signature, issuer, validity, subject, key, unique identifiers, extensions. */
static enum err parse_tbs(struct span bytes, struct cert *c)
{
        struct reader tbs = reader_on(bytes);

        skip_optional(&tbs, VERSION);
        (void)take(&tbs, INTEGER);
        for (unsigned i = 0; i < 4; i++)
                (void)take(&tbs, SEQUENCE);
        c->spki = take_whole(&tbs, SEQUENCE);
        skip_optional(&tbs, ISSUER_UNIQUE);
        skip_optional(&tbs, SUBJECT_UNIQUE);
        TRY(parse_extensions(&tbs, c));
        TRY(finish(&tbs));
        return parse_key(c);
}

enum err cert_parse(struct span der, struct cert *ret_cert)
{
        struct reader file = reader_on(der), certificate = reader_on(take(&file, SEQUENCE));
        struct span tbs = take(&certificate, SEQUENCE);
        struct cert c = { .key = CERT_KEY_COUNT };

        (void)take(&certificate, SEQUENCE);
        (void)take_bits(&certificate);
        if (!reader_ok(&file))
                return ERR_SIG_CERT;
        TRY(finish(&certificate));
        if (reader_left(&file) > 0)
                return ERR_SIG_CERT_SEVERAL;
        TRY(parse_tbs(tbs, &c));
        *ret_cert = c;
        return ERR_OK;
}

/* ---- PEM ----------------------------------------------------------------------------------------------------------------- */

#define PEM_BEGIN "-----BEGIN CERTIFICATE-----"
#define PEM_END "-----END CERTIFICATE-----"

/* Where text stands in bytes, or bytes.len. */
static size_t find(struct span bytes, const char *text)
{
        size_t len = strlen(text);

        for (size_t at = 0; at + len <= bytes.len; at++)
                if (memcmp(bytes.data + at, text, len) == 0)
                        return at;
        return bytes.len;
}

static struct span behind(struct span bytes, size_t at, const char *text)
{
        return span_sub(bytes, at + strlen(text), bytes.len - at - strlen(text));
}

static enum err pem_to_der(struct span file, uint8_t *der, struct span *ret_der)
{
        size_t begin = find(file, PEM_BEGIN), end, len;
        struct span body;

        if (begin == file.len)
                return ERR_SIG_CERT_PEM;
        body = behind(file, begin, PEM_BEGIN);
        end = find(body, PEM_END);
        if (end == body.len)
                return ERR_SIG_CERT_PEM;
        if (find(behind(body, end, PEM_END), PEM_BEGIN) != body.len - end - strlen(PEM_END))
                return ERR_SIG_CERT_SEVERAL;
        /* base64 itself passes over line ends, but wants the text to begin with a digit */
        while (end > 0 && (*body.data == '\r' || *body.data == '\n')) {
                body = span_of(body.data + 1, body.len - 1);
                end--;
        }
        if (end == 0 || mbedtls_base64_decode(der, CERT_BYTES_MAX, &len, body.data, end) != 0)
                return ERR_SIG_CERT_PEM;
        *ret_der = span_of(der, len);
        return ERR_OK;
}

enum err cert_to_der(struct span file, uint8_t *der, struct span *ret_der)
{
        if (file.len > CERT_BYTES_MAX)
                return ERR_SIG_CERT_LONG;
        if (file.len == 0)
                return ERR_SIG_CERT;
        if (file.data[0] != SEQUENCE)
                return pem_to_der(file, der, ret_der);
        *ret_der = file;
        return ERR_OK;
}
