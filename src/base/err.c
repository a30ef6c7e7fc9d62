/* SPDX-License-Identifier: Apache-2.0 */
/* The texts and names of the error codes. */
#include "base/err.h"

static const char *const texts[] = {
#define ERR(name, text) text,
#include "base/err.def"
#undef ERR
};

static const char *const names[] = {
#define ERR(name, text) #name,
#include "base/err.def"
#undef ERR
};

const char *err_text(enum err e)
{
        return (unsigned)e < ERR_COUNT_ ? texts[e] : "unknown error";
}

const char *err_name(enum err e)
{
        return (unsigned)e < ERR_COUNT_ ? names[e] : "UNKNOWN";
}
