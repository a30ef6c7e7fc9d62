/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the firmware's event log format, both to read and to write. */
#include "log/tcg.h"

#include "base/reader.h"

#define PCR_MAX 23
#define UNKNOWN_DIGEST_BYTES_MAX 64
#define SHA1_BYTES 20
#define SPEC_ID_BYTES 16
static const char spec_id[SPEC_ID_BYTES] = "Spec ID Event03";
#define LOCALITY_BYTES 16
static const char locality_id[LOCALITY_BYTES] = "StartupLocality";

/* ---- read -------------------------------------------------------------------------------------------------------------- */

/* TCG_PCClientPCREvent (section 10.2.1): u32 pcr | u32 type | SHA-1 | u32 size | data. */
static enum err read_sha1_event(struct reader *r, struct tcg_event *ret_event)
{
        uint32_t size;

        ret_event->pcr = reader_u32le(r);
        ret_event->type = reader_u32le(r);
        ret_event->digest_count = 1;
        ret_event->digests[0].tpm_id = alg_info(ALG_SHA1)->tpm_id;
        ret_event->digests[0].bytes = reader_bytes(r, SHA1_BYTES);
        size = reader_u32le(r);
        if (size > TCG_EVENT_BYTES_MAX)
                return ERR_TCG_EVENT_SIZE;
        ret_event->data = reader_bytes(r, size);
        return reader_ok(r) ? ERR_OK : ERR_TCG_ENDS;
}

static const struct tcg_alg *find_alg(const struct tcg_log *log, uint16_t tpm_id)
{
        for (unsigned i = 0; i < log->alg_count; i++)
                if (log->algs[i].tpm_id == tpm_id)
                        return &log->algs[i];
        return NULL;
}

static enum err add_alg(struct tcg_log *log, uint16_t tpm_id, uint16_t size)
{
        enum alg alg;

        if (find_alg(log, tpm_id) || size == 0 || size > UNKNOWN_DIGEST_BYTES_MAX)
                return ERR_TCG_ALGS;
        if (alg_by_tpm_id(tpm_id, &alg) == ERR_OK && alg_info(alg)->size != size)
                return ERR_TCG_ALGS;
        log->algs[log->alg_count++] = (struct tcg_alg){ .tpm_id = tpm_id, .size = size };
        return ERR_OK;
}

/*
 * TCG_EfiSpecIDEvent (section 10.4.5.1): signature | u32 class | minor, major, errata, uintn size | u32 count | count times u16 id,
 * u16 size | u8 vendor size | vendor bytes. What follows inside the event is left alone.
 */
static enum err read_spec_id(struct span data, struct tcg_log *log)
{
        struct reader r = reader_on(data);
        uint32_t count;

        reader_skip(&r, SPEC_ID_BYTES + 8);
        count = reader_u32le(&r);
        if (!reader_ok(&r))
                return ERR_TCG_SPEC_ID;
        if (count == 0 || count > TCG_ALGS_MAX)
                return ERR_TCG_ALGS;
        for (uint32_t i = 0; i < count; i++) {
                uint16_t tpm_id = reader_u16le(&r);
                uint16_t size = reader_u16le(&r);

                if (!reader_ok(&r))
                        return ERR_TCG_SPEC_ID;
                TRY(add_alg(log, tpm_id, size));
        }
        reader_skip(&r, reader_u8(&r));
        return reader_ok(&r) ? ERR_OK : ERR_TCG_SPEC_ID;
}

enum err tcg_open(struct span bytes, struct tcg_log *ret_log)
{
        struct tcg_log log = { .bytes = bytes };
        struct reader r = reader_on(bytes);
        struct tcg_event first;

