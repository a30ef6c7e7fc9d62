/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A baseline in the terms of Keylime: its runtime policy (keylime/ima/ima.py, RUNTIME_POLICY_SCHEMA), its tpm_policy, and evidence as
 * POST /v2.5/verify/evidence takes it.
 *
 * Keylime compares the path in the kernel's log with the policy's byte for byte, so every path by which a file can be logged is written.
 */
#ifndef VERIFY_KEYLIME_H
#define VERIFY_KEYLIME_H

#include "base/json.h"
#include "log/ima.h"
#include "verify/baseline.h"

#define KEYLIME_PATHS_MAX (2 * (ALIAS_MOUNTS_MAX + 1)) /* of one file */
#define KEYLIME_PCRS_BYTES(lists) (4 + 16 * 8 + 4 + (size_t)(lists) * (4 + 8 * (2 + 64)))
#define KEYLIME_AK_BYTES_MAX 1024

/* One digest of one path. Paths are JSON text without quotes and outlive the writing. */
struct keylime_entry {
        const char *path;
        struct span digest; /* hex */
};
int keylime_compare(const struct keylime_entry *a, const struct keylime_entry *b);

/* Whether a name of the log stands for something else than a file with a path: boot_aggregate, a key ring, a buffer. */
bool keylime_is_special(struct span name);

/*
 * A file's name of the baseline as the log has it: JSON text without quotes, in which the kernel wrote '_' for each space. buf has
 * ALIAS_NAME_BYTES. ERR_KEYLIME_NAME_UTF8, ERR_KEYLIME_NAME_LINE, ERR_NO_SPACE.
 */
MUST_CHECK enum err keylime_name(struct span name, char *buf, struct span *ret_name);

/* Path number i (below KEYLIME_PATHS_MAX) of a file: as it is, by another mount, and each of these below /sysroot. False when it has none. */
bool keylime_path(const struct baseline *baseline, struct span name, unsigned i, char *buf, size_t cap, struct span *ret_path);

/* A regular expression that matches this file or folder with all below it, and nothing else. ERR_NO_SPACE. */
MUST_CHECK enum err keylime_exclude(struct span path, char *buf, size_t cap, struct span *ret_regex);

/*
 * The same of a pattern for whole paths (verify/glob): ? stands for a character other than a slash, * for any number of them, ** for any number
 * of any characters. ERR_NO_SPACE.
 */
MUST_CHECK enum err keylime_exclude_pattern(struct span pattern, char *buf, size_t cap, struct span *ret_regex);

struct keylime_runtime {
        const struct keylime_entry *files; /* sorted by keylime_compare() */
        size_t file_count;
        const struct span *excludes;
        unsigned exclude_count;
};

/* The runtime policy. ima-buf and keyrings repeat what is special: Keylime looks a buffer up in one, a key in the other. */
void keylime_write_runtime(struct json_writer *w, const struct keylime_runtime *runtime);

/* The tpm_policy: our PCR in every bank that Keylime accepts, and the boot chain's if wanted, as any of the baselines has them. */
void keylime_write_tpm(struct json_writer *w, const struct baseline *const *baselines, unsigned count, bool boot_chain);

/*
 * The values of a quote's PCRs as tpm2-tools write them (TPML_PCR_SELECTION, count, TPML_DIGEST of eight each; little-endian, as in memory).
 * ERR_KEYLIME_BANKS, ERR_KEYLIME_VALUES, ERR_NO_SPACE; KEYLIME_PCRS_BYTES(3) is enough.
 */
MUST_CHECK enum err keylime_write_pcrs(const struct quote *quote, enum alg alg, const struct quote_bank *banks, uint8_t *buf, size_t cap,
                                       size_t *ret_size);

/* An attestation key as TPM2B_PUBLIC (TPM 2.0 part 2, section 12.2.4), with buf of KEYLIME_AK_BYTES_MAX. ERR_QUOTE_AK. */
MUST_CHECK enum err keylime_write_ak(struct span ak_pem, uint8_t *buf, size_t *ret_size);

/* Room for one line of the log. */
#define KEYLIME_LINE_BYTES(data) (512 + 3 * (size_t)(data))
/*
 * An entry of the log as the kernel prints it (ascii_runtime_measurements), with its line feed; buf has KEYLIME_LINE_BYTES(entry->data.len).
 * ERR_KEYLIME_TEMPLATE.
 */
MUST_CHECK enum err keylime_write_line(const struct ima_entry *entry, char *buf, size_t *ret_len);

#endif
