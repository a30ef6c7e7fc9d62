/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures by evmctl and certificates by openssl: whole ones verify, and one broken thing gives exactly one code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "test/breaks.h"
#include "test/seeds.h"
#include "trust/sig.h"

#define FILES "build/corpus/trust/"
#define KEYS 5

static const char *const keys[KEYS] = { "rsa2048", "rsa3072", "rsa4096", "p256", "p384" };
static const char *const hashes[] = { "sha256", "sha384", "sha512" };

struct file {
        uint8_t *bytes;
        size_t len;
};

static struct file load(const char *format, const char *a, const char *b)
{
        struct file f;
        char path[128];

        (void)snprintf(path, sizeof(path), format, a, b);
        f.bytes = seeds_load(path, SIZE_MAX, &f.len);
        return f;
}

static struct file load_cert(const char *name)
{
        return load(FILES "%s%s", name, ".der");
}

static struct file load_sig(const char *key, const char *hash)
{
        return load(FILES "%s-%s.sig", key, hash);
}

static struct file load_data(void)
{
        return load(FILES "data%s%s", "", "");
}

static struct span span_of_file(struct file f)
{
        return span_of(f.bytes, f.len);
}

static void expect(struct file sig, struct span data, const struct span *certs, unsigned count, enum err expected)
{
        struct sig_signer signer;
        enum err e;

        breaks_fill(&signer, sizeof(signer));
        e = sig_verify(span_of_file(sig), data, certs, count, &signer);
        if (e != expected)
                fail_msg("%s instead of %s", err_name(e), err_name(expected));
        if (e != ERR_OK)
                assert_true(breaks_untouched(&signer, sizeof(signer)));
}

/* Every type of key, size and hash, the key chosen among all certificates, which come as DER or as PEM. */
static void evmctl_signatures_verify(const char *suffix)
{
        struct file files[KEYS], data = load_data();
        struct span certs[KEYS];

        for (unsigned i = 0; i < KEYS; i++) {
                files[i] = load(FILES "%s%s", keys[i], suffix);
                certs[i] = span_of_file(files[i]);
        }
        for (unsigned i = 0; i < KEYS; i++)
                for (unsigned h = 0; h < 3; h++) {
                        struct file sig = load_sig(keys[i], hashes[h]);
                        struct sig_signer signer;
                        struct sig_cert cert;
                        enum err e = sig_verify(span_of_file(sig), span_of_file(data), certs, KEYS, &signer);

                        if (e != ERR_OK)
                                fail_msg("%s %s: %s", keys[i], hashes[h], err_name(e));
                        assert_int_equal(signer.cert_index, i);
                        assert_int_equal(sig_read_cert(certs[i], &cert), ERR_OK);
                        assert_memory_equal(signer.spki_sha256, cert.spki_sha256, 32);
                        free(sig.bytes);
                }
        for (unsigned i = 0; i < KEYS; i++)
                free(files[i].bytes);
        free(data.bytes);
}

static void der_certificates_verify(void **state)
{
        (void)state;
        evmctl_signatures_verify(".der");
}

static void pem_certificates_verify(void **state)
{
        (void)state;
        evmctl_signatures_verify(".pem");
}

static void what_is_read_can_be_written(void **state)
{
        (void)state;
        for (unsigned i = 0; i < KEYS; i++) {
                struct file file = load_sig(keys[i], "sha384");
                uint8_t buf[SIG_BYTES_MAX];
                struct span again;
                struct sig sig;

                assert_int_equal(sig_parse(span_of_file(file), &sig), ERR_OK);
                assert_int_equal(sig.alg, ALG_SHA384);
                assert_int_equal(sig_write(&sig, buf, &again), ERR_OK);
                assert_true(span_equal(again, span_of_file(file)));
                sig.alg = ALG_SHA1;
                assert_int_equal(sig_write(&sig, buf, &again), ERR_SIG_HASH_WEAK);
                sig.alg = ALG_SHA256;
                sig.signature = span_of(buf, SIG_BYTES_MAX - SIG_HEADER_BYTES + 1);
                assert_int_equal(sig_write(&sig, buf, &again), ERR_SIG_LONG);
                free(file.bytes);
        }
}

