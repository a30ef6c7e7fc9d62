/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our event log: TCG Canonical Event Log in JSON, one record a line as a JSON text sequence (RFC 7464).
 *
 *     0x1E {"content":{…},"content_type":"cosima","digests":[{"digest":"<hex>","hashAlg":"sha256"},…],"pcr":15,"recnum":0} 0x0A
 *
 * The object is canonical JSON (RFC 8785); the digests, ordered by TPM algorithm id, are the hashes of exactly the bytes of content.
 * Records of the content type "cosima-info" have no digests and are not extended. recnum counts all records from 0.
 */
#ifndef LOG_CEL_H
#define LOG_CEL_H

#include "event/event.h"

#define CEL_TYPE_EVENT "cosima"
#define CEL_TYPE_INFO "cosima-info"
#define CEL_RECORD_BYTES_MAX (EVENT_BYTES_MAX + 1024) /* a longer line is refused; the writer never needs more */
#define CEL_LOG_BYTES_MAX (8u * 1024 * 1024)          /* a larger log is refused */

struct cel_record {
        uint64_t recnum;
        unsigned pcr;
        bool info;                 /* content type "cosima-info": not extended */
        struct digest_set digests; /* as written in the log; replay_cel() says whether they are those of content */
        struct span content;       /* the exact bytes that were hashed, inside the log; canonical JSON */
        size_t offset;             /* of the record's first byte (0x1E) in the log */
};

/*
 * Write one record, from 0x1E to the line feed. content is canonical JSON; an info record is one without digests (count 0).
 * ERR_NO_SPACE when cap is too small (CEL_RECORD_BYTES_MAX is enough). ret_record points into buf.
 */
MUST_CHECK enum err cel_write(uint64_t recnum, unsigned pcr, const struct digest_set *digests, struct span content, char *buf, size_t cap,
                              struct span *ret_record);

/* Reads a log from its first byte on:  while (!cel_done(&r)) TRY(cel_next(&r, &record));  r.offset then tells where, r.recnum which. */
struct cel_reader {
        struct span log;
        size_t offset;   /* of the next record, or of the one that failed */
        uint64_t recnum; /* which the next record must have */
        unsigned pcr;    /* of the records before, once recnum > 0 */
};
struct cel_reader cel_reader_on(struct span log);
bool cel_done(const struct cel_reader *r);

/*
 * The next record. On failure the reader stays where it is, so the same error comes again.
 * ERR_CEL_TORN: the log ends inside this record, without a line feed: the writer was interrupted before it extended anything.
 * ERR_CEL_START (no 0x1E), ERR_CEL_TOO_LONG, ERR_CANON_* (not canonical JSON), ERR_CEL_SHAPE (members other than the five, or of other
 * types), ERR_CEL_CONTENT_TYPE, ERR_CEL_DIGESTS (none for an event, some for info, unknown, wrong length, unordered or repeated),
 * ERR_CEL_PCR (not 0 to 23), ERR_CEL_PCR_CHANGES (between two records), ERR_CEL_RECNUM.
 */
MUST_CHECK enum err cel_next(struct cel_reader *r, struct cel_record *ret_record);

#endif
