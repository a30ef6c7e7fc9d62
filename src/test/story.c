/* SPDX-License-Identifier: Apache-2.0 */
/* Makes boots that never happened. The logs are written by our own writers, the IMA log and the TPM by what stands here. */
#include "story.h"

#include <assert.h>
#include <stdio.h>

#include "base/json.h"
#include "event/receipt.h"
#include "verify/baseline.h"

#define IMA_PCR 10
#define DATA_BYTES 1024 /* of an entry */

static const enum alg banks[] = { ALG_SHA256, ALG_SHA384 };
#define BANKS 2

static const char good_policy[] = "cosima 1\n"
                                  "name test\n"
                                  "version 7\n"
                                  "pcr 15\n"
                                  "partition COS_OEM required label=COS_OEM fs=ext4\n"
                                  "partition COS_PERSISTENT required label=COS_PERSISTENT fs=ext4\n"
                                  "classes identity,config\n"
                                  "disks open\n"
                                  "wait 1\n"
                                  "on-failure continue\n"
                                  "walk COS_OEM max=1000000\n"
                                  "measure func=FILE_CHECK mask=^MAY_READ partition=COS_OEM\n"
                                  "measure func=BPRM_CHECK partition=COS_PERSISTENT\n";

#define PARTITION(name, guid, uuid)                                                                                    \
        "{\"candidates\":[{\"entry\":{\"identity\":{\"guid\":\"" guid "\"}},\"gpt\":\"ok\",\"kernel\":\"agrees\",\"signatures\":[{"    \
        "\"config\":{\"mount_options\":\"\"},\"identity\":{\"label\":\"" name "\",\"uuid\":\"" uuid "\"},\"type\":\"ext4\"}],"         \
        "\"table\":{\"identity\":{\"mbr\":\"protective\"}}}],\"count\":1,\"name\":\"" name "\",\"state\":\"present\"}"

static const char good_storage[] =
        "{\"event\":\"storage\",\"partitions\":[" PARTITION("COS_OEM", "8bfa06f9-ca4f-56dc-90c9-49cf20f4f45e", "c05a0000-0000-4000-8000-000000000002")
        "," PARTITION("COS_PERSISTENT", "0fc63daf-8483-4772-8e79-3d69d8477de4", "c05a0000-0000-4000-8000-000000000005") "]}";

