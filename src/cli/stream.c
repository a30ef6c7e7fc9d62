/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two buffers: while both threads work on the piece in one, the main thread, done with its half, reads the next piece into the other. What
 * is left of a piece, the beginning of an entry, is moved before the next one.
 */
#include "cli/stream.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_BYTES (256u * 1024) /* fits into the second level cache, so that the second reader of a piece finds it there */
#define BUFFER_BYTES (PIECE_BYTES + IMA_ENTRY_BYTES_MAX)
#define ALONE_BYTES (64u * 1024) /* a log this short is done before a thread has started */

struct helper {
        struct judge *judge;
        const struct stream_visitor *visitor;
        struct span piece;
        bool last, quit;
        sem_t start, done;
        pthread_t thread;
        bool running;
        bool chain_only; /* the log is replayed once more, and not held against the baseline again */
};

static void wait_for(sem_t *semaphore)
{
        while (sem_wait(semaphore) != 0)
                continue;
}

static void look_at(const struct helper *h, struct span piece, bool last)
{
        size_t used = judge_ima_files(h->judge, piece, last);

        if (h->visitor)
                h->visitor->visit(h->visitor->arg, span_of(piece.data, used));
}

static void *run_helper(void *context)
{
        struct helper *h = context;

        for (;;) {
                wait_for(&h->start);
                if (h->quit)
                        return NULL;
                look_at(h, h->piece, h->last);
                sem_post(&h->done);
        }
}

/* Without a thread the main one does both halves. */
static void start_helper(struct helper *h, uint64_t bytes)
{
        h->running = bytes > ALONE_BYTES && sem_init(&h->start, 0, 0) == 0 && sem_init(&h->done, 0, 0) == 0 &&
                     pthread_create(&h->thread, NULL, run_helper, h) == 0;
}

static void stop_helper(struct helper *h)
{
        if (!h->running)
                return;
        h->quit = true;
        sem_post(&h->start);
        pthread_join(h->thread, NULL);
        sem_destroy(&h->start);
        sem_destroy(&h->done);
}

static void give(struct helper *h, struct span piece, bool last)
{
        h->piece = piece;
        h->last = last;
        if (h->running)
                sem_post(&h->start);
        else if (!h->chain_only)
                look_at(h, piece, last);
}

static void take_back(struct helper *h)
{
        if (h->running)
                wait_for(&h->done);
}

static enum cli_exit stream(const struct cli *cli, const struct archive *a, uint64_t offset, struct helper *h, uint8_t *buffers[2], uint64_t *ret_end)
{
        uint64_t end = offset;
        size_t len, more;
        enum cli_exit status = archive_read_ima(cli, a, offset, PIECE_BYTES, buffers[0], &len);

        for (unsigned turn = 0; status == CLI_OK; turn ^= 1) {
                bool last = end + len >= a->ima_size;
                size_t used, left;

                give(h, span_of(buffers[turn], len), last);
                used = judge_ima_chain(h->judge, span_of(buffers[turn], len), last);
                end += used;
                left = len - used;
                more = 0;
                if (!last) {
                        memcpy(buffers[turn ^ 1], buffers[turn] + used, left);
                        status = archive_read_ima(cli, a, end + left, PIECE_BYTES, buffers[turn ^ 1] + left, &more);
                }
                take_back(h);
                if (last || judge_ima_stopped(h->judge))
                        break;
                len = left + more;
        }
        *ret_end = end;
        return status;
}

enum cli_exit stream_ima(const struct cli *cli, const struct archive *a, uint64_t offset, struct judge *j,
                        const struct stream_visitor *visitor, uint64_t *ret_end)
{
        struct helper helper = { .judge = j, .visitor = visitor };
        uint8_t *memory;
        enum cli_exit status;

        *ret_end = offset;
        if (offset >= a->ima_size)
                return CLI_OK;
        memory = malloc(2 * (size_t)BUFFER_BYTES);
        if (!memory)
                return cli_fail(cli, CLI_FAILED, "no memory for %u bytes", 2 * BUFFER_BYTES);
        start_helper(&helper, a->ima_size - offset);
        status = stream(cli, a, offset, &helper, (uint8_t *[2]){ memory, memory + BUFFER_BYTES }, ret_end);
        stop_helper(&helper);
        if (status == CLI_OK && offset == 0 && judge_ima_again(j)) {
                helper = (struct helper){ .judge = j, .chain_only = true };
                status = stream(cli, a, offset, &helper, (uint8_t *[2]){ memory, memory + BUFFER_BYTES }, ret_end);
        }
        free(memory);
        return status;
}