static void a_broken_header_is_named(void **state)
{
        static const struct breaks broken[] = {
                BREAKS_AT("a hash, not a signature", 0, "\x01", ERR_SIG_TYPE),
                BREAKS_AT("an EVM signature", 0, "\x05", ERR_SIG_TYPE),
                BREAKS_AT("version 1", 1, "\x01", ERR_SIG_VERSION),
                BREAKS_AT("version 3", 1, "\x03", ERR_SIG_VERSION),
                BREAKS_AT("MD4", 2, "\x00", ERR_SIG_HASH_WEAK),
                BREAKS_AT("MD5", 2, "\x01", ERR_SIG_HASH_WEAK),
                BREAKS_AT("SHA-1", 2, "\x02", ERR_SIG_HASH_WEAK),
                BREAKS_AT("RIPEMD-160", 2, "\x03", ERR_SIG_HASH_WEAK),
                BREAKS_AT("SHA-224", 2, "\x07", ERR_SIG_HASH),
                BREAKS_AT("no hash", 2, "\xff", ERR_SIG_HASH),
                BREAKS_AT("another hash", 2, "\x06", ERR_SIG_MISMATCH),
                BREAKS_AT("another key", 3, "\x00\x00\x00\x00", ERR_SIG_NO_KEY),
                BREAKS_AT("no signature", 7, "\x00\x00", ERR_SIG_SIZE),
                BREAKS_AT("too long a signature", 7, "\xff\xff", ERR_SIG_SIZE),
        };
        struct file data = load_data(), cert = load_cert("rsa2048");
        struct span certs[] = { span_of_file(cert) };

        (void)state;
        for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
                struct file sig = load_sig("rsa2048", "sha256");

                breaks_apply(&broken[i], sig.bytes);
                print_message("# %s\n", broken[i].what);
                expect(sig, span_of_file(data), certs, 1, broken[i].expected);
                free(sig.bytes);
        }
        free(data.bytes);
        free(cert.bytes);
}

static void every_prefix_of_a_signature_is_refused(void **state)
{
        (void)state;
        for (unsigned i = 0; i < KEYS; i++) {
                struct file file = load_sig(keys[i], "sha256");

                for (size_t cut = 0; cut < file.len; cut++) {
                        uint8_t *exact = malloc(cut ? cut : 1);
                        struct sig sig;

                        memcpy(exact, file.bytes, cut);
                        breaks_fill(&sig, sizeof(sig));
                        assert_int_equal(sig_parse(span_of(exact, cut), &sig), cut < SIG_HEADER_BYTES ? ERR_SIG_SHORT : ERR_SIG_SIZE);
                        assert_true(breaks_untouched(&sig, sizeof(sig)));
                        free(exact);
                }
                free(file.bytes);
        }
}

static void a_longer_file_is_refused(void **state)
{
        static uint8_t bytes[SIG_BYTES_MAX + 1];
        struct file file = load_sig("p256", "sha256");
        struct sig sig;

        (void)state;
        memcpy(bytes, file.bytes, file.len);
        assert_int_equal(sig_parse(span_of(bytes, file.len + 1), &sig), ERR_SIG_SIZE);
        assert_int_equal(sig_parse(span_of(bytes, SIG_BYTES_MAX), &sig), ERR_SIG_SIZE);
        assert_int_equal(sig_parse(span_of(bytes, SIG_BYTES_MAX + 1), &sig), ERR_SIG_LONG);
        free(file.bytes);
}

