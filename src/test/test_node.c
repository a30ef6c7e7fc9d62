/* SPDX-License-Identifier: Apache-2.0 */
/* Taking evidence, on a machine that is a table of functions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "attest.h"
#include "cli/node.h"
#include "signer.h"
#include "verify/baseline.h"

#define SEED "attestation key of the tests"

/* Commands keep their memory until the program ends (cli/cli.h, cli_alloc). */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
        return "detect_leaks=0";
}

/* A TPM with one bank in which IMA is busy for a while, and a few files. */
struct fake {
        struct quote_bank bank;
        unsigned restless; /* quotes before which PCR 10 changes once more */
        unsigned quotes, keys;
        struct attest attest;
        struct span stream;
        bool broken_log, no_log;
};

static enum err fake_open(void *context)
{
        (void)context;
        return ERR_OK;
}

static void fake_close(void *context)
{
        (void)context;
}

static enum err fake_banks(void *context, unsigned pcr, struct ports_banks *ret_banks)
{
        (void)context, (void)pcr;
        *ret_banks = (struct ports_banks){ .count = 1, .algs = { ALG_SHA256 }, .unknown = 1 };
        return ERR_OK;
}

static enum err fake_pcr_read(void *context, unsigned pcr, const struct ports_banks *banks, struct digest_set *ret_values)
{
        struct fake *f = context;

        (void)banks;
        ret_values->count = 1;
        ret_values->digests[0] = f->bank.values[pcr];
        return ERR_OK;
}

static enum err fake_make_key(void *context, bool rsa, struct ports_key *ret_key)
{
        struct fake *f = context;
        uint8_t spki[91];

        signer_public(SEED, spki);
        *ret_key = (struct ports_key){ .handle = 1, .rsa = rsa };
        memcpy(ret_key->x, spki + 27, 32);
        memcpy(ret_key->y, spki + 59, 32);
        f->keys++;
        return ERR_OK;
}

static enum err fake_drop_key(void *context, const struct ports_key *key)
{
        struct fake *f = context;

        (void)key;
        f->keys--;
        return ERR_OK;
}

static enum err fake_quote(void *context, const struct ports_key *key, struct span nonce, const struct ports_selection *selections,
                           unsigned count, struct ports_quote *ret_quote)
{
        struct fake *f = context;
        struct attest_facts facts = { .nonce = nonce, .selection_count = count };
        struct digest_state state;
        struct digest digest;

        (void)key;
        if (f->quotes++ < f->restless)
                f->bank.values[10].bytes[0]++;
        digest_begin(&state, ALG_SHA256);
        for (unsigned i = 0; i < count; i++) {
                facts.selections[i] = (struct quote_selection){ alg_info(selections[i].alg)->tpm_id, selections[i].pcrs };
                for (unsigned pcr = 0; pcr < QUOTE_PCRS; pcr++)
                        if (selections[i].pcrs >> pcr & 1)
                                digest_add(&state, digest_span(&f->bank.values[pcr]));
        }
        digest_end(&state, &digest);
        facts.pcr_digest = digest_span(&digest);
        attest_make(&f->attest, &facts);
        ret_quote->attest_bytes = f->attest.message_len;
        memcpy(ret_quote->attest, f->attest.message, f->attest.message_len);
        ret_quote->signature_bytes = f->attest.signature_len;
        memcpy(ret_quote->signature, f->attest.signature, f->attest.signature_len);
        return ERR_OK;
}

/* The IMA log is longer than one buffer; of the folder there is the policy only. */
static enum err fake_stream_open(void *context, const char *path)
{
        static uint8_t log[200000];
        struct fake *f = context;

        if (f->broken_log)
                return ERR_FILE_READ;
        for (size_t i = 0; i < sizeof(log); i++)
                log[i] = (uint8_t)(i * 7);
        if (strcmp(path, NODE_IMA_LOG) == 0 && !f->no_log)
                f->stream = span_of(log, sizeof(log));
        else if (strcmp(path, "/run/here/policy") == 0)
                f->stream = span_of_str("cosima 1\n");
        else
                return ERR_FILE_ABSENT;
        return ERR_OK;
}

