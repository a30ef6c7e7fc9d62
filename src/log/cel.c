/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the form of an event log record. */
#include "log/cel.h"

#include "base/canon.h"
#include "base/hex.h"
#include "base/json.h"

#define RECORD_SEPARATOR 0x1e
#define PCR_MAX 23

static void put_digests(struct json_writer *w, const struct digest_set *digests)
{
        json_key(w, "digests");
        json_array_open(w);
        for (unsigned alg = 0; alg < ALG_COUNT; alg++) {
                const struct digest *d = digest_find(digests, alg);

                if (!d)
                        continue;
                json_object_open(w);
                json_put_hex(w, "digest", digest_span(d));
                json_put_str(w, "hashAlg", alg_info(alg)->name);
                json_object_close(w);
        }
        json_array_close(w);
}

enum err cel_write(uint64_t recnum, unsigned pcr, const struct digest_set *digests, struct span content, char *buf, size_t cap,
                   struct span *ret_record)
{
        struct json_writer w;
        struct span object;

        if (cap < 2)
                return ERR_NO_SPACE;
        w = json_writer_on(buf + 1, cap - 2);
        json_object_open(&w);
        json_key(&w, "content");
        json_raw(&w, content);
        json_put_str(&w, "content_type", digests->count > 0 ? CEL_TYPE_EVENT : CEL_TYPE_INFO);
        put_digests(&w, digests);
        json_put_u64(&w, "pcr", pcr);
        json_put_u64(&w, "recnum", recnum);
        json_object_close(&w);
        TRY(json_writer_result(&w, &object));
        TRY(canon_check(object));
        buf[0] = RECORD_SEPARATOR;
        buf[1 + object.len] = '\n';
        *ret_record = span_of(buf, object.len + 2);
        return ERR_OK;
}

struct cel_reader cel_reader_on(struct span log)
{
        return (struct cel_reader){ .log = log };
}

bool cel_done(const struct cel_reader *r)
{
        return r->offset == r->log.len;
}

/* The record's JSON text, without the separator and the line feed. */
static enum err frame(const struct cel_reader *r, struct span *ret_object)
{
        struct span rest = span_sub(r->log, r->offset, r->log.len - r->offset);
        const uint8_t *end;

        if (rest.len == 0)
                return ERR_CEL_TORN;
        if (rest.data[0] != RECORD_SEPARATOR)
                return ERR_CEL_START;
        end = memchr(rest.data, '\n', rest.len < CEL_RECORD_BYTES_MAX ? rest.len : CEL_RECORD_BYTES_MAX);
        if (!end)
                return rest.len < CEL_RECORD_BYTES_MAX ? ERR_CEL_TORN : ERR_CEL_TOO_LONG;
        *ret_object = span_sub(rest, 1, (size_t)(end - rest.data) - 1);
        return ERR_OK;
}

/* The five members, in the only order that canonical JSON has for them. */
enum member { CONTENT, CONTENT_TYPE, DIGESTS, PCR, RECNUM, MEMBER_COUNT };
static const char member_names[MEMBER_COUNT][16] = { "content", "content_type", "digests", "pcr", "recnum" };

static enum err read_members(struct span object, struct span *ret_values)
{
        struct canon_walk walk;
        struct span key, value;
        unsigned count = 0;

        if (canon_open_object(object, &walk) != ERR_OK)
                return ERR_CEL_SHAPE;
        while (canon_next_member(&walk, &key, &value)) {
                if (count == MEMBER_COUNT || !span_equal_str(key, member_names[count]))
                        return ERR_CEL_SHAPE;
                ret_values[count++] = value;
        }
        return count == MEMBER_COUNT ? ERR_OK : ERR_CEL_SHAPE;
}

/* {"digest":"<hex>","hashAlg":"sha256"} */
static enum err read_digest(struct span element, struct digest *ret_digest)
{
        struct canon_walk walk;
        struct span key, value, hex, name;

