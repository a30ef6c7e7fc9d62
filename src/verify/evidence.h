/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence: what one node shows of one boot, as a tar archive (POSIX 1003.1-2017, pax, "ustar Interchange Format") of fixed members.
 *
 *     512 bytes header | member, padded to 512 bytes | … | two blocks of zeros, more are allowed
 *
 * Read without trust: only regular files of the names below, each at most once, in any order; no links, no extensions, nothing behind the end.
 */
#ifndef VERIFY_EVIDENCE_H
#define VERIFY_EVIDENCE_H

#include "base/err.h"
#include "base/span.h"

#define EVIDENCE_BLOCK_BYTES 512

enum evidence_member {
        EVIDENCE_QUOTE_MSG, /* TPMS_ATTEST, as tpm2_quote --message writes it */
        EVIDENCE_QUOTE_SIG, /* TPMT_SIGNATURE, as tpm2_quote --signature writes it */
        EVIDENCE_AK,        /* the attestation key's SubjectPublicKeyInfo as PEM */
        EVIDENCE_META,      /* JSON: who made this, when, on which kernel; information only */
        EVIDENCE_PCRS,      /* JSON: {"sha256":{"0":"<hex>",…},…}, read beside the quote; information only */
        EVIDENCE_EVENTS,    /* our event log (log/cel) */
        EVIDENCE_IMA,       /* the kernel's binary log (log/ima) */
        EVIDENCE_FIRMWARE,  /* the firmware's log (log/tcg) */
        EVIDENCE_POLICY,    /* the signed policy */
        EVIDENCE_POLICY_SIG,
        EVIDENCE_SIGNER,    /* the certificate that verifies it, DER or PEM */
        EVIDENCE_MEMBERS
};

/* "quote.msg", "quote.sig", "ak.pem", "meta.json", "pcrs.json", "events.cel", "ima.bin", "firmware.bin", "policy", "policy.sig", "signer.crt". */
const char *evidence_name(enum evidence_member member);

struct evidence {
        struct span members[EVIDENCE_MEMBERS]; /* data is NULL for a member that is not there */
};

/* Where an archive was refused. */
struct evidence_error {
        enum err code;
        size_t offset;    /* of the header block */
        struct span name; /* of the member, as the archive spells it; or that of a missing one; may be empty */
};

/*
 * Read an archive; the members borrow its bytes. quote.msg, quote.sig and ak.pem must be there; what else is missing is for the judge.
 * A leading "./" of a name and an entry "./" are accepted, as `tar -c .` makes them. ERR_EVIDENCE_ENDS (short of a whole block, or without
 * the end blocks), ERR_EVIDENCE_CHECKSUM, ERR_EVIDENCE_MAGIC, ERR_EVIDENCE_TYPE (link, folder, extension), ERR_EVIDENCE_NUMBER (a size
 * that is not octal), ERR_EVIDENCE_SIZE (beyond the archive), ERR_EVIDENCE_NAME (unknown member), ERR_EVIDENCE_TWICE,
 * ERR_EVIDENCE_AFTER_END, ERR_EVIDENCE_MISSING. ret_error is set on failure only.
 */
MUST_CHECK enum err evidence_read(struct span tar, struct evidence *ret_evidence, struct evidence_error *ret_error);

/* An archive header by header, for those longer than memory. The errors are those of evidence_read(). */
struct evidence_walk {
        unsigned seen; /* set of members */
};
struct evidence_header {
        bool end;      /* the first of the blocks of zeros; only zeros may follow, one block at least */
        enum evidence_member member; /* EVIDENCE_MEMBERS for an entry that is none, "./" */
        uint64_t size; /* of the member behind the header */
};
/* block is the next header's; ret_name, set on failure too, is the member's name, inside block. */
MUST_CHECK enum err evidence_next(struct evidence_walk *w, struct span block, struct evidence_header *ret_header, struct span *ret_name);
/* At the end: ERR_EVIDENCE_MISSING with its name when a member that must be there was not. */
MUST_CHECK enum err evidence_complete(const struct evidence_walk *w, struct span *ret_name);
/* What a member of that size takes in the archive. */
uint64_t evidence_padded(uint64_t size);

/* How many bytes evidence_write() needs. */
size_t evidence_size(const struct evidence *evidence);

/* The header block of a member. ERR_NO_SPACE when size or time need more digits than it has. */
MUST_CHECK enum err evidence_write_header(enum evidence_member member, uint64_t size, uint64_t time, uint8_t *ret_block);

/* Write the members that are there; time is their modification time in seconds since 1970. ERR_NO_SPACE. ret_tar points into buf. */
MUST_CHECK enum err evidence_write(const struct evidence *evidence, uint64_t time, uint8_t *buf, size_t cap, struct span *ret_tar);

#endif