static enum err fake_stream_read(void *context, uint8_t *buf, size_t cap, size_t *ret_len)
{
        struct fake *f = context;
        size_t len = f->stream.len < cap ? f->stream.len : cap;

        memcpy(buf, f->stream.data, len);
        f->stream = span_of(f->stream.data + len, f->stream.len - len);
        *ret_len = len;
        return ERR_OK;
}

static enum err fake_file_read(void *context, const char *path, uint8_t *buf, size_t cap, struct span *ret_bytes)
{
        static const char state[] = "{\"partitions\":[{\"major\":254,\"minor\":2,\"name\":\"COS_OEM\",\"state\":\"present\"},"
                                    "{\"major\":0,\"minor\":0,\"name\":\"COS_PERSISTENT\",\"state\":\"absent\"}]}";

        (void)context;
        assert_string_equal(path, "/run/here/state");
        assert_true(cap >= sizeof(state));
        memcpy(buf, state, sizeof(state) - 1);
        *ret_bytes = span_of(buf, sizeof(state) - 1);
        return ERR_OK;
}

static enum err fake_mounts(void *context, ports_mount_visit visit, void *arg)
{
        const struct ports_mount mounts[] = {
                { 0, 22, span_of_str("/"), span_of_str("/proc"), span_of_str("proc"), span_of_str("proc") },
                { 254, 2, span_of_str("/"), span_of_str("/oem"), span_of_str("ext4"), span_of_str("/dev/vda2") },
                { 254, 5, span_of_str("/"), span_of_str("/usr/local"), span_of_str("ext4"), span_of_str("/dev/vda5") },
                { 254, 2, span_of_str("/sub"), span_of_str("/a \"place\""), span_of_str("ext4"), span_of_str("/dev/vda2") },
        };

        (void)context;
        for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++)
                TRY(visit(arg, &mounts[i]));
        return ERR_OK;
}

static enum err fake_of_path(void *context, struct span path, uint32_t *ret_major, uint32_t *ret_minor)
{
        (void)context, (void)path, (void)ret_major, (void)ret_minor;
        return ERR_FILE_ABSENT;
}

static enum err fake_beneath(void *context, uint32_t major, uint32_t minor, uint32_t *ret_major, uint32_t *ret_minor)
{
        (void)context;
        *ret_major = major;
        *ret_minor = minor;
        return ERR_OK;
}

static struct ports fake_ports(struct fake *f)
{
        memset(f, 0, sizeof(*f));
        for (unsigned pcr = 0; pcr < QUOTE_PCRS; pcr++)
                f->bank.values[pcr] = (struct digest){ ALG_SHA256, { (uint8_t)pcr } };
        return (struct ports){ .context = f,
                               .tpm_open = fake_open,
                               .tpm_close = fake_close,
                               .tpm_banks = fake_banks,
                               .tpm_pcr_read = fake_pcr_read,
                               .tpm_make_key = fake_make_key,
                               .tpm_drop_key = fake_drop_key,
                               .tpm_quote = fake_quote,
                               .stream_open = fake_stream_open,
                               .stream_read = fake_stream_read,
                               .stream_close = fake_close,
                               .file_read = fake_file_read,
                               .mounts_visit = fake_mounts,
                               .device_of_path = fake_of_path,
                               .device_beneath = fake_beneath };
}

static const struct cli cli = { .name = "test" };

static enum cli_exit take(struct fake *f, const struct ports *ports, const char *pcrs, struct evidence *ret)
{
        static const uint8_t nonce[16] = { 7 };
        struct node_request request = { .nonce = span_of(nonce, sizeof(nonce)), .run = "/run/here" };

        (void)f;
        assert_int_equal(node_parse_pcrs(&cli, pcrs, &request), CLI_OK);
        return node_take_evidence(&cli, ports, &request, ret);
}