/* Any changed byte of a signature or of what is signed; of the long ones every seventeenth, which makes no pattern with their fields. */
static void every_changed_byte_is_noticed(void **state)
{
        struct file data = load_data();

        (void)state;
        for (unsigned i = 0; i < KEYS; i++) {
                struct file sig = load_sig(keys[i], "sha256"), cert = load_cert(keys[i]);
                struct span certs[] = { span_of_file(cert) };

                for (size_t at = SIG_HEADER_BYTES; at < sig.len; at += i < 3 ? 17 : 1) {
                        struct sig_signer signer;
                        enum err e;

                        sig.bytes[at] ^= 0x40;
                        e = sig_verify(span_of_file(sig), span_of_file(data), certs, 1, &signer);
                        assert_true(e == ERR_SIG_MISMATCH || e == ERR_SIG_ENCODING);
                        sig.bytes[at] ^= 0x40;
                }
                data.bytes[0] ^= 1;
                expect(sig, span_of_file(data), certs, 1, ERR_SIG_MISMATCH);
                data.bytes[0] ^= 1;
                expect(sig, span_of(data.bytes, data.len - 1), certs, 1, ERR_SIG_MISMATCH);
                expect(sig, span_of_file(data), certs, 1, ERR_OK);
                free(sig.bytes);
                free(cert.bytes);
        }
        free(data.bytes);
}

static void broken_hashes_are_refused(void **state)
{
        struct file data = load_data(), cert = load_cert("p256"), sig = load_sig("p256", "sha1");
        struct span certs[] = { span_of_file(cert) };

        (void)state;
        expect(sig, span_of_file(data), certs, 1, ERR_SIG_HASH_WEAK);
        free(data.bytes);
        free(cert.bytes);
        free(sig.bytes);
}

/* The key id names a key of another type. */
static void a_signature_must_fit_its_key(void **state)
{
        struct file data = load_data(), cert = load_cert("p256"), sig = load_sig("rsa2048", "sha256"), own = load_sig("p256", "sha256");
        struct span certs[] = { span_of_file(cert) };

        (void)state;
        memcpy(sig.bytes + 3, own.bytes + 3, 4);
        expect(sig, span_of_file(data), certs, 1, ERR_SIG_ENCODING);
        free(data.bytes);
        free(cert.bytes);
        free(sig.bytes);
        free(own.bytes);
}

/* Key ids are short and a certificate may claim any: an impostor neither verifies nor stands in the way. */
static void an_impostor_neither_signs_nor_hides(void **state)
{
        struct file data = load_data(), sig = load_sig("p256", "sha256"), real = load_cert("p256"), false_one = load_cert("p256-impostor");
        struct span first[] = { span_of_file(false_one), span_of_file(real) }, last[] = { span_of_file(real), span_of_file(false_one) };
        struct sig_signer signer;

        (void)state;
        expect(sig, span_of_file(data), first, 1, ERR_SIG_MISMATCH);
        assert_int_equal(sig_verify(span_of_file(sig), span_of_file(data), first, 2, &signer), ERR_OK);
        assert_int_equal(signer.cert_index, 1);
        assert_int_equal(sig_verify(span_of_file(sig), span_of_file(data), last, 2, &signer), ERR_OK);
        assert_int_equal(signer.cert_index, 0);
        free(data.bytes);
        free(sig.bytes);
        free(real.bytes);
        free(false_one.bytes);
}

static void the_number_of_certificates_is_limited(void **state)
{
        struct file data = load_data(), sig = load_sig("p256", "sha256"), cert = load_cert("p256"), other = load_cert("p384");
        struct span certs[SIG_CERTS_MAX + 1];

        (void)state;
        for (unsigned i = 0; i <= SIG_CERTS_MAX; i++)
                certs[i] = span_of_file(other);
        expect(sig, span_of_file(data), certs, 0, ERR_SIG_CERTS);
        expect(sig, span_of_file(data), certs, SIG_CERTS_MAX, ERR_SIG_NO_KEY);
        certs[SIG_CERTS_MAX - 1] = span_of_file(cert);
        expect(sig, span_of_file(data), certs, SIG_CERTS_MAX, ERR_OK);
        expect(sig, span_of_file(data), certs, SIG_CERTS_MAX + 1, ERR_SIG_CERTS);
        free(data.bytes);
        free(sig.bytes);
        free(cert.bytes);
        free(other.bytes);
}

