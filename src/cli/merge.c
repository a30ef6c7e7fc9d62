/* SPDX-License-Identifier: Apache-2.0 */
/* Knows what of several baselines must agree, and how the rest is put together. */
#include "cli/merge.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/case.h"
#include "cli/print.h"
#include "verify/baseline_pins.h"
#include "verify/diff.h"

#define FIXED_BYTES (2u * 1024 * 1024) /* of a baseline without its files */
#define CHAIN_BYTES 65536

/* ---- files --------------------------------------------------------------------------------------------------------------- */

static void add_entry(struct merge_files *f, struct span name, struct span digest, uint64_t age)
{
        if (f->count == f->cap) {
                size_t wider = f->cap ? 2 * f->cap : 1024;
                struct baseline_entry *grown = cli_alloc(wider * sizeof(*grown));

                if (f->count > 0)
                        memcpy(grown, f->entries, f->count * sizeof(*grown));
                free(f->entries);
                f->entries = grown;
                f->cap = wider;
        }
        f->entries[f->count++] = (struct baseline_entry){ name, digest, age };
        f->text_bytes += name.len + digest.len + 16;
}

static bool is_known(const struct baseline *const *before, unsigned count, struct span name, struct span digest)
{
        for (unsigned i = 0; i < count; i++) {
                const struct baseline_file *file = baseline_find(before[i], name);

                if (file && baseline_file_allows(file, digest))
                        return true;
        }
        return false;
}

void merge_add_file(struct merge_files *f, const struct baseline_file *file, const struct baseline *const *before, unsigned count, uint64_t age)
{
        struct canon_walk walk = file->digests;
        struct span digest;

        while (canon_next_element(&walk, &digest))
                if (canon_plain_string(digest, &digest) == ERR_OK && !is_known(before, count, file->name, digest))
                        add_entry(f, file->name, digest, age++);
}

static int compare(const void *a, const void *b)
{
        return baseline_compare(a, b);
}

void merge_sort(struct merge_files *f)
{
        if (f->count > 0)
                qsort(f->entries, f->count, sizeof(*f->entries), compare);
}

/* ---- what must agree ----------------------------------------------------------------------------------------------------- */

struct difference {
        const struct cli *cli;
        const char *a, *b;
        bool said;
};

static void say_difference(void *arg, struct span path, struct span was, struct span now)
{
        struct difference *d = arg;

        if (d->said)
                return;
        d->said = true;
        fprintf(stderr, "%s: %s and %s: the storage differs: ", d->cli->name, d->a, d->b);
        print_escaped(stderr, path);
        fputc(' ', stderr);
        print_escaped(stderr, was);
        fputs(" -> ", stderr);
        print_escaped(stderr, now);
        fputc('\n', stderr);
}

static enum cli_exit check_pair(const struct cli *cli, const struct baseline *a, const struct baseline *b, const char *path_a, const char *path_b)
{
        struct difference d = { cli, path_a, path_b, false };
        const char *what = NULL;

        if (memcmp(a->ak_sha256, b->ak_sha256, sizeof(a->ak_sha256)) != 0)
                what = "they are of two machines: the attestation keys differ";
        else if (memcmp(a->selection, b->selection, sizeof(a->selection)) != 0)
                what = "they quote other PCRs or banks";
        else if (a->pcr != b->pcr)
                what = "they measure into different PCRs";
        else if (!span_equal(a->policy_name, b->policy_name))
                what = "they have policies of different names";
        else if (memcmp(a->policy_signer, b->policy_signer, sizeof(a->policy_signer)) != 0)
                what = "their policies were signed by different keys";
        if (what)
                return cli_fail(cli, CLI_FAILED, "%s and %s: %s", path_a, path_b, what);
        diff_walk(a->storage, b->storage, say_difference, &d);
        return d.said ? CLI_FAILED : CLI_OK;
}

/* ---- what is put together ------------------------------------------------------------------------------------------------ */

static bool add_span(struct span *list, unsigned cap, unsigned *count, struct span value)
{
        for (unsigned i = 0; i < *count; i++)
                if (span_equal(list[i], value))
                        return true;
        if (*count == cap)
                return false;
        list[(*count)++] = value;
        return true;
}

static struct span chain_text(const struct quote_bank *banks)
{
        struct json_writer w = json_writer_on(cli_alloc(CHAIN_BYTES), CHAIN_BYTES);
        struct span text = span_of(NULL, 0);

        baseline_write_banks(&w, banks);
        return json_writer_result(&w, &text) == ERR_OK ? text : span_of(NULL, 0);
}

static bool add_chain(struct baseline *m, struct span chain)
{
        return span_equal(chain, chain_text(m->boot_chain)) ||
               add_span(m->other_chains, BASELINE_CHAINS_MAX, &m->other_chain_count, chain);
}

