/* SPDX-License-Identifier: Apache-2.0 */
/* The texts and names of the error codes: one after the other, since pointers to them would each cost a relocation at start. */
#include "base/err.h"

#include <string.h>

static const char texts[] =
#define ERR(name, text) text "\0"
#define ERR_ELSEWHERE ERR
#include "base/err.def"
#undef ERR
#undef ERR_ELSEWHERE
        ;

static const char names[] =
#define ERR(name, text) #name "\0"
#ifdef ERR_BOOT_NAMES /* for cosima-boot, whose size is bounded */
#define ERR_ELSEWHERE(name, text) "\0"
#else
#define ERR_ELSEWHERE ERR
#endif
#include "base/err.def"
#undef ERR
#undef ERR_ELSEWHERE
        ;

static const char *string_at(const char *strings, unsigned index)
{
        while (index-- > 0)
                strings += strlen(strings) + 1;
        return strings;
}

const char *err_text(enum err e)
{
        return (unsigned)e < ERR_COUNT_ ? string_at(texts, e) : "unknown error";
}

const char *err_name(enum err e)
{
        return (unsigned)e < ERR_COUNT_ ? string_at(names, e) : "UNKNOWN";
}
