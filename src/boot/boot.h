/* SPDX-License-Identifier: Apache-2.0 */
/* One run of cosima-boot: all that it knows and all the memory that it uses. */
#ifndef BOOT_BOOT_H
#define BOOT_BOOT_H

#include "event/receipt.h"
#include "log/cel.h"
#include "log/ima.h"
#include "port/ports.h"
#include "port/text.h"
#include "storage/survey_event.h"
#include "trust/sig.h"

#define BOOT_RUN "/run/cosima"
#define BOOT_ETC "/etc/cosima"

#define BOOT_TPM_WAIT_MS 2000   /* for a TPM, when no valid policy says how long */
#define BOOT_SETTLE_WAIT_MS 120000 /* for udev, as long as `udevadm settle` waits */
#define BOOT_LOCK_WAIT_MS 30000 /* for another cosima, which a policy may let wait longer: then a failure comes first, and is not lost */
#define BOOT_STATE_BYTES_MAX 8192
#define BOOT_UNREAD_MAX 8

/*
 * Without a policy that can be trusted a failure goes into the PCR that the policy's text names, if it can be read at all, else into this one.
 * That text may be forged; but whoever can change the initramfs can leave cosima out altogether, and against both stands the PCR into which the
 * boot chain measured the initramfs. What matters is the honest case, a lost or expired signature: the PCR of that fleet gets the failure, so
 * nobody can replay the golden events into it later.
 */
#define BOOT_DEFAULT_PCR 15

enum boot_tpm {
        BOOT_TPM_UNTRIED,
        BOOT_TPM_READY,
        BOOT_TPM_NONE, /* tpm_error says why */
};

/* What of a declared partition is noted for the handover. */
struct boot_note {
        char state[16]; /* "present", "absent", ... */
        uint32_t major, minor;
        uint64_t diskseq;
        char fs_uuid[GUID_TEXT_SIZE]; /* of the file system that will be mounted; empty when it is not known yet */
        char luks_uuid[GUID_TEXT_SIZE]; /* of the LUKS header; empty when the partition is none */
};

/* Where a declared partition was found in the list of mounts. */
struct boot_place {
        bool mounted, covered;
        bool several; /* devices on the same partition */
        bool holed; /* something is mounted below the point */
        bool other_type; /* than the policy declares */
        uint32_t major, minor; /* of the device that is mounted, perhaps a mapping on the partition */
        char point[MANIFEST_PATH_MAX + 1]; /* where the whole file system is mounted; empty when only parts of it are */
};

/* A disk whose partition table could not be read. */
struct boot_disk {
        char name[SURVEY_NAME_BYTES];
        enum err gpt_error;
};

struct boot {
        const struct ports *ports;
        bool nowait;        /* act only when all required partitions are there, without waiting for them */
        struct span reason; /* of "fail REASON" */

        /* Stages put here what their error is about; it goes into the failure event. */
        struct text detail;
        bool finished; /* there is nothing more to do */
        struct {
                const char *stage; /* NULL: none */
                enum err error;
                struct text detail;
        } later; /* the first failure before the log was read */
        unsigned failures;

        /* policy */
        bool trusted; /* the signature was verified in this run or, for the handover, when it was measured */
        unsigned pcr;
        struct policy policy;
        struct span policy_sig;
        struct sig_signer signer;
        unsigned cert_count;
        struct span certs[SIG_CERTS_MAX];

        /* TPM and log */
        enum boot_tpm tpm;
        enum err tpm_error;
        struct ports_banks banks;
        uint64_t recnum; /* of the next record */
        unsigned done[EVENT_TYPE_COUNT]; /* events of each type in the log, before this run and by it */

        /* storage and rules */
        unsigned unread_count;
        struct boot_disk unread[BOOT_UNREAD_MAX]; /* the first of them, to be named when a partition is absent */
        uint64_t started_ms;
        unsigned note_count;
        struct boot_note notes[POLICY_PARTITIONS_MAX];
        bool measured_with_tpm;
        enum err notes_error; /* why the notes cannot be used */
        struct boot_place places[POLICY_PARTITIONS_MAX];
        struct span policy_content, storage_content, rules;
        uint8_t rules_sha256[32];
        enum event_load loaded;

        /* Work space; most of it is never touched. */
        struct gpt gpt;
        struct probe probe;
        struct manifest manifest;
        struct survey survey;
        uint8_t gpt_work[GPT_WORK_BYTES];
        uint8_t probe_work[PROBE_WORK_BYTES];
        uint8_t policy_text[POLICY_BYTES_MAX];
        uint8_t policy_sig_text[SIG_BYTES_MAX];
        uint8_t cert_text[SIG_CERTS_MAX][SIG_CERT_BYTES_MAX];
        char policy_content_text[2048];
        char storage_content_text[EVENT_BYTES_MAX];
        char content_text[EVENT_BYTES_MAX];
        char rules_text[RENDER_BYTES_MAX];
        uint8_t signed_rules_text[RENDER_BYTES_MAX];
        uint8_t rules_sig_text[SIG_BYTES_MAX];
        char record_text[CEL_RECORD_BYTES_MAX];
        char state_text[BOOT_STATE_BYTES_MAX];
        uint8_t state_pool[JSON_POOL_BYTES(BOOT_STATE_BYTES_MAX)];
        uint8_t log_text[CEL_LOG_BYTES_MAX];
        uint8_t ima_text[IMA_ENTRY_BYTES_MAX];
};

/* What a command does when a stage has failed, after the failure was recorded. */
enum boot_on_failure {
        BOOT_GO_ON,
        BOOT_STOP,
        BOOT_RECORD_LATER, /* go on, and record the failure once the log was read, which tells its place and PCR */
};

/* One step of a command. Its name stands in the failure event. */
struct boot_stage {
        char name[12];
        enum err (*run)(struct boot *b);
        enum boot_on_failure on_failure;
};

/*
 * Run the stages in order. A failure is recorded and extended (boot/record.h) as the stage asks for. Afterwards the
 * machine is halted if a trusted policy wants that. The result is the exit status: 0, or 1 when anything failed now or before.
 */
int boot_run(struct boot *b, const struct boot_stage *stages, unsigned count);

/* The commands; b is zeroed but for ports, nowait and reason. */
int boot_measure(struct boot *b);
int boot_handover(struct boot *b);
int boot_fail(struct boot *b);

#endif
