/* SPDX-License-Identifier: Apache-2.0 */
/* The seeds and images that src/test/corpus.sh made under build/corpus, for tests that run in the top directory. */
#ifndef TEST_SEEDS_H
#define TEST_SEEDS_H

#include "base/source.h"

/* Call check with each file of build/corpus/<parser>; the test fails when there is none. The bytes are the caller's to change. */
void seeds_each(const char *parser, void (*check)(const char *name, uint8_t *bytes, size_t len));

/*
 * Call check with each prefix of each file of build/corpus/<parser>, the whole included, in memory that ends where the prefix ends, so that one
 * byte too far is noticed.
 */
void seeds_each_prefix(const char *parser, void (*check)(struct span prefix, size_t whole_len));

/* The first max bytes of a file, allocated to exactly that size so that one byte too far is noticed; the test fails without it. */
uint8_t *seeds_load(const char *path, size_t max, size_t *ret_len);

/* A source on an image, to be closed; the test fails when there is none. */
struct source seeds_image_open(const char *name);
void seeds_image_close(struct source *image);

#endif
