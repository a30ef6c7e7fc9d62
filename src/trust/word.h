/* SPDX-License-Identifier: Apache-2.0 */
/* Words, lists and numbers of the policy language: what policy.c and rules.c share. */
#ifndef TRUST_WORD_H
#define TRUST_WORD_H

#include "base/span.h"

/* Take the next run of bytes other than space and tab off the front of rest. False, ret_word untouched, when there is none. */
bool word_next(struct span *rest, struct span *ret_word);

/* Take the next item, possibly empty, off a list; the list's data is NULL after its last item. False when there is none left. */
bool word_item(struct span *list, char separator, struct span *ret_item);

/* Whether word begins with prefix; ret_rest is what follows it. */
bool word_begins(struct span word, const char *prefix, struct span *ret_rest);

/* A decimal number from 0 to max (which is at least 9), digits only, without leading zeros. False, ret_number untouched, when it is not that. */
bool word_number(struct span digits, uint64_t max, uint64_t *ret_number);

/* Whether word has 1 to max bytes and each of them stands in the set. */
bool word_made_of(struct span word, size_t max, const char *set);

#endif
