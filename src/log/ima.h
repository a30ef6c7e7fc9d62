/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's binary IMA log (security/integrity/ima/ima_fs.c: ima_measurements_show), little-endian, entry by entry.
 *
 *     u32 pcr | template digest | u32 name length | name | u32 data length | data      data = for each field: u32 length | bytes
 *
 * The template digest has 20 bytes (SHA-1) in binary_runtime_measurements, and the bank's size in the per-bank files of Linux 6.10 and
 * later. Template "ima" has no data length: 20 bytes of file digest | u32 length | name. Nothing is copied: an entry borrows the bytes it
 * was read from.
 */
#ifndef LOG_IMA_H
#define LOG_IMA_H

#include "event/digest.h"

#define IMA_NAME_BYTES_MAX 255           /* of a template name */
#define IMA_DATA_BYTES_MAX (1024u * 1024) /* of an entry's data; more is refused */
#define IMA_ENTRY_BYTES_MAX (4 + ALG_DIGEST_MAX + 4 + IMA_NAME_BYTES_MAX + 4 + IMA_DATA_BYTES_MAX)
#define IMA_BOOT_AGGREGATE "boot_aggregate"

enum ima_kind {
        IMA_FILE,           /* a file's digest: ima, ima-ng, ima-sig, ima-ngv2, ima-sigv2, ima-modsig, evm-sig */
        IMA_BOOT_AGGREGATE_ENTRY,
        IMA_BUFFER,         /* ima-buf: a key, the kexec command line, critical data; path is the event's name */
        IMA_OTHER           /* a template that we do not know, or whose fields do not parse: replayable, not readable */
};

struct ima_entry {
        uint32_t pcr;
        enum alg column;        /* the algorithm of the log's digest column */
        struct span digest;     /* template digest column as logged */
        struct span name;       /* template name, not necessarily text */
        struct span data;       /* template data as logged */
        bool violation;         /* the digest column is all zero: 0xFF is extended; kind and the fields are set all the same */
        enum ima_kind kind;
        enum err fields_error;  /* ERR_OK, or why kind is IMA_OTHER */
        /* Fields; empty where the template has none. Bytes come from whoever names files: print them escaped. */
        struct span hash_type;  /* "ima" or "verity" (ima-ngv2, ima-sigv2) */
        struct span hash_name;  /* "sha256", as logged; "sha1" for template ima */
        struct span hash;       /* of the file or buffer */
        struct span path;       /* path or event name, without its NUL; the kernel writes '_' for a space */
        struct span signature;  /* security.ima, or the portable EVM signature of evm-sig */
        struct span buffer;     /* ima-buf */
};

/*
 * Read the entry at the start of bytes; column is the algorithm of the digest column (ALG_SHA1 for the file without a suffix).
 * ret_size is how many bytes it takes. ERR_IMA_ENDS: bytes end inside the entry; come again with more (IMA_ENTRY_BYTES_MAX are always
 * enough), or at the end of the log: it is truncated. ERR_IMA_PCR (not 0 to 23), ERR_IMA_NAME (empty or longer than IMA_NAME_BYTES_MAX),
 * ERR_IMA_DATA (longer than IMA_DATA_BYTES_MAX; or a name longer than 255 bytes in template ima).
 * Fields that do not parse are no error here: see fields_error (ERR_IMA_TEMPLATE: not known, ERR_IMA_FIELDS: known, but not as it should
 * be).
 */
MUST_CHECK enum err ima_parse_entry(struct span bytes, enum alg column, struct ima_entry *ret_entry, size_t *ret_size);
/*
 * The same for who only replays, in half the time: what stands before the fields is set, and kind is IMA_BOOT_AGGREGATE_ENTRY for such an entry,
 * IMA_OTHER for any other.
 */
MUST_CHECK enum err ima_parse_frame(struct span bytes, enum alg column, struct ima_entry *ret_entry, size_t *ret_size);

/*
 * The algorithm of the digest column of a log that begins with these bytes: the one by which a template name stands where it must. ALG_SHA1
 * when there is none; then the first entry will say why it is none.
 */
enum alg ima_column_of(struct span start);

/* Whole logs in memory:  while (!ima_done(&l)) TRY(ima_next(&l, &entry));  l.offset and l.number then tell where. */
struct ima_reader {
        struct span log;
        enum alg column;
        size_t offset;   /* of the next entry, or of the one that failed */
        uint64_t number; /* of the next entry, from 0 */
};
struct ima_reader ima_reader_on(struct span log, enum alg column);
bool ima_done(const struct ima_reader *r);
MUST_CHECK enum err ima_next(struct ima_reader *r, struct ima_entry *ret_entry);

/* How the kernel computes what it extends into a bank. */
enum ima_mode {
        IMA_OWN_HASH,    /* the bank's own hash of the data (Linux 5.8 and later) */
        IMA_PADDED_SHA1, /* SHA-1 followed by zeros, and no stronger: older kernels, and banks whose hash was missing when IMA started */
        IMA_MODE_COUNT
};
/* The value that an entry extends into a bank; 0xFF throughout for a violation. */
void ima_entry_value(const struct ima_entry *e, enum alg bank, enum ima_mode mode, struct digest *ret_value);

/* Whether the digest column is the hash of the data, as it must be for everything but a violation. */
bool ima_entry_digest_matches(const struct ima_entry *e);

#endif
