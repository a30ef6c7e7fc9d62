/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The baseline: what a node must show, taken from evidence that was trusted. One canonical JSON object (RFC 8785) and a line feed:
 *
 *   {"ak":"<sha256 of the SubjectPublicKeyInfo>",
 *    "allowed":["/usr/local/log-*",…],                  files that may have any content (glob.h); left out when there are none
 *    "boot_chain":{"sha256":{"0":"<hex>",…}},           PCR 0 to 9, 11, and others that no log of ours explains
 *    "boot_chain_others":[{…},…],                       the same of other images that may boot; left out when there are none
 *    "certificates":["<hex>",…],                        DER; who may sign files; left out when there are none
 *    "content":[{…},…],                                 the content events, oldest first; any of its partition will do
 *    "files":[["/oem/a","sha256:<hex>",…],…],           what IMA logged, sorted, each with every digest that is allowed, oldest first; one that stands there twice may come back
 *    "mounts":[{"partition":"COS_OEM","point":"/oem","root":"/","walked":true},…],
 *    "padded":["sha384"],                               banks whose hash IMA did not have, log/ima.h; tried first; may be left out
 *    "pcr":15,"pcrs":{"sha256":"<hex>","sha384":"<hex>"}, our PCR at the end
 *    "policy":{"name":…,"sha256":…,"signer":…,"version":7},
 *    "selection":{"sha256":65535},                      bit n is PCR n
 *    "signed":["/usr/local/bin/",…],                    files, or with "/" at the end all below it, that such a signature allows; sorted
 *    "storage":{…},                                     the storage event
 *    "tpm":{"firmware":"<16 hex digits>","resets":3,"restarts":0},
 *    "vendors":[{"name":"acme-oem","partition":"COS_OEM","version":3},…], parts that took their partition's place; the least version; may be left out
 *    "verity":[{"partition":"COS_PERSISTENT","root":"<hex>"},…], root digests of dm-verity, any of its partition will do; may be left out
 *    "version":1}
 *
 * It is read in place: a hundred thousand files cost one array of the caller's.
 */
#ifndef VERIFY_BASELINE_H
#define VERIFY_BASELINE_H

#include "base/canon.h"
#include "base/json.h"
#include "event/digest.h"
#include "trust/policy.h"
#include "verify/alias.h"
#include "verify/glob.h"
#include "verify/quote.h"

#define BASELINE_VERSION 1
#define BASELINE_CHAINS_MAX 4 /* besides the first */
#define BASELINE_CERTIFICATES_MAX 4
#define BASELINE_CERTIFICATE_BYTES_MAX 4096
#define BASELINE_SIGNED_MAX 64
#define BASELINE_CONTENT_MAX 32
#define BASELINE_VENDORS_MAX 8
#define BASELINE_ROOTS_MAX 32
/* Room for files that is enough for a text of len bytes: no file takes fewer than 48. */
#define BASELINE_FILES_CAP(len) ((len) / 48 + 1)

/* A hash table over the names of the files, for baselines that are asked millions of times. */
struct baseline_slot {
        uint32_t tag;  /* of the hash of the name */
        uint32_t file; /* its number and one; 0: nothing here */
};
/* How many slots are enough for so many files; a power of two. */
size_t baseline_slots(size_t file_count);

/* One file: its name as alias_name() spells it, and its digests, the rest of a JSON array of strings. */
struct baseline_file {
        struct span name;
        struct canon_walk digests;
};

/* A vendor's part, and the root digest of a volume of dm-verity, in hexadecimal as the kernel writes it. */
struct baseline_vendor {
        struct span name, partition;
        uint64_t version;
};
struct baseline_root {
        struct span partition, root;
};

struct baseline {
        uint8_t ak_sha256[32];
        struct span allowed;            /* canonical JSON array of patterns; empty: none */
        struct glob_set *allowed_globs; /* the same, if somebody made it; NULL: no file is allowed any content */
        struct quote_bank boot_chain[ALG_COUNT];
        unsigned other_chain_count;
        struct span other_chains[BASELINE_CHAINS_MAX]; /* for baseline_read_banks() */
        unsigned certificate_count;
        struct span certificates[BASELINE_CERTIFICATES_MAX]; /* hexadecimal */
        unsigned signed_count;
        struct span signed_names[BASELINE_SIGNED_MAX]; /* canonical JSON strings */
        unsigned content_count;
        struct span content[BASELINE_CONTENT_MAX];
        size_t file_count;
        const struct baseline_file *files;
        size_t slot_count; /* 0: no table, files are found more slowly */
        const struct baseline_slot *slots;
        unsigned mount_count;
        struct alias_mount mounts[ALIAS_MOUNTS_MAX];
        unsigned padded; /* set of REPLAY_BANK() */
        unsigned pcr;
        struct digest_set pcrs;
        struct span policy_name;
        uint8_t policy_sha256[32], policy_signer[32];
        uint64_t policy_version;
        uint32_t selection[ALG_COUNT];
        struct span storage;
        uint64_t tpm_firmware;
        uint64_t tpm_resets, tpm_restarts;
        unsigned vendor_count;
        struct baseline_vendor vendors[BASELINE_VENDORS_MAX];
        unsigned root_count;
        struct baseline_root roots[BASELINE_ROOTS_MAX];
        struct baseline_vendor given; /* not read: the part that takes its partition's place in this verdict only; without a name: none */
};

