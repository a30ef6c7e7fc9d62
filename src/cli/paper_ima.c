/* SPDX-License-Identifier: Apache-2.0 */
/* IMA of the machine on paper: rules that become active or not, and a log of two entries: the aggregate of the boot PCRs, and the receipt. */
#include "cli/paper.h"

/* ---- log ----------------------------------------------------------------------------------------------------------------- */

static void put(struct paper *p, struct span bytes)
{
        memcpy(p->ima_log + p->ima_len, bytes.data, bytes.len);
        p->ima_len += bytes.len;
}

static void put_u32(struct paper *p, uint32_t value)
{
        const uint8_t bytes[] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24) };

        put(p, span_of(bytes, sizeof(bytes)));
}

/* An entry of template ima-ng, as log/ima.h draws it. cosima-boot does not look at the template's digest. */
static void log_entry(struct paper *p, const struct digest *hash, const char *path)
{
        static const uint8_t no_digest[20];
        static const char algorithm[] = "sha256:";
        uint32_t hash_len = sizeof(algorithm) + 32, path_len = (uint32_t)strlen(path) + 1;

        if (sizeof(p->ima_log) - p->ima_len < 64 + hash_len + path_len)
                return;
        put_u32(p, 10);
        put(p, span_of(no_digest, sizeof(no_digest)));
        put_u32(p, 6);
        put(p, span_of_str("ima-ng"));
        put_u32(p, 8 + hash_len + path_len);
        put_u32(p, hash_len);
        put(p, span_of(algorithm, sizeof(algorithm)));
        put(p, digest_span(hash));
        put_u32(p, path_len);
        put(p, span_of(path, path_len));
}

void paper_ima_saw(struct paper *p, const char *path, struct span bytes)
{
        struct digest digest;

        if (p->ima == EVENT_IMA_ABSENT || p->other_rules || p->loads == EVENT_LOAD_NONE || strcmp(path, RECEIPT_PATH) != 0)
                return;
        digest_of(ALG_SHA256, bytes, &digest);
        log_entry(p, &digest, path);
}

/* Before the first entry is asked for, the kernel has logged the aggregate: zeros where it found no TPM. */
static enum err stream_open(void *context, const char *path)
{
        struct paper *p = context;
        struct digest aggregate = { .alg = ALG_SHA256 };

        (void)path;
        if (p->ima == EVENT_IMA_ABSENT)
                return ERR_FILE_ABSENT;
        aggregate.bytes[0] = p->ima == EVENT_IMA_ACTIVE;
        if (p->ima_len == 0)
                log_entry(p, &aggregate, "boot_aggregate");
        p->ima_read = 0;
        return ERR_OK;
}

static enum err stream_read(void *context, uint8_t *buf, size_t cap, size_t *ret_len)
{
        struct paper *p = context;
        size_t left = p->ima_len - p->ima_read;

        *ret_len = left < cap ? left : cap;
        memcpy(buf, p->ima_log + p->ima_read, *ret_len);
        p->ima_read += *ret_len;
        return ERR_OK;
}

static void close_nothing(void *context)
{
        (void)context;
}

/* ---- rules and keys ------------------------------------------------------------------------------------------------------ */

static enum err ima_open(void *context)
{
        const struct paper *p = context;

        return p->ima == EVENT_IMA_ABSENT ? ERR_IMA_ABSENT : p->other_rules || p->loaded ? ERR_IMA_LOADED : ERR_OK;
}

static enum err ima_write(void *context, struct span line)
{
        struct paper *p = context;
        bool by_path = line.data[0] == '/';

        if (p->loads != EVENT_LOAD_TEXT && !(by_path && p->loads == EVENT_LOAD_PATH))
                return ERR_IMA_DENIED;
        p->loaded = true;
        if (by_path)
                return ERR_OK;
        if (line.len > sizeof(p->rules) - p->rules_len)
                return ERR_IMA_WRITE;
        memcpy(p->rules + p->rules_len, line.data, line.len);
        p->rules_len += line.len;
        return ERR_OK;
}

static enum err find_ring(void *context, const char *name, int32_t *ret_ring)
{
        (void)context, (void)name, (void)ret_ring;
        return ERR_KEY_ABSENT;
}

static enum err make_ring(void *context, const char *name, int32_t *ret_ring)
{
        (void)context, (void)name;
        *ret_ring = 1;
        return ERR_OK;
}

static enum err add_key(void *context, int32_t ring, struct span certificate)
{
        (void)context, (void)ring, (void)certificate;
        return ERR_OK;
}

static enum err restrict_ring(void *context, int32_t ring)
{
        (void)context, (void)ring;
        return ERR_OK;
}

void paper_ima_add(struct ports *ports)
{
        ports->stream_open = stream_open;
        ports->stream_read = stream_read;
        ports->stream_close = close_nothing;
        ports->ima_open = ima_open;
        ports->ima_write = ima_write;
        ports->ima_close = close_nothing;
        ports->key_find_ring = find_ring;
        ports->key_make_ring = make_ring;
        ports->key_add = add_key;
        ports->key_restrict = restrict_ring;
}
