/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the device mapper gives IMA when a table is loaded (linux drivers/md/dm-ima.c; Documentation/admin-guide/device-mapper/dm-ima.rst):
 * the buffer of an ima-buf entry named "dm_table_load".
 *
 *     dm_version=V;name=N,uuid=U,major=254,minor=0,minor_count=1,num_targets=1;
 *     target_index=0,target_begin=0,target_len=8192,target_name=crypt,target_version=1.24.0,…,cipher_string=aes-xts-plain64,key_size=64,…;
 *
 * The kernel puts a backslash before each of \ ; = , in name and uuid only. A table that exceeds 4 KiB comes in several entries, each with the
 * device's part. dm-crypt tells neither its key nor the device below it: the volume is recognised by the uuid that cryptsetup gives.
 */
#ifndef LOG_DM_H
#define LOG_DM_H

#include "log/ima.h"

#define DM_TABLE_LOAD "dm_table_load"

struct dm_table {
        struct span version;    /* "4.47.0" */
        struct span name, uuid; /* as logged, escapes and all; uuid may be empty */
        uint64_t major, minor;
        uint64_t target_count;  /* in the whole table */
        struct span targets;    /* those in this entry, for dm_next_target() */
};

struct dm_target {
        uint64_t index, begin_sectors, len_sectors;
        struct span type;   /* "crypt", "linear", "verity" */
        struct span fields; /* what the target's driver tells, for dm_field(): "allow_discards=n,…,cipher_string=…,…" */
};

/* Whether an entry of the IMA log is such a buffer. */
bool dm_is_table_load(const struct ima_entry *entry);

/* ERR_DM_SYNTAX when the buffer does not begin with version and device as above. Spans point into buffer. */
MUST_CHECK enum err dm_read_table(struct span buffer, struct dm_table *ret_table);
/* The next target at the start of targets, which moves behind it; for as long as it is not empty. ERR_DM_SYNTAX. */
MUST_CHECK enum err dm_next_target(struct span *targets, struct dm_target *ret_target);
/* A value; a comma inside parentheses belongs to it (capi:authenc(hmac(sha256),xts(aes))-random). ERR_DM_FIELD: not there, or there twice. */
MUST_CHECK enum err dm_field(struct span fields, const char *key, struct span *ret_value);

/* Whether cryptsetup made the mapping for the volume of this UUID: kind, "CRYPT-LUKS2-", and the digits without dashes begin its own. */
bool dm_is_of(const struct dm_table *table, const char *kind, struct span uuid);

/*
 * Whether the table opens the LUKS2 volume of this UUID: cryptsetup names the mapping CRYPT-LUKS2-<32 digits>-<name>, or with SUBDEV and what
 * follows for the dm-integrity device below it.
 */
bool dm_is_of_luks2(const struct dm_table *table, struct span uuid);

/*
 * Compare the mapping of a LUKS2 volume with what was measured of its header before it was unlocked: volume is the canonical JSON of the
 * signature in the storage event, the object with the members "config" and "identity" (format/luks.h); volume_bytes is the size of its
 * partition, 0 when not known. Without "config", which a policy's classes may leave out, a null cipher alone is an error.
 * ERR_DM_SYNTAX; ERR_DM_UUID (another volume); ERR_DM_VOLUME (the measured header has not exactly one segment of type crypt);
 * ERR_DM_TARGETS (more than one target, or none of type crypt, or one that does not begin at 0); ERR_DM_NULL (null cipher);
 * ERR_DM_CIPHER; ERR_DM_SECTOR (sector size); ERR_DM_KEY (key size that no keyslot has); ERR_DM_INTEGRITY (authenticated on one side only);
 * ERR_DM_LENGTH (of another length than the segment).
 */
MUST_CHECK enum err dm_match_luks2(const struct dm_table *table, struct span volume, uint64_t volume_bytes);

/*
 * Likewise of dm-verity and its measured superblock (format/verity.h). The root digest is not in a superblock: whoever opens the volume brings it.
 * ERR_DM_SYNTAX, ERR_DM_FIELD; ERR_DM_UUID; ERR_DM_VERITY_TARGETS (not one target of type verity, from 0); ERR_DM_VERITY_FAILED (the
 * kernel has seen a block that does not fit); ERR_DM_VERITY_SALT; ERR_DM_VERITY_ALGORITHM; ERR_DM_LENGTH.
 */
bool dm_is_of_verity(const struct dm_table *table, struct span uuid);
MUST_CHECK enum err dm_match_verity(const struct dm_table *table, struct span volume);
/* The root digest that it was opened with, hexadecimal. ERR_DM_SYNTAX, ERR_DM_FIELD, ERR_DM_VERITY_TARGETS. */
MUST_CHECK enum err dm_verity_root(const struct dm_table *table, struct span *ret_root);

#endif