struct span story_nonce(void)
{
        static const uint8_t nonce[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

        return span_of(nonce, sizeof(nonce));
}

void story_replace(char *text, const char *old, const char *new)
{
        char *at = strstr(text, old);
        size_t len = strlen(text);

        assert(at && len - strlen(old) + strlen(new) < STORY_TEXT_BYTES);
        memmove(at + strlen(new), at + strlen(old), strlen(at + strlen(old)) + 1);
        memcpy(at, new, strlen(new));
}

void story_encrypt(struct story *s, const char *table)
{
        char *at = strstr(s->storage, "COS_OEM\",\"state\"");

        s->table = table;
        story_replace(s->policy, "measure func=BPRM_CHECK", "measure func=CRITICAL_DATA label=device-mapper\nmeasure func=BPRM_CHECK");
        story_replace(at, "\"config\":{\"mount_options\":\"\"},\"identity\":{\"label\":\"COS_PERSISTENT\",",
                      "\"config\":{\"inner_uuid\":\"c05a0000-0000-4000-8000-000000000005\",\"keyslots\":{\"0\":{\"key_size\":64}},\"segments\":{\"0\":"
                      "{\"encryption\":\"aes-xts-plain64\",\"iv_tweak\":\"0\",\"offset\":\"16777216\",\"sector_size\":512,\"size\":\"dynamic\","
                      "\"type\":\"crypt\"}}},\"identity\":{\"label\":\"COS_PERSISTENT\",");
        story_replace(strstr(at, "inner_uuid"), "\"type\":\"ext4\"", "\"type\":\"crypto_LUKS\"");
        story_replace(strstr(at, "\"label\":\"COS_PERSISTENT\""), "000000000005\"}", "000000000005\",\"version\":2}");
}

void story_begin(struct story *s)
{
        memset(s, 0, sizeof(*s));
        memcpy(s->policy, good_policy, sizeof(good_policy));
        memcpy(s->storage, good_storage, sizeof(good_storage));
        s->signer_seed = "signer of policies";
        s->ak_seed = "attestation key of the tests";
        s->ima_state = EVENT_IMA_ACTIVE;
        s->mounts = "[{\"partition\":\"COS_OEM\",\"point\":\"/oem\",\"root\":\"/\"},"
                    "{\"partition\":\"COS_PERSISTENT\",\"point\":\"/usr/local\",\"root\":\"/\"}]";
        s->facts = (struct attest_facts){ .nonce = story_nonce(),
                                          .clock_ms = 1000,
                                          .reset_count = 5,
                                          .clock_safe = true,
                                          .firmware_version = 0x2026,
                                          .selection_count = 1,
                                          .selections = { { 0x000b, 0xffff } } };
        for (unsigned b = 0; b < BANKS; b++)
                for (unsigned pcr = 0; pcr < QUOTE_PCRS; pcr++) {
                        s->pcrs[banks[b]].pcrs |= 1u << pcr;
                        s->pcrs[banks[b]].values[pcr].alg = banks[b];
                        if (pcr >= 17 && pcr <= 22)
                                memset(s->pcrs[banks[b]].values[pcr].bytes, 0xff, ALG_DIGEST_MAX);
                }
        for (unsigned pcr = 0; pcr < 10; pcr++)
                story_extend(s, pcr, "firmware, boot loader, kernel and initrd");
}

/* ---- the boot ------------------------------------------------------------------------------------------------------------ */

struct story_event *story_add_event(struct story *s, const char *content)
{
        struct story_event *e = &s->events[s->event_count++];

        assert(s->event_count <= STORY_EVENTS_MAX);
        *e = (struct story_event){ .len = strlen(content) };
        memcpy(e->content, content, e->len + 1);
        return e;
}

static void add_span(struct story *s, struct span content)
{
        struct story_event *e = story_add_event(s, "");

        memcpy(e->content, content.data, content.len);
        e->content[content.len] = '\0';
}

struct story_event *story_event_of(struct story *s, const char *name)
{
        char member[64];

        snprintf(member, sizeof(member), "\"event\":\"%s\"", name);
        for (unsigned i = 0; i < s->event_count; i++)
                if (strstr(s->events[i].content, member))
                        return &s->events[i];
        return NULL;
}

void story_remove_event(struct story *s, struct story_event *e)
{
        size_t after = (size_t)(s->events + s->event_count - (e + 1));

        memmove(e, e + 1, after * sizeof(*e));
        s->event_count--;
}

struct story_entry *story_add_entry(struct story *s, const char *path, uint8_t content)
{
        struct story_entry *e = &s->entries[s->entry_count++];

        assert(s->entry_count <= STORY_ENTRIES_MAX);
        *e = (struct story_entry){ .pcr = IMA_PCR, .template_name = "ima-ng", .hash_name = "sha256" };
        memset(e->hash, content, sizeof(e->hash));
        snprintf(e->path, sizeof(e->path), "%s", path);
        return e;
}

struct story_entry *story_add_table(struct story *s, const char *buffer)
{
        struct story_entry *e = story_add_entry(s, "dm_table_load", 0);
        struct digest digest;

