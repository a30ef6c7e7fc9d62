/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judge: evidence, baseline and nonce in, reasons out. The quote, the three logs, the policy and the baseline are taken as one boot.
 *
 * What the TPM signed is believed, and nothing else: pcrs.json is used only when its values give the signed digest. Logs are believed as far as
 * they replay to signed values.
 */
#ifndef VERIFY_JUDGE_H
#define VERIFY_JUDGE_H

#include "event/event.h"
#include "event/receipt.h"
#include "log/replay.h"
#include "trust/policy.h"
#include "trust/render.h"
#include "trust/sig.h"
#include "verify/baseline.h"
#include "verify/evidence.h"
#include "verify/quote.h"
#include "verify/reason.h"

enum judge_verdict { JUDGE_TRUSTED, JUDGE_UNTRUSTED, JUDGE_MALFORMED };
/* "trusted", "untrusted", "malformed". */
const char *judge_verdict_text(enum judge_verdict verdict);

/* What is known of the boot chain (PCR 0 to 9 and 11): a verdict of its own. */
enum judge_chain {
        JUDGE_CHAIN_UNCHANGED,  /* as enrolled */
        JUDGE_CHAIN_CHANGED,    /* some of the PCRs differ from the enrolled values */
        JUDGE_CHAIN_UNMEASURED, /* PCR 8, 9 and 11 are zero: nobody measured kernel and initrd */
        JUDGE_CHAIN_UNKNOWN,    /* the quote tells nothing of it */
};
/* "unchanged", "changed", "unmeasured", "unknown". */
const char *judge_chain_text(enum judge_chain chain);
/* One sentence about it. */
const char *judge_chain_sentence(enum judge_chain chain);

#define JUDGE_CHAIN_PCRS 0x00000bffu

/* The measured events as they stand in the log; spans are empty for those that are not there. */
struct judge_events {
        struct span policy, storage, ima_policy, handover;
        uint64_t last_recnum; /* of the last record that is extended */
        unsigned content_count, failure_count;
        struct span content[POLICY_WALKS_MAX];
};

/* The IMA log as far as it was given. Each half of the work has its own place in it. */
struct judge_ima_half {
        enum alg column;
        uint64_t number; /* of the next entry */
        bool stopped;    /* an entry is malformed: nothing more is read */
};
struct judge_ima {
        struct judge_ima_half chain, files;
        bool has_receipt; /* there must be one, and what is in it is known */
        char receipt_text[RECEIPT_BYTES_MAX];
        struct span receipt;
        unsigned receipts;
        uint64_t first_receipt; /* the entry, when there are receipts */
        uint32_t volumes; /* set: partitions of the storage event that a table of the device mapper was seen of */
        uint64_t first_table[POLICY_PARTITIONS_MAX]; /* of each in the set: the entry */
        char name[ALIAS_NAME_BYTES];
};

/* The entries in which a file was seen, counted from 0 and up to UINT32_MAX. */
struct judge_seen_at {
        uint32_t first;  /* with any content */
        uint32_t newest; /* with the content that judge.seen tells */
};

/* What an earlier look at the same node saw of its TPM (TPM 2.0 Part 2, 10.11.1 TPMS_CLOCK_INFO). */
struct judge_look {
        uint64_t clock_ms, resets, restarts;
};

/* The root digest of dm-verity that a partition of the storage event was opened with. */
struct judge_root {
        struct span partition, root; /* root is kept by the list of reasons */
        uint64_t number;             /* of the first entry of the IMA log that told it */
};
#define JUDGE_ROOTS_MAX 16

struct judge {
        /* in */
        struct evidence evidence;
        const struct baseline *baseline; /* NULL at enrolment: only what can be said without one is checked */
        struct span nonce;               /* empty: not asked for, at enrolment only */
        uint8_t *seen;                   /* for each file of the baseline, all 0: which of its contents was seen, the newest one, from 1 */
        struct judge_seen_at *seen_at;   /* where that was, for each file too; of no meaning where seen is 0 */
        const struct judge_look *look;   /* NULL: the first look, or the only one */

        /* out */
        struct reason_list reasons;
        enum judge_chain chain;
        uint32_t chain_changed; /* set of PCRs */
        enum err firmware_error; /* ERR_OK, or why the firmware's log cannot be replayed */
        uint32_t firmware_differs; /* set of PCRs that the firmware's log does not give */
        uint32_t separated;        /* set of PCRs that systemd closed with its separator after the firmware's log */

        /* facts, for who enrols; each is set when the flag before it is */
        bool has_quote;
        struct quote quote;
        struct quote_signature signature;
        bool has_values; /* the values of all selected PCRs are known, and give the signed digest */
        struct quote_bank values[ALG_COUNT];
        uint32_t signed_pcrs[ALG_COUNT]; /* those of them that are signed, not only read beside the quote */
        bool has_events;
        struct replay own;      /* of our events */
        struct replay_events replayed;
        struct judge_events events;
        struct replay_ima ima;
        struct judge_ima walk;
        bool has_aggregate;
        struct digest aggregate; /* the file digest of the first boot_aggregate */
        unsigned root_count;
        struct judge_root roots[JUDGE_ROOTS_MAX];
        bool has_policy;
        struct policy policy;
        uint8_t policy_sha256[32];
        struct sig_signer signer;
        bool has_rules;
        struct span rules;

        /* work space */
        struct replay firmware, start; /* by the firmware's log; values at startup */
        unsigned firmware_banks;
        bool judge_all; /* every file in the IMA log belongs to a measured partition */
        uint64_t outside, allowed; /* entries of files elsewhere, and of those that may have any content */
        char rules_text[RENDER_BYTES_MAX];
};

/* Judge. All of j but its first five members is set. */
enum judge_verdict judge_evidence(struct judge *j);

/*
 * The same with an IMA log longer than memory, which is not in the evidence then. judge_begin() judges all before it. Each piece of the log
 * is given to both judge_ima_chain() and judge_ima_files(), which may run at the same time: the one replays, the other holds each entry
 * against the baseline. Both return how many bytes of it they used up, which is the same number unless judge_ima_stopped() says that there
 * is no use in more; the rest, less than IMA_ENTRY_BYTES_MAX, is to come again before the next piece. last: nothing follows. Reasons keep no
 * span of a piece. When judge_ima_again() says so, the whole log is given once more, to judge_ima_chain() alone: some bank was not extended as
 * the baseline says, which is by its own hash on all but few kernels. judge_end() concludes.
 */
void judge_begin(struct judge *j);
size_t judge_ima_chain(struct judge *j, struct span piece, bool last);
size_t judge_ima_files(struct judge *j, struct span piece, bool last);
bool judge_ima_stopped(const struct judge *j);
/*
 * After it all: how many entries speak for the node. The log is read after the quote, so that what is behind the quoted entries is nobody's
 * word: it may speak against a node, never for it. All, where no quote says how many.
 */
uint64_t judge_ima_quoted(const struct judge *j);
bool judge_ima_again(struct judge *j);
enum judge_verdict judge_end(struct judge *j);

#endif