        if (bytes.len == 0)
                return ERR_TCG_EMPTY;
        TRY(read_sha1_event(&r, &first));
        log.agile = first.type == TCG_EV_NO_ACTION && span_equal(span_sub(first.data, 0, SPEC_ID_BYTES), span_of(spec_id, SPEC_ID_BYTES));
        if (log.agile) {
                TRY(read_spec_id(first.data, &log));
                log.offset = r.pos;
                log.number = 1;
        } else {
                TRY(add_alg(&log, alg_info(ALG_SHA1)->tpm_id, SHA1_BYTES));
        }
        *ret_log = log;
        return ERR_OK;
}

bool tcg_done(const struct tcg_log *log)
{
        return log->offset == log->bytes.len;
}

static bool has_digest(const struct tcg_event *e, uint16_t tpm_id)
{
        for (unsigned i = 0; i < e->digest_count; i++)
                if (e->digests[i].tpm_id == tpm_id)
                        return true;
        return false;
}

/* TPML_DIGEST_VALUES: u32 count | count times u16 id, digest. One for each declared algorithm, in whatever order. */
static enum err read_digests(const struct tcg_log *log, struct reader *r, struct tcg_event *e)
{
        uint32_t count = reader_u32le(r);

        if (reader_ok(r) && count != log->alg_count)
                return ERR_TCG_DIGESTS;
        for (uint32_t i = 0; i < count; i++) {
                uint16_t tpm_id = reader_u16le(r);
                const struct tcg_alg *alg = find_alg(log, tpm_id);

                if (!reader_ok(r))
                        return ERR_TCG_ENDS;
                if (!alg || has_digest(e, tpm_id))
                        return ERR_TCG_DIGESTS;
                e->digests[e->digest_count].tpm_id = tpm_id;
                e->digests[e->digest_count++].bytes = reader_bytes(r, alg->size);
        }
        return ERR_OK;
}

/* TCG_PCR_EVENT2 (section 10.2.2): u32 pcr | u32 type | digests | u32 size | data. */
static enum err read_agile_event(const struct tcg_log *log, struct reader *r, struct tcg_event *ret_event)
{
        uint32_t size;

        ret_event->pcr = reader_u32le(r);
        ret_event->type = reader_u32le(r);
        TRY(read_digests(log, r, ret_event));
        size = reader_u32le(r);
        if (size > TCG_EVENT_BYTES_MAX)
                return ERR_TCG_EVENT_SIZE;
        ret_event->data = reader_bytes(r, size);
        return reader_ok(r) ? ERR_OK : ERR_TCG_ENDS;
}

enum err tcg_next(struct tcg_log *log, struct tcg_event *ret_event)
{
        struct reader r = reader_on(span_sub(log->bytes, log->offset, log->bytes.len - log->offset));
        struct tcg_event e = { .offset = log->offset, .number = log->number };

        TRY(log->agile ? read_agile_event(log, &r, &e) : read_sha1_event(&r, &e));
        if (e.pcr > PCR_MAX && tcg_event_is_extended(&e))
                return ERR_TCG_PCR;
        log->offset += r.pos;
        log->number++;
        *ret_event = e;
        return ERR_OK;
}