        digest_of(ALG_SHA256, span_of_str(buffer), &digest);
        memcpy(e->hash, digest.bytes, sizeof(e->hash));
        e->template_name = "ima-buf";
        e->buffer = buffer;
        return e;
}

struct story_entry *story_entry_of(struct story *s, const char *path)
{
        for (unsigned i = 0; i < s->entry_count; i++)
                if (strcmp(s->entries[i].path, path) == 0)
                        return &s->entries[i];
        return NULL;
}

void story_remove_entry(struct story *s, struct story_entry *e)
{
        size_t after = (size_t)(s->entries + s->entry_count - (e + 1));

        memmove(e, e + 1, after * sizeof(*e));
        s->entry_count--;
}

static void add_policy_event(struct story *s)
{
        struct span text = span_of_str(s->policy), content;
        struct event_policy event = { .name = s->parsed.name, .version = s->parsed.version, .pcr = s->parsed.pcr, .ima = s->ima_state };
        struct digest digest;
        char buf[1024];

        digest_of(ALG_SHA256, text, &digest);
        memcpy(event.sha256, digest.bytes, 32);
        memcpy(event.signer, s->signer.spki_sha256, 32);
        assert(event_write_policy(&event, buf, sizeof(buf), &content) == ERR_OK);
        add_span(s, content);
}

static void add_rules_event(struct story *s)
{
        struct render_partition partitions[2] = { { true, "", span_of_str("ext4") }, { true, "", span_of_str("ext4") } };
        struct event_ima_policy event = { .loaded = EVENT_LOAD_TEXT, .result = ERR_OK };
        const char *at = s->storage;
        struct digest digest;
        struct span content;
        char buf[1024];

        for (unsigned i = 0; i < 2; i++) {
                at = strstr(at, "\"uuid\":\"") + 8;
                partitions[i].present = strncmp(strstr(at, "\"state\":"), "\"state\":\"present\"", 17) == 0;
                if (partitions[i].present)
                        memcpy(partitions[i].fs_uuid, at, 36);
        }
        assert(render_rules(&s->parsed, partitions, s->rules_text, sizeof(s->rules_text), &s->rules) == ERR_OK);
        digest_of(ALG_SHA256, s->rules, &digest);
        memcpy(event.sha256, digest.bytes, 32);
        assert(event_write_ima_policy(&event, buf, sizeof(buf), &content) == ERR_OK);
        add_span(s, content);
}

static void add_receipt_entry(struct story *s)
{
        char buf[RECEIPT_BYTES_MAX];
        struct digest digest;
        struct span receipt;

        digest_of(ALG_SHA256, s->rules, &digest);
        assert(receipt_write(span_of_str(story_event_of(s, "policy")->content), span_of_str(s->storage), digest.bytes, buf, sizeof(buf),
                             &receipt) == ERR_OK);
        digest_of(ALG_SHA256, receipt, &digest);
        memcpy(story_add_entry(s, RECEIPT_PATH, 0)->hash, digest.bytes, 32);
}

/* What is not there cannot be mounted. */
static struct event_mount mount_of(const struct story *s, const char *name)
{
        char absent[64];

