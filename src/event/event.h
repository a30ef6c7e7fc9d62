/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The measured events: which there are, their order, and their content as canonical JSON (RFC 8785).
 *
 * The digest of an event in a bank is the hash of exactly its content bytes. Every content is one object whose member "event" holds the
 * event's name. What is extended is the same from boot to boot: what changes goes into info events, which are logged only.
 */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include "event/digest.h"

#define EVENT_BYTES_MAX (64u * 1024) /* of one content; nothing larger is written or accepted */
#define EVENT_FORMAT 1               /* "format" of the policy event */
#define EVENT_SHA256_BYTES 32
#define EVENT_DETAIL_MAX 256 /* bytes of a failure's detail; more are cut off */

enum event_type {
        EVENT_POLICY,
        EVENT_STORAGE,
        EVENT_IMA_POLICY,
        EVENT_CONTENT,
        EVENT_HANDOVER,
        EVENT_FAILURE,
        EVENT_INFO,
        EVENT_TYPE_COUNT
};

struct event_info {
        enum event_type type;
        char name[12];  /* as in the member "event" */
        unsigned order; /* 1 to 5; 0: may stand anywhere */
        bool repeats;   /* may come more than once */
        bool extended;  /* goes into the PCR; else it is logged only, without digests */
};

/* The row of an event, never NULL for a valid enum event_type. */
const struct event_info *event_info(enum event_type type);
/* ERR_EVENT_UNKNOWN when there is no event of that name. */
MUST_CHECK enum err event_by_name(struct span name, enum event_type *ret_type);
/* The type of a content, by its member "event". ERR_CANON_* when it is no canonical object, ERR_EVENT_NAME without that member,
 * ERR_EVENT_UNKNOWN. */
MUST_CHECK enum err event_type_of(struct span content, enum event_type *ret_type);

/* The order of the events of one log, checked one by one. Start from one that is all zero. */
struct event_order {
        unsigned last;                    /* highest order seen */
        unsigned counts[EVENT_TYPE_COUNT]; /* events seen of each type */
};
/* ERR_EVENT_ORDER when an event comes too late, ERR_EVENT_REPEATED when it may come only once. Failures may follow anything. */
MUST_CHECK enum err event_order_add(struct event_order *o, enum event_type type);

/*
 * The writers. Each writes into buf[0..cap) (EVENT_BYTES_MAX is always enough) and returns the text inside it. ERR_NO_SPACE.
 * The storage event comes from storage/survey_event, whose survey_event_write() writes its "event":"storage" as well.
 */

/* How the kernel's IMA was found. */
enum event_ima { EVENT_IMA_ACTIVE, EVENT_IMA_TPM_BYPASS, EVENT_IMA_ABSENT, EVENT_IMA_COUNT };
/* "active", "tpm-bypass", "absent". */
const char *event_ima_text(enum event_ima state);

/* {"event":"policy","format":1,"ima":"active","name":…,"pcr":15,"sha256":…,"signer":…,"version":7} */
struct event_policy {
        struct span name;
        uint32_t version;
        unsigned pcr;
        uint8_t sha256[EVENT_SHA256_BYTES]; /* of the policy file */
        uint8_t signer[EVENT_SHA256_BYTES]; /* sha256 of the SubjectPublicKeyInfo of the key that verified it */
        enum event_ima ima;
};
MUST_CHECK enum err event_write_policy(const struct event_policy *e, char *buf, size_t cap, struct span *ret_content);

/* How the rules came into the kernel. */
enum event_load { EVENT_LOAD_NONE, EVENT_LOAD_TEXT, EVENT_LOAD_PATH, EVENT_LOAD_COUNT };
/* "none", "text", "path". */
const char *event_load_text(enum event_load load);

/* {"event":"ima-policy","loaded":"text","result":"OK","sha256":…}; result is err_name() of what loading and the receipt said. */
struct event_ima_policy {
        enum event_load loaded;
        enum err result;
        uint8_t sha256[EVENT_SHA256_BYTES]; /* of the rendered rules */
};
MUST_CHECK enum err event_write_ima_policy(const struct event_ima_policy *e, char *buf, size_t cap, struct span *ret_content);

/* {"bytes":123,"event":"content","files":4,"partition":"COS_OEM","sha256":…}; sha256 is that of the manifest (storage/manifest). */
struct event_content {
        struct span partition;
        uint64_t files; /* entries of the manifest */
        uint64_t bytes; /* sum of the sizes of its regular files */
        uint8_t sha256[EVENT_SHA256_BYTES];
};
MUST_CHECK enum err event_write_content(const struct event_content *e, char *buf, size_t cap, struct span *ret_content);

/* {"event":"handover","partitions":[{"matches":true,"name":"COS_OEM"},{"matches":false,"name":…,"why":"…"}]}, in the policy's order. */
struct event_mount {
        struct span name;
        enum err why; /* ERR_OK: what is mounted is what was measured; else err_name() of the reason */
};
MUST_CHECK enum err event_write_handover(const struct event_mount *mounts, unsigned count, char *buf, size_t cap,
                                         struct span *ret_content);

/* {"detail":…,"error":"GPT_ENTRIES_CRC","event":"failure","stage":"survey"}; "detail" is left out when the span is empty. */
struct event_failure {
        const char *stage;
        enum err error;
        struct span detail; /* which device, line or file; bytes from anywhere */
};
MUST_CHECK enum err event_write_failure(const struct event_failure *e, char *buf, size_t cap, struct span *ret_content);

/* {"event":"info","topic":"tpm","values":{"resets":3,"vendor":"IBM"}}; keys of values are ASCII in ascending order. */
struct event_value {
        const char *key;
        struct span text; /* used when its data is not NULL, else number */
        uint64_t number;
};
MUST_CHECK enum err event_write_info(const char *topic, const struct event_value *values, unsigned count, char *buf, size_t cap,
                                     struct span *ret_content);

#endif
