/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LUKS1 and LUKS2 headers: how a volume is encrypted, and the commitment to its volume key that is readable before unlocking.
 * Sources: LUKS1 On-Disk Format Specification 1.2.3; LUKS2 On-Disk Format Specification 1.1.
 */
#ifndef FORMAT_LUKS_H
#define FORMAT_LUKS_H

#include "base/json.h"
#include "base/source.h"
#include "format/class.h"
#include "format/guid.h"

/* Scratch memory for luks1_read() and luks2_read(). */
#define LUKS_WORK_BYTES LUKS2_WORK_BYTES

/* ---- LUKS1 ---------------------------------------------------------------------------------------------------------- */

#define LUKS1_BYTES 592 /* of the header */
#define LUKS1_KEYSLOTS 8
#define LUKS1_NAME_SIZE 33 /* of a cipher, mode or hash, with NUL */

struct luks1_keyslot {
        bool active;
        uint32_t iterations;
        uint8_t salt[32];
        uint32_t material_offset_sectors;
        uint32_t stripes;
};

struct luks1 {
        char cipher[LUKS1_NAME_SIZE];
        char mode[LUKS1_NAME_SIZE];
        char hash[LUKS1_NAME_SIZE];
        char uuid[GUID_TEXT_SIZE];
        bool null_cipher; /* finding: the data is not encrypted at all */
        uint32_t payload_offset_sectors;
        uint32_t key_bytes;
        uint8_t mk_digest[20]; /* PBKDF2 of the volume key with the next two: identifies the key without telling it */
        uint8_t mk_digest_salt[32];
        uint32_t mk_digest_iterations;
        struct luks1_keyslot keyslots[LUKS1_KEYSLOTS];
};

/*
 * The header of a volume of volume_bytes. ERR_LUKS1_NONE without the magic or with a version other than 1 (luks2_read() answers for
 * those); ERR_SHORT when header is shorter than LUKS1_BYTES; else the ERR_LUKS1_* of the first check that fails.
 */
MUST_CHECK enum err luks1_parse(struct span header, uint64_t volume_bytes, struct luks1 *ret_luks);
/* The same from a device, with ERR_BLOCKDEV_READ besides; a volume too short for a header is ERR_LUKS1_NONE. */
MUST_CHECK enum err luks1_read(const struct source *volume, uint8_t *work, struct luks1 *ret_luks);

/* Write the members "config", "identity", "info", "layout" that classes asks for into the JSON object that is open. */
void luks1_write(struct json_writer *w, const struct luks1 *luks, unsigned classes);

/* As text; ret_text has room for GUID_TEXT_SIZE. LUKS1 has no label. */
void luks1_uuid(const struct luks1 *luks, char *ret_text);

/* ---- LUKS2 ---------------------------------------------------------------------------------------------------------- */

#define LUKS2_LABEL_BYTES 48 /* of label and subsystem */
#define LUKS2_ALG_SIZE 33    /* of the checksum algorithm's name, with NUL */

/* More than these is an error of its own, never cut. The first four are cryptsetup's own limits. */
#define LUKS2_KEYSLOTS_MAX 32
#define LUKS2_SEGMENTS_MAX 32
#define LUKS2_DIGESTS_MAX 8
#define LUKS2_TOKENS_MAX 32
#define LUKS2_JSON_BYTES_MAX (32u * 1024) /* of the JSON text; the area around it may be as large as the format allows */
#define LUKS2_TEXT_BYTES_MAX (16u * 1024) /* of all sections in canonical form */

#define LUKS2_HEADER_BYTES 4096 /* of the binary header; the JSON area follows */
/* The binary header, both JSON texts, one token in canonical form, and yyjson's pool. */
#define LUKS2_WORK_BYTES (LUKS2_HEADER_BYTES + 3 * LUKS2_JSON_BYTES_MAX + JSON_POOL_BYTES(LUKS2_JSON_BYTES_MAX))

/* Which of the two headers were good and whether they say the same. */
enum luks2_state {
        LUKS2_BOTH,          /* both good, same sequence number and same JSON */
        LUKS2_PRIMARY_BAD,   /* the secondary is used */
        LUKS2_SECONDARY_BAD, /* the primary is used */
        LUKS2_DIFFER,        /* both good by themselves; the higher sequence number is used, as cryptsetup does, else the primary */
};

