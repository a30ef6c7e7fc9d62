/* SPDX-License-Identifier: Apache-2.0 */
/* The event log's file and the lock of all who write it. */
#include "port/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define LOG_PATH "/run/cosima/events.cel"
#define LOCK_PATH "/run/cosima/lock"
#define LOCK_POLL_MS 5

enum err eventlog_lock(void *context, uint32_t wait_ms)
{
        const struct timespec pause = { 0, LOCK_POLL_MS * 1000000 };
        struct machine *m = context;

        if (m->lock_fd < 0)
                m->lock_fd = machine_open(m, LOCK_PATH, O_RDWR | O_CREAT | O_NOFOLLOW);
        if (m->lock_fd < 0)
                return ERR_EVENTLOG_OPEN;
        for (uint32_t waited = 0; flock(m->lock_fd, LOCK_EX | LOCK_NB) != 0; waited += LOCK_POLL_MS) {
                if ((errno != EWOULDBLOCK && errno != EINTR) || waited >= wait_ms)
                        return ERR_EVENTLOG_LOCKED;
                nanosleep(&pause, NULL);
        }
        return ERR_OK;
}

/* One write, so that a record is there whole or torn at one place only; what comes after it is extended only when this has succeeded. */
enum err eventlog_append(void *context, struct span record)
{
        int fd = machine_open(context, LOG_PATH, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW);
        bool good;

        if (fd < 0)
                return ERR_EVENTLOG_OPEN;
        good = write(fd, record.data, record.len) == (ssize_t)record.len && fsync(fd) == 0;
        return close(fd) == 0 && good ? ERR_OK : ERR_EVENTLOG_WRITE;
}
