/* SPDX-License-Identifier: Apache-2.0 */
/* Every block device is read and given to the survey, again when the set of devices has changed, until all is there or time is up. */
#include "boot/stages.h"

#define POLL_MS 25

/*
 * Boots that have no COS partitions to wait for: live media, installers and recovery, as their kernel command lines tell. Waiting less can only
 * lead to "absent", so it does not matter who wrote that line.
 */
static const char no_wait_words[][16] = { "live:", "netboot", "COS_RECOVERY", "COS_SYSTEM", "recovery-mode", "rd.cos.disable" };

static bool is_live_boot(struct boot *b)
{
        char line[4096];
        struct span bytes;

        if (b->ports->file_read(b->ports->context, "/proc/cmdline", (uint8_t *)line, sizeof(line), &bytes) != ERR_OK)
                return false;
        for (size_t i = 0; i < sizeof(no_wait_words) / sizeof(no_wait_words[0]); i++)
                if (span_find(bytes, no_wait_words[i]))
                        return true;
        return false;
}

/*
 * Until then a second disk with a declared label may be plugged in and yet not be there to be seen. All that needs no disk was done before, as we are
 * started while udev is at work. A run that is started by udev's own rule would wait for itself.
 */
enum err disks_await_udev(struct boot *b)
{
        const struct ports *p = b->ports;

        if (b->nowait)
                return ERR_OK;
        if (!p->settle(p->context, BOOT_SETTLE_WAIT_MS))
                p->say(p->context, "udev has not settled; going on without it");
        b->started_ms = p->now_ms(p->context);
        return ERR_OK;
}

/* ---- one pass ------------------------------------------------------------------------------------------------------------ */

/* Opened once for both readings: when a device is closed the kernel forgets what it has read. */
static void read_device(struct boot *b, const struct survey_device *device, enum err *gpt_error, enum err *ret_probe_error)
{
        const struct ports *p = b->ports;
        struct source source;
        enum err e = p->device_open(p->context, device, &source);

        *ret_probe_error = e;
        if (!device->is_partition)
                *gpt_error = e;
        if (e != ERR_OK)
                return;
        probe_expect(&source);
        if (!device->is_partition)
                *gpt_error = gpt_read(&source, b->gpt_work, &b->gpt);
        *ret_probe_error = probe_read(&source, b->probe_work, &b->probe);
        p->device_close(p->context);
}

static void note_unread(struct boot *b, const struct survey_device *disk, enum err gpt_error)
{
        struct boot_disk *unread = &b->unread[b->unread_count];

        if (gpt_error == ERR_OK || disk->is_virtual || b->unread_count == BOOT_UNREAD_MAX)
                return;
        memcpy(unread->name, disk->name, sizeof(unread->name));
        unread->gpt_error = gpt_error;
        b->unread_count++;
}

/* A whole disk is looked at as a volume even when it has partitions: somebody may find a label on it. */
static enum err add_device(struct boot *b, const struct survey_device *device, enum err *gpt_error)
{
        enum err probe_error;

        read_device(b, device, gpt_error, &probe_error);
        if (!device->is_partition) {
                note_unread(b, device, *gpt_error);
                TRY(survey_add_disk(&b->survey, device, *gpt_error == ERR_OK ? &b->gpt : NULL, *gpt_error));
        }
        survey_add_volume(&b->survey, device, *gpt_error == ERR_OK ? &b->gpt : NULL, *gpt_error,
                          probe_error == ERR_OK ? &b->probe : NULL, probe_error);
        return ERR_OK;
}

static uint64_t mix(uint64_t print, const void *bytes, size_t len)
{
        for (size_t i = 0; i < len; i++)
                print = (print ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3ull;
        return print;
}

/* A number that changes when a device comes, goes, or gets another medium or size; the order of the listing does not matter. */
static uint64_t print_of(const struct survey_device *device)
{
        uint64_t print = mix(0xcbf29ce484222325ull, device->name, strlen(device->name));

        print = mix(print, &device->major, sizeof(device->major));
        print = mix(print, &device->minor, sizeof(device->minor));
        print = mix(print, &device->diskseq, sizeof(device->diskseq));
        return mix(print, &device->size_bytes, sizeof(device->size_bytes));
}

/* Visit all devices, which are summed up in *ret_print; add is NULL where only that is wanted. */
static enum err visit_devices(struct boot *b, enum err (*add)(struct boot *, const struct survey_device *, enum err *), uint64_t *ret_print)
{
        const struct ports *p = b->ports;
        enum err gpt_error = ERR_GPT_NONE, e;
        struct survey_device device;
        uint64_t sum = 0;
        bool more;

        TRY(p->devices_begin(p->context));
        while ((e = p->devices_next(p->context, &device, &more)) == ERR_OK && more) {
                sum += print_of(&device);
                if (add && (e = add(b, &device, &gpt_error)) != ERR_OK)
                        break;
        }
        p->devices_end(p->context);
        if (e == ERR_OK)
                *ret_print = sum;
        return e;
}

/* ---- waiting ------------------------------------------------------------------------------------------------------------- */

/* An empty survey is measured when nothing can be listed. */
static enum err survey_once(struct boot *b, uint64_t *ret_print)
{
        survey_begin(&b->survey, &b->policy);
        b->unread_count = 0;
        return visit_devices(b, add_device, ret_print);
}

/* The set that counts as seen is the one that was surveyed, so a device that comes while it is surveyed is seen as a change. */
enum err disks_survey(struct boot *b)
{
        const struct ports *p = b->ports;
        uint64_t until_ms = b->started_ms + (b->nowait || is_live_boot(b) ? 0 : (uint64_t)b->policy.wait_s * 1000);
        uint64_t seen, now;

        for (;;) {
                TRY(survey_once(b, &seen));
                do {
                        if (survey_complete(&b->survey) || p->now_ms(p->context) >= until_ms) {
                                b->finished = b->nowait && !survey_complete(&b->survey);
                                return ERR_OK;
                        }
                        p->sleep_ms(p->context, POLL_MS);
                        TRY(visit_devices(b, NULL, &now));
                } while (now == seen);
        }
}
