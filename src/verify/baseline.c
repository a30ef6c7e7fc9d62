/* SPDX-License-Identifier: Apache-2.0 */
/* Reading baselines. */
#include "verify/baseline.h"

#include <endian.h>

#include "base/hex.h"
#include "verify/baseline_pins.h"

static enum err get_hex(struct span object, const char *key, size_t len, uint8_t *ret_bytes)
{
        struct span value, text;

        TRY(canon_member(object, key, &value));
        TRY(canon_plain_string(value, &text));
        return hex_decode(text, len, ret_bytes);
}

static enum err get_u64(struct span object, const char *key, uint64_t *ret_number)
{
        struct span value;

        TRY(canon_member(object, key, &value));
        return canon_u64(value, ret_number);
}

static enum err get_text(struct span object, const char *key, struct span *ret_text)
{
        struct span value;

        TRY(canon_member(object, key, &value));
        return canon_plain_string(value, ret_text);
}

static enum err read_pcr_index(struct span key, unsigned *ret_pcr)
{
        uint64_t number;

        if (canon_u64(key, &number) != ERR_OK || number >= QUOTE_PCRS)
                return ERR_BASELINE_SHAPE;
        *ret_pcr = (unsigned)number;
        return ERR_OK;
}

/* {"0":"<hex>",…} */
static enum err read_bank(struct span value, enum alg alg, struct quote_bank *bank)
{
        struct canon_walk walk;
        struct span key, text;
        unsigned pcr;

        TRY(canon_open_object(value, &walk));
        while (canon_next_member(&walk, &key, &value)) {
                TRY(read_pcr_index(key, &pcr));
                TRY(canon_plain_string(value, &text));
                bank->values[pcr].alg = alg;
                TRY(hex_decode(text, alg_info(alg)->size, bank->values[pcr].bytes));
                bank->pcrs |= 1u << pcr;
        }
        return ERR_OK;
}

enum err baseline_read_banks(struct span value, struct quote_bank *banks)
{
        struct canon_walk walk;
        struct span key;
        enum alg alg;

        TRY(canon_open_object(value, &walk));
        while (canon_next_member(&walk, &key, &value)) {
                TRY(alg_by_name(key, &alg));
                TRY(read_bank(value, alg, &banks[alg]));
        }
        return ERR_OK;
}

static enum err read_boot_chain(struct span value, struct baseline *b)
{
        return baseline_read_banks(value, b->boot_chain);
}

enum err baseline_read_list(struct span value, struct span *list, unsigned cap, unsigned *ret_count)
{
        struct canon_walk walk;
        unsigned count = 0;

        TRY(canon_open_array(value, &walk));
        while (canon_next_element(&walk, &value)) {
                if (count == cap)
                        return ERR_BASELINE_SHAPE;
                list[count++] = value;
        }
        *ret_count = count;
        return ERR_OK;
}

static enum err read_other_chains(struct span value, struct baseline *b)
{
        struct quote_bank banks[ALG_COUNT] = { { .pcrs = 0 } };

        TRY(baseline_read_list(value, b->other_chains, BASELINE_CHAINS_MAX, &b->other_chain_count));
        for (unsigned i = 0; i < b->other_chain_count; i++)
                TRY(baseline_read_banks(b->other_chains[i], banks));
        return ERR_OK;
}

static enum err read_certificates(struct span value, struct baseline *b)
{
        TRY(baseline_read_list(value, b->certificates, BASELINE_CERTIFICATES_MAX, &b->certificate_count));
        for (unsigned i = 0; i < b->certificate_count; i++) {
                uint8_t bytes[BASELINE_CERTIFICATE_BYTES_MAX];

                TRY(canon_plain_string(b->certificates[i], &b->certificates[i]));
                if (b->certificates[i].len > 2 * sizeof(bytes))
                        return ERR_BASELINE_SHAPE;
                TRY(hex_decode(b->certificates[i], b->certificates[i].len / 2, bytes));
        }
        return ERR_OK;
}

static enum err read_signed(struct span value, struct baseline *b)
{
        TRY(baseline_read_list(value, b->signed_names, BASELINE_SIGNED_MAX, &b->signed_count));
        for (unsigned i = 0; i < b->signed_count; i++)
                if (b->signed_names[i].data[0] != '"')
                        return ERR_BASELINE_SHAPE;
        return ERR_OK;
}

