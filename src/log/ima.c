/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the kernel's IMA log format and its templates (security/integrity/ima/ima_template.c: builtin_templates). */
#include "log/ima.h"

#include "base/reader.h"

#define PCR_MAX 23
#define OLD_DIGEST_BYTES 20                       /* of a file in template "ima" */
#define OLD_NAME_BYTES_MAX 255                    /* IMA_EVENT_NAME_LEN_MAX */
#define OLD_HASHED_NAME_BYTES (OLD_NAME_BYTES_MAX + 1) /* what is hashed of the name: padded with zeros to this */

/* ---- template fields (ima_template_lib.c) ---------------------------------------------------------------------------- */

/* "sha256:\0" and the digest. */
static bool read_hash(struct span field, struct ima_entry *e)
{
        static const char most[8] = "sha256:"; /* nearly all of millions of entries */
        struct span prefix;
        enum alg alg;

        if (field.len == sizeof(most) + 32 && memcmp(field.data, most, sizeof(most)) == 0) {
                e->hash_name = span_of(field.data, sizeof(most) - 2);
                e->hash = span_of(field.data + sizeof(most), 32);
                return true;
        }
        prefix = span_until_nul(field);

        if (prefix.len == field.len || prefix.len < 2 || prefix.data[prefix.len - 1] != ':')
                return false;
        e->hash_name = span_sub(prefix, 0, prefix.len - 1);
        e->hash = span_sub(field, prefix.len + 1, field.len - prefix.len - 1);
        if (alg_by_name(e->hash_name, &alg) == ERR_OK)
                return e->hash.len == alg_info(alg)->size;
        return e->hash.len > 0 && e->hash.len <= ALG_DIGEST_MAX;
}

/* "verity:sha256:\0" and the digest. */
static bool read_typed_hash(struct span field, struct ima_entry *e)
{
        const uint8_t *colon = memchr(field.data, ':', field.len);
        size_t type_len;

        if (!colon)
                return false;
        type_len = (size_t)(colon - field.data);
        e->hash_type = span_sub(field, 0, type_len);
        return read_hash(span_sub(field, type_len + 1, field.len - type_len - 1), e);
}

/* A path or event name with its NUL. */
static bool read_path(struct span field, struct ima_entry *e)
{
        e->path = span_until_nul(field);
        return e->path.len + 1 == field.len;
}

static bool read_signature(struct span field, struct ima_entry *e)
{
        e->signature = field;
        return true;
}

static bool read_buffer(struct span field, struct ima_entry *e)
{
        e->buffer = field;
        return true;
}

enum field { END, HASH, TYPED_HASH, PATH, SIGNATURE, BUFFER, OTHER };

static const struct template {
        char name[12]; /* followed by zeros */
        enum ima_kind kind;
        uint8_t fields[10]; /* enum field, ended by END */
} templates[] = {
        { "ima-sig", IMA_FILE, { HASH, PATH, SIGNATURE } },
        { "ima-ng", IMA_FILE, { HASH, PATH } },
        { "ima-buf", IMA_BUFFER, { HASH, PATH, BUFFER } },
        { "ima-ngv2", IMA_FILE, { TYPED_HASH, PATH } },
        { "ima-sigv2", IMA_FILE, { TYPED_HASH, PATH, SIGNATURE } },
        { "ima-modsig", IMA_FILE, { HASH, PATH, SIGNATURE, OTHER, OTHER } },
        { "evm-sig", IMA_FILE, { HASH, PATH, SIGNATURE, OTHER, OTHER, OTHER, OTHER, OTHER,
                                 OTHER } },
};

static bool read_field(enum field kind, struct span field, struct ima_entry *e)
{
        switch (kind) {
        case HASH:
                return read_hash(field, e);
        case TYPED_HASH:
                return read_typed_hash(field, e);
        case PATH:
                return read_path(field, e);
        case SIGNATURE:
                return read_signature(field, e);
        case BUFFER:
                return read_buffer(field, e);
        case END:
        case OTHER:
                break;
        }
        return true;
}

static bool is_old_template(const struct ima_entry *e)
{
        return e->name.len == 3 && memcmp(e->name.data, "ima", 3) == 0;
}

