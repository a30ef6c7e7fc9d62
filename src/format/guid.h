/* SPDX-License-Identifier: Apache-2.0 */
/* GUIDs and UUIDs as text: the mixed-endian form of UEFI (UEFI 2.10 appendix A) and the plain form of RFC 9562. */
#ifndef FORMAT_GUID_H
#define FORMAT_GUID_H

#include "base/json.h"

#define GUID_BYTES 16
#define GUID_TEXT_SIZE 37 /* 36 characters and a NUL */

/* 16 bytes as on disk in a GPT (first three groups little-endian), lower case. */
void guid_format(struct span bytes, char *ret_text);
/* 16 bytes in text order, as ext4, xfs, btrfs and DM-verity keep UUIDs, lower case. */
void guid_format_uuid(struct span bytes, char *ret_text);
/* The same two as a member of the JSON object that is open. */
void guid_put(struct json_writer *w, const char *key, const uint8_t *guid);
void guid_put_uuid(struct json_writer *w, const char *key, const uint8_t *uuid);

/* Whether text is a UUID in its 36-character form, either case. */
bool guid_is_text(struct span text);

#endif
