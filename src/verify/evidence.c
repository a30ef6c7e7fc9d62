/* SPDX-License-Identifier: Apache-2.0 */
/* The evidence archive: a ustar reader and writer for a fixed list of members. */
#include "verify/evidence.h"

/* Fields of a header block (ustar Interchange Format, table of fields): offset and length. */
enum { NAME_AT = 0, NAME_LEN = 100 };
enum { MODE_AT = 100, UID_AT = 108, GID_AT = 116, SHORT_NUMBER_LEN = 8 };
enum { SIZE_AT = 124, MTIME_AT = 136, NUMBER_LEN = 12 };
enum { CHECKSUM_AT = 148, CHECKSUM_LEN = 8 };
enum { TYPE_AT = 156, MAGIC_AT = 257, MAGIC_LEN = 6, VERSION_AT = 263 };
enum { PREFIX_AT = 345, PREFIX_LEN = 155 };

static const struct {
        const char *name;
        bool needed;
} members[EVIDENCE_MEMBERS] = {
        [EVIDENCE_QUOTE_MSG] = { "quote.msg", true },
        [EVIDENCE_QUOTE_SIG] = { "quote.sig", true },
        [EVIDENCE_AK] = { "ak.pem", true },
        [EVIDENCE_META] = { "meta.json", false },
        [EVIDENCE_PCRS] = { "pcrs.json", false },
        [EVIDENCE_EVENTS] = { "events.cel", false },
        [EVIDENCE_IMA] = { "ima.bin", false },
        [EVIDENCE_FIRMWARE] = { "firmware.bin", false },
        [EVIDENCE_POLICY] = { "policy", false },
        [EVIDENCE_POLICY_SIG] = { "policy.sig", false },
        [EVIDENCE_SIGNER] = { "signer.crt", false },
};

const char *evidence_name(enum evidence_member member)
{
        return members[member].name;
}

uint64_t evidence_padded(uint64_t size)
{
        return (size + EVIDENCE_BLOCK_BYTES - 1) / EVIDENCE_BLOCK_BYTES * EVIDENCE_BLOCK_BYTES;
}

/* Octal digits, then NULs or spaces to the end of the field; GNU's base-256 form is refused, as are leading spaces. */
static enum err read_number(struct span field, uint64_t *ret_number)
{
        uint64_t number = 0;
        size_t i = 0;

        for (; i < field.len && field.data[i] >= '0' && field.data[i] <= '7'; i++)
                number = number * 8 + (uint64_t)(field.data[i] - '0');
        if (i == 0)
                return ERR_EVIDENCE_NUMBER;
        for (; i < field.len; i++)
                if (field.data[i] != '\0' && field.data[i] != ' ')
                        return ERR_EVIDENCE_NUMBER;
        *ret_number = number;
        return ERR_OK;
}

/* The sum of all bytes of the header, its own field counted as spaces. */
static uint32_t checksum_of(const uint8_t *block)
{
        uint32_t sum = CHECKSUM_LEN * ' ';

        for (size_t i = 0; i < EVIDENCE_BLOCK_BYTES; i++)
                if (i < CHECKSUM_AT || i >= CHECKSUM_AT + CHECKSUM_LEN)
                        sum += block[i];
        return sum;
}

struct header {
        struct span name; /* without "./" */
        uint64_t size;
        bool top; /* the folder "./" itself */
};

static enum err parse_header(struct span block, struct header *ret)
{
        struct span magic = span_sub(block, MAGIC_AT, MAGIC_LEN);
        struct span name = span_until_nul(span_sub(block, NAME_AT, NAME_LEN));
        uint8_t type = block.data[TYPE_AT];
        uint64_t checksum, size;

        TRY(read_number(span_sub(block, CHECKSUM_AT, CHECKSUM_LEN), &checksum));
        if (checksum != checksum_of(block.data))
                return ERR_EVIDENCE_CHECKSUM;
        /* "ustar" and a NUL by POSIX, "ustar" and a space in GNU tar's own format. */
        if (memcmp(magic.data, "ustar", 5) != 0 || (magic.data[5] != '\0' && magic.data[5] != ' '))
                return ERR_EVIDENCE_MAGIC;
        TRY(read_number(span_sub(block, SIZE_AT, NUMBER_LEN), &size));
        if (name.len >= 2 && memcmp(name.data, "./", 2) == 0)
                name = span_of(name.data + 2, name.len - 2);
        ret->name = name;
        ret->size = size;
        ret->top = type == '5' && name.len == 0 && size == 0;
        if (type != '0' && type != '\0' && !ret->top)
                return ERR_EVIDENCE_TYPE;
        if (magic.data[5] == '\0' && block.data[PREFIX_AT] != '\0')
                return ERR_EVIDENCE_NAME;
        return ERR_OK;
}

static enum err find_member(struct span name, enum evidence_member *ret_member)
{
        for (unsigned i = 0; i < EVIDENCE_MEMBERS; i++)
                if (span_equal_str(name, members[i].name)) {
                        *ret_member = (enum evidence_member)i;
                        return ERR_OK;
                }
        return ERR_EVIDENCE_NAME;
}

enum err evidence_next(struct evidence_walk *w, struct span block, struct evidence_header *ret_header, struct span *ret_name)
{
        struct evidence_header result = { .member = EVIDENCE_MEMBERS };
        struct header header;

