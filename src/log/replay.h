/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From logs to PCR values: what the PCRs must hold if the logs tell all that happened. Constant memory for logs of any length.
 *
 * Values start as a TPM sets them at startup (TPM 2.0 PC Client Platform TPM Profile 1.05, section 4.6): zero, 0xFF for PCR 17 to 22.
 */
#ifndef LOG_REPLAY_H
#define LOG_REPLAY_H

#include "log/cel.h"
#include "log/ima.h"
#include "log/tcg.h"

#define REPLAY_PCRS 24
#define REPLAY_BANK(alg) (1u << (alg)) /* a set of banks */
#define REPLAY_ALL_BANKS ((1u << ALG_COUNT) - 1)

struct replay {
        unsigned banks;   /* set: which banks are replayed */
        uint32_t touched; /* set: PCRs that were extended */
        struct digest pcrs[ALG_COUNT][REPLAY_PCRS];
};

void replay_begin(struct replay *r, unsigned banks);
/* PCR 0 of a TPM started from another locality. */
void replay_set_locality(struct replay *r, uint8_t locality);
/* Extend one PCR of one bank; value has the bank's size. ERR_REPLAY_PCR when pcr is not 0 to 23. A bank outside the set is left alone. */
MUST_CHECK enum err replay_extend(struct replay *r, enum alg bank, uint32_t pcr, struct span value);
/* Extend all banks by the hash of the same bytes. */
MUST_CHECK enum err replay_extend_event(struct replay *r, uint32_t pcr, struct span content);

enum replay_log { REPLAY_FIRMWARE, REPLAY_EVENTS, REPLAY_IMA };
/* "firmware.bin", "events.cel", "ima.bin". */
const char *replay_log_name(enum replay_log log);

/* Where a replay stopped. */
struct replay_place {
        enum replay_log log;
        uint64_t number; /* event, record or entry, from 0 */
        size_t offset;   /* of its first byte */
};

/* ---- firmware.bin: everything up to ExitBootServices, with what boot loader and EFI stub extended ---------------------- */

/* ret_banks: those of r->banks that the log has digests for; values of others are worthless. Errors of log/tcg. */
MUST_CHECK enum err replay_firmware(struct replay *r, struct span log, unsigned *ret_banks, struct replay_place *ret_place);

/* ---- events.cel ------------------------------------------------------------------------------------------------------- */

struct replay_events {
        unsigned pcr;        /* that the events went into; 0 when there are none */
        uint64_t records;    /* whole records, info included */
        uint64_t events;     /* extended ones */
        bool torn;           /* an incomplete record at the end: written, not extended */
        struct digest_set before_last; /* our PCR before the last event, which may have been logged and not extended */
        struct event_order order;
};
/*
 * Each digest is recomputed from the content; ERR_REPLAY_DIGEST when a record says otherwise or lacks one of the banks of r,
 * ERR_CEL_CONTENT_TYPE when an info event was extended or another one was not, ERR_EVENT_ORDER, ERR_EVENT_REPEATED, errors
 * of event_type_of() and log/cel. A torn last record is no error.
 */
MUST_CHECK enum err replay_events(struct replay *r, struct span log, struct replay_events *ret_result, struct replay_place *ret_place);

/* ---- ima.bin ---------------------------------------------------------------------------------------------------------- */

/*
 * The IMA log is read after the quote, so the quoted values are those of a prefix of it. Both modes of each bank are tried in the same
 * pass: give the values that the TPM quoted first, then add the entries one by one, then conclude and ask.
 */
struct replay_ima_track {
        uint64_t entries;            /* added so far */
        uint32_t differs[ALG_COUNT]; /* set of touched PCRs whose value is not the target's now */
        /* The last run of prefix lengths at which all touched PCRs of the bank had their targets; both 0: there was none. */
        uint64_t from[ALG_COUNT], to[ALG_COUNT];
};

struct replay_ima {
        struct replay modes[IMA_MODE_COUNT]; /* each with its own set of banks: who knows the mode of a bank takes it out of the other one */
        struct replay_ima_track tracks[IMA_MODE_COUNT];
        struct digest target[ALG_COUNT][REPLAY_PCRS];
        uint32_t has_target[ALG_COUNT]; /* set of PCRs */
        uint64_t entries;        /* added so far */
        uint64_t violations;     /* of them */
        uint64_t bad_digests;    /* entries whose digest column is not the hash of their data */
        uint64_t first_bad;      /* number of the first of these */
        uint64_t foreign_aggregates; /* boot_aggregate entries after the first entry (kexec) */
        bool starts_with_aggregate;  /* else the log was trimmed, or is not from boot on */
        /* Set by replay_ima_conclude(). */
        bool matched;            /* some prefix gives all targets in all banks */
        uint64_t matched_entries; /* length of the longest such prefix */
        enum ima_mode matched_modes[ALG_COUNT]; /* the mode of each bank, at that prefix */
};
void replay_ima_begin(struct replay_ima *r, unsigned banks);
/* A quoted value of a PCR; only those PCRs of the log that have a target are compared. ERR_REPLAY_PCR. */
MUST_CHECK enum err replay_ima_expect(struct replay_ima *r, enum alg bank, uint32_t pcr, struct span value);
void replay_ima_add(struct replay_ima *r, const struct ima_entry *e);
/* After values and counts were set to those of an earlier replay, and before the entries that follow: whether they match as they are. */
void replay_ima_resume(struct replay_ima *r);
void replay_ima_conclude(struct replay_ima *r);
/* The banks that have targets and did not come to them, in the modes in which they were replayed. */
unsigned replay_ima_unmatched(const struct replay_ima *r);

/* The loop over a whole log in memory. Errors of log/ima; without targets it only replays. */
MUST_CHECK enum err replay_ima(struct replay_ima *r, struct span log, enum alg column, struct replay_place *ret_place);

/* ---- boot_aggregate --------------------------------------------------------------------------------------------------- */

/* IMA's first entry: hash over PCR 0 to 7 for SHA-1, over PCR 0 to 9 for the others (ima_crypto.c: ima_calc_boot_aggregate_tfm). */
void replay_boot_aggregate(const struct replay *r, enum alg bank, struct digest *ret_aggregate);

#endif