/* The template of that name, NULL when it is not known. */
static const struct template *find_template(struct span name)
{
        char padded[sizeof(templates[0].name)] = { 0 };

        if (name.len == 0 || name.len >= sizeof(padded) || memchr(name.data, 0, name.len))
                return NULL;
        memcpy(padded, name.data, name.len);
        for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++)
                if (memcmp(padded, templates[i].name, sizeof(padded)) == 0)
                        return &templates[i];
        return NULL;
}

/* Template "ima": 20 bytes of digest, length, name; the lengths were checked when the entry was read. */
static enum err read_old_fields(struct ima_entry *e)
{
        e->hash_name = span_of_str("sha1");
        e->hash = span_sub(e->data, 0, OLD_DIGEST_BYTES);
        e->path = span_sub(e->data, OLD_DIGEST_BYTES + 4, e->data.len - OLD_DIGEST_BYTES - 4);
        e->kind = IMA_FILE;
        return memchr(e->path.data, 0, e->path.len) ? ERR_IMA_FIELDS : ERR_OK;
}

static enum err read_template(const struct template *t, struct ima_entry *e)
{
        struct reader r = reader_on(e->data);

        for (const uint8_t *kind = t->fields; *kind != END; kind++) {
                uint32_t len = reader_u32le(&r);
                struct span field = reader_bytes(&r, len);

                if (!reader_ok(&r) || !read_field((enum field)*kind, field, e))
                        return ERR_IMA_FIELDS;
        }
        if (reader_left(&r) > 0)
                return ERR_IMA_FIELDS;
        e->kind = t->kind;
        return ERR_OK;
}

static enum err read_fields(struct ima_entry *e)
{
        const struct template *t;

        if (is_old_template(e))
                return read_old_fields(e);
        t = find_template(e->name);
        return t ? read_template(t, e) : ERR_IMA_TEMPLATE;
}

/* Fields that were read before one failed are not shown. */
static void forget_fields(struct ima_entry *e)
{
        static const struct span nothing;

        e->hash_type = e->hash_name = e->hash = e->path = e->signature = e->buffer = nothing;
        e->kind = IMA_OTHER;
}

/* ---- entries ----------------------------------------------------------------------------------------------------------- */

/* Behind the template name of "ima": digest and name, as one span. */
static enum err read_old_data(struct reader *r, struct span *ret_data)
{
        size_t start = r->pos;
        uint32_t name_len;

        reader_skip(r, OLD_DIGEST_BYTES);
        name_len = reader_u32le(r);
        if (reader_ok(r) && name_len > OLD_NAME_BYTES_MAX)
                return ERR_IMA_DATA;
        reader_skip(r, name_len);
        *ret_data = span_sub(r->bytes, start, r->pos - start);
        return ERR_OK;
}

static enum err read_data(struct reader *r, struct span *ret_data)
{
        uint32_t len = reader_u32le(r);

        if (len > IMA_DATA_BYTES_MAX)
                return ERR_IMA_DATA;
        *ret_data = reader_bytes(r, len);
        return ERR_OK;
}

/* All but the fields. */
static enum err read_frame(struct span bytes, enum alg column, struct ima_entry *ret_entry, size_t *ret_size)
{
        struct reader r = reader_on(bytes);
        struct ima_entry e = { .column = column, .kind = IMA_OTHER };
        uint32_t name_len;

        e.pcr = reader_u32le(&r);
        if (e.pcr > PCR_MAX)
                return ERR_IMA_PCR;
        e.digest = reader_bytes(&r, alg_info(column)->size);
        name_len = reader_u32le(&r);
        if (reader_ok(&r) && (name_len == 0 || name_len > IMA_NAME_BYTES_MAX))
                return ERR_IMA_NAME;
        e.name = reader_bytes(&r, name_len);
        TRY(is_old_template(&e) ? read_old_data(&r, &e.data) : read_data(&r, &e.data));
        if (!reader_ok(&r))
                return ERR_IMA_ENDS;
        e.violation = span_is_zero(e.digest);
        *ret_entry = e;
        *ret_size = r.pos;
        return ERR_OK;
}

static void finish_fields(struct ima_entry *e)
{
        e->fields_error = read_fields(e);
        if (e->fields_error != ERR_OK)
                forget_fields(e);
        else if (e->kind == IMA_FILE && span_equal_str(e->path, IMA_BOOT_AGGREGATE))
                e->kind = IMA_BOOT_AGGREGATE_ENTRY;
}