static enum err read_content(struct span value, struct baseline *b)
{
        return baseline_read_list(value, b->content, BASELINE_CONTENT_MAX, &b->content_count);
}

static enum err read_mounts(struct span value, struct baseline *b)
{
        struct canon_walk walk;
        struct span walked;

        TRY(canon_open_array(value, &walk));
        while (canon_next_element(&walk, &value)) {
                struct alias_mount *m = &b->mounts[b->mount_count];

                if (b->mount_count == ALIAS_MOUNTS_MAX)
                        return ERR_BASELINE_MOUNTS;
                TRY(get_text(value, "partition", &m->partition));
                TRY(get_text(value, "point", &m->point));
                TRY(get_text(value, "root", &m->root));
                TRY(canon_member(value, "walked", &walked));
                m->walked = span_equal_str(walked, "true");
                b->mount_count++;
        }
        return ERR_OK;
}

static enum err read_padded(struct span value, struct baseline *b)
{
        struct canon_walk walk;
        enum alg alg;

        TRY(canon_open_array(value, &walk));
        while (canon_next_element(&walk, &value)) {
                TRY(canon_plain_string(value, &value));
                TRY(alg_by_name(value, &alg));
                b->padded |= 1u << alg;
        }
        return ERR_OK;
}

static enum err read_pcr(struct span value, struct baseline *b)
{
        uint64_t pcr;

        TRY(canon_u64(value, &pcr));
        if (pcr >= QUOTE_PCRS)
                return ERR_BASELINE_SHAPE;
        b->pcr = (unsigned)pcr;
        return ERR_OK;
}

static enum err read_pcrs(struct span value, struct baseline *b)
{
        struct canon_walk walk;
        struct span key, text;

        TRY(canon_open_object(value, &walk));
        while (canon_next_member(&walk, &key, &value)) {
                struct digest *d = &b->pcrs.digests[b->pcrs.count];

                TRY(alg_by_name(key, &d->alg));
                TRY(canon_plain_string(value, &text));
                TRY(hex_decode(text, alg_info(d->alg)->size, d->bytes));
                b->pcrs.count++;
        }
        return ERR_OK;
}

static enum err read_policy(struct span value, struct baseline *b)
{
        TRY(get_text(value, "name", &b->policy_name));
        TRY(get_hex(value, "sha256", 32, b->policy_sha256));
        TRY(get_hex(value, "signer", 32, b->policy_signer));
        return get_u64(value, "version", &b->policy_version);
}

static enum err read_selection(struct span value, struct baseline *b)
{
        struct canon_walk walk;
        struct span key;
        uint64_t pcrs;
        enum alg alg;

        TRY(canon_open_object(value, &walk));
        while (canon_next_member(&walk, &key, &value)) {
                TRY(alg_by_name(key, &alg));
                TRY(canon_u64(value, &pcrs));
                if (pcrs >> QUOTE_PCRS)
                        return ERR_BASELINE_SHAPE;
                b->selection[alg] = (uint32_t)pcrs;
        }
        return ERR_OK;
}

static enum err read_storage(struct span value, struct baseline *b)
{
        struct canon_walk walk;

        b->storage = value;
        return canon_open_object(value, &walk);
}

static enum err read_tpm(struct span value, struct baseline *b)
{
        uint8_t firmware[8];

        TRY(get_hex(value, "firmware", sizeof(firmware), firmware));
        b->tpm_firmware = 0;
        for (size_t i = 0; i < sizeof(firmware); i++)
                b->tpm_firmware = b->tpm_firmware << 8 | firmware[i];
        TRY(get_u64(value, "resets", &b->tpm_resets));
        /* Baselines of before this member was thought of do without. */
        return canon_member(value, "restarts", &value) == ERR_OK ? canon_u64(value, &b->tpm_restarts) : ERR_OK;
}

static enum err read_allowed(struct span value, struct baseline *b)
{
        struct canon_walk walk;
        struct span pattern;