/* Also when another certificate has verified already. */
static void a_broken_certificate_is_never_skipped(void **state)
{
        struct file data = load_data(), sig = load_sig("p256", "sha256"), cert = load_cert("p256"), weak = load_cert("rsa1024");
        struct span certs[] = { span_of_file(cert), span_of_file(weak) }, cut[] = { span_of_file(cert), span_of(cert.bytes, cert.len - 1) };

        (void)state;
        expect(sig, span_of_file(data), certs, 2, ERR_SIG_KEY_BITS);
        expect(sig, span_of_file(data), cut, 2, ERR_SIG_CERT);
        free(data.bytes);
        free(sig.bytes);
        free(cert.bytes);
        free(weak.bytes);
}

static void expect_cert(struct span file, enum err expected)
{
        struct sig_cert cert;
        enum err e;

        breaks_fill(&cert, sizeof(cert));
        e = sig_read_cert(file, &cert);
        if (e != expected)
                fail_msg("%s instead of %s", err_name(e), err_name(expected));
        if (e != ERR_OK)
                assert_true(breaks_untouched(&cert, sizeof(cert)));
}

static void keys_are_of_known_types_and_sizes(void **state)
{
        static const struct {
                const char *name;
                enum err expected;
        } certs[] = {
                { "rsa1024", ERR_SIG_KEY_BITS },  { "rsa4104", ERR_SIG_KEY_BITS },        { "p521", ERR_SIG_KEY_TYPE },
                { "ed25519", ERR_SIG_KEY_TYPE }, { "p256-shortskid", ERR_SIG_CERT_KEY_ID }, { "p256-noskid", ERR_OK },
        };

        (void)state;
        for (size_t i = 0; i < sizeof(certs) / sizeof(*certs); i++) {
                struct file file = load_cert(certs[i].name);

                print_message("# %s\n", certs[i].name);
                expect_cert(span_of_file(file), certs[i].expected);
                free(file.bytes);
        }
}

/* openssl's "hash" is method 1 of RFC 5280, so with and without the extension the id is the same. */
static void the_key_id_can_be_computed(void **state)
{
        struct file with = load_cert("p256"), without = load_cert("p256-noskid"), sig = load_sig("p256", "sha256");
        struct sig_cert a, b;
        struct sig parsed;

        (void)state;
        assert_int_equal(sig_read_cert(span_of_file(with), &a), ERR_OK);
        assert_int_equal(sig_read_cert(span_of_file(without), &b), ERR_OK);
        assert_int_equal(sig_parse(span_of_file(sig), &parsed), ERR_OK);
        assert_int_equal(a.key_id, b.key_id);
        assert_int_equal(a.key_id, parsed.key_id);
        assert_memory_equal(a.spki_sha256, b.spki_sha256, 32);
        assert_string_equal(a.key_type, "ecdsa");
        assert_int_equal(a.key_bits, 256);
        free(with.bytes);
        free(without.bytes);
        free(sig.bytes);
}

/* A certificate with nothing in it but the RSA key 0, 3. */
static void a_modulus_is_positive(void **state)
{
        static const uint8_t der[] = "\x30\x2e\x30\x27\x02\x01\x01\x30\x00\x30\x00\x30\x00\x30\x00"
                                     "\x30\x1a\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00"
                                     "\x03\x09\x00\x30\x06\x02\x01\x00\x02\x01\x03"
                                     "\x30\x00\x03\x01\x00";
        uint8_t small[sizeof(der)];

        (void)state;
        expect_cert(span_of(der, sizeof(der) - 1), ERR_SIG_CERT);
        memcpy(small, der, sizeof(der));
        small[39] = 5; /* only the zero was wrong */
        expect_cert(span_of(small, sizeof(der) - 1), ERR_SIG_KEY_BITS);
}