        if (canon_open_object(element, &walk) != ERR_OK || !canon_next_member(&walk, &key, &value) || !span_equal_str(key, "digest") ||
            canon_plain_string(value, &hex) != ERR_OK || !canon_next_member(&walk, &key, &value) || !span_equal_str(key, "hashAlg") ||
            canon_plain_string(value, &name) != ERR_OK || walk.rest.len > 0)
                return ERR_CEL_DIGESTS;
        if (alg_by_name(name, &ret_digest->alg) != ERR_OK)
                return ERR_CEL_DIGESTS;
        for (size_t i = 0; i < hex.len; i++)
                if (hex.data[i] >= 'A' && hex.data[i] <= 'F')
                        return ERR_CEL_DIGESTS;
        return hex_decode(hex, alg_info(ret_digest->alg)->size, ret_digest->bytes) == ERR_OK ? ERR_OK : ERR_CEL_DIGESTS;
}

/* At most one digest an algorithm, in the table's order. */
static enum err read_digests(struct span array, struct digest_set *ret_set)
{
        struct digest_set set = { .count = 0 };
        struct canon_walk walk;
        struct span element;

        if (canon_open_array(array, &walk) != ERR_OK)
                return ERR_CEL_SHAPE;
        while (canon_next_element(&walk, &element)) {
                struct digest d;

                TRY(read_digest(element, &d));
                if (set.count > 0 && d.alg <= set.digests[set.count - 1].alg)
                        return ERR_CEL_DIGESTS;
                set.digests[set.count++] = d;
        }
        *ret_set = set;
        return ERR_OK;
}

/* ERR_CEL_DIGESTS also when an event has no digests, or an info record has some. */
static enum err read_content_type(struct span value, const struct digest_set *digests, bool *ret_info)
{
        struct span text;

        if (canon_plain_string(value, &text) != ERR_OK)
                return ERR_CEL_SHAPE;
        if (!span_equal_str(text, CEL_TYPE_EVENT) && !span_equal_str(text, CEL_TYPE_INFO))
                return ERR_CEL_CONTENT_TYPE;
        if ((digests->count == 0) != span_equal_str(text, CEL_TYPE_INFO))
                return ERR_CEL_DIGESTS;
        *ret_info = digests->count == 0;
        return ERR_OK;
}

static enum err read_numbers(const struct cel_reader *r, struct span pcr_value, struct span recnum_value, struct cel_record *ret_record)
{
        uint64_t pcr, recnum;

        if (canon_u64(pcr_value, &pcr) != ERR_OK || canon_u64(recnum_value, &recnum) != ERR_OK)
                return ERR_CEL_SHAPE;
        if (pcr > PCR_MAX)
                return ERR_CEL_PCR;
        if (recnum != r->recnum)
                return ERR_CEL_RECNUM;
        if (r->recnum > 0 && pcr != r->pcr)
                return ERR_CEL_PCR_CHANGES;
        ret_record->pcr = (unsigned)pcr;
        ret_record->recnum = recnum;
        return ERR_OK;
}

enum err cel_next(struct cel_reader *r, struct cel_record *ret_record)
{
        struct span object, values[MEMBER_COUNT];
        struct cel_record record = { .offset = r->offset };
        struct canon_walk walk;

        TRY(frame(r, &object));
        TRY(canon_check(object));
        TRY(read_members(object, values));
        if (canon_open_object(values[CONTENT], &walk) != ERR_OK || values[CONTENT].len > EVENT_BYTES_MAX)
                return ERR_CEL_SHAPE;
        record.content = values[CONTENT];
        TRY(read_digests(values[DIGESTS], &record.digests));
        TRY(read_content_type(values[CONTENT_TYPE], &record.digests, &record.info));
        TRY(read_numbers(r, values[PCR], values[RECNUM], &record));

        r->offset += object.len + 2;
        r->recnum++;
        r->pcr = record.pcr;
        *ret_record = record;
        return ERR_OK;
}
