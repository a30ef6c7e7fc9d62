/* SPDX-License-Identifier: Apache-2.0 */
/* Every reason for which a function of cosima can fail: one code per check, with its text. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err {
#define ERR(name, text) ERR_##name,
#define ERR_ELSEWHERE ERR
#include "base/err.def"
#undef ERR
#undef ERR_ELSEWHERE
        ERR_COUNT_
};

/* The one-line text of a code, never NULL, without a full stop. */
const char *err_text(enum err e);
/* The code's name as it is measured and shown in JSON, for example "GPT_ENTRIES_CRC". Never NULL. */
const char *err_name(enum err e);

/* A result that may not be ignored. */
#define MUST_CHECK __attribute__((warn_unused_result))

/* Leave the calling function with the error of expr, for pure code that owns nothing. */
#define TRY(expr)                                                                                                      \
        do {                                                                                                           \
                enum err try_err_ = (expr);                                                                            \
                if (try_err_ != ERR_OK)                                                                                \
                        return try_err_;                                                                               \
        } while (0)

#endif
