/* SPDX-License-Identifier: Apache-2.0 */
/* Logs made up for tests, written byte by byte so that no code under test is needed to make them. */
#ifndef TEST_MADE_H
#define TEST_MADE_H

#include "event/digest.h"

#define MADE_BYTES_MAX 8192

struct made {
        size_t len;
        uint8_t bytes[MADE_BYTES_MAX];
};

struct span made_span(const struct made *m);
void made_put(struct made *m, const void *bytes, size_t len);
void made_put_u8(struct made *m, uint8_t value);
void made_put_u16(struct made *m, uint16_t value);
void made_put_u32(struct made *m, uint32_t value);

/* u32 length and bytes: a field of an IMA template. */
void made_put_field(struct made *m, const void *bytes, size_t len);
/* The fields of template ima-ng: "sha256:\0" and 32 times fill; path with its NUL. */
void made_put_ng(struct made *m, uint8_t fill, const char *path);
/* An entry of the IMA log with the right SHA-1 column, or a violation's zeros. */
void made_put_ima(struct made *m, uint32_t pcr, const char *template_name, struct span data, bool violation);

/* The header of an agile firmware log with SHA-1 and SHA-256. */
void made_put_spec_id(struct made *m);
/* An event of it, with the digests of data. */
void made_put_tcg(struct made *m, uint32_t pcr, uint32_t type, struct span data);
/* An event of the SHA-1 only format. */
void made_put_tcg_sha1(struct made *m, uint32_t pcr, uint32_t type, struct span data);

#endif
