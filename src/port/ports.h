/* SPDX-License-Identifier: Apache-2.0 */
/* Every effect cosima has on a machine, as one table of functions: programs are given the machine's own, tests give another. */
#ifndef PORT_PORTS_H
#define PORT_PORTS_H

#include "base/err.h"
#include "base/source.h"
#include "base/span.h"
#include "event/digest.h"
#include "storage/manifest.h"
#include "storage/survey.h"

#define PORTS_PATH_MAX 256       /* of a path that we make ourselves, with NUL */
#define PORTS_TPM_POINT_BYTES 32  /* one coordinate of a public key on P-256 */
#define PORTS_TPM_MODULUS_BYTES 256 /* RSA 2048 */
#define PORTS_ATTEST_BYTES 1024  /* TPMS_ATTEST, marshalled */
#define PORTS_SIGNATURE_BYTES 1024 /* TPMT_SIGNATURE, marshalled */
#define PORTS_TPM_EVENT_BYTES 1024 /* of one TPM2_PCR_Event; longer data needs a sequence, which the port sees to */

/* The banks of the TPM in which a PCR is allocated. */
struct ports_banks {
        unsigned count;
        enum alg algs[ALG_COUNT]; /* in the order of enum alg */
        unsigned unknown;         /* allocated banks whose algorithm has no row in event/alg.h */
};

/* TPMS_TIME_INFO, as in a quote. */
struct ports_clock {
        uint64_t clock_ms;
        uint32_t reset_count, restart_count;
        bool safe;
};

/* An attestation key: a restricted signing primary of the endorsement hierarchy, the same again each time it is made. */
struct ports_key {
        uint32_t handle;
        bool kept; /* the TPM keeps it under this handle: it need not be made again */
        bool rsa;  /* RSA 2048 with exponent 65537; else ECC NIST P-256 */
        uint8_t x[PORTS_TPM_POINT_BYTES], y[PORTS_TPM_POINT_BYTES]; /* big-endian */
        uint8_t modulus[PORTS_TPM_MODULUS_BYTES];                   /* big-endian */
};

/* The PCRs of one bank that a quote covers: bit n of pcrs is PCR n. */
struct ports_selection {
        enum alg alg;
        uint32_t pcrs;
};

struct ports_quote {
        size_t attest_bytes, signature_bytes;
        uint8_t attest[PORTS_ATTEST_BYTES];       /* TPMS_ATTEST as the TPM signed it: what tpm2_quote --message writes */
        uint8_t signature[PORTS_SIGNATURE_BYTES]; /* TPMT_SIGNATURE marshalled: what tpm2_quote --signature writes */
};

/* One line of /proc/self/mountinfo. The spans live until the visitor returns; escapes like \040 are undone. */
struct ports_mount {
        uint32_t major, minor; /* as the kernel prints them; anonymous for btrfs and overlayfs */
        struct span root;      /* which folder of the file system is mounted: "/" is the whole of it */
        struct span point;     /* where */
        struct span fs_type;
        struct span source;    /* "/dev/vda5" */
};

/* A visitor ends the walk by returning another code than ERR_OK, which the visiting function then returns. */
typedef enum err (*ports_mount_visit)(void *arg, const struct ports_mount *mount);
typedef enum err (*ports_entry_visit)(void *arg, const struct manifest_entry *entry);
/* Asked before an entry is looked at: true leaves it and all below it out. */
typedef bool (*ports_entry_skip)(void *arg, struct span path);

/* Times the size of the file system: what is read of files in all, since holes take time but no room. More is ERR_TREE_HOLLOW. */
#define PORTS_HOLLOW 16

/* Limits and questions of one walk over a tree. */
struct ports_walk {
        const char *top;    /* where the partition is mounted; paths of entries start there, "/" is the top itself */
        uint64_t max_bytes; /* a larger file is ERR_MANIFEST_LARGE and not read; 0: no limit */
        ports_entry_skip skip;
        ports_entry_visit visit;
        void *arg;
};

/* Paths are absolute. All functions that fail leave their ret_ parameters untouched. */
struct ports {
        void *context; /* the first argument of every function */

        /* Clock: milliseconds since some moment, never going back. */
        uint64_t (*now_ms)(void *context);
        void (*sleep_ms)(void *context, uint32_t ms);

        /* One line to the kernel's log, without a line end; never fails, since there is nobody else to tell. */
        void (*say)(void *context, const char *line);
        /* Halt the machine, for "on-failure halt". Returns only when that is not possible. */
        void (*halt)(void *context);

        /*
         * Files. ERR_FILE_ABSENT, ERR_FILE_LARGE (more than cap bytes), ERR_FILE_READ and ERR_FILE_WRITE (all other reasons).
         * file_write replaces the file as a whole or not at all (mode 0600, owned by owner, no link is followed). folder_list gives the
         * names in a folder, sorted by bytes, each ended by a NUL. folder_make is content when the folder is there.
         * setting_write writes into a file that is there, which for the kernel's settings is not the same as replacing it.
         */
        enum err (*file_read)(void *context, const char *path, uint8_t *buf, size_t cap, struct span *ret_bytes);
        enum err (*file_write)(void *context, const char *path, uint32_t owner, struct span bytes);
        enum err (*file_set_xattr)(void *context, const char *path, const char *name, struct span value);
        enum err (*folder_list)(void *context, const char *path, char *buf, size_t cap, struct span *ret_names);
        enum err (*folder_make)(void *context, const char *path);
        enum err (*setting_write)(void *context, const char *path, struct span bytes);

