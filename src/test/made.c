/* SPDX-License-Identifier: Apache-2.0 */
/* Makes logs for tests. */
#include "test/made.h"

#include <stdlib.h>

struct span made_span(const struct made *m)
{
        return span_of(m->bytes, m->len);
}

void made_put(struct made *m, const void *bytes, size_t len)
{
        if (len > MADE_BYTES_MAX - m->len)
                abort();
        if (len > 0)
                memcpy(m->bytes + m->len, bytes, len);
        m->len += len;
}

void made_put_u8(struct made *m, uint8_t value)
{
        made_put(m, &value, 1);
}

void made_put_u16(struct made *m, uint16_t value)
{
        made_put_u8(m, (uint8_t)value);
        made_put_u8(m, (uint8_t)(value >> 8));
}

void made_put_u32(struct made *m, uint32_t value)
{
        made_put_u16(m, (uint16_t)value);
        made_put_u16(m, (uint16_t)(value >> 16));
}

void made_put_field(struct made *m, const void *bytes, size_t len)
{
        made_put_u32(m, (uint32_t)len);
        made_put(m, bytes, len);
}

void made_put_ng(struct made *m, uint8_t fill, const char *path)
{
        uint8_t hash[8 + 32] = "sha256:";

        memset(hash + 8, fill, 32);
        made_put_field(m, hash, sizeof(hash));
        made_put_field(m, path, strlen(path) + 1);
}

void made_put_ima(struct made *m, uint32_t pcr, const char *template_name, struct span data, bool violation)
{
        struct digest d = { .alg = ALG_SHA1 };

        if (!violation)
                digest_of(ALG_SHA1, data, &d);
        made_put_u32(m, pcr);
        made_put(m, d.bytes, 20);
        made_put_field(m, template_name, strlen(template_name));
        made_put_field(m, data.data, data.len);
}

void made_put_spec_id(struct made *m)
{
        static const uint8_t zeros[20];
        static const uint8_t version[8] = { 0, 0, 0, 0, 0, 2, 0, 2 };

        made_put_u32(m, 0);
        made_put_u32(m, 3);
        made_put(m, zeros, sizeof(zeros));
        made_put_u32(m, 16 + 8 + 4 + 8 + 1);
        made_put(m, "Spec ID Event03", 16);
        made_put(m, version, sizeof(version));
        made_put_u32(m, 2);
        made_put_u16(m, 0x0004);
        made_put_u16(m, 20);
        made_put_u16(m, 0x000b);
        made_put_u16(m, 32);
        made_put_u8(m, 0);
}

void made_put_tcg(struct made *m, uint32_t pcr, uint32_t type, struct span data)
{
        struct digest d;

        made_put_u32(m, pcr);
        made_put_u32(m, type);
        made_put_u32(m, 2);
        made_put_u16(m, 0x0004);
        digest_of(ALG_SHA1, data, &d);
        made_put(m, d.bytes, 20);
        made_put_u16(m, 0x000b);
        digest_of(ALG_SHA256, data, &d);
        made_put(m, d.bytes, 32);
        made_put_field(m, data.data, data.len);
}

void made_put_tcg_sha1(struct made *m, uint32_t pcr, uint32_t type, struct span data)
{
        struct digest d;

        made_put_u32(m, pcr);
        made_put_u32(m, type);
        digest_of(ALG_SHA1, data, &d);
        made_put(m, d.bytes, 20);
        made_put_field(m, data.data, data.len);
}