        b->allowed = value;
        TRY(canon_open_array(value, &walk));
        while (canon_next_element(&walk, &pattern)) {
                TRY(canon_plain_string(pattern, &pattern));
                if (glob_fault(pattern))
                        return ERR_BASELINE_SHAPE;
        }
        return ERR_OK;
}

static enum err read_ak(struct span value, struct baseline *b)
{
        struct span text;

        TRY(canon_plain_string(value, &text));
        return hex_decode(text, sizeof(b->ak_sha256), b->ak_sha256);
}

enum err baseline_read_files(struct span value, struct baseline_file *files, size_t cap, size_t *ret_count)
{
        struct canon_walk walk, inner;
        size_t count = 0;

        TRY(canon_open_array(value, &walk));
        while (canon_next_element(&walk, &value)) {
                if (count == cap)
                        return ERR_BASELINE_FILES;
                TRY(canon_open_array(value, &inner));
                if (!canon_next_element(&inner, &value))
                        return ERR_BASELINE_SHAPE;
                files[count] = (struct baseline_file){ value, inner };
                if (count > 0 && baseline_compare_names(files[count - 1].name, files[count].name) >= 0)
                        return ERR_BASELINE_FILES;
                count++;
        }
        *ret_count = count;
        return ERR_OK;
}

static enum err read_version(struct span value, struct baseline *b)
{
        uint64_t version;

        (void)b;
        return canon_u64(value, &version) == ERR_OK && version == BASELINE_VERSION ? ERR_OK : ERR_BASELINE_VERSION;
}

/* The members in the order of canonical JSON; all but the optional ones there must be. "files" is read with memory of the caller's. */
static const struct {
        const char *name;
        enum err (*read)(struct span value, struct baseline *b);
        bool optional;
} readers[] = {
        { "ak", read_ak, false },
        { "allowed", read_allowed, true },
        { "boot_chain", read_boot_chain, false },
        { "boot_chain_others", read_other_chains, true },
        { "certificates", read_certificates, true },
        { "content", read_content, false },
        { "files", NULL, false },
        { "mounts", read_mounts, false },
        { "padded", read_padded, true },
        { "pcr", read_pcr, false },
        { "pcrs", read_pcrs, false },
        { "policy", read_policy, false },
        { "selection", read_selection, false },
        { "signed", read_signed, true },
        { "storage", read_storage, false },
        { "tpm", read_tpm, false },
        { "vendors", baseline_pins_read_vendors, true },
        { "verity", baseline_pins_read_roots, true },
        { "version", read_version, false },
};
enum { READER_FILES = 6, READERS = sizeof(readers) / sizeof(readers[0]) };

#define DEPTH_CERTAIN 8 /* of brackets: far below JSON_DEPTH_MAX, which is for the whole text */

/* Brackets inside strings are counted too: then the slow way decides. */
static bool is_shallow(struct span value)
{
        unsigned depth = 0;

        for (size_t i = 0; i < value.len; i++) {
                depth += value.data[i] == '{' || value.data[i] == '[';
                depth -= depth > 0 && (value.data[i] == '}' || value.data[i] == ']');
                if (depth > DEPTH_CERTAIN)
                        return false;
        }
        return true;
}

/* One of the members of part, which must be told apart by commas: one behind each but the last. */
static bool next_strictly(struct canon_walk *walk, struct span part, struct span *ret_key, struct span *ret_value)
{
        const uint8_t *end;

        if (!canon_next_member(walk, ret_key, ret_value) || !is_shallow(*ret_value))
                return false;
        end = ret_value->data + ret_value->len;
        return walk->rest.len > 0 ? *end == ',' : end == part.data + part.len;
}

/* The members of the readers from one to another, as a list without its brackets. */
static bool read_part(struct span part, size_t from, size_t to, struct baseline *b)
{
        struct canon_walk walk = { part };
        struct span key, value;

        for (size_t i = from; walk.rest.len > 0; i++) {
                if (!next_strictly(&walk, part, &key, &value))
                        return false;
                while (i < to && readers[i].optional && !span_equal_str(key, readers[i].name))
                        i++;
                if (i == to || !span_equal_str(key, readers[i].name) || readers[i].read(value, b) != ERR_OK)
                        return false;
                from = i + 1;
        }
        while (from < to && readers[from].optional)
                from++;
        return from == to;
}

