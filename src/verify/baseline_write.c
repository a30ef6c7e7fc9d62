/* SPDX-License-Identifier: Apache-2.0 */
/* Writing baselines. */
#include "verify/baseline_pins.h"

/* PCR numbers in the order of their decimal texts, as canonical JSON wants keys. */
static const struct {
        uint8_t pcr;
        const char *text;
} pcrs_by_text[QUOTE_PCRS] = {
        { 0, "0" },   { 1, "1" },   { 10, "10" }, { 11, "11" }, { 12, "12" }, { 13, "13" }, { 14, "14" }, { 15, "15" },
        { 16, "16" }, { 17, "17" }, { 18, "18" }, { 19, "19" }, { 2, "2" },   { 20, "20" }, { 21, "21" }, { 22, "22" },
        { 23, "23" }, { 3, "3" },   { 4, "4" },   { 5, "5" },   { 6, "6" },   { 7, "7" },   { 8, "8" },   { 9, "9" },
};

static void write_bank(struct json_writer *w, const struct quote_bank *bank)
{
        json_object_open(w);
        for (unsigned i = 0; i < QUOTE_PCRS; i++)
                if (bank->pcrs >> pcrs_by_text[i].pcr & 1)
                        json_put_hex(w, pcrs_by_text[i].text, digest_span(&bank->values[pcrs_by_text[i].pcr]));
        json_object_close(w);
}

void baseline_write_banks(struct json_writer *w, const struct quote_bank *banks)
{
        json_object_open(w);
        for (unsigned i = 0; i < ALG_COUNT; i++) {
                if (banks[i].pcrs == 0)
                        continue;
                json_key(w, alg_info((enum alg)i)->name);
                write_bank(w, &banks[i]);
        }
        json_object_close(w);
}

#define LOOKED_BACK 64 /* a file with more contents than that may have one more often than twice */

/* Whether one of the entries before this one, which have the same name, has its digest. */
static bool is_written(const struct baseline_entry *first, const struct baseline_entry *entry)
{
        if (entry - first > LOOKED_BACK)
                first = entry - LOOKED_BACK;
        for (const struct baseline_entry *e = first; e < entry; e++)
                if (span_equal(e->digest, entry->digest))
                        return true;
        return false;
}

/* The contents of one file, each once; of the first that comes back a second time too, which says that the order means nothing. */
static void write_digests(struct json_writer *w, const struct baseline_entry *first, size_t count)
{
        bool returned = false;

        for (size_t i = 0; i < count; i++) {
                bool written = is_written(first, &first[i]);

                if (written && (returned || span_equal(first[i].digest, first[i - 1].digest)))
                        continue;
                returned |= written;
                json_text(w, first[i].digest);
        }
}

void baseline_write_files(struct json_writer *w, const struct baseline_entry *entries, size_t count)
{
        json_array_open(w);
        for (size_t i = 0, end = 0; i < count; i = end) {
                while (end < count && span_equal(entries[end].name, entries[i].name))
                        end++;
                json_array_open(w);
                json_raw(w, entries[i].name);
                write_digests(w, &entries[i], end - i);
                json_array_close(w);
        }
        json_array_close(w);
}

/* A member that is there only when it is not empty. */
static void write_list(struct json_writer *w, const char *key, const struct span *list, unsigned count, void (*write)(struct json_writer *, struct span))
{
        if (count == 0)
                return;
        json_key(w, key);
        json_array_open(w);
        for (unsigned i = 0; i < count; i++)
                write(w, list[i]);
        json_array_close(w);
}

static void write_mounts(struct json_writer *w, const struct baseline *b)
{
        json_array_open(w);
        for (unsigned i = 0; i < b->mount_count; i++) {
                json_object_open(w);
                json_put_text(w, "partition", b->mounts[i].partition);
                json_put_text(w, "point", b->mounts[i].point);
                json_put_text(w, "root", b->mounts[i].root);
                json_put_bool(w, "walked", b->mounts[i].walked);
                json_object_close(w);
        }
        json_array_close(w);
}

static void write_padded(struct json_writer *w, unsigned banks)
{
        if (banks == 0)
                return;
        json_key(w, "padded");
        json_array_open(w);
        for (unsigned i = 0; i < ALG_COUNT; i++)
                if (banks >> i & 1)
                        json_str(w, alg_info((enum alg)i)->name);
        json_array_close(w);
}

static void write_pcrs(struct json_writer *w, const struct digest_set *pcrs)
{
        json_object_open(w);
        for (unsigned i = 0; i < ALG_COUNT; i++) {
                const struct digest *d = digest_find(pcrs, (enum alg)i);

                if (d)
                        json_put_hex(w, alg_info(d->alg)->name, digest_span(d));
        }
        json_object_close(w);
}

static void write_policy(struct json_writer *w, const struct baseline *b)
{
        json_object_open(w);
        json_put_text(w, "name", b->policy_name);
        json_put_hex(w, "sha256", span_of(b->policy_sha256, sizeof(b->policy_sha256)));
        json_put_hex(w, "signer", span_of(b->policy_signer, sizeof(b->policy_signer)));
        json_put_u64(w, "version", b->policy_version);
        json_object_close(w);
}

static void write_selection(struct json_writer *w, const struct baseline *b)
{
        json_object_open(w);
        for (unsigned i = 0; i < ALG_COUNT; i++)
                if (b->selection[i])
                        json_put_u64(w, alg_info((enum alg)i)->name, b->selection[i]);
        json_object_close(w);
}

static void write_tpm(struct json_writer *w, const struct baseline *b)
{
        uint8_t firmware[8];

        for (size_t i = 0; i < sizeof(firmware); i++)
                firmware[i] = (uint8_t)(b->tpm_firmware >> (56 - 8 * i));
        json_object_open(w);
        json_put_hex(w, "firmware", span_of(firmware, sizeof(firmware)));
        json_put_u64(w, "resets", b->tpm_resets);
        json_put_u64(w, "restarts", b->tpm_restarts);
        json_object_close(w);
}

void baseline_write(struct json_writer *w, const struct baseline *b, const struct baseline_entry *entries, size_t count)
{
        json_object_open(w);
        json_put_hex(w, "ak", span_of(b->ak_sha256, sizeof(b->ak_sha256)));
        if (b->allowed.len > 0) {
                json_key(w, "allowed");
                json_raw(w, b->allowed);
        }
        json_key(w, "boot_chain");
        baseline_write_banks(w, b->boot_chain);
        write_list(w, "boot_chain_others", b->other_chains, b->other_chain_count, json_raw);
        write_list(w, "certificates", b->certificates, b->certificate_count, json_text);
        json_key(w, "content");
        json_array_open(w);
        for (unsigned i = 0; i < b->content_count; i++)
                json_raw(w, b->content[i]);
        json_array_close(w);
        json_key(w, "files");
        baseline_write_files(w, entries, count);
        json_key(w, "mounts");
        write_mounts(w, b);
        write_padded(w, b->padded);
        json_put_u64(w, "pcr", b->pcr);
        json_key(w, "pcrs");
        write_pcrs(w, &b->pcrs);
        json_key(w, "policy");
        write_policy(w, b);
        json_key(w, "selection");
        write_selection(w, b);
        write_list(w, "signed", b->signed_names, b->signed_count, json_raw);
        json_key(w, "storage");
        json_raw(w, b->storage);
        json_key(w, "tpm");
        write_tpm(w, b);
        baseline_pins_write(w, b);
        json_put_u64(w, "version", BASELINE_VERSION);
        json_object_close(w);
}
