/* SPDX-License-Identifier: Apache-2.0 */
/* Draws the bar, ten times a second at most. */
#include "cli/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define BAR 30
#define STEP_MS 100

static uint64_t now_ms(void)
{
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
        return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void progress_begin(struct progress *p, const char *what)
{
        *p = (struct progress){ .on = isatty(STDERR_FILENO) == 1, .what = what, .last_ms = 0 };
        if (p->on)
                p->last_ms = now_ms();
}

void progress_know(struct progress *p, uint64_t files, uint64_t bytes)
{
        p->files = files;
        p->bytes = bytes;
}

void progress_show(struct progress *p, uint64_t files_done, uint64_t bytes_done)
{
        char bar[BAR + 1];
        uint64_t full, now;

        if (!p->on || (now = now_ms()) - p->last_ms < STEP_MS)
                return;
        p->last_ms = now;
        full = p->bytes > 0 ? bytes_done * BAR / p->bytes : 0;
        for (unsigned i = 0; i < BAR; i++)
                bar[i] = i < full ? '#' : '.';
        bar[BAR] = '\0';
        fprintf(stderr, "\r\033[K%s [%s] %llu files, %llu MB", p->what, bar, (unsigned long long)files_done,
                (unsigned long long)(bytes_done / 1000000));
        if (p->files > 0)
                fprintf(stderr, " of %llu, %llu MB", (unsigned long long)p->files, (unsigned long long)(p->bytes / 1000000));
        p->shown = true;
}

void progress_end(struct progress *p)
{
        if (p->shown)
                fputs("\r\033[K", stderr);
        p->shown = false;
}
