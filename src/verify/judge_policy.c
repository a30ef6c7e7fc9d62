/* SPDX-License-Identifier: Apache-2.0 */
/* The policy: the file that was measured, signed by the enrolled key, and not an older one; the rules it gives; the receipt. */
#include "verify/judge_parts.h"

static void add(struct judge *j, enum reason_code code, enum err error, uint64_t number)
{
        judge_add_number(j, code, evidence_name(EVIDENCE_POLICY), number, error);
}

/* Signed by a key that the event names; with a baseline, by the enrolled one. */
static void check_signature(struct judge *j)
{
        struct span certificate = j->evidence.members[EVIDENCE_SIGNER];
        uint8_t measured[EVENT_SHA256_BYTES];
        enum err e = sig_verify(j->evidence.members[EVIDENCE_POLICY_SIG], j->evidence.members[EVIDENCE_POLICY], &certificate,
                                certificate.data ? 1 : 0, &j->signer);

        if (e != ERR_OK) {
                add(j, REASON_POLICY_SIGNATURE, e, 0);
                return;
        }
        if (!judge_events_sha256(j, j->events.policy, "signer", measured))
                return;
        if (memcmp(measured, j->signer.spki_sha256, sizeof(measured)) != 0 ||
            (j->baseline && memcmp(measured, j->baseline->policy_signer, sizeof(measured)) != 0))
                add(j, REASON_POLICY_SIGNER, ERR_OK, 0);
}

/* What the event says of the policy and what the policy says itself. */
static void check_facts(struct judge *j)
{
        struct span name;
        uint64_t version, pcr;

        if (judge_events_text(j, j->events.policy, "name", &name) && !span_equal(name, j->policy.name))
                add(j, REASON_POLICY_FACTS, ERR_OK, 0);
        else if (judge_events_u64(j, j->events.policy, "version", &version) && version != j->policy.version)
                add(j, REASON_POLICY_FACTS, ERR_OK, 0);
        else if (judge_events_u64(j, j->events.policy, "pcr", &pcr) && pcr != j->policy.pcr)
                add(j, REASON_POLICY_FACTS, ERR_OK, 0);
}

static void check_enrolled(struct judge *j)
{
        const struct baseline *b = j->baseline;

        if (!b)
                return;
        if (!span_equal(b->policy_name, j->policy.name))
                add(j, REASON_POLICY_NAME, ERR_OK, 0);
        else if (j->policy.version < b->policy_version)
                add(j, REASON_POLICY_OLDER, ERR_OK, 0);
        else if (j->policy.version > b->policy_version)
                add(j, REASON_POLICY_NEWER, ERR_OK, 0);
        else if (memcmp(j->policy_sha256, b->policy_sha256, sizeof(b->policy_sha256)) != 0)
                add(j, REASON_POLICY_CHANGED, ERR_OK, 0);
}

/* Every walk of the policy must have left its content event. */
static void check_walks(struct judge *j)
{
        for (unsigned i = 0; i < j->policy.walk_count && j->events.failure_count == 0 && j->events.handover.data; i++) {
                struct span name = j->policy.partitions[j->policy.walks[i].partition].name;
                struct reason reason = { .code = REASON_EVENT_ABSENT, .subject = name, .field = span_of_str("content") };

                if (!judge_events_content(j, name).data)
                        reason_add(&j->reasons, &reason);
        }
}

void judge_policy_check(struct judge *j)
{
        struct span text = j->evidence.members[EVIDENCE_POLICY];
        uint8_t measured[EVENT_SHA256_BYTES];
        struct policy_error why;
        struct digest digest;

        if (!j->events.policy.data)
                return;
        if (!text.data) {
                add(j, REASON_POLICY_ABSENT, ERR_OK, 0);
                return;
        }
        digest_of(ALG_SHA256, text, &digest);
        memcpy(j->policy_sha256, digest.bytes, sizeof(j->policy_sha256));
        if (!judge_events_sha256(j, j->events.policy, "sha256", measured))
                return;
        if (memcmp(measured, j->policy_sha256, sizeof(measured)) != 0) {
                add(j, REASON_POLICY_DIGEST, ERR_OK, 0);
                return;
        }
        check_signature(j);
        if (policy_parse(text, &j->policy, &why) != ERR_OK) {
                add(j, REASON_POLICY_MALFORMED, why.code, why.line_no);
                return;
        }
        j->has_policy = true;
        check_facts(j);
        check_enrolled(j);
        check_walks(j);
}
