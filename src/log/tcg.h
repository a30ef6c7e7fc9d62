/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The firmware's event log (TCG PC Client Platform Firmware Profile 1.06, sections 10.2 to 10.4), read and written: the crypto agile
 * format, which begins with a Spec ID event, and the older SHA-1 only format. Little-endian throughout.
 */
#ifndef LOG_TCG_H
#define LOG_TCG_H

#include "event/digest.h"

#define TCG_ALGS_MAX 16
#define TCG_EVENT_BYTES_MAX (16u * 1024 * 1024) /* event data; more is refused */
#define TCG_HEADER_BYTES_MAX (32 + 28 + 4 * TCG_ALGS_MAX + 1 + 255)

/* Event types (section 10.4.1) that we look at or write. */
#define TCG_EV_NO_ACTION 0x00000003u
#define TCG_EV_SEPARATOR 0x00000004u
#define TCG_EV_EVENT_TAG 0x00000006u
#define TCG_EV_EFI_GPT_EVENT 0x80000006u

struct tcg_digest {
        uint16_t tpm_id; /* TPM_ALG_ID, perhaps one that we cannot compute */
        struct span bytes;
};

struct tcg_event {
        uint32_t pcr;
        uint32_t type;
        unsigned digest_count;
        struct tcg_digest digests[TCG_ALGS_MAX];
        struct span data;
        size_t offset;   /* of the event in the log */
        uint64_t number; /* from 0; a Spec ID event counts as 0 and is not returned */
};

struct tcg_alg {
        uint16_t tpm_id;
        uint16_t size; /* digest bytes, as the log declares it */
};

/* A log being read:  TRY(tcg_open(bytes, &log)); while (!tcg_done(&log)) TRY(tcg_next(&log, &event));  */
struct tcg_log {
        struct span bytes;
        bool agile; /* has a Spec ID event; else SHA-1 only */
        unsigned alg_count;
        struct tcg_alg algs[TCG_ALGS_MAX]; /* in the order of the log */
        size_t offset;   /* of the next event, or of the one that failed */
        uint64_t number; /* of it */
};

/*
 * Read the header. ERR_TCG_EMPTY (no bytes at all), ERR_TCG_ENDS (inside the header), ERR_TCG_SPEC_ID (its size or counts are wrong),
 * ERR_TCG_ALGS (none, too many, one twice, or a size that differs from the algorithm's).
 */
MUST_CHECK enum err tcg_open(struct span bytes, struct tcg_log *ret_log);
bool tcg_done(const struct tcg_log *log);
/*
 * The next event. ERR_TCG_ENDS, ERR_TCG_EVENT_SIZE, ERR_TCG_PCR (not 0 to 23 in an event that is extended), ERR_TCG_DIGESTS (other than
 * one digest for each declared algorithm). On failure the log stays where it is.
 */
MUST_CHECK enum err tcg_next(struct tcg_log *log, struct tcg_event *ret_event);

/* "EV_SEPARATOR"; NULL for a type that the profile does not name. */
const char *tcg_event_name(uint32_t type);
/* Whether an event is extended: all but EV_NO_ACTION. */
bool tcg_event_is_extended(const struct tcg_event *e);
/* The digest of a bank, empty when the event has none. */
struct span tcg_event_digest(const struct tcg_event *e, enum alg bank);
/* The locality of TPM2_Startup, as an EV_NO_ACTION "StartupLocality" event in PCR 0 tells: PCR 0 starts with it. False: another event. */
bool tcg_event_startup_locality(const struct tcg_event *e, uint8_t *ret_locality);
/* Whether the digests that we can compute are all those of the event's data; so it must be for separators and the GPT. */
bool tcg_event_data_matches(const struct tcg_event *e);

/*
 * The UEFI_GPT_DATA (header | u64 count | entries) of the first EV_EFI_GPT_EVENT. ERR_TCG_NO_GPT when there is none, ERR_TCG_GPT_DIGEST
 * when its data is not what was extended.
 */
MUST_CHECK enum err tcg_find_gpt(struct span log, struct span *ret_gpt_data);

/* Write the Spec ID event of a new log with these algorithms. ERR_NO_SPACE. ret_size is how many bytes of buf were used. */
MUST_CHECK enum err tcg_write_header(const enum alg *algs, unsigned count, uint8_t *buf, size_t cap, size_t *ret_size);
/*
 * Write an EV_EVENT_TAG (section 10.4.2.1: u32 tag | u32 size | data) as log's format asks: digests of the declared algorithms in the
 * declared order. ERR_ALG_UNKNOWN or ERR_TCG_ALG_MISSING when we lack the algorithm, or digests lack it; ERR_TCG_EVENT_SIZE, ERR_NO_SPACE.
 */
MUST_CHECK enum err tcg_write_tagged(const struct tcg_log *log, uint32_t pcr, uint32_t tag, const struct digest_set *digests,
                                     struct span data, uint8_t *buf, size_t cap, size_t *ret_size);

#endif
