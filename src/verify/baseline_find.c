/* SPDX-License-Identifier: Apache-2.0 */
/* Finds files in a baseline, and digests among those of a file. */
#include "verify/baseline.h"

/* musl compares byte by byte; here it is asked for names that are nearly always equal. */
static bool is_same(struct span a, struct span b)
{
        uint64_t differ = 0, x, y;
        size_t i = 0;

        if (a.len != b.len)
                return false;
        for (; a.len - i >= sizeof(x); i += sizeof(x)) {
                memcpy(&x, a.data + i, sizeof(x));
                memcpy(&y, b.data + i, sizeof(y));
                differ |= x ^ y;
        }
        for (; i < a.len; i++)
                differ |= (uint64_t)(a.data[i] ^ b.data[i]);
        return differ == 0;
}

/* A string without its quotes, which for most names is the path. */
static struct span inner(struct span name)
{
        return name.len >= 2 && name.data[0] == '"' ? span_of(name.data + 1, name.len - 2) : name;
}

static uint64_t mix(uint64_t hash, const uint8_t *bytes)
{
        uint64_t word;

        memcpy(&word, bytes, sizeof(word));
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        return hash ^ hash >> 29;
}

/* The names in the table are those of the baseline, which is trusted, so nobody can fill it with names of one hash. */
static uint64_t hash_of(struct span name)
{
        const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
        uint64_t a = name.len * odd, b = ~a, word;
        size_t i = 0;

        for (; name.len - i > 2 * sizeof(word); i += 2 * sizeof(word)) {
                a = mix(a, name.data + i);
                b = mix(b, name.data + i + sizeof(word));
        }
        if (name.len >= 2 * sizeof(word)) {
                a = mix(a, name.data + name.len - 2 * sizeof(word));
                b = mix(b, name.data + name.len - sizeof(word));
        } else {
                for (word = 0; i < name.len; i++) {
                        word = word << 8 | name.data[i];
                        a = i == sizeof(word) ? (a ^ word) * odd : a;
                }
                b = (b ^ word) * odd;
        }
        a = (a ^ b >> 32 ^ b) * odd;
        return a ^ a >> 32;
}

size_t baseline_slots(size_t file_count)
{
        size_t slots = 16;

        while (slots / 2 < file_count)
                slots *= 2;
        return slots;
}

void baseline_index(struct baseline *b, struct baseline_slot *slots, size_t count)
{
        for (size_t i = 0; i < b->file_count; i++) {
                uint64_t hash = hash_of(inner(b->files[i].name));
                size_t at = hash & (count - 1);

                while (slots[at].file != 0)
                        at = (at + 1) & (count - 1);
                slots[at] = (struct baseline_slot){ (uint32_t)(hash >> 32), (uint32_t)i + 1 };
        }
        b->slots = slots;
        b->slot_count = count;
}

static const struct baseline_file *find_in_table(const struct baseline *b, struct span name)
{
        uint64_t hash = hash_of(inner(name));

        for (size_t at = hash & (b->slot_count - 1); b->slots[at].file != 0; at = (at + 1) & (b->slot_count - 1)) {
                const struct baseline_file *file = &b->files[b->slots[at].file - 1];

                if (b->slots[at].tag == (uint32_t)(hash >> 32) && is_same(file->name, name))
                        return file;
        }
        return NULL;
}

void baseline_prepare(const struct baseline *baseline, const struct span *paths, unsigned count)
{
        const struct baseline_slot *slots[BASELINE_PREPARED_MAX];

        if (baseline->slot_count == 0 || count > BASELINE_PREPARED_MAX)
                return;
        for (unsigned i = 0; i < count; i++) {
                slots[i] = &baseline->slots[hash_of(paths[i]) & (baseline->slot_count - 1)];
                __builtin_prefetch(slots[i]);
        }
        for (unsigned i = 0; i < count; i++)
                if (slots[i]->file != 0)
                        __builtin_prefetch(&baseline->files[slots[i]->file - 1]);
        for (unsigned i = 0; i < count; i++) {
                const uint8_t *name = slots[i]->file != 0 ? baseline->files[slots[i]->file - 1].name.data : NULL;

                /* With the digest behind it. */
                for (unsigned line = 0; name && line < 3; line++)
                        __builtin_prefetch(name + 64 * line);
        }
}

size_t baseline_first_from(const struct baseline *b, struct span name)
{
        size_t from = 0, to = b->file_count;

        while (from < to) {
                size_t middle = from + (to - from) / 2;

                if (baseline_compare_names(b->files[middle].name, name) < 0)
                        from = middle + 1;
                else
                        to = middle;
        }
        return from;
}

static const struct baseline_file *find_in_order(const struct baseline *b, struct span name)
{
        size_t i = baseline_first_from(b, name);

        return i < b->file_count && span_equal(b->files[i].name, name) ? &b->files[i] : NULL;
}

const struct baseline_file *baseline_find(const struct baseline *baseline, struct span name)
{
        return baseline->slot_count > 0 ? find_in_table(baseline, name) : find_in_order(baseline, name);
}

/* The first one stands there as it is, and nearly always is the one. */
static bool is_first(const struct baseline_file *file, struct span digest)
{
        struct span rest = file->digests.rest;

        return span_has(rest, 0, digest.len + 2) && rest.data[0] == '"' && rest.data[digest.len + 1] == '"' &&
               is_same(span_sub(rest, 1, digest.len), digest);
}

unsigned baseline_file_index(const struct baseline_file *file, struct span digest, unsigned *ret_count)
{
        struct canon_walk walk = file->digests;
        unsigned count = 0, index = 0;
        struct span value;

        if (!ret_count && is_first(file, digest))
                return 1;
        while (canon_next_element(&walk, &value)) {
                count++;
                if (canon_plain_string(value, &value) == ERR_OK && span_equal(value, digest))
                        index = count;
                if (index > 0 && !ret_count)
                        break;
        }
        if (ret_count)
                *ret_count = count;
        return index;
}

bool baseline_file_has_many(const struct baseline_file *file)
{
        struct canon_walk walk = file->digests;
        struct span rest = walk.rest, value;

        /* Nearly all have one, a string that goes to the end. */
        if (rest.len > 1 && rest.data[0] == '"' && memchr(rest.data + 1, '"', rest.len - 1) == rest.data + rest.len - 1)
                return false;
        return canon_next_element(&walk, &value) && walk.rest.len > 0;
}

bool baseline_file_is_ordered(const struct baseline_file *file)
{
        struct canon_walk walk = file->digests, rest;
        struct span value, later;

        while (canon_next_element(&walk, &value)) {
                rest = walk;
                while (canon_next_element(&rest, &later))
                        if (span_equal(value, later))
                                return false;
        }
        return true;
}

/* A name that ends with a slash stands for all that begin with it. */
bool baseline_is_signed(const struct baseline *baseline, struct span name)
{
        for (unsigned i = 0; i < baseline->signed_count; i++) {
                struct span allowed = inner(baseline->signed_names[i]), path = inner(name);

                if (allowed.len > 0 && allowed.data[allowed.len - 1] == '/' ? span_equal(span_sub(path, 0, allowed.len), allowed)
                                                                             : span_equal(path, allowed))
                        return true;
        }
        return false;
}

bool baseline_file_allows(const struct baseline_file *file, struct span digest)
{
        return baseline_file_index(file, digest, NULL) > 0;
}
