/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What cosima watch keeps between two looks at a node, as two lines of canonical JSON: the last verdict and what it rests on; and the judge as he
 * stood behind the last entry of the IMA log. The log up to there was replayed to a signed value once, so whoever goes on from there need not
 * read it again. Where there is nothing new, the second line, which grows with the baseline, is not looked at.
 *
 *   {"baseline":"<identity of the file>","clock":1234,"inputs":"<sha256>","judged":"<sha256>","offset":123456,"resets":3,"restarts":0,
 *    "verdict":"trusted","version":2}
 *   {"allowed":0,…}
 */
#ifndef CLI_WATCH_STATE_H
#define CLI_WATCH_STATE_H

#include "verify/judge.h"

#define WATCH_BASELINE_BYTES 128

struct watch_state {
        bool is_there; /* else there was no earlier look */
        char baseline[WATCH_BASELINE_BYTES]; /* device, inode, size and times of the baseline's file */
        uint64_t clock_ms, resets, restarts;
        uint8_t inputs[32]; /* over all that a verdict depends on but the nonce and the signature */
        uint8_t judged[32]; /* over the verdict and its reasons */
        enum judge_verdict verdict;
        bool has_ima;
        uint64_t offset;   /* in the IMA log, of the first entry that was not judged */
        struct span ima;   /* the state of the judge there */
};

/* Read a state that watch_state_write() wrote; spans point into text. ERR_CANON_*, ERR_HEX. */
MUST_CHECK enum err watch_state_read(struct span text, struct watch_state *ret_state);
/* Write it, with a line feed, into new memory. */
MUST_CHECK enum err watch_state_write(const struct watch_state *s, struct span *ret_text);

/* The judge between two entries; first_reason is the number of reasons that were kept before the first entry. In new memory. */
MUST_CHECK enum err watch_state_save_ima(const struct judge *j, unsigned first_reason, const unsigned *counts_before, struct span *ret_ima);
/* After judge_begin(): set the judge to that place of the log. The judge is to be thrown away on failure. ERR_CANON_*, ERR_HEX. */
MUST_CHECK enum err watch_state_load_ima(struct judge *j, struct span ima);

#endif
