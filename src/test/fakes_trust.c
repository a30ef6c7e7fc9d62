/* SPDX-License-Identifier: Apache-2.0 */
/* The machine made in software: TPM, IMA, and what its log says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/hex.h"
#include "base/json.h"
#include "test/fakes_parts.h"

/* ---- TPM ----------------------------------------------------------------------------------------------------------------- */

void fakes_begin_tpm(struct fakes *f)
{
        for (unsigned i = 0; i < 24; i++) {
                f->tpm.pcrs[i].count = 2;
                f->tpm.pcrs[i].digests[0].alg = ALG_SHA256;
                f->tpm.pcrs[i].digests[1].alg = ALG_SHA384;
        }
}

static enum err command(struct fakes *f)
{
        return ++f->tpm.commands == f->tpm.fail_at ? f->tpm.error : ERR_OK;
}

static enum err tpm_open_(void *context)
{
        struct fakes *f = context;

        return f->now_ms < f->tpm.appears_ms ? ERR_TPM_ABSENT : f->tpm.open_error;
}

static void tpm_close_(void *context)
{
        (void)context;
}

static enum err tpm_banks_(void *context, unsigned pcr, struct ports_banks *ret_banks)
{
        struct fakes *f = context;

        (void)pcr;
        TRY(command(f));
        *ret_banks = (struct ports_banks){ 2, { ALG_SHA256, ALG_SHA384 }, f->tpm.unknown_banks };
        return ERR_OK;
}

static enum err tpm_pcr_read_(void *context, unsigned pcr, const struct ports_banks *banks, struct digest_set *ret_values)
{
        struct fakes *f = context;

        assert_int_equal(banks->count, 2);
        TRY(command(f));
        *ret_values = f->tpm.pcrs[pcr];
        return ERR_OK;
}

static enum err extend(struct fakes *f, unsigned pcr, const struct digest_set *digests)
{
        fakes_effect(f);
        TRY(command(f));
        assert_int_equal(digests->count, 2);
        for (unsigned i = 0; i < 2; i++)
                digest_extend(&f->tpm.pcrs[pcr].digests[i], digest_span(&digests->digests[i]));
        return ERR_OK;
}

static enum err tpm_extend_(void *context, unsigned pcr, const struct digest_set *digests)
{
        assert_int_equal(((struct fakes *)context)->tpm.unknown_banks, 0);
        return extend(context, pcr, digests);
}

static enum err tpm_event_(void *context, unsigned pcr, struct span data)
{
        const enum alg algs[2] = { ALG_SHA256, ALG_SHA384 };
        struct digest_set digests;

        ((struct fakes *)context)->tpm.events++;
        digest_set_of(algs, 2, data, &digests);
        return extend(context, pcr, &digests);
}

void fakes_add_tpm(struct ports *p)
{
        p->tpm_open = tpm_open_;
        p->tpm_close = tpm_close_;
        p->tpm_banks = tpm_banks_;
        p->tpm_pcr_read = tpm_pcr_read_;
        p->tpm_extend = tpm_extend_;
        p->tpm_event = tpm_event_;
}

/* ---- IMA ----------------------------------------------------------------------------------------------------------------- */

static void put(struct fakes *f, const void *bytes, size_t len)
{
        assert_true(f->ima.log_len + len <= sizeof(f->ima.log));
        memcpy(f->ima.log + f->ima.log_len, bytes, len);
        f->ima.log_len += len;
}

static void put_u32(struct fakes *f, size_t value)
{
        put(f, (const uint8_t[4]){ (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24) }, 4);
}

/* An entry of template ima-ng; nobody looks at the digest column here. */
static void put_entry(struct fakes *f, struct span hash, const char *path)
{
        size_t name = strlen(f->ima.hash_name) + 2;

        put_u32(f, 10);
        put(f, (const uint8_t[20]){ 1 }, 20);
        put_u32(f, 6);
        put(f, "ima-ng", 6);
        put_u32(f, 4 + name + hash.len + 4 + strlen(path) + 1);
        put_u32(f, name + hash.len);
        put(f, f->ima.hash_name, name - 2);
        put(f, ":", 2);
        put(f, hash.data, hash.len);
        put_u32(f, strlen(path) + 1);
        put(f, path, strlen(path) + 1);
}

void fakes_begin_ima(struct fakes *f)
{
        strcpy(f->ima.hash_name, "sha256");
}

void fakes_ima_read(struct fakes *f, const struct fakes_file *file)
{
        struct digest digest;
        enum alg alg;

        if (!f->ima.active || f->ima.deaf || file->owner != RENDER_RECEIPT_OWNER)
                return;
        assert_int_equal(alg_by_name(span_of_str(f->ima.hash_name), &alg), ERR_OK);
        digest_of(alg, span_of(file->bytes, file->len), &digest);
        put_entry(f, digest_span(&digest), file->path);
}

static enum err stream_open(void *context, const char *path)
{
        struct fakes *f = context;
        uint8_t aggregate[32];

        assert_non_null(strstr(path, "binary_runtime_measurements"));
        if (f->ima.absent)
                return ERR_FILE_ABSENT;
        memset(aggregate, f->ima.bypass ? 0 : 7, sizeof(aggregate));
        if (f->ima.log_len == 0)
                put_entry(f, span_of(aggregate, sizeof(aggregate)), "boot_aggregate");
        f->ima.log_at = 0;
        return ERR_OK;
}

/* In small pieces, as a kernel gives them. */
static enum err stream_read(void *context, uint8_t *buf, size_t cap, size_t *ret_len)
{
        struct fakes *f = context;
        size_t len = f->ima.log_len - f->ima.log_at;

