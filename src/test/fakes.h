/* SPDX-License-Identifier: Apache-2.0 */
/* A machine made in software behind the table of ports: files, disks, mounts, a TPM that extends and an IMA that logs, each of which can fail. */
#ifndef TEST_FAKES_H
#define TEST_FAKES_H

#include <setjmp.h>

#include "boot/boot.h"
#include "test/gptdisk.h"
#include "test/signer.h"

#define FAKES_FILES_MAX 48
#define FAKES_DEVICES_MAX 8
#define FAKES_MOUNTS_MAX 8
#define FAKES_LOG "/run/cosima/events.cel"
#define FAKES_HURRY "/sys/kernel/rcu_expedited"

struct fakes_file {
        char path[96];
        uint8_t *bytes;
        size_t len;
        uint32_t owner;
        char xattr[32];
};

struct fakes_device {
        struct survey_device device;
        uint8_t *bytes;
        uint64_t appears_ms;
        enum err open_error;
        unsigned opens;
};

struct fakes {
        uint64_t now_ms;
        uint64_t udev_settles_ms;
        unsigned settled; /* how often it was waited for */
        unsigned tpm_commands_before; /* before the last time */
        unsigned halts;
        char said[4096];

        unsigned file_count;
        struct fakes_file files[FAKES_FILES_MAX];
        const char *unreadable, *unwritable; /* paths */

        struct gptdisk disk;
        unsigned device_count, next_device;
        struct fakes_device devices[FAKES_DEVICES_MAX];
        enum err list_error;

        bool tmpfs; /* /run is one */
        unsigned mounts_made;
        enum err mount_error;
        unsigned mount_count;
        struct ports_mount mounts[FAKES_MOUNTS_MAX];
        bool mounted_early; /* measuring sees the mounts too */
        bool measuring;
        uint32_t mapping_minor; /* 253:n stands on 254:5 */
        enum err tree_error;
        uint8_t tree_byte; /* stands for the content of the one file in a tree */

        struct {
                enum err open_error;
                uint64_t appears_ms;
                unsigned unknown_banks;
                unsigned commands, events; /* events: TPM2_PCR_Event */
                unsigned fail_at;          /* the number of the command, from 1, that fails */
                enum err error;
                struct digest_set pcrs[24]; /* SHA-256, SHA-384 */
        } tpm;

        struct {
                bool absent, bypass, deaf; /* deaf: takes rules and forgets them */
                bool takes_more;           /* rules can be added at any time */
                bool in_a_hurry;           /* the kernel was told so when the policy file was closed */
                bool told_otherwise;       /* by somebody else, since then */
                enum err open_error, text_error;
                unsigned busy_times;
                unsigned error_line; /* whose write fails with text_error; 0: every one */
                unsigned lines;
                bool refused, active, by_path, refuses_path;
                char hash_name[8];
                size_t log_len, log_at;
                uint8_t log[8192];
        } ima;
        bool has_ima_ring, made_ring, restricted;
        enum err key_error;

        enum err lock_error, append_error;
        unsigned appends, append_fails_at;

        unsigned effects, crash_at; /* the effect before which the process dies, from 1 */
        jmp_buf death;
};

/* A machine on which everything is as it should be: signed policy, one disk with COS_OEM and COS_PERSISTENT, TPM and IMA. */
void fakes_begin(struct fakes *f);
void fakes_end(struct fakes *f);
struct ports fakes_ports(struct fakes *f);

/* Run one command of cosima-boot on the machine; its exit status, or -1 when it died (crash_at). */
int fakes_run(struct fakes *f, int (*command)(struct boot *b), const char *reason);
int fakes_run_nowait(struct fakes *f);

/* Files: replace (bytes are copied), remove, look at (NULL when there is none). */
void fakes_put(struct fakes *f, const char *path, struct span bytes);
void fakes_drop(struct fakes *f, const char *path);
struct fakes_file *fakes_file(struct fakes *f, const char *path);
/* Another policy text, signed by the machine's signer, or by nobody whom it knows. */
void fakes_sign_policy(struct fakes *f, const char *text, const char *seed);
extern const char fakes_policy[];

/* Another disk with the same partitions, of other GUIDs. */
void fakes_add_disk(struct fakes *f);

/* Names of the events in the log, each followed by a space, failures as failure:CODE@stage. Checked against the digests in the log. */
const char *fakes_events(struct fakes *f);
/* Whether replaying the log gives the PCR in every bank. */
bool fakes_log_is_pcr(struct fakes *f, unsigned pcr);

#endif
