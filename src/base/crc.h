/* SPDX-License-Identifier: Apache-2.0 */
/* The two 32-bit checksums of disk formats: CRC-32 (GPT; ISO 3309) and CRC-32C (ext4, xfs, btrfs; RFC 3720 appendix B.4). */
#ifndef BASE_CRC_H
#define BASE_CRC_H

#include "base/span.h"

/* The value before the first byte, for both. */
#define CRC_START UINT32_C(0xffffffff)

/*
 * The state after more bytes; pieces may be given one by one, so a checksum field is left out or replaced without touching the input.
 * Formats differ in the end: GPT, xfs and btrfs keep the complement (~state), ext4 the state itself.
 */
uint32_t crc_update_32(uint32_t state, struct span bytes);
uint32_t crc_update_32c(uint32_t state, struct span bytes);

#endif
