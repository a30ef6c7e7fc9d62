/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting until udev has worked off what the kernel has told it: drivers are loaded, and all that is plugged in was looked at. `udevadm settle`
 * does the same, but as a program of its own it costs more than all of our waiting.
 */
#include "port/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define QUEUE_POLL_MS 10
#define MARK_POLL_MS 4
#define UDEV_GROUP 2 /* of NETLINK_KOBJECT_UEVENT: what udev has done with an event of the kernel's (group 1) */
#define MESSAGE_BYTES 8192

/*
 * /run/udev/queue is there while udev has something to do, which only tells something once udev has read all that was sent to it before. So one
 * more event is put behind that (Documentation/ABI/testing/sysfs-uevent), for a device that nobody minds; udev tells when it has come to it. It
 * is put when the queue is gone for the first time: listening to all that udev tells before would take more of the processor than all else we do.
 */
#define MARK "9c0514a0-5e77-4ed0-8000-5e771ed00000"

/* Where one of these calls fails, the mark is never seen, and we wait as long as we may. */
static int listen_to_udev(void)
{
        const struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = UDEV_GROUP };
        int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

        if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
                errno = 0;
        return fd;
}

static void put_mark(const struct machine *m)
{
        int fd = machine_open(m, "/sys/class/mem/null/uevent", O_WRONLY);

        if (write(fd, "change " MARK, strlen("change " MARK)) < 0)
                errno = 0;
        close(fd);
}

/* Reads all that udev has told. Where that was more than fits, the mark may be among what was lost, and is put again. */
static bool saw_mark(const struct machine *m, int udev)
{
        uint8_t message[MESSAGE_BYTES];
        bool seen = false;
        ssize_t n;

        while ((n = recv(udev, message, sizeof(message), 0)) > 0)
                seen = seen || span_find(span_of(message, (size_t)n), MARK);
        if (n < 0 && errno == ENOBUFS)
                put_mark(m);
        return seen;
}

static bool has_queue(void)
{
        return access("/run/udev/queue", F_OK) == 0;
}

static void pause_ms(uint32_t ms)
{
        const struct timespec pause = { 0, (long)ms * 1000000 };

        nanosleep(&pause, NULL);
}

bool settle_wait(void *context, uint32_t wait_ms)
{
        const struct machine *m = context;
        uint32_t waited = 0;
        bool read = false;
        int udev;

        if (m->root[0] != '\0' || access("/run/udev/control", F_OK) != 0)
                return true;
        for (; has_queue() && waited < wait_ms; waited += QUEUE_POLL_MS)
                pause_ms(QUEUE_POLL_MS);
        udev = listen_to_udev();
        put_mark(m);
        while (!(read = read || saw_mark(m, udev)) || has_queue()) {
                if (waited >= wait_ms)
                        break;
                pause_ms(MARK_POLL_MS);
                waited += MARK_POLL_MS;
        }
        close(udev);
        return read && waited < wait_ms;
}
