/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The superblock of a dm-verity hash device. It names the tree's parameters, never the root hash, which the boot chain has to know.
 * Source: cryptsetup's on-disk format, version 1 (documented with the kernel's dm-verity target).
 */
#ifndef FORMAT_VERITY_H
#define FORMAT_VERITY_H

#include "base/json.h"
#include "base/source.h"
#include "format/class.h"
#include "format/guid.h"

#define VERITY_BYTES 512
#define VERITY_SALT_MAX 256
#define VERITY_ALG_SIZE 33 /* with NUL */

struct verity {
        uint32_t hash_type; /* 0: Chrome OS, 1: normal */
        uint8_t uuid[GUID_BYTES];
        char algorithm[VERITY_ALG_SIZE];
        uint32_t data_block_bytes;
        uint32_t hash_block_bytes;
        uint64_t data_blocks;
        uint32_t salt_bytes;
        uint8_t salt[VERITY_SALT_MAX]; /* zero after salt_bytes */
};

/* ERR_VERITY_NONE without the signature; ERR_SHORT below VERITY_BYTES; else the ERR_VERITY_* of the first check that fails. */
MUST_CHECK enum err verity_parse(struct span superblock, struct verity *ret_verity);
/* The same from a device, with ERR_BLOCKDEV_READ besides; a volume too short is ERR_VERITY_NONE. work: VERITY_BYTES. */
MUST_CHECK enum err verity_read(const struct source *volume, uint8_t *work, struct verity *ret_verity);

/* Write the members "config", "identity", "info", "layout" that classes asks for into the JSON object that is open. */
void verity_write(struct json_writer *w, const struct verity *verity, unsigned classes);

/* As text; ret_text has room for GUID_TEXT_SIZE. There is no label. */
void verity_uuid(const struct verity *verity, char *ret_text);

#endif