enum err ima_parse_entry(struct span bytes, enum alg column, struct ima_entry *ret_entry, size_t *ret_size)
{
        TRY(read_frame(bytes, column, ret_entry, ret_size));
        finish_fields(ret_entry);
        return ERR_OK;
}

/* In all templates but "ima" the path is the second field. */
static bool has_path_of(const struct ima_entry *e, uint32_t len)
{
        struct reader r = reader_on(e->data);

        if (is_old_template(e))
                return e->data.len == OLD_DIGEST_BYTES + 4 + (size_t)len;
        reader_skip(&r, reader_u32le(&r));
        return reader_u32le(&r) == len + 1 && reader_ok(&r);
}

enum err ima_parse_frame(struct span bytes, enum alg column, struct ima_entry *ret_entry, size_t *ret_size)
{
        struct ima_entry fields;

        TRY(read_frame(bytes, column, ret_entry, ret_size));
        if (has_path_of(ret_entry, sizeof(IMA_BOOT_AGGREGATE) - 1)) {
                fields = *ret_entry;
                finish_fields(&fields);
                if (fields.kind == IMA_BOOT_AGGREGATE_ENTRY)
                        ret_entry->kind = fields.kind;
        }
        return ERR_OK;
}

static bool is_template_name(struct span name)
{
        return span_equal_str(name, "ima") || find_template(name);
}

enum alg ima_column_of(struct span start)
{
        for (enum alg alg = ALG_SHA1; alg < ALG_COUNT; alg++) {
                struct reader r = reader_on(start);

                reader_skip(&r, 4 + (uint64_t)alg_info(alg)->size);
                if (is_template_name(reader_bytes(&r, reader_u32le(&r))) && reader_ok(&r))
                        return alg;
        }
        return ALG_SHA1;
}

struct ima_reader ima_reader_on(struct span log, enum alg column)
{
        return (struct ima_reader){ .log = log, .column = column };
}

bool ima_done(const struct ima_reader *r)
{
        return r->offset == r->log.len;
}

enum err ima_next(struct ima_reader *r, struct ima_entry *ret_entry)
{
        size_t size;

        TRY(ima_parse_entry(span_sub(r->log, r->offset, r->log.len - r->offset), r->column, ret_entry, &size));
        r->offset += size;
        r->number++;
        return ERR_OK;
}

/* ---- values ------------------------------------------------------------------------------------------------------------ */

/* The template digest (ima_crypto.c: ima_calc_field_array_hash_tfm): all of the data, but the name of template "ima" alone and padded. */
static void hash_data(const struct ima_entry *e, enum alg alg, struct digest *ret_digest)
{
        static const uint8_t zeros[OLD_HASHED_NAME_BYTES];
        struct digest_state s;

        digest_begin(&s, alg);
        if (is_old_template(e)) {
                size_t name_len = e->data.len - OLD_DIGEST_BYTES - 4;

                digest_add(&s, span_sub(e->data, 0, OLD_DIGEST_BYTES));
                digest_add(&s, span_sub(e->data, OLD_DIGEST_BYTES + 4, name_len));
                digest_add(&s, span_of(zeros, OLD_HASHED_NAME_BYTES - name_len));
        } else {
                digest_add(&s, e->data);
        }
        digest_end(&s, ret_digest);
}

void ima_entry_value(const struct ima_entry *e, enum alg bank, enum ima_mode mode, struct digest *ret_value)
{
        if (e->violation) {
                memset(ret_value->bytes, 0xff, sizeof(ret_value->bytes));
        } else if (mode == IMA_OWN_HASH) {
                hash_data(e, bank, ret_value);
        } else {
                memset(ret_value->bytes, 0, sizeof(ret_value->bytes));
                hash_data(e, ALG_SHA1, ret_value);
        }
        ret_value->alg = bank;
}

bool ima_entry_digest_matches(const struct ima_entry *e)
{
        struct digest d;

        if (e->violation)
                return true;
        for (enum ima_mode mode = IMA_OWN_HASH; mode < IMA_MODE_COUNT; mode++) {
                ima_entry_value(e, e->column, mode, &d);
                if (span_equal(digest_span(&d), e->digest))
                        return true;
        }
        return false;
}