/* Section 10.4.1, table 27. */
static const struct {
        uint32_t type;
        const char *name;
} event_names[] = {
        { 0x00000000u, "EV_PREBOOT_CERT" },
        { 0x00000001u, "EV_POST_CODE" },
        { 0x00000003u, "EV_NO_ACTION" },
        { 0x00000004u, "EV_SEPARATOR" },
        { 0x00000005u, "EV_ACTION" },
        { 0x00000006u, "EV_EVENT_TAG" },
        { 0x00000007u, "EV_S_CRTM_CONTENTS" },
        { 0x00000008u, "EV_S_CRTM_VERSION" },
        { 0x00000009u, "EV_CPU_MICROCODE" },
        { 0x0000000au, "EV_PLATFORM_CONFIG_FLAGS" },
        { 0x0000000bu, "EV_TABLE_OF_DEVICES" },
        { 0x0000000cu, "EV_COMPACT_HASH" },
        { 0x0000000du, "EV_IPL" },
        { 0x0000000eu, "EV_IPL_PARTITION_DATA" },
        { 0x0000000fu, "EV_NONHOST_CODE" },
        { 0x00000010u, "EV_NONHOST_CONFIG" },
        { 0x00000011u, "EV_NONHOST_INFO" },
        { 0x00000012u, "EV_OMIT_BOOT_DEVICE_EVENTS" },
        { 0x00000013u, "EV_POST_CODE2" },
        { 0x80000001u, "EV_EFI_VARIABLE_DRIVER_CONFIG" },
        { 0x80000002u, "EV_EFI_VARIABLE_BOOT" },
        { 0x80000003u, "EV_EFI_BOOT_SERVICES_APPLICATION" },
        { 0x80000004u, "EV_EFI_BOOT_SERVICES_DRIVER" },
        { 0x80000005u, "EV_EFI_RUNTIME_SERVICES_DRIVER" },
        { 0x80000006u, "EV_EFI_GPT_EVENT" },
        { 0x80000007u, "EV_EFI_ACTION" },
        { 0x80000008u, "EV_EFI_PLATFORM_FIRMWARE_BLOB" },
        { 0x80000009u, "EV_EFI_HANDOFF_TABLES" },
        { 0x8000000au, "EV_EFI_PLATFORM_FIRMWARE_BLOB2" },
        { 0x8000000bu, "EV_EFI_HANDOFF_TABLES2" },
        { 0x8000000cu, "EV_EFI_VARIABLE_BOOT2" },
        { 0x8000000du, "EV_EFI_GPT_EVENT2" },
        { 0x80000010u, "EV_EFI_HCRTM_EVENT" },
        { 0x800000e0u, "EV_EFI_VARIABLE_AUTHORITY" },
        { 0x800000e1u, "EV_EFI_SPDM_FIRMWARE_BLOB" },
        { 0x800000e2u, "EV_EFI_SPDM_FIRMWARE_CONFIG" },
        { 0x800000e3u, "EV_EFI_SPDM_DEVICE_POLICY" },
        { 0x800000e4u, "EV_EFI_SPDM_DEVICE_AUTHORITY" },
};

const char *tcg_event_name(uint32_t type)
{
        for (size_t i = 0; i < sizeof(event_names) / sizeof(event_names[0]); i++)
                if (event_names[i].type == type)
                        return event_names[i].name;
        return NULL;
}

bool tcg_event_is_extended(const struct tcg_event *e)
{
        return e->type != TCG_EV_NO_ACTION;
}

struct span tcg_event_digest(const struct tcg_event *e, enum alg bank)
{
        for (unsigned i = 0; i < e->digest_count; i++)
                if (e->digests[i].tpm_id == alg_info(bank)->tpm_id)
                        return e->digests[i].bytes;
        return span_of(NULL, 0);
}

bool tcg_event_startup_locality(const struct tcg_event *e, uint8_t *ret_locality)
{
        if (e->type != TCG_EV_NO_ACTION || e->pcr != 0 || e->data.len != LOCALITY_BYTES + 1 ||
            !span_equal(span_sub(e->data, 0, LOCALITY_BYTES), span_of(locality_id, LOCALITY_BYTES)))
                return false;
        *ret_locality = e->data.data[LOCALITY_BYTES];
        return true;
}

bool tcg_event_data_matches(const struct tcg_event *e)
{
        unsigned known = 0;

        for (unsigned alg = 0; alg < ALG_COUNT; alg++) {
                struct span logged = tcg_event_digest(e, alg);
                struct digest d;

                if (logged.len == 0)
                        continue;
                digest_of(alg, e->data, &d);
                if (!span_equal(digest_span(&d), logged))
                        return false;
                known++;
        }
        return known > 0;
}

enum err tcg_find_gpt(struct span log, struct span *ret_gpt_data)
{
        struct tcg_log l;

