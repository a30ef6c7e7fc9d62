/* SPDX-License-Identifier: Apache-2.0 */
/* Why evidence is not trusted: one code per check, what it is about, and what was expected and seen. */
#ifndef VERIFY_REASON_H
#define VERIFY_REASON_H

#include "base/err.h"
#include "base/span.h"

enum reason_code {
#define REASON(name, weight, text) REASON_##name,
#include "verify/reason.def"
#undef REASON
        REASON_COUNT_
};

enum reason_weight { REASON_NOTE, REASON_UNTRUSTED, REASON_MALFORMED };

/* "FILE_CHANGED". */
const char *reason_name(enum reason_code code);
/* "not the enrolled content"; a "%" in it stands for the number. */
const char *reason_text(enum reason_code code);
enum reason_weight reason_weight(enum reason_code code);

/* Spans are empty (data NULL) where there is nothing to say. They point into evidence, baseline or the list's own text. */
struct reason {
        enum reason_code code;
        struct span subject; /* "COS_OEM", "/oem/90_custom.yaml", "ima.bin" */
        struct span field;   /* "signatures.identity.uuid" */
        struct span was;     /* as enrolled or expected */
        struct span now;     /* as seen */
        enum err error;      /* more of the reason, or ERR_OK */
        uint64_t number;     /* of a record, entry, line or PCR */
};

#define REASON_KEPT_MAX 256
#define REASON_KEPT_EACH 64 /* of one code: a log full of unknown files must not hide what else is wrong */
#define REASON_TEXT_BYTES (1024u * 1024)

struct reason_list {
        unsigned count; /* of all that were given */
        unsigned kept_count;
        unsigned counts[REASON_COUNT_];
        enum reason_weight worst;
        struct reason kept[REASON_KEPT_MAX];
        size_t text_len;
        char text[REASON_TEXT_BYTES];
};

void reason_begin(struct reason_list *list);
void reason_add(struct reason_list *list, const struct reason *reason);
/* With a subject alone. */
void reason_add_about(struct reason_list *list, enum reason_code code, const char *subject);
/* Whether a reason of this code, added now, will be among the kept ones. */
bool reason_will_be_kept(const struct reason_list *list, enum reason_code code);
/* Keep text that will not outlive the caller; empty when there is no more room. */
struct span reason_keep(struct reason_list *list, struct span text);

#endif