/* With the list of files taken out and read in one pass, what is left is short. Accepted is less than the slow way accepts, never more. */
static bool read_quickly(struct span object, struct baseline_file *files, size_t cap, struct baseline *b)
{
        struct span before, after;

        return baseline_split(object, files, cap, &b->file_count, &before, &after) && read_part(before, 0, READER_FILES, b) &&
               read_part(after, READER_FILES + 1, READERS, b);
}

/* The whole text is checked first, then read member by member: whatever is wrong with it, this finds the code for it. */
static enum err read_slowly(struct span object, struct baseline_file *files, size_t cap, struct baseline *b, const char **ret_member)
{
        struct canon_walk walk;
        struct span key, value;

        *ret_member = "";
        TRY(canon_check(object));
        TRY(canon_open_object(object, &walk));
        for (size_t i = 0; i < READERS; i++) {
                struct canon_walk before = walk;

                *ret_member = readers[i].name;
                if (!canon_next_member(&walk, &key, &value) || !span_equal_str(key, readers[i].name)) {
                        walk = before;
                        if (readers[i].optional)
                                continue;
                        return ERR_BASELINE_SHAPE;
                }
                if (readers[i].read)
                        TRY(readers[i].read(value, b));
                else
                        TRY(baseline_read_files(value, files, cap, &b->file_count));
        }
        return canon_next_member(&walk, &key, &value) ? ERR_BASELINE_SHAPE : ERR_OK;
}

enum err baseline_read(struct span text, struct baseline_file *files, size_t cap, struct baseline *ret_baseline, const char **ret_member)
{
        /* The line feed at the end is no part of the object. */
        struct span object = text.len > 0 && text.data[text.len - 1] == '\n' ? span_of(text.data, text.len - 1) : text;
        const struct baseline start = { .files = files };
        struct baseline b = start;

        *ret_member = readers[READERS - 1].name;
        if (!read_quickly(object, files, cap, &b)) {
                b = start;
                TRY(read_slowly(object, files, cap, &b, ret_member));
        }
        *ret_baseline = b;
        return ERR_OK;
}

/* The eight digits of four bytes at once, the first one lowest: each nibble into a byte of its own, then those from 10 on raised to letters. */
static uint64_t digits_of(uint64_t bytes)
{
        const uint64_t ones = UINT64_C(0x0101010101010101);
        uint64_t nibbles;

        bytes = (bytes | bytes << 16) & UINT64_C(0x0000ffff0000ffff);
        bytes = (bytes | bytes << 8) & UINT64_C(0x00ff00ff00ff00ff);
        nibbles = (bytes >> 4 | bytes << 8) & ones * 15;
        return nibbles + ones * '0' + ((nibbles + ones * 6) >> 4 & ones) * ('a' - '0' - 10);
}

/* hex_encode() for millions of digests. */
static void encode_quickly(struct span bytes, char *buf)
{
        size_t i = 0;

        for (; bytes.len - i >= 4; i += 4) {
                uint64_t digits;
                uint32_t word;

                memcpy(&word, bytes.data + i, sizeof(word));
                digits = htole64(digits_of(le32toh(word)));
                memcpy(buf + 2 * i, &digits, sizeof(digits));
        }
        hex_encode(span_sub(bytes, i, bytes.len - i), buf + 2 * i);
}

struct span baseline_digest_text(struct span hash_name, struct span hash, char *buf)
{
        if (hash_name.len > 16 || hash.len > ALG_DIGEST_MAX)
                return span_of(NULL, 0);
        memcpy(buf, hash_name.data, hash_name.len);
        buf[hash_name.len] = ':';
        encode_quickly(hash, buf + hash_name.len + 1);
        return span_of(buf, hash_name.len + 1 + 2 * hash.len);
}

struct span baseline_file_digest(const struct baseline_file *file)
{
        struct canon_walk walk = file->digests;
        struct span value = { NULL, 0 };

        if (!canon_next_element(&walk, &value) || canon_plain_string(value, &value) != ERR_OK)
                return span_of(NULL, 0);
        return value;
}
