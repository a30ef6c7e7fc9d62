/* SPDX-License-Identifier: Apache-2.0 */
/* One line on a terminal that tells how far a long task is; nothing at all where standard error is none. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
        bool on, shown;
        const char *what;
        uint64_t last_ms, files, bytes; /* of all; 0: not known yet */
};

void progress_begin(struct progress *p, const char *what);
/* Now it is known how much there is. */
void progress_know(struct progress *p, uint64_t files, uint64_t bytes);
/* Cheap enough to be called for each file. */
void progress_show(struct progress *p, uint64_t files_done, uint64_t bytes_done);
/* Take the line away. */
void progress_end(struct progress *p);

#endif