        len = len < 50 ? len : 50;
        len = len < cap ? len : cap;
        memcpy(buf, f->ima.log + f->ima.log_at, len);
        f->ima.log_at += len;
        *ret_len = len;
        return ERR_OK;
}

static enum err ima_open(void *context)
{
        struct fakes *f = context;

        f->ima.lines = 0;
        f->ima.refused = false;
        if (f->ima.absent)
                return ERR_IMA_ABSENT;
        if (f->ima.busy_times > 0) {
                f->ima.busy_times--;
                return ERR_IMA_BUSY;
        }
        return f->ima.active && !f->ima.takes_more ? ERR_IMA_LOADED : f->ima.open_error;
}

static enum err ima_write(void *context, struct span line)
{
        struct fakes *f = context;
        bool by_path = line.len > 0 && line.data[0] == '/';

        f->ima.lines++;
        if (by_path) {
                assert_true(span_equal_str(line, "/run/cosima/rules\n"));
                f->ima.by_path = !f->ima.refuses_path && strcmp(fakes_file(f, "/run/cosima/rules")->xattr, "security.ima") == 0;
                f->ima.refused = !f->ima.by_path;
                return f->ima.by_path ? ERR_OK : ERR_IMA_DENIED;
        }
        assert_int_equal(line.data[line.len - 1], '\n');
        if (f->ima.text_error != ERR_OK && (f->ima.error_line == 0 || f->ima.error_line == f->ima.lines)) {
                f->ima.refused = true;
                return f->ima.text_error;
        }
        return ERR_OK;
}

static void ima_close(void *context)
{
        struct fakes *f = context;

        fakes_effect(f);
        if (f->ima.lines > 0 || f->ima.refused)
                f->ima.active = !f->ima.refused;
        f->ima.in_a_hurry = fakes_file(f, FAKES_HURRY) && fakes_file(f, FAKES_HURRY)->bytes[0] == '1';
        if (f->ima.told_otherwise)
                fakes_put(f, FAKES_HURRY, span_of_str("2\n"));
}

static enum err find_ring(void *context, const char *name, int32_t *ret_ring)
{
        assert_string_equal(name, ".ima");
        *ret_ring = 1;
        return ((struct fakes *)context)->has_ima_ring ? ERR_OK : ERR_KEY_ABSENT;
}

static enum err make_ring(void *context, const char *name, int32_t *ret_ring)
{
        assert_string_equal(name, "_ima");
        ((struct fakes *)context)->made_ring = true;
        *ret_ring = 2;
        return ERR_OK;
}

static enum err add_key(void *context, int32_t ring, struct span certificate)
{
        assert_true(ring > 0 && certificate.len > 0);
        return ((struct fakes *)context)->key_error;
}

static enum err restrict_ring(void *context, int32_t ring)
{
        assert_int_equal(ring, 2);
        ((struct fakes *)context)->restricted = true;
        return ERR_OK;
}

static void stream_close(void *context)
{
        (void)context;
}

void fakes_add_ima(struct ports *p)
{
        p->stream_open = stream_open;
        p->stream_read = stream_read;
        p->stream_close = stream_close;
        p->ima_open = ima_open;
        p->ima_write = ima_write;
        p->ima_close = ima_close;
        p->key_find_ring = find_ring;
        p->key_make_ring = make_ring;
        p->key_add = add_key;
        p->key_restrict = restrict_ring;
}

/* ---- the log ------------------------------------------------------------------------------------------------------------- */

static void describe(struct span content, char *ret_text, size_t cap)
{
        static uint8_t pool[1 << 20];
        struct span name, error = { 0 }, stage = { 0 };
        yyjson_val *root;

        assert_int_equal(json_parse(content, pool, sizeof(pool), &root), ERR_OK);
        assert_int_equal(json_get_text(root, "event", &name), ERR_OK);
        if (!span_equal_str(name, "failure")) {
                (void)snprintf(ret_text, cap, "%.*s ", (int)name.len, (const char *)name.data);
                return;
        }
        assert_int_equal(json_get_text(root, "error", &error), ERR_OK);
        assert_int_equal(json_get_text(root, "stage", &stage), ERR_OK);
        (void)snprintf(ret_text, cap, "failure:%.*s@%.*s ", (int)error.len, (const char *)error.data, (int)stage.len,
                       (const char *)stage.data);
}

const char *fakes_events(struct fakes *f)
{
        static char text[2048];
        const struct fakes_file *file = fakes_file(f, FAKES_LOG);
        struct cel_reader r = cel_reader_on(file ? span_of(file->bytes, file->len) : span_of("", 0));
        struct cel_record record;

        text[0] = '\0';
        while (!cel_done(&r)) {
                assert_int_equal(cel_next(&r, &record), ERR_OK);
                describe(record.content, text + strlen(text), sizeof(text) - strlen(text));
        }
        return text;
}

bool fakes_log_is_pcr(struct fakes *f, unsigned pcr)
{
        const struct fakes_file *file = fakes_file(f, FAKES_LOG);
        struct cel_reader r = cel_reader_on(file ? span_of(file->bytes, file->len) : span_of("", 0));
        struct digest pcrs[2] = { { .alg = ALG_SHA256 }, { .alg = ALG_SHA384 } };
        struct cel_record record;

        while (!cel_done(&r)) {
                assert_int_equal(cel_next(&r, &record), ERR_OK);
                assert_int_equal(record.pcr, pcr);
                for (unsigned i = 0; i < 2 && !record.info; i++) {
                        struct digest d;

                        digest_of(pcrs[i].alg, record.content, &d);
                        digest_extend(&pcrs[i], digest_span(&d));
                }
        }
        for (unsigned i = 0; i < 2; i++)
                if (!span_equal(digest_span(&pcrs[i]), digest_span(&f->tpm.pcrs[pcr].digests[i])))
                        return false;
        return true;
}