/* What node_write_ima() writes behind what a file holds. */
static enum cli_exit write_ima(const struct ports *ports, uint64_t offset, struct span *ret_member)
{
        static uint8_t buf[EVIDENCE_BLOCK_BYTES + 200192 + 1];
        struct node_request request = { .ima_offset = offset };
        FILE *file = tmpfile();
        uint64_t bytes = 0;
        enum cli_exit status;

        assert_non_null(file);
        assert_int_equal(fwrite("before", 1, 6, file), 6);
        fflush(file);
        status = node_write_ima(&cli, ports, &request, fileno(file), "evidence.tar", &bytes);
        fseek(file, 6, SEEK_SET);
        if (status == CLI_OK)
                assert_int_equal(fread(buf, 1, sizeof(buf), file), bytes);
        fclose(file);
        *ret_member = span_of(buf, (size_t)bytes);
        return status;
}

static void evidence_holds_what_there_is(void **state)
{
        struct fake f;
        struct ports ports = fake_ports(&f);
        struct quote_signature signature;
        struct quote_bank banks[ALG_COUNT] = { 0 };
        struct evidence e;
        struct quote quote;

        (void)state;
        assert_int_equal(take(&f, &ports, "0-15", &e), CLI_OK);
        assert_int_equal(f.keys, 0);
        assert_int_equal(quote_parse(e.members[EVIDENCE_QUOTE_MSG], &quote), ERR_OK);
        assert_int_equal(quote.selections[0].pcrs, 0xffff);
        assert_int_equal(quote_parse_signature(e.members[EVIDENCE_QUOTE_SIG], &signature), ERR_OK);
        assert_int_equal(quote_verify(e.members[EVIDENCE_QUOTE_MSG], &signature, e.members[EVIDENCE_AK]), ERR_OK);
        assert_int_equal(canon_check(e.members[EVIDENCE_PCRS]), ERR_OK);
        assert_int_equal(baseline_read_banks(e.members[EVIDENCE_PCRS], banks), ERR_OK);
        assert_int_equal(banks[ALG_SHA256].pcrs, 0xffffff);
        assert_true(quote_has_values(&quote, ALG_SHA256, banks));
        assert_null(e.members[EVIDENCE_IMA].data);
        assert_true(span_equal_str(e.members[EVIDENCE_POLICY], "cosima 1\n"));
        assert_null(e.members[EVIDENCE_FIRMWARE].data);
        assert_null(e.members[EVIDENCE_EVENTS].data);
}

static void mounts_are_those_of_the_measured_devices(void **state)
{
        struct fake f;
        struct ports ports = fake_ports(&f);
        struct evidence e;
        struct span mounts, unknown;
        uint64_t count;

        (void)state;
        assert_int_equal(take(&f, &ports, "0-15", &e), CLI_OK);
        assert_int_equal(canon_check(e.members[EVIDENCE_META]), ERR_OK);
        assert_int_equal(canon_member(e.members[EVIDENCE_META], "mounts", &mounts), ERR_OK);
        assert_true(span_equal_str(mounts, "[{\"partition\":\"COS_OEM\",\"point\":\"/oem\",\"root\":\"/\"},"
                                           "{\"partition\":\"COS_OEM\",\"point\":\"/a \\\"place\\\"\",\"root\":\"/sub\"}]"));
        assert_int_equal(canon_member(e.members[EVIDENCE_META], "unknown_banks", &unknown), ERR_OK);
        assert_int_equal(canon_u64(unknown, &count), ERR_OK);
        assert_int_equal(count, 1);
}

static void quotes_again_while_ima_extends(void **state)
{
        struct fake f;
        struct ports ports = fake_ports(&f);
        struct quote_bank banks[ALG_COUNT] = { 0 };
        struct evidence e;
        struct quote quote;

        (void)state;
        f.restless = 3;
        assert_int_equal(take(&f, &ports, "10,15", &e), CLI_OK);
        assert_int_equal(f.quotes, 4);
        assert_int_equal(quote_parse(e.members[EVIDENCE_QUOTE_MSG], &quote), ERR_OK);
        assert_int_equal(baseline_read_banks(e.members[EVIDENCE_PCRS], banks), ERR_OK);
        assert_true(quote_has_values(&quote, ALG_SHA256, banks));
        f.restless = 1000;
        assert_int_equal(take(&f, &ports, "10,15", &e), CLI_FAILED);
        assert_int_equal(f.keys, 0);
}

