/* SPDX-License-Identifier: Apache-2.0 */
/* The binary header of LUKS2: 4096 bytes, big-endian, with a checksum over itself and the JSON area (specification 1.1, section 2). */
#include "format/luks2_header.h"

#include <mbedtls/sha256.h>
#include <mbedtls/sha512.h>

#include "base/reader.h"

/* Offsets in the header. */
enum {
        OFF_MAGIC = 0,
        OFF_VERSION = 6,
        OFF_HDR_SIZE = 8,
        OFF_SEQID = 16,
        OFF_LABEL = 24,
        OFF_CSUM_ALG = 72,
        OFF_UUID = 168,
        OFF_SUBSYSTEM = 208,
        OFF_HDR_OFFSET = 256,
        OFF_CSUM = 448,
};

#define ALG_BYTES 32
#define UUID_BYTES 40
#define CSUM_BYTES 64

/* The sizes that a header may have, which are also the places of the secondary one (section 2.1). */
static const uint64_t sizes[] = {
        0x4000, 0x8000, 0x10000, 0x20000, 0x40000, 0x80000, 0x100000, 0x200000, 0x400000,
};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static const struct csum_alg {
        char name[8];
        uint8_t bytes;
        bool is_sha512; /* or its shorter sister */
} csum_algs[] = {
        { "sha256", 32, false },
        { "sha384", 48, true },
        { "sha512", 64, true },
};

struct csum {
        const struct csum_alg *alg;
        union {
                mbedtls_sha256_context sha256;
                mbedtls_sha512_context sha512;
        };
        bool failed;
};

static void csum_begin(struct csum *c, const struct csum_alg *alg)
{
        *c = (struct csum){ .alg = alg };
        if (alg->is_sha512) {
                mbedtls_sha512_init(&c->sha512);
                c->failed = mbedtls_sha512_starts(&c->sha512, alg->bytes == 48) != 0;
        } else {
                mbedtls_sha256_init(&c->sha256);
                c->failed = mbedtls_sha256_starts(&c->sha256, 0) != 0;
        }
}

static void csum_add(struct csum *c, struct span bytes)
{
        int rc = c->alg->is_sha512 ? mbedtls_sha512_update(&c->sha512, bytes.data, bytes.len)
                                   : mbedtls_sha256_update(&c->sha256, bytes.data, bytes.len);

        c->failed |= rc != 0;
}

static bool csum_matches(struct csum *c, const uint8_t *expected)
{
        uint8_t got[CSUM_BYTES];
        int rc = c->alg->is_sha512 ? mbedtls_sha512_finish(&c->sha512, got) : mbedtls_sha256_finish(&c->sha256, got);

        return rc == 0 && !c->failed && memcmp(got, expected, c->alg->bytes) == 0;
}

static const struct csum_alg *find_csum_alg(struct span name)
{
        for (size_t i = 0; i < sizeof(csum_algs) / sizeof(csum_algs[0]); i++)
                if (span_equal_str(name, csum_algs[i].name))
                        return &csum_algs[i];
        return NULL;
}

static bool is_size(uint64_t bytes)
{
        for (size_t i = 0; i < SIZES; i++)
                if (bytes == sizes[i])
                        return true;
        return false;
}

/* What must hold before the size can be believed enough to read the JSON area. */
static enum err check_frame(struct span s, uint64_t offset, uint64_t volume_bytes)
{
        uint64_t header_bytes = reader_at_u64be(s, OFF_HDR_SIZE);
        uint16_t version = reader_at_u16be(s, OFF_VERSION);

        if (!span_equal(span_sub(s, OFF_MAGIC, 6), span_of(offset == 0 ? "LUKS\xba\xbe" : "SKUL\xba\xbe", 6)))
                return ERR_LUKS2_NONE;
        if (version != 2)
                return offset == 0 && version == 1 ? ERR_LUKS2_NONE : ERR_LUKS2_VERSION;
        if (reader_at_u64be(s, OFF_HDR_OFFSET) != offset)
                return ERR_LUKS2_OFFSET;
        if (!is_size(header_bytes) || (offset > 0 && header_bytes != offset))
                return ERR_LUKS2_SIZE;
        if (header_bytes > volume_bytes - offset)
                return ERR_LUKS2_BOUNDS;
        return ERR_OK;
}

/* Copy a text field whose NUL lies inside it; ret_text has room for the whole field. */
static bool copy_text(struct span field, char *ret_text)
{
        struct span text = span_until_nul(field);

        if (text.len == field.len)
                return false;
        memcpy(ret_text, text.data, text.len);
        ret_text[text.len] = '\0';
        return true;
}

static enum err parse_fields(struct span s, struct luks2_header *header)
{
        struct span uuid = span_until_nul(span_sub(s, OFF_UUID, UUID_BYTES));

        header->header_bytes = reader_at_u64be(s, OFF_HDR_SIZE);
        header->seqid = reader_at_u64be(s, OFF_SEQID);
        if (!guid_is_text(uuid))
                return ERR_LUKS2_UUID;
        memcpy(header->uuid, uuid.data, uuid.len);
        if (!copy_text(span_sub(s, OFF_LABEL, LUKS2_LABEL_BYTES), header->label) ||
            !copy_text(span_sub(s, OFF_SUBSYSTEM, LUKS2_LABEL_BYTES), header->subsystem))
                return ERR_LUKS2_LABEL;
        return ERR_OK;
}