/* Findings: legal JSON that a sane volume does not have. A set of these is an unsigned. */
enum luks2_lint {
        LUKS2_LINT_COSIMA_TOKEN = 1u << 0,        /* a cosima token without a UUID, or more than one token: none is believed */
        LUKS2_LINT_LINEAR_SEGMENT = 1u << 1,      /* a segment that is not encrypted */
        LUKS2_LINT_MANY_SEGMENTS = 1u << 2,       /* more than one segment though no reencryption is declared */
        LUKS2_LINT_NULL_CIPHER = 1u << 3,         /* a null cipher in a segment or keyslot */
        LUKS2_LINT_REENCRYPT = 1u << 4,           /* a reencryption is declared, by requirement, keyslot or segment flag */
        LUKS2_LINT_UNBOUND_SEGMENT = 1u << 5,     /* an encrypted segment to which no digest commits */
        LUKS2_LINT_UNKNOWN_REQUIREMENT = 1u << 6, /* a mandatory requirement that we do not know */
        LUKS2_LINT_UNKNOWN_SECTION = 1u << 7,     /* a sixth object beside the five sections: the only thing that is not kept */
        LUKS2_LINT_UNKNOWN_SEGMENT = 1u << 8,     /* a segment type that we do not know */
};

/* Canonical JSON (RFC 8785) inside luks2.text. */
struct luks2_text {
        uint32_t offset;
        uint32_t len;
};

/*
 * Everything of the JSON is kept, also members that we do not know, so that nothing escapes a measurement: each section in canonical form.
 * Only tokens are shortened, to keyslots, type, the inner UUID and the SHA-256 of the whole token in canonical form, because their
 * contents have no limit. There are no pointers inside: the struct can be copied.
 */
struct luks2 {
        enum luks2_state state;
        enum err primary_error; /* why the header is bad, ERR_OK when good */
        enum err secondary_error;
        bool secondary_used;
        uint64_t header_bytes; /* of one header, binary and JSON area */
        uint64_t seqid;
        char checksum_alg[LUKS2_ALG_SIZE];
        char uuid[GUID_TEXT_SIZE];
        char label[LUKS2_LABEL_BYTES + 1];
        char subsystem[LUKS2_LABEL_BYTES + 1];
        char inner_uuid[GUID_TEXT_SIZE]; /* of the file system inside, as the cosima token names it; "" without one */
        unsigned lints;
        unsigned keyslot_count, segment_count, digest_count, token_count;
        struct luks2_text config;   /* the member "config" */
        struct luks2_text bindings; /* of each digest, its keyslots */
        struct luks2_text digests;  /* without their keyslots */
        struct luks2_text keyslots;
        struct luks2_text segments;
        struct luks2_text tokens;
        char text[LUKS2_TEXT_BYTES_MAX];
};

/*
 * Read both headers of a volume. ERR_LUKS2_NONE when neither the primary's magic nor a secondary that names its own offset is there, or
 * when the primary is LUKS1 (absent); any other ERR_LUKS2_* when there is one but neither header is good (malformed; the primary's
 * reason unless only a secondary is there); ERR_BLOCKDEV_READ (unreadable). work is LUKS2_WORK_BYTES of scratch memory.
 */
MUST_CHECK enum err luks2_read(const struct source *volume, uint8_t *work, struct luks2 *ret_luks);

/* Write the members "config", "identity", "info", "layout" that classes asks for into the JSON object that is open. */
void luks2_write(struct json_writer *w, const struct luks2 *luks, unsigned classes);

/* Borrowed from luks; empty when the volume has none. */
struct span luks2_label(const struct luks2 *luks);
/* As text; ret_text has room for GUID_TEXT_SIZE. */
void luks2_uuid(const struct luks2 *luks, char *ret_text);
/* The UUID of the file system inside, "" when no token of type "cosima" names one; ret_text has room for GUID_TEXT_SIZE. */
void luks2_inner_uuid(const struct luks2 *luks, char *ret_text);

const char *luks2_state_name(enum luks2_state state);
/* "null-cipher" of one finding, as in the member "lints"; "" when there is no such. */
const char *luks2_lint_name(enum luks2_lint lint);

#endif