static void every_prefix_of_a_certificate_is_refused(void **state)
{
        (void)state;
        for (unsigned i = 0; i < KEYS; i++) {
                struct file file = load_cert(keys[i]);

                for (size_t cut = 0; cut < file.len; cut++) {
                        uint8_t *exact = malloc(cut ? cut : 1);

                        memcpy(exact, file.bytes, cut);
                        expect_cert(span_of(exact, cut), ERR_SIG_CERT);
                        free(exact);
                }
                free(file.bytes);
        }
}

static void every_prefix_of_a_pem_certificate_is_refused(void **state)
{
        struct file file = load(FILES "%s%s", "p256", ".pem");

        (void)state;
        for (size_t cut = 1; cut < file.len - 1; cut++) {
                uint8_t *exact = malloc(cut);

                memcpy(exact, file.bytes, cut);
                expect_cert(span_of(exact, cut), ERR_SIG_CERT_PEM);
                free(exact);
        }
        expect_cert(span_of(file.bytes, file.len - 1), ERR_OK); /* only the last line feed is missing */
        free(file.bytes);
}

static void a_file_is_one_certificate(void **state)
{
        static uint8_t twice[SIG_CERT_BYTES_MAX + 1];
        struct file der = load_cert("p256"), pem = load(FILES "%s%s", "p256", ".pem");

        (void)state;
        memcpy(twice, der.bytes, der.len);
        memcpy(twice + der.len, der.bytes, der.len);
        expect_cert(span_of(twice, 2 * der.len), ERR_SIG_CERT_SEVERAL);
        expect_cert(span_of(twice, der.len + 1), ERR_SIG_CERT_SEVERAL);
        memcpy(twice, pem.bytes, pem.len);
        memcpy(twice + pem.len, pem.bytes, pem.len);
        expect_cert(span_of(twice, 2 * pem.len), ERR_SIG_CERT_SEVERAL);
        memset(twice + pem.len, '\n', sizeof(twice) - pem.len);
        expect_cert(span_of(twice, SIG_CERT_BYTES_MAX), ERR_OK);
        expect_cert(span_of(twice, SIG_CERT_BYTES_MAX + 1), ERR_SIG_CERT_LONG);
        twice[60] = '!';
        expect_cert(span_of(twice, pem.len), ERR_SIG_CERT_PEM);
        expect_cert(span_of_str("not a certificate"), ERR_SIG_CERT_PEM);
        free(der.bytes);
        free(pem.bytes);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(der_certificates_verify),
                cmocka_unit_test(pem_certificates_verify),
                cmocka_unit_test(what_is_read_can_be_written),
                cmocka_unit_test(a_broken_header_is_named),
                cmocka_unit_test(every_prefix_of_a_signature_is_refused),
                cmocka_unit_test(a_longer_file_is_refused),
                cmocka_unit_test(every_changed_byte_is_noticed),
                cmocka_unit_test(broken_hashes_are_refused),
                cmocka_unit_test(a_signature_must_fit_its_key),
                cmocka_unit_test(an_impostor_neither_signs_nor_hides),
                cmocka_unit_test(the_number_of_certificates_is_limited),
                cmocka_unit_test(a_broken_certificate_is_never_skipped),
                cmocka_unit_test(keys_are_of_known_types_and_sizes),
                cmocka_unit_test(the_key_id_can_be_computed),
                cmocka_unit_test(a_modulus_is_positive),
                cmocka_unit_test(every_prefix_of_a_certificate_is_refused),
                cmocka_unit_test(every_prefix_of_a_pem_certificate_is_refused),
                cmocka_unit_test(a_file_is_one_certificate),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