        snprintf(absent, sizeof(absent), "\"name\":\"%s\",\"state\":\"absent\"", name);
        return (struct event_mount){ span_of_str(name), strstr(s->storage, absent) ? ERR_BOOT_NOT_MOUNTED : ERR_OK };
}

void story_boot(struct story *s)
{
        struct event_content content = { .partition = span_of_str("COS_OEM"), .files = 3, .bytes = 269, .sha256 = { 7 } };
        struct event_mount mounts[] = { mount_of(s, "COS_OEM"), mount_of(s, "COS_PERSISTENT") };
        struct policy_error why;
        struct digest aggregate;
        struct replay values;
        struct span text;
        char buf[1024];

        assert(policy_parse(span_of_str(s->policy), &s->parsed, &why) == ERR_OK);
        signer_make(&s->signer, s->signer_seed, span_of_str(s->policy));
        replay_begin(&values, REPLAY_BANK(ALG_SHA256));
        memcpy(values.pcrs[ALG_SHA256], s->pcrs[ALG_SHA256].values, sizeof(values.pcrs[ALG_SHA256]));
        replay_boot_aggregate(&values, ALG_SHA256, &aggregate);
        memcpy(story_add_entry(s, IMA_BOOT_AGGREGATE, 0)->hash, aggregate.bytes, 32);
        add_policy_event(s);
        story_add_event(s, "{\"event\":\"info\",\"topic\":\"boot\",\"values\":{\"kernel\":\"6.1\"}}")->info = true;
        add_span(s, span_of_str(s->storage));
        add_rules_event(s);
        add_receipt_entry(s);
        if (s->table)
                story_add_table(s, s->table);
        story_add_entry(s, "/sysroot/oem/00_vendor.yaml", 0x11);
        story_add_entry(s, "/oem/90_custom.yaml", 0x22);
        story_add_entry(s, "/usr/local/bin/agent", 0x33);
        assert(event_write_content(&content, buf, sizeof(buf), &text) == ERR_OK);
        add_span(s, text);
        assert(event_write_handover(mounts, 2, buf, sizeof(buf), &text) == ERR_OK);
        add_span(s, text);
}

/* ---- the machine --------------------------------------------------------------------------------------------------------- */

static void extend_value(struct story *s, enum alg bank, unsigned pcr, const struct digest *value)
{
        digest_extend(&s->pcrs[bank].values[pcr], digest_span(value));
}

void story_extend_by(struct story *s, unsigned pcr, struct span data)
{
        for (unsigned b = 0; b < BANKS; b++) {
                struct digest digest;

                digest_of(banks[b], data, &digest);
                extend_value(s, banks[b], pcr, &digest);
        }
}

void story_extend(struct story *s, unsigned pcr, const char *text)
{
        story_extend_by(s, pcr, span_of_str(text));
}

static void put_u32(uint8_t *buf, size_t *len, uint32_t value)
{
        for (unsigned i = 0; i < 4; i++)
                buf[(*len)++] = (uint8_t)(value >> (8 * i));
}

static void put_bytes(uint8_t *buf, size_t *len, const void *bytes, size_t count)
{
        if (count > 0)
                memcpy(buf + *len, bytes, count);
        *len += count;
}

/*
 * Template data of ima-ng: digest with its name, path (linux security/integrity/ima/ima_template_lib.c); of
 * ima-sig the signature too, of ima-buf the buffer.
 */
static size_t put_data(uint8_t *buf, const struct story_entry *e)
{
        static const uint8_t zeros[32];
        size_t len = 0;

        put_u32(buf, &len, (uint32_t)strlen(e->hash_name) + 2 + 32);
        put_bytes(buf, &len, e->hash_name, strlen(e->hash_name));
        put_bytes(buf, &len, ":", 2);
        put_bytes(buf, &len, e->violation ? zeros : e->hash, 32);
        put_u32(buf, &len, (uint32_t)strlen(e->path) + 1);
        put_bytes(buf, &len, e->path, strlen(e->path) + 1);
        if (strcmp(e->template_name, "ima-sig") == 0) {
                put_u32(buf, &len, (uint32_t)e->signature.len);
                put_bytes(buf, &len, e->signature.data, e->signature.len);
        }
        if (e->buffer) {
                put_u32(buf, &len, (uint32_t)strlen(e->buffer));
                put_bytes(buf, &len, e->buffer, strlen(e->buffer));
        }
        return len;
}

static void write_entry(struct story *s, const struct story_entry *e)
{
        uint8_t data[DATA_BYTES];
        size_t len = put_data(data, e);
        struct digest column;

        digest_of(ALG_SHA1, span_of(data, len), &column);
        column.bytes[0] ^= e->wrong_column;
        if (e->violation)
                memset(column.bytes, 0, 20);
        put_u32(s->ima_log, &s->ima_len, e->pcr);
        put_bytes(s->ima_log, &s->ima_len, column.bytes, 20);
        put_u32(s->ima_log, &s->ima_len, (uint32_t)strlen(e->template_name));
        put_bytes(s->ima_log, &s->ima_len, e->template_name, strlen(e->template_name));
        put_u32(s->ima_log, &s->ima_len, (uint32_t)len);
        put_bytes(s->ima_log, &s->ima_len, data, len);
}

/* SHA-256 by its own hash, SHA-384 as a kernel without that hash does it: SHA-1 and zeros. */
static void extend_entry(struct story *s, const struct story_entry *e)
{
        uint8_t data[DATA_BYTES];
        size_t len = put_data(data, e);
        struct digest own, padded = { .alg = ALG_SHA1 };

        digest_of(ALG_SHA256, span_of(data, len), &own);
        digest_of(ALG_SHA1, span_of(data, len), &padded);
        memset(padded.bytes + 20, 0, sizeof(padded.bytes) - 20);
        padded.alg = ALG_SHA384;
        if (e->violation) {
                memset(own.bytes, 0xff, sizeof(own.bytes));
                memset(padded.bytes, 0xff, sizeof(padded.bytes));
        }
        extend_value(s, ALG_SHA256, e->pcr, &own);
        extend_value(s, ALG_SHA384, e->pcr, &padded);
}

void story_write_logs(struct story *s)
{
        size_t len = 0;

        for (unsigned i = 0; i < s->event_count; i++) {
                struct span content = span_of_str(s->events[i].content), record;
                struct digest_set digests = { .count = 0 };

                if (!s->events[i].info)
                        digest_set_of(banks, BANKS, content, &digests);
                assert(cel_write(i, s->parsed.pcr, &digests, content, s->events_log + len, sizeof(s->events_log) - len, &record) == ERR_OK);
                len += record.len;
        }
        s->evidence.members[EVIDENCE_EVENTS] = span_of(s->events_log, len);
        s->ima_len = 0;
        for (unsigned i = 0; i < s->entry_count; i++)
                write_entry(s, &s->entries[i]);
        s->evidence.members[EVIDENCE_IMA] = span_of(s->ima_log, s->ima_len);
}

void story_run(struct story *s)
{
        if (s->event_count == 0)
                story_boot(s);
        for (unsigned i = 0; i < s->event_count; i++)
                if (!s->events[i].info && !s->events[i].lost)
                        story_extend(s, s->parsed.pcr, s->events[i].content);
        for (unsigned i = 0; i < s->entry_count; i++)
                extend_entry(s, &s->entries[i]);
        story_write_logs(s);
}

/* ---- the evidence -------------------------------------------------------------------------------------------------------- */

void story_sign(struct story *s)
{
        struct digest_state state;
        struct digest digest;

        digest_begin(&state, ALG_SHA256);
        for (unsigned i = 0; i < s->facts.selection_count; i++) {
                enum alg alg = ALG_SHA256;

                assert(alg_by_tpm_id(s->facts.selections[i].tpm_id, &alg) == ERR_OK);
                for (unsigned pcr = 0; pcr < QUOTE_PCRS; pcr++)
                        if (s->facts.selections[i].pcrs >> pcr & 1)
                                digest_add(&state, digest_span(&s->pcrs[alg].values[pcr]));
        }
        digest_end(&state, &digest);
        memcpy(s->digest, digest.bytes, 32);
        s->facts.pcr_digest = span_of(s->digest, 32);
        attest_make(&s->attest, &s->facts);
        attest_sign_by(&s->attest, s->ak_seed);
        s->evidence.members[EVIDENCE_QUOTE_MSG] = attest_message(&s->attest);
        s->evidence.members[EVIDENCE_QUOTE_SIG] = attest_signature(&s->attest);
        s->evidence.members[EVIDENCE_AK] = attest_pem(&s->attest);
}

void story_quote(struct story *s)
{
        struct json_writer w = json_writer_on(s->pcrs_json, sizeof(s->pcrs_json));

        story_sign(s);
        baseline_write_banks(&w, s->pcrs);
        assert(json_writer_result(&w, &s->evidence.members[EVIDENCE_PCRS]) == ERR_OK);
        snprintf(s->meta, sizeof(s->meta), "{\"mounts\":%s}", s->mounts);
        s->evidence.members[EVIDENCE_META] = span_of_str(s->meta);
        s->evidence.members[EVIDENCE_POLICY] = span_of_str(s->policy);
        s->evidence.members[EVIDENCE_POLICY_SIG] = span_of(s->signer.sig, s->signer.sig_len);
        s->evidence.members[EVIDENCE_SIGNER] = span_of(s->signer.cert, s->signer.cert_len);
}