/*
 * Read a baseline; spans point into text. files has room for cap files (BASELINE_FILES_CAP) and stays the caller's.
 * ERR_CANON_* (not canonical JSON: `jq -cS .` makes it so), ERR_BASELINE_VERSION, ERR_BASELINE_SHAPE (a member is missing, too many, or of another
 * type), ERR_BASELINE_FILES (not sorted, a name twice, or more than cap), ERR_BASELINE_MOUNTS, ERR_HEX, ERR_ALG_UNKNOWN. ret_member
 * names the member that was looked at, also on failure.
 */
MUST_CHECK enum err baseline_read(struct span text, struct baseline_file *files, size_t cap, struct baseline *ret_baseline,
                                  const char **ret_member);

/* Make the table in slots[0..count), all zero, of baseline_slots() or more; it stays the caller's. */
void baseline_index(struct baseline *b, struct baseline_slot *slots, size_t count);

/* A file of the log as it goes into a baseline. Sorted by baseline_compare(), which puts equal names together, and older contents first. */
struct baseline_entry {
        struct span name;   /* from alias_name() */
        struct span digest; /* "sha256:<hex>" */
        uint64_t age;       /* the older of two contents has the smaller number */
};
/* The order of names: by bytes. */
int baseline_compare_names(struct span a, struct span b);
int baseline_compare(const struct baseline_entry *a, const struct baseline_entry *b);

/* Write a baseline; its own files are not looked at, but entries[0..count), sorted. The result of the writer tells whether it went well. */
void baseline_write(struct json_writer *w, const struct baseline *baseline, const struct baseline_entry *entries, size_t count);

/* PCR values by their numbers, {"0":"<hex>",…}, and those of several banks, {"sha256":{…},…}: what pcrs.json holds as well. */
void baseline_write_banks(struct json_writer *w, const struct quote_bank *banks);
/* Read the same; banks has ALG_COUNT elements and is changed even on failure. ERR_CANON_SHAPE, ERR_BASELINE_SHAPE, ERR_HEX, ERR_ALG_UNKNOWN. */
MUST_CHECK enum err baseline_read_banks(struct span value, struct quote_bank *banks);

/* Parts that other formats have in common with this one: an array of at most cap things, and the array of files, read and written. */
MUST_CHECK enum err baseline_read_list(struct span value, struct span *list, unsigned cap, unsigned *ret_count);
MUST_CHECK enum err baseline_read_files(struct span value, struct baseline_file *files, size_t cap, size_t *ret_count);
void baseline_write_files(struct json_writer *w, const struct baseline_entry *entries, size_t count);
/*
 * The same list of an object that nobody has checked, found and read in one pass: a hundred thousand files are most of the time of a short
 * verification. ret_before and ret_after are the members around it, without the commas between. False: do it the slow way, which knows why.
 */
bool baseline_split(struct span object, struct baseline_file *files, size_t cap, size_t *ret_count, struct span *ret_before, struct span *ret_after);

/* A file's digest as baselines spell it, "sha256:<hex>", in buf of BASELINE_DIGEST_BYTES; empty when it is longer than any we know. */
#define BASELINE_DIGEST_BYTES (16 + 1 + 2 * ALG_DIGEST_MAX + 1)
struct span baseline_digest_text(struct span hash_name, struct span hash, char *buf);

/*
 * Fetch into the processor's cache what looking up these paths will need, if they are not aliases: one after the other would wait for memory
 * three times each.
 */
void baseline_prepare(const struct baseline *baseline, const struct span *paths, unsigned count);
#define BASELINE_PREPARED_MAX 16
/* The file of that name, NULL when there is none. */
const struct baseline_file *baseline_find(const struct baseline *baseline, struct span name);
/* The number of the first file whose name is not before this one, which need not be whole. */
size_t baseline_first_from(const struct baseline *baseline, struct span name);
/* Which of its digests "sha256:<hex>" is, from 1, the oldest; 0: none. ret_count, if not NULL: how many there are. */
unsigned baseline_file_index(const struct baseline_file *file, struct span digest, unsigned *ret_count);
/* Whether more than one content is allowed. */
bool baseline_file_has_many(const struct baseline_file *file);
bool baseline_file_allows(const struct baseline_file *file, struct span digest);
/* Whether its contents have an order: none stands there twice. */
bool baseline_file_is_ordered(const struct baseline_file *file);
/* Whether a signature allows whatever content a file of this name has. */
bool baseline_is_signed(const struct baseline *baseline, struct span name);
/* Its first digest. */
struct span baseline_file_digest(const struct baseline_file *file);

#endif
