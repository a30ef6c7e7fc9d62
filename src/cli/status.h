/* SPDX-License-Identifier: Apache-2.0 */
/* The state of this boot as its own logs and PCRs tell it: what a person on the node wants to know before asking a verifier. */
#ifndef CLI_STATUS_H
#define CLI_STATUS_H

#include "log/replay.h"
#include "trust/policy.h"

#define STATUS_FAILURES_MAX 8 /* are kept; more are counted */

/* What is there to judge by; data is NULL where something is not. */
struct status_input {
        struct span events;
        /* The next entry of the IMA log, which may be longer than memory: false at its end, or at a fault, which is ret_error. NULL: no log. */
        bool (*next_ima)(void *arg, struct ima_entry *ret_entry, enum err *ret_error);
        void *ima;
        struct span rules;          /* as they were loaded */
        enum err tpm_error;         /* why values is empty */
        struct digest_set values;   /* of the events' PCR now, in every bank that has it and that we know */
        struct digest_set ima_values; /* of PCR 10, read before ima was */
};

/* A PCR against a log. */
enum status_pcr {
        STATUS_PCR_UNREAD,
        STATUS_PCR_AGREES,
        STATUS_PCR_DIFFERS,
};
/* "unread", "agrees", "differs". */
const char *status_pcr_text(enum status_pcr pcr);

struct status_partition {
        struct span name, state; /* "present", "absent", … as measured */
        bool luks;
        bool compared;           /* at hand-over */
        bool matches;
        struct span why;         /* the code of the reason when it does not match */
        bool walked;
        uint64_t entries, bytes; /* of its content, when it was walked */
};

struct status_failure {
        struct span stage, error, detail; /* codes as in base/err.def; detail may be empty */
};

/* All spans point into the input. */
struct status {
        enum err log_error; /* of the event log; what stands before the fault is told */
        bool measured;      /* the policy event is there */
        unsigned pcr;       /* that the events go into */
        struct span policy, signer, ima; /* signer in hex; ima as it was found: "active" */
        uint64_t version;
        struct span loaded, load_result; /* "text", "OK" */
        unsigned rule_count;
        unsigned partition_count;
        struct status_partition partitions[POLICY_PARTITIONS_MAX];
        bool handed_over;
        unsigned failure_count;
        struct status_failure failures[STATUS_FAILURES_MAX];
        enum status_pcr events_pcr;
        enum err ima_error; /* of the IMA log */
        bool ima_logged;    /* there is a log */
        uint64_t ima_entries, ima_violations;
        bool receipt;       /* the rules that cosima loaded are in force */
        enum status_pcr ima_pcr;
        enum err tpm_error;
};

void status_collect(const struct status_input *in, struct status *ret_status);

/* Nothing failed, nothing is missing, and no PCR differs. A PCR that could not be read is no fault of the boot. */
bool status_is_good(const struct status *s);

/* One sentence of advice for each thing that is wrong or missing, the first being number 0; NULL behind the last. */
const char *status_advice(const struct status *s, unsigned number);

#endif
