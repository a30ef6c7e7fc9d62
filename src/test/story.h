/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole boot made in software: policy, events, IMA log, TPM and quote, all consistent. A test changes one thing at the moment at which an attacker
 * could, and looks at what the judge says.
 *
 *     story_begin(&s);      facts: policy text, storage, files      <- changed here: another machine, honestly measured
 *     story_boot(&s);       events and IMA entries, in order        <- changed here: another course of the boot, still honestly extended
 *     story_run(&s);        the TPM extends all of them             <- changed here: logs that no longer are what was extended
 *     story_quote(&s);      quote and evidence                      <- changed here: members of the archive
 */
#ifndef TEST_STORY_H
#define TEST_STORY_H

#include "attest.h"
#include "signer.h"
#include "verify/judge.h"

#define STORY_EVENTS_MAX 16
#define STORY_ENTRIES_MAX 16
#define STORY_TEXT_BYTES 8192

struct story_event {
        bool info, lost; /* lost: logged, not extended */
        size_t len;
        char content[STORY_TEXT_BYTES];
};

struct story_entry {
        uint32_t pcr;
        bool violation, wrong_column;
        const char *template_name, *hash_name;
        const char *buffer; /* of template ima-buf, else NULL */
        struct span signature; /* of template ima-sig */
        uint8_t hash[32];
        char path[128];
};

struct story {
        /* facts */
        char policy[STORY_TEXT_BYTES], storage[STORY_TEXT_BYTES];
        const char *signer_seed, *ak_seed;
        enum event_ima ima_state;
        const char *mounts; /* of meta.json */
        const char *table;  /* of the device mapper, or NULL */

        /* the boot */
        struct policy parsed;
        struct signer signer;
        struct span rules;
        char rules_text[RENDER_BYTES_MAX];
        unsigned event_count, entry_count;
        struct story_event events[STORY_EVENTS_MAX];
        struct story_entry entries[STORY_ENTRIES_MAX];

        /* the machine: banks SHA-256 and SHA-384 */
        struct quote_bank pcrs[ALG_COUNT];

        /* the evidence */
        struct attest_facts facts;
        uint8_t digest[32];
        struct attest attest;
        char events_log[65536], pcrs_json[16384], meta[1024];
        uint8_t ima_log[16384];
        size_t ima_len;
        struct evidence evidence;
};

/* In this order; story_run() also boots when nobody did. */
void story_begin(struct story *s);
void story_boot(struct story *s);
void story_run(struct story *s);
void story_quote(struct story *s);

/* The nonce of all stories. */
struct span story_nonce(void);

/* Replace the first occurrence of old, which must be there. */
void story_replace(char *text, const char *old, const char *new);
/* The event whose content begins with "{" and holds "\"event\":\"name\"". */
struct story_event *story_event_of(struct story *s, const char *name);
void story_remove_event(struct story *s, struct story_event *e);
/* Put an event at the end. */
struct story_event *story_add_event(struct story *s, const char *content);
/* The entry of a path, and a new one at the end; the content of a file is given by one byte. */
struct story_entry *story_entry_of(struct story *s, const char *path);
struct story_entry *story_add_entry(struct story *s, const char *path, uint8_t content);
void story_remove_entry(struct story *s, struct story_entry *e);
/* A table of the device mapper as critical data, at the end. */
struct story_entry *story_add_table(struct story *s, const char *buffer);
/* COS_PERSISTENT inside LUKS2 from story_begin() on, opened as table says. */
void story_encrypt(struct story *s, const char *table);
/* Extend a PCR of the machine, in both banks. */
void story_extend(struct story *s, unsigned pcr, const char *text);
void story_extend_by(struct story *s, unsigned pcr, struct span data);
/* Write the logs anew from events and entries; story_run() has done so once. */
void story_write_logs(struct story *s);
/* Quote the values as they are now. story_quote() has done so once. */
void story_sign(struct story *s);

#endif