        *ret_name = span_of(NULL, 0);
        if (block.len != EVIDENCE_BLOCK_BYTES)
                return ERR_EVIDENCE_ENDS;
        result.end = span_is_zero(block);
        if (!result.end) {
                TRY(parse_header(block, &header));
                *ret_name = header.name;
                result.size = header.size;
                if (!header.top) {
                        TRY(find_member(header.name, &result.member));
                        if (w->seen & 1u << result.member)
                                return ERR_EVIDENCE_TWICE;
                        w->seen |= 1u << result.member;
                }
        }
        *ret_header = result;
        return ERR_OK;
}

enum err evidence_complete(const struct evidence_walk *w, struct span *ret_name)
{
        for (unsigned i = 0; i < EVIDENCE_MEMBERS; i++)
                if (members[i].needed && !(w->seen & 1u << i)) {
                        *ret_name = span_of_str(members[i].name);
                        return ERR_EVIDENCE_MISSING;
                }
        return ERR_OK;
}

static enum err read_all(struct span tar, struct evidence *e, struct evidence_error *error)
{
        struct evidence_walk walk = { .seen = 0 };
        struct evidence_header header;
        size_t offset = 0, start;

        for (;;) {
                error->offset = offset;
                TRY(evidence_next(&walk, span_sub(tar, offset, EVIDENCE_BLOCK_BYTES), &header, &error->name));
                if (header.end)
                        break;
                start = offset + EVIDENCE_BLOCK_BYTES;
                if (header.size > tar.len - start || evidence_padded(header.size) > tar.len - start)
                        return ERR_EVIDENCE_SIZE;
                if (header.member < EVIDENCE_MEMBERS)
                        e->members[header.member] = span_sub(tar, start, header.size);
                offset = start + (size_t)evidence_padded(header.size);
        }
        if (!span_has(tar, offset, 2 * EVIDENCE_BLOCK_BYTES))
                return ERR_EVIDENCE_ENDS;
        if (!span_is_zero(span_of(tar.data + offset, tar.len - offset)))
                return ERR_EVIDENCE_AFTER_END;
        return evidence_complete(&walk, &error->name);
}

enum err evidence_read(struct span tar, struct evidence *ret_evidence, struct evidence_error *ret_error)
{
        struct evidence evidence = { 0 };
        struct evidence_error error = { 0 };

        error.code = read_all(tar, &evidence, &error);
        if (error.code == ERR_OK)
                *ret_evidence = evidence;
        else
                *ret_error = error;
        return error.code;
}

size_t evidence_size(const struct evidence *evidence)
{
        size_t size = 2 * EVIDENCE_BLOCK_BYTES;

        for (unsigned i = 0; i < EVIDENCE_MEMBERS; i++)
                if (evidence->members[i].data)
                        size += EVIDENCE_BLOCK_BYTES + (size_t)evidence_padded(evidence->members[i].len);
        return size;
}

/* Octal digits over the whole field but its last byte, which is NUL. False when the number has more digits. */
static bool put_number(uint8_t *field, size_t len, uint64_t number)
{
        field[len - 1] = '\0';
        for (size_t i = len - 1; i-- > 0; number /= 8)
                field[i] = (uint8_t)('0' + number % 8);
        return number == 0;
}

enum err evidence_write_header(enum evidence_member member, uint64_t size, uint64_t time, uint8_t *ret_block)
{
        const char *name = members[member].name;
        uint8_t *block = ret_block;
        bool fits;

        memset(block, 0, EVIDENCE_BLOCK_BYTES);
        memcpy(block + NAME_AT, name, strlen(name));
        fits = put_number(block + MODE_AT, SHORT_NUMBER_LEN, 0644) && put_number(block + UID_AT, SHORT_NUMBER_LEN, 0) &&
               put_number(block + GID_AT, SHORT_NUMBER_LEN, 0) && put_number(block + SIZE_AT, NUMBER_LEN, size) &&
               put_number(block + MTIME_AT, NUMBER_LEN, time);
        if (!fits)
                return ERR_NO_SPACE;
        block[TYPE_AT] = '0';
        memcpy(block + MAGIC_AT, "ustar", 6);
        memcpy(block + VERSION_AT, "00", 2);
        /* Six digits, NUL, space. */
        put_number(block + CHECKSUM_AT, CHECKSUM_LEN - 1, checksum_of(block));
        block[CHECKSUM_AT + CHECKSUM_LEN - 1] = ' ';
        return ERR_OK;
}

enum err evidence_write(const struct evidence *evidence, uint64_t time, uint8_t *buf, size_t cap, struct span *ret_tar)
{
        size_t size = evidence_size(evidence), at = 0;

        if (size > cap)
                return ERR_NO_SPACE;
        memset(buf, 0, size);
        for (unsigned i = 0; i < EVIDENCE_MEMBERS; i++) {
                struct span m = evidence->members[i];

                if (!m.data)
                        continue;
                TRY(evidence_write_header((enum evidence_member)i, m.len, time, buf + at));
                at += EVIDENCE_BLOCK_BYTES;
                if (m.len > 0)
                        memcpy(buf + at, m.data, m.len);
                at += (size_t)evidence_padded(m.len);
        }
        *ret_tar = span_of(buf, size);
        return ERR_OK;
}
