/* SPDX-License-Identifier: Apache-2.0 */
/* LUKS2 headers put together in memory, with their self-location and checksums right. For tests and fuzzers. */
#ifndef TEST_LUKS2_IMAGE_H
#define TEST_LUKS2_IMAGE_H

#include <mbedtls/sha256.h>
#include <mbedtls/sha512.h>

#include "format/luks.h"

#define LUKS2_IMAGE_FIELDS 512 /* bytes of the binary header in which something stands */
#define LUKS2_IMAGE_HEADER 0x4000u
#define LUKS2_IMAGE_BYTES (2 * LUKS2_IMAGE_HEADER)

static inline void luks2_image_put_u64(uint8_t *at, uint64_t value)
{
        for (unsigned i = 0; i < 8; i++)
                at[i] = (uint8_t)(value >> (56 - 8 * i));
}

/* Make the checksum of a header right, by the algorithm that it names; another one than sha512 counts as sha256. */
static inline void luks2_image_seal(uint8_t *header, size_t header_bytes)
{
        uint8_t csum[64] = { 0 };

        memset(header + 448, 0, 64);
        if (memcmp(header + 72, "sha512", 7) == 0)
                (void)mbedtls_sha512(header, header_bytes, csum, 0);
        else
                (void)mbedtls_sha256(header, header_bytes, csum, 0);
        memcpy(header + 448, csum, 64);
}

/*
 * Put the primary header at image, or the secondary at image + header_bytes: the binary fields given, its own magic, size and place over
 * them, and as much of the JSON as the area holds.
 */
static inline void luks2_image_put(uint8_t *image, size_t header_bytes, bool secondary, const uint8_t *fields, struct span json)
{
        uint8_t *header = image + (secondary ? header_bytes : 0);
        size_t area = header_bytes - LUKS2_HEADER_BYTES;

        memset(header, 0, header_bytes);
        memcpy(header, fields, LUKS2_IMAGE_FIELDS);
        memcpy(header, secondary ? "SKUL\xba\xbe\0\2" : "LUKS\xba\xbe\0\2", 8);
        luks2_image_put_u64(header + 8, header_bytes);
        luks2_image_put_u64(header + 256, secondary ? header_bytes : 0);
        memcpy(header + LUKS2_HEADER_BYTES, json.data, json.len < area ? json.len : area);
        luks2_image_seal(header, header_bytes);
}

#endif
