/* SPDX-License-Identifier: Apache-2.0 */
/* The texts and names of the error codes. They lie one after the other, found by offsets: pointers would each cost a relocation at start. */
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

static const struct {
#define ERR(name, text) char name[sizeof(text)];
#include "base/err.def"
#undef ERR
} texts = {
#define ERR(name, text) text,
#include "base/err.def"
#undef ERR
};

static const struct {
#define ERR(name, text) char name[sizeof(#name)];
#include "base/err.def"
#undef ERR
} names = {
#define ERR(name, text) #name,
#include "base/err.def"
#undef ERR
};

static const uint16_t text_at[] = {
#define ERR(name, text) offsetof(__typeof__(texts), name),
#include "base/err.def"
#undef ERR
};

static const uint16_t name_at[] = {
#define ERR(name, text) offsetof(__typeof__(names), name),
#include "base/err.def"
#undef ERR
};

_Static_assert(sizeof(texts) <= UINT16_MAX, "offsets of texts do not fit");

const char *err_text(enum err e)
{
        return (unsigned)e < ERR_COUNT_ ? (const char *)&texts + text_at[e] : "unknown error";
}

const char *err_name(enum err e)
{
        return (unsigned)e < ERR_COUNT_ ? (const char *)&names + name_at[e] : "UNKNOWN";
}