        TRY(tcg_open(log, &l));
        while (!tcg_done(&l)) {
                struct tcg_event e;

                TRY(tcg_next(&l, &e));
                if (e.type != TCG_EV_EFI_GPT_EVENT)
                        continue;
                if (!tcg_event_data_matches(&e))
                        return ERR_TCG_GPT_DIGEST;
                *ret_gpt_data = e.data;
                return ERR_OK;
        }
        return ERR_TCG_NO_GPT;
}

/* ---- write ------------------------------------------------------------------------------------------------------------- */

struct out {
        uint8_t *buf;
        size_t cap;
        size_t len;
        bool full;
};

static void put_bytes(struct out *o, struct span bytes)
{
        if (o->full || bytes.len > o->cap - o->len) {
                o->full = true;
                return;
        }
        if (bytes.len > 0)
                memcpy(o->buf + o->len, bytes.data, bytes.len);
        o->len += bytes.len;
}

static void put_le(struct out *o, uint32_t value, size_t size)
{
        uint8_t bytes[4] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24) };

        put_bytes(o, span_of(bytes, size));
}

static enum err finish(const struct out *o, size_t *ret_size)
{
        if (o->full)
                return ERR_NO_SPACE;
        *ret_size = o->len;
        return ERR_OK;
}

enum err tcg_write_header(const enum alg *algs, unsigned count, uint8_t *buf, size_t cap, size_t *ret_size)
{
        static const uint8_t no_digest[SHA1_BYTES];
        /* Platform class 0 (client), version 2.0 without errata, UINTN of 64 bits. */
        static const uint8_t version[8] = { 0, 0, 0, 0, 0, 2, 0, 2 };
        struct out o = { .buf = buf, .cap = cap };

        put_le(&o, 0, 4);
        put_le(&o, TCG_EV_NO_ACTION, 4);
        put_bytes(&o, span_of(no_digest, sizeof(no_digest)));
        put_le(&o, SPEC_ID_BYTES + 8 + 4 + 4 * count + 1, 4);
        put_bytes(&o, span_of(spec_id, SPEC_ID_BYTES));
        put_bytes(&o, span_of(version, sizeof(version)));
        put_le(&o, count, 4);
        for (unsigned i = 0; i < count; i++) {
                put_le(&o, alg_info(algs[i])->tpm_id, 2);
                put_le(&o, alg_info(algs[i])->size, 2);
        }
        put_le(&o, 0, 1);
        return finish(&o, ret_size);
}

static enum err put_digests(struct out *o, const struct tcg_log *log, const struct digest_set *digests)
{
        if (log->agile)
                put_le(o, log->alg_count, 4);
        for (unsigned i = 0; i < log->alg_count; i++) {
                const struct digest *d;
                enum alg alg;

                TRY(alg_by_tpm_id(log->algs[i].tpm_id, &alg));
                d = digest_find(digests, alg);
                if (!d)
                        return ERR_TCG_ALG_MISSING;
                if (log->agile)
                        put_le(o, log->algs[i].tpm_id, 2);
                put_bytes(o, digest_span(d));
        }
        return ERR_OK;
}

enum err tcg_write_tagged(const struct tcg_log *log, uint32_t pcr, uint32_t tag, const struct digest_set *digests, struct span data,
                          uint8_t *buf, size_t cap, size_t *ret_size)
{
        struct out o = { .buf = buf, .cap = cap };

        if (data.len > TCG_EVENT_BYTES_MAX - 8)
                return ERR_TCG_EVENT_SIZE;
        put_le(&o, pcr, 4);
        put_le(&o, TCG_EV_EVENT_TAG, 4);
        TRY(put_digests(&o, log, digests));
        put_le(&o, (uint32_t)data.len + 8, 4);
        put_le(&o, tag, 4);
        put_le(&o, (uint32_t)data.len, 4);
        put_bytes(&o, data);
        return finish(&o, ret_size);
}
