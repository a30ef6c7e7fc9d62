/* SPDX-License-Identifier: Apache-2.0 */
/* Takes the facts that the judge found and makes a baseline of them. */
#include "verify/enroll.h"

#include "verify/baseline_pins.h"

#define IMA_PCR 10

static bool is_walked(const struct judge *j, struct span partition)
{
        for (unsigned i = 0; i < j->policy.walk_count; i++)
                if (span_equal(j->policy.partitions[j->policy.walks[i].partition].name, partition))
                        return true;
        return false;
}

static enum err get_text(struct span object, const char *key, struct span *ret_text)
{
        struct span value;

        TRY(canon_member(object, key, &value));
        return canon_plain_string(value, ret_text);
}

static enum err read_mount(const struct judge *j, struct span value, struct alias_mount *m)
{
        TRY(get_text(value, "partition", &m->partition));
        TRY(get_text(value, "point", &m->point));
        TRY(get_text(value, "root", &m->root));
        m->walked = j->has_policy && is_walked(j, m->partition);
        return ERR_OK;
}

enum err enroll_mounts(const struct judge *j, struct alias_mount *mounts, unsigned *ret_count)
{
        struct span meta = j->evidence.members[EVIDENCE_META], value;
        struct canon_walk walk;
        unsigned count = 0;

        *ret_count = 0;
        if (!meta.data)
                return ERR_OK;
        TRY(canon_check(meta));
        if (canon_member(meta, "mounts", &value) != ERR_OK)
                return ERR_OK;
        TRY(canon_open_array(value, &walk));
        while (canon_next_element(&walk, &value)) {
                if (count == ALIAS_MOUNTS_MAX)
                        return ERR_BASELINE_MOUNTS;
                TRY(read_mount(j, value, &mounts[count++]));
        }
        *ret_count = count;
        return ERR_OK;
}

/* Everything that is signed and that neither our events nor IMA explain. */
static void take_boot_chain(const struct judge *j, struct baseline *b)
{
        for (unsigned alg = 0; alg < ALG_COUNT; alg++) {
                struct quote_bank *bank = &b->boot_chain[alg];

                *bank = j->values[alg];
                bank->pcrs &= j->signed_pcrs[alg] & ~(UINT32_C(1) << IMA_PCR) & ~(UINT32_C(1) << j->replayed.pcr);
        }
}

static bool take_roots(const struct judge *j, struct baseline *b)
{
        for (unsigned i = 0; i < j->root_count; i++) {
                struct baseline_root root = { j->roots[i].partition, j->roots[i].root };

                if (j->roots[i].number < judge_ima_quoted(j) && !baseline_pins_add_root(b, &root))
                        return false;
        }
        return true;
}

static void take_own_pcr(const struct judge *j, struct baseline *b)
{
        b->pcr = j->replayed.pcr;
        for (unsigned alg = 0; alg < ALG_COUNT; alg++)
                if (j->own.banks & REPLAY_BANK(alg))
                        b->pcrs.digests[b->pcrs.count++] = j->own.pcrs[alg][b->pcr];
}

static unsigned padded_banks(const struct replay_ima *r)
{
        unsigned banks = 0;

        for (unsigned alg = 0; r->matched && alg < ALG_COUNT; alg++)
                if (r->matched_modes[alg] == IMA_PADDED_SHA1)
                        banks |= REPLAY_BANK(alg);
        return banks;
}

enum err enroll_baseline(const struct judge *j, const struct alias_mount *mounts, unsigned mount_count, struct baseline *ret_baseline)
{
        struct baseline b = { .mount_count = mount_count };

        TRY(quote_ak_sha256(j->evidence.members[EVIDENCE_AK], b.ak_sha256));
        take_boot_chain(j, &b);
        take_own_pcr(j, &b);
        if (!take_roots(j, &b))
                return ERR_BASELINE_SHAPE;
        b.content_count = j->events.content_count;
        memcpy(b.content, j->events.content, j->events.content_count * sizeof(b.content[0]));
        memcpy(b.mounts, mounts, mount_count * sizeof(*mounts));
        b.padded = padded_banks(&j->ima);
        b.policy_name = j->policy.name;
        b.policy_version = j->policy.version;
        memcpy(b.policy_sha256, j->policy_sha256, sizeof(b.policy_sha256));
        memcpy(b.policy_signer, j->signer.spki_sha256, sizeof(b.policy_signer));
        memcpy(b.selection, j->signed_pcrs, sizeof(b.selection));
        b.storage = j->events.storage;
        b.tpm_firmware = j->quote.firmware_version;
        b.tpm_resets = j->quote.reset_count;
        b.tpm_restarts = j->quote.restart_count;
        *ret_baseline = b;
        return ERR_OK;
}

bool enroll_file(const struct ima_entry *e, char *buf, struct span *ret_digest)
{
        if (e->kind == IMA_OTHER || e->violation)
                return false;
        *ret_digest = baseline_digest_text(e->hash_name, e->hash, buf);
        return ret_digest->len > 0;
}