        /* A file that grows without end, read from its start piece by piece: 0 bytes at its end. One at a time. */
        enum err (*stream_open)(void *context, const char *path);
        enum err (*stream_read)(void *context, uint8_t *buf, size_t cap, size_t *ret_len);
        void (*stream_close)(void *context);

        /* Mounts. is_mounted: whether path is the top of a mount with this type, "tmpfs". ERR_MOUNTS_MOUNT, ERR_MOUNTS_READ. */
        bool (*is_mounted)(void *context, const char *path, const char *fs_type);
        enum err (*mount)(void *context, const char *path, const char *fs_type, const char *options);
        enum err (*unmount)(void *context, const char *path);
        enum err (*mounts_visit)(void *context, ports_mount_visit visit, void *arg);

        /*
         * Block devices: devices_begin, then devices_next gives each whole disk followed at once by its partitions, until ret_more is false.
         * Devices without a medium are left out. device_open gives a source that is valid until device_close; one device at a time.
         * ERR_BLOCKDEV_LIST, ERR_BLOCKDEV_OPEN, ERR_BLOCKDEV_READ.
         * device_beneath goes from a mapping down to the one device it stands on (dm-crypt, dm-verity data, loop file's disk): unchanged for
         * a device that stands on nothing, ERR_BLOCKDEV_MANY when it stands on several. device_of_path gives the numbers of a device node.
         */
        enum err (*devices_begin)(void *context);
        enum err (*devices_next)(void *context, struct survey_device *ret_device, bool *ret_more);
        void (*devices_end)(void *context);
        enum err (*device_open)(void *context, const struct survey_device *device, struct source *ret_source);
        void (*device_close)(void *context);
        enum err (*device_beneath)(void *context, uint32_t major, uint32_t minor, uint32_t *ret_major, uint32_t *ret_minor);
        enum err (*device_of_path)(void *context, struct span path, uint32_t *ret_major, uint32_t *ret_minor);
        enum err (*device_by_number)(void *context, uint32_t major, uint32_t minor, struct survey_device *ret_device);

        /* Wait at most wait_ms until udev has nothing to do, if it runs: what is plugged in has its driver and was looked at. Whether that is so. */
        bool (*settle)(void *context, uint32_t wait_ms);

        /* Read every file below a folder once, in the order of storage/manifest.h. ERR_TREE_*, and what the visitor returns. */
        enum err (*tree_walk)(void *context, const struct ports_walk *walk);

        /*
         * TPM. ERR_TPM_ABSENT when there is none (yet), ERR_TPM_12 when it speaks TPM 1.2 only; other ERR_TPM_* for what it answers.
         * Each of the functions up to tpm_extend is one TPM command, retried when the TPM asks for that.
         */
        enum err (*tpm_open)(void *context);
        void (*tpm_close)(void *context);
        enum err (*tpm_banks)(void *context, unsigned pcr, struct ports_banks *ret_banks);
        /* The value of one PCR in each of the known banks. */
        enum err (*tpm_pcr_read)(void *context, unsigned pcr, const struct ports_banks *banks, struct digest_set *ret_values);
        /* Extend every bank with its digest, in one command. */
        enum err (*tpm_extend)(void *context, unsigned pcr, const struct digest_set *digests);
        /* Let the TPM hash data and extend every bank it has, known to us or not; several commands beyond PORTS_TPM_EVENT_BYTES. */
        enum err (*tpm_event)(void *context, unsigned pcr, struct span data);
        /* For quotes; NULL where only measuring is done. */
        enum err (*tpm_clock)(void *context, struct ports_clock *ret_clock);
        /* The key, made on the first call and kept by the TPM from then on if it lets us. tpm_drop_key gives one back that is not kept. */
        enum err (*tpm_make_key)(void *context, bool rsa, struct ports_key *ret_key);
        enum err (*tpm_drop_key)(void *context, const struct ports_key *key);
        enum err (*tpm_quote)(void *context, const struct ports_key *key, struct span nonce, const struct ports_selection *selections,
                              unsigned count, struct ports_quote *ret_quote);

        /*
         * IMA's policy file. ima_open: ERR_IMA_ABSENT (no IMA in the kernel), ERR_IMA_LOADED (a policy was loaded before and the kernel takes no
         * second one), ERR_IMA_BUSY, ERR_IMA_OPEN. ima_write gives one line: ERR_IMA_DENIED (text is refused: the kernel wants a signed
         * file), ERR_IMA_RULE (not understood), ERR_IMA_CUT (the kernel took less than the line), ERR_IMA_WRITE. ima_close always succeeds,
         * whatever the kernel did with the rules.
         */
        enum err (*ima_open)(void *context);
        enum err (*ima_write)(void *context, struct span line);
        void (*ima_close)(void *context);

        /*
         * Kernel keyrings. key_find_ring: ".ima"; ERR_KEY_ABSENT. key_make_ring makes one in the user's keyring ("_ima").
         * key_add takes a DER certificate: ERR_KEY_REFUSED when the kernel does not trust it there. key_restrict closes the ring for good.
         */
        enum err (*key_find_ring)(void *context, const char *name, int32_t *ret_ring);
        enum err (*key_make_ring)(void *context, const char *name, int32_t *ret_ring);
        enum err (*key_add)(void *context, int32_t ring, struct span certificate);
        enum err (*key_restrict)(void *context, int32_t ring);

        /*
         * The event log: lock_take waits at most wait_ms for the one lock that serialises all cosima processes (ERR_EVENTLOG_LOCKED), it is
         * held until the process ends. log_append adds a record and syncs it before it returns.
         */
        enum err (*lock_take)(void *context, uint32_t wait_ms);
        enum err (*log_append)(void *context, struct span record);
};

#endif