/*
 * Read the JSON area: its beginning into text, the rest in pieces through chunk (LUKS2_HEADER_BYTES), all of it into the checksum.
 * ret_clean tells whether the rest is zero, so that only the beginning has to be looked at.
 */
static enum err read_area(const struct source *volume, uint64_t offset, uint64_t area_bytes, uint8_t *chunk, uint8_t *text,
                          struct csum *csum, size_t *ret_text_bytes, bool *ret_clean)
{
        size_t text_bytes = area_bytes < LUKS2_JSON_BYTES_MAX ? (size_t)area_bytes : LUKS2_JSON_BYTES_MAX;
        bool clean = true;

        TRY(source_read(volume, offset, text_bytes, text));
        csum_add(csum, span_of(text, text_bytes));
        for (uint64_t done = text_bytes; done < area_bytes;) {
                uint64_t left = area_bytes - done;
                size_t len = left < LUKS2_HEADER_BYTES ? (size_t)left : LUKS2_HEADER_BYTES;

                TRY(source_read(volume, offset + done, len, chunk));
                csum_add(csum, span_of(chunk, len));
                clean &= span_is_zero(span_of(chunk, len));
                done += len;
        }
        *ret_text_bytes = text_bytes;
        *ret_clean = clean;
        return ERR_OK;
}

/* The JSON text alone: from a brace to the first NUL, with nothing but zeros behind, as cryptsetup demands too. */
static enum err find_json(struct span area, bool area_is_longer, bool rest_is_zero, struct span *ret_json)
{
        struct span json = span_until_nul(area);

        if (json.len == 0 || json.data[0] != '{')
                return ERR_LUKS2_JSON_START;
        if (json.len == area.len)
                return area_is_longer ? ERR_LUKS2_JSON_BYTES : ERR_LUKS2_JSON_END;
        if (!span_is_zero(span_sub(area, json.len, area.len - json.len)) || !rest_is_zero)
                return ERR_LUKS2_JSON_TRAILING;
        *ret_json = json;
        return ERR_OK;
}

enum err luks2_header_read(const struct source *volume, uint64_t offset, uint8_t *binary, uint8_t *text, struct luks2_header *ret_header)
{
        static const uint8_t zeros[CSUM_BYTES];
        struct span s = span_of(binary, LUKS2_HEADER_BYTES);
        struct luks2_header header = { 0 };
        uint8_t expected[CSUM_BYTES];
        struct csum csum;
        size_t text_bytes = 0;
        bool rest_is_zero = false;

        if (volume->size_bytes < LUKS2_HEADER_BYTES || offset > volume->size_bytes - LUKS2_HEADER_BYTES)
                return ERR_LUKS2_NONE;
        TRY(source_read(volume, offset, LUKS2_HEADER_BYTES, binary));
        TRY(check_frame(s, offset, volume->size_bytes));

        struct span alg_name = span_until_nul(span_sub(s, OFF_CSUM_ALG, ALG_BYTES));
        const struct csum_alg *alg = find_csum_alg(alg_name);

        if (!alg)
                return ERR_LUKS2_CSUM_ALG;
        memcpy(header.checksum_alg, alg_name.data, alg_name.len);
        memcpy(expected, binary + OFF_CSUM, CSUM_BYTES);

        enum err fields = parse_fields(s, &header);

        csum_begin(&csum, alg);
        csum_add(&csum, span_sub(s, 0, OFF_CSUM));
        csum_add(&csum, span_of(zeros, CSUM_BYTES));
        csum_add(&csum, span_sub(s, OFF_CSUM + CSUM_BYTES, LUKS2_HEADER_BYTES - OFF_CSUM - CSUM_BYTES));
        /* From here on binary is only a buffer: the fields have been taken, and are believed if the checksum is right. */
        TRY(read_area(volume, offset + LUKS2_HEADER_BYTES, header.header_bytes - LUKS2_HEADER_BYTES, binary, text, &csum, &text_bytes,
                      &rest_is_zero));
        if (!csum_matches(&csum, expected))
                return ERR_LUKS2_CSUM;
        TRY(fields);
        TRY(find_json(span_of(text, text_bytes), header.header_bytes - LUKS2_HEADER_BYTES > text_bytes, rest_is_zero, &header.json));
        *ret_header = header;
        return ERR_OK;
}

/* Whether the answer for one place means that there is no header, as libblkid decides it: a stray magic is not one. */
static bool is_nothing(enum err e)
{
        return e == ERR_LUKS2_NONE || e == ERR_LUKS2_VERSION || e == ERR_LUKS2_OFFSET;
}

void luks2_header_expect(const struct source *volume, uint64_t after)
{
        for (size_t i = 0; i < SIZES; i++)
                if (sizes[i] > after)
                        source_expect(volume, sizes[i], LUKS2_HEADER_BYTES);
}

enum err luks2_header_scan(const struct source *volume, uint8_t *binary, uint8_t *text, struct luks2_header *ret_header)
{
        enum err first = ERR_LUKS2_NONE;

        for (size_t i = 0; i < SIZES; i++) {
                enum err e = luks2_header_read(volume, sizes[i], binary, text, ret_header);

                if (e == ERR_OK || e == ERR_BLOCKDEV_READ)
                        return e;
                if (first == ERR_LUKS2_NONE && !is_nothing(e))
                        first = e;
        }
        return first;
}