static bool add_mount(struct baseline *m, const struct alias_mount *mount)
{
        for (unsigned i = 0; i < m->mount_count; i++)
                if (span_equal(m->mounts[i].point, mount->point) && span_equal(m->mounts[i].partition, mount->partition)) {
                        m->mounts[i].walked |= mount->walked;
                        return true;
                }
        if (m->mount_count == ALIAS_MOUNTS_MAX)
                return false;
        m->mounts[m->mount_count++] = *mount;
        return true;
}

/* Names are sorted in a baseline, so that two of them give one result in any order. */
static int compare_spans(const void *a, const void *b)
{
        return baseline_compare_names(*(const struct span *)a, *(const struct span *)b);
}

/* The lists of a later one behind those of the ones before. False when there are too many. */
static bool add_lists(struct baseline *m, const struct baseline *b)
{
        bool fits = add_chain(m, chain_text(b->boot_chain));

        for (unsigned i = 0; i < b->other_chain_count; i++)
                fits &= add_chain(m, b->other_chains[i]);
        for (unsigned i = 0; i < b->content_count; i++)
                fits &= add_span(m->content, BASELINE_CONTENT_MAX, &m->content_count, b->content[i]);
        for (unsigned i = 0; i < b->mount_count; i++)
                fits &= add_mount(m, &b->mounts[i]);
        for (unsigned i = 0; i < b->certificate_count; i++)
                fits &= add_span(m->certificates, BASELINE_CERTIFICATES_MAX, &m->certificate_count, b->certificates[i]);
        for (unsigned i = 0; i < b->signed_count; i++)
                fits &= add_span(m->signed_names, BASELINE_SIGNED_MAX, &m->signed_count, b->signed_names[i]);
        for (unsigned i = 0; i < b->vendor_count; i++)
                fits &= baseline_pins_add_vendor(m, &b->vendors[i]);
        for (unsigned i = 0; i < b->root_count; i++)
                fits &= baseline_pins_add_root(m, &b->roots[i]);
        qsort(m->signed_names, m->signed_count, sizeof(struct span), compare_spans);
        return fits;
}

static bool is_same_pcr(const struct digest_set *a, const struct digest_set *b)
{
        if (a->count != b->count)
                return false;
        for (unsigned i = 0; i < a->count; i++) {
                const struct digest *other = digest_find(b, a->digests[i].alg);

                if (!other || !span_equal(digest_span(&a->digests[i]), digest_span(other)))
                        return false;
        }
        return true;
}

/* The oldest policy stays the least that is asked for; of the TPM's counters the highest. Two values of our PCR are one too many to name. */
static void add_numbers(struct baseline *m, const struct baseline *b)
{
        if (b->policy_version < m->policy_version) {
                m->policy_version = b->policy_version;
                memcpy(m->policy_sha256, b->policy_sha256, sizeof(m->policy_sha256));
        }
        if (b->tpm_resets > m->tpm_resets || (b->tpm_resets == m->tpm_resets && b->tpm_restarts > m->tpm_restarts)) {
                m->tpm_resets = b->tpm_resets;
                m->tpm_restarts = b->tpm_restarts;
                m->tpm_firmware = b->tpm_firmware;
        }
        m->padded |= b->padded;
        if (!is_same_pcr(&m->pcrs, &b->pcrs))
                m->pcrs.count = 0;
}

enum cli_exit merge_baselines(const struct cli *cli, const struct baseline *const *baselines, const char *const *paths, unsigned count,
                              struct baseline *ret_merged, struct merge_files *ret_files)
{
        struct baseline *m = ret_merged;

        *m = *baselines[0];
        memset(ret_files, 0, sizeof(*ret_files));
        for (unsigned i = 0; i < count; i++) {
                if (i > 0 && check_pair(cli, baselines[0], baselines[i], paths[0], paths[i]) != CLI_OK)
                        return CLI_FAILED;
                if (i > 0 && !add_lists(m, baselines[i]))
                        return cli_fail(cli, CLI_FAILED, "%s: more boot chains, contents, mount points, certificates, parts of vendors or root digests than a baseline can hold", paths[i]);
                if (i > 0)
                        add_numbers(m, baselines[i]);
                for (size_t k = 0; k < baselines[i]->file_count; k++)
                        merge_add_file(ret_files, &baselines[i]->files[k], baselines, i, (uint64_t)i << 32);
        }
        return CLI_OK;
}

enum cli_exit merge_write(const struct cli *cli, const struct baseline *merged, const struct merge_files *files, struct span *ret_text)
{
        size_t size = FIXED_BYTES + files->text_bytes;
        char *buf = cli_alloc(size + 1);
        struct json_writer w = json_writer_on(buf, size);
        struct span text;
        enum err e;

        baseline_write(&w, merged, files->entries, files->count);
        e = json_writer_result(&w, &text);
        if (e != ERR_OK)
                return cli_fail(cli, CLI_FAILED, "the baseline cannot be written: %s", err_text(e));
        buf[text.len] = '\n';
        *ret_text = span_of(buf, text.len + 1);
        return CLI_OK;
}