static void what_cannot_be_quoted_or_read(void **state)
{
        struct fake f;
        struct ports ports = fake_ports(&f);
        struct evidence e;
        struct span text;

        (void)state;
        assert_int_equal(take(&f, &ports, "sha384:0-15", &e), CLI_FAILED);
        assert_int_equal(f.quotes, 0);
        f.broken_log = true;
        assert_int_equal(take(&f, &ports, "0-15", &e), CLI_FAILED);
        assert_int_equal(write_ima(&ports, 0, &text), CLI_FAILED);
}

/* Whatever is left out, the member is a whole one of the archive. */
static void the_log_is_written_in_pieces(void **state)
{
        static const size_t offsets[] = { 0, 1, 65536, 65537, 199999, 200000, 200001 };
        struct fake f;
        struct ports ports = fake_ports(&f);
        struct evidence_walk walk;
        struct evidence_header header;
        struct span member, name;

        (void)state;
        for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
                size_t size = offsets[i] < 200000 ? 200000 - offsets[i] : 0;

                assert_int_equal(write_ima(&ports, offsets[i], &member), CLI_OK);
                assert_int_equal(member.len, EVIDENCE_BLOCK_BYTES + evidence_padded(size));
                walk = (struct evidence_walk){ 0 };
                assert_int_equal(evidence_next(&walk, span_sub(member, 0, EVIDENCE_BLOCK_BYTES), &header, &name), ERR_OK);
                assert_int_equal(header.member, EVIDENCE_IMA);
                assert_int_equal(header.size, size);
                for (size_t at = 0; at < size; at++)
                        assert_int_equal(member.data[EVIDENCE_BLOCK_BYTES + at], (uint8_t)((offsets[i] + at) * 7));
                assert_true(span_is_zero(span_sub(member, EVIDENCE_BLOCK_BYTES + size, evidence_padded(size) - size)));
        }
        f.no_log = true;
        assert_int_equal(write_ima(&ports, 0, &member), CLI_OK);
        assert_int_equal(member.len, 0);
}

static void lists_of_pcrs(void **state)
{
        static const struct {
                const char *text;
                uint32_t sha256, sha384;
        } good[] = {
                { "0-15", 0xffff, 0 },
                { "0", 1, 0 },
                { "0,2,4-6,23", 0x800075, 0 },
                { "sha256:15", 0x8000, 0 },
                { "sha256:0-7+sha384:8", 0xff, 0x100 },
        };
        static const char *const bad[] = { "",      "24",     "0-24",       "5-3",   "a",          "0,", "0 1", "-1", "sha1:0", "md5:0", "sha256:",
                                           "0-15+", "0+0",    "sha256:0+1", "0,,1",  "sha384:0 +1", "+0" };

        (void)state;
        for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
                struct node_request r = { .run = "" };
                uint32_t pcrs[ALG_COUNT] = { 0 };

                assert_int_equal(node_parse_pcrs(&cli, good[i].text, &r), CLI_OK);
                for (unsigned k = 0; k < r.selection_count; k++)
                        pcrs[r.selections[k].alg] = r.selections[k].pcrs;
                assert_int_equal(pcrs[ALG_SHA256], good[i].sha256);
                assert_int_equal(pcrs[ALG_SHA384], good[i].sha384);
        }
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                struct node_request r = { .run = "" };

                assert_int_equal(node_parse_pcrs(&cli, bad[i], &r), CLI_USAGE);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(evidence_holds_what_there_is),
                cmocka_unit_test(mounts_are_those_of_the_measured_devices),
                cmocka_unit_test(quotes_again_while_ima_extends),
                cmocka_unit_test(what_cannot_be_quoted_or_read),
                cmocka_unit_test(the_log_is_written_in_pieces),
                cmocka_unit_test(lists_of_pcrs),
        };

        return cmocka_run_group_tests_name("node", tests, NULL, NULL);
}
