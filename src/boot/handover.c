/* SPDX-License-Identifier: Apache-2.0 */
/* Events 4 and 5: after the partitions are mounted, that they are the ones that were measured, and what files they hold. */
#include "boot/record.h"
#include "boot/stages.h"

enum err handover_open_tpm(struct boot *b)
{
        enum err e;

        notes_load(b);
        e = record_open_tpm(b, b->ports->now_ms(b->ports->context));

        /* a machine without a TPM has failed already, while measuring */
        return e == ERR_TPM_ABSENT && b->done[EVENT_FAILURE] > 0 ? ERR_OK : e;
}

/* ---- mounts -------------------------------------------------------------------------------------------------------------- */

/*
 * btrfs mounts have device numbers of their own; their source is the kernel's own word for the real device. Any other source that has no device
 * number is text of whoever mounted: a tmpfs may be called /dev/vda2.
 */
static bool device_of_mount(struct boot *b, const struct ports_mount *m, uint32_t *ret_major, uint32_t *ret_minor)
{
        const struct ports *p = b->ports;

        if (span_equal_str(m->fs_type, "btrfs"))
                return p->device_of_path(p->context, m->source, ret_major, ret_minor) == ERR_OK;
        *ret_major = m->major;
        *ret_minor = m->minor;
        return m->major != 0;
}

static void found(struct boot_place *place, const struct ports_mount *m, uint32_t major, uint32_t minor)
{
        place->several |= place->mounted && (place->major != major || place->minor != minor);
        place->mounted = true;
        place->major = major;
        place->minor = minor;
        if (place->point[0] != '\0' || !span_equal_str(m->root, "/") || m->point.len >= sizeof(place->point))
                return;
        memcpy(place->point, m->point.data, m->point.len);
        place->point[m->point.len] = '\0';
}

/* Something is mounted at a place where a partition was found before, or below it. */
static void found_over(struct boot_place *place, struct span point)
{
        size_t len = strlen(place->point);

        if (len == 0 || point.len < len || memcmp(point.data, place->point, len) != 0)
                return;
        place->covered |= point.len == len;
        place->holed |= point.len > len && point.data[len] == '/';
}

static enum err look_at_mount(void *arg, const struct ports_mount *m)
{
        struct boot *b = arg;
        const struct ports *p = b->ports;
        uint32_t major = 0, minor = 0, below_major = 0, below_minor = 0;
        bool on_device = device_of_mount(b, m, &major, &minor) &&
                         p->device_beneath(p->context, major, minor, &below_major, &below_minor) == ERR_OK;

        for (unsigned i = 0; i < b->note_count; i++) {
                const struct boot_note *note = &b->notes[i];
                struct boot_place *place = &b->places[i];
                bool same = on_device && strcmp(note->state, "present") == 0 && below_major == note->major && below_minor == note->minor;

                if (!same || !span_equal_str(m->root, "/"))
                        found_over(place, m->point);
                if (!same)
                        continue;
                place->other_type = !span_equal(m->fs_type, b->policy.partitions[i].fs);
                found(place, m, major, minor);
        }
        return ERR_OK;
}

/* ---- before ---------------------------------------------------------------------------------------------------------------- */

/* A partition that is in use already may have been read or run before the rules, whatever is measured of it now. */
enum err handover_check_unmounted(struct boot *b)
{
        for (unsigned i = 0; i < b->policy.partition_count; i++) {
                const struct survey_device *device = &b->survey.partitions[i].candidates[0].device;
                struct boot_note *note = &b->notes[i];

                strcpy(note->state, survey_state(&b->survey, i));
                note->major = device->major;
                note->minor = device->minor;
        }
        b->note_count = b->policy.partition_count;
        TRY(b->ports->mounts_visit(b->ports->context, look_at_mount, b));
        for (unsigned i = 0; i < b->note_count; i++) {
                if (!b->places[i].mounted)
                        continue;
                text_add_span(&b->detail, b->policy.partitions[i].name);
                return ERR_BOOT_MOUNTED;
        }
        return ERR_OK;
}

/* ---- comparison ---------------------------------------------------------------------------------------------------------- */

static enum err check_disk(struct boot *b, const struct boot_note *note, struct survey_device *ret_device)
{
        if (b->ports->device_by_number(b->ports->context, note->major, note->minor, ret_device) != ERR_OK)
                return ERR_BOOT_SWAPPED;
        return ret_device->diskseq == note->diskseq ? ERR_OK : ERR_BOOT_SWAPPED;
}

/* Whether the device mapper's name of a mapping is CRYPT-LUKS1- or CRYPT-LUKS2-, the digits of the UUID, a dash, and anything. */
static bool is_mapping_of(struct span name, const char *uuid)
{
        static const char prefix[] = "CRYPT-LUKS";
        size_t at = sizeof(prefix) - 1 + 2; /* the digit and a dash */

        if (name.len < at || memcmp(name.data, prefix, sizeof(prefix) - 1) != 0)
                return false;
        for (; *uuid != '\0'; uuid++)
                if (*uuid != '-' && (at >= name.len || name.data[at++] != (uint8_t)*uuid))
                        return false;
        return at < name.len && name.data[at] == '-';
}

/*
 * A file system is mounted from the partition itself, one in a LUKS volume from the mapping of that header: not through another that shows other
 * sectors of it, like those of an attacker's file system with the same UUID.
 */
static enum err check_mapping(struct boot *b, const struct boot_note *note, const struct boot_place *place)
{
        const struct ports *p = b->ports;
        struct text path;
        struct span name;
        uint8_t buf[192]; /* of 129 at most */

        if (place->several)
                return ERR_BOOT_MAPPING; /* one that is right, and one that is walked or used */
        if (note->luks_uuid[0] == '\0')
                return place->major == note->major && place->minor == note->minor ? ERR_OK : ERR_BOOT_MAPPING;
        text_begin(&path);
        text_add(&path, "/sys/dev/block/");
        text_add_u64(&path, place->major);
        text_add(&path, ":");
        text_add_u64(&path, place->minor);
        text_add(&path, "/dm/uuid");
        if (p->file_read(p->context, path.buf, buf, sizeof(buf), &name) != ERR_OK)
                return ERR_BOOT_MAPPING;
        return is_mapping_of(name, note->luks_uuid) ? ERR_OK : ERR_BOOT_MAPPING;
}

/* What a LUKS volume holds was not seen before it was unlocked. */
static enum err check_inner(const struct policy_partition *declared, const struct probe *probe, const struct probe_hit *hit)
{
        const struct span none = { NULL, 0 };

        return declared->label_count == 0 || policy_partition_selects(declared, probe_label(probe, hit), none) ? ERR_OK : ERR_BOOT_INNER;
}

/* device is the partition, and is what is mounted unless that is a mapping on it. */
static enum err check_uuid(struct boot *b, unsigned i, const struct boot_place *place, struct survey_device device)
{
        const struct boot_note *note = &b->notes[i];
        const struct ports *p = b->ports;
        const struct probe_hit *hit;
        char uuid[GUID_TEXT_SIZE];
        struct source source;
        enum err e;

        if (device.major != place->major || device.minor != place->minor)
                TRY(p->device_by_number(p->context, place->major, place->minor, &device));
        TRY(p->device_open(p->context, &device, &source));
        probe_expect(&source);
        e = probe_read(&source, b->probe_work, &b->probe);
        p->device_close(p->context);
        TRY(e);
        hit = probe_single(&b->probe);
        if (!hit)
                return ERR_BOOT_UUID;
        probe_uuid(&b->probe, hit, uuid);
        if (note->fs_uuid[0] != '\0' && strcmp(uuid, note->fs_uuid) != 0)
                return ERR_BOOT_UUID;
        return note->luks_uuid[0] == '\0' ? ERR_OK : check_inner(&b->policy.partitions[i], &b->probe, hit);
}

static enum err check_partition(struct boot *b, unsigned i, const struct boot_place *place)
{
        const struct boot_note *note = &b->notes[i];
        struct survey_device device;

        if (!place->mounted)
                return ERR_BOOT_NOT_MOUNTED;
        if (place->covered)
                return ERR_BOOT_COVERED;
        TRY(check_disk(b, note, &device));
        TRY(check_mapping(b, note, place));
        /* rules that could not name the UUID name the declared type, and hold for that only */
        if (note->fs_uuid[0] == '\0' && place->other_type && b->policy.partitions[i].fs.len > 0)
                return ERR_BOOT_INNER;
        return check_uuid(b, i, place, device);
}

/* ---- content ------------------------------------------------------------------------------------------------------------- */

static enum err add_entry(void *arg, const struct manifest_entry *entry)
{
        return manifest_add(arg, entry);
}

static bool skip_entry(void *arg, struct span path)
{
        const struct manifest *m = arg;

        return manifest_excludes(m->walk, path);
}

static void say_content(struct boot *b, struct span partition, const struct manifest *m)
{
        struct text line;

        text_begin(&line);
        text_add(&line, "content of ");
        text_add_span(&line, partition);
        text_add(&line, ": ");
        text_add_u64(&line, m->entries);
        text_add(&line, " entries, ");
        text_add_u64(&line, m->bytes);
        text_add(&line, " bytes");
        b->ports->say(b->ports->context, line.buf);
}

static enum err measure_content(struct boot *b, const struct policy_walk *walk, const char *point)
{
        const struct ports_walk ports_walk = { point, walk->max_bytes, skip_entry, add_entry, &b->manifest };
        struct event_content event = { .partition = b->policy.partitions[walk->partition].name };
        struct digest digest;
        struct span content;

        manifest_begin(&b->manifest, walk);
        TRY(b->ports->tree_walk(b->ports->context, &ports_walk));
        TRY(manifest_end(&b->manifest, &digest));
        event.files = b->manifest.entries;
        event.bytes = b->manifest.bytes;
        memcpy(event.sha256, digest.bytes, sizeof(event.sha256));
        TRY(event_write_content(&event, b->content_text, sizeof(b->content_text), &content));
        TRY(record_event(b, EVENT_CONTENT, content));
        say_content(b, event.partition, &b->manifest);
        return ERR_OK;
}

/* A partition that is not what was measured is not walked: its own failure says enough. */
static void measure_contents(struct boot *b, const struct event_mount *mounts)
{
        for (unsigned i = 0; i < b->policy.walk_count; i++) {
                const struct policy_walk *walk = &b->policy.walks[i];
                const char *point = b->places[walk->partition].point;
                enum err e = ERR_BOOT_NOT_MOUNTED;

                if (mounts[walk->partition].why != ERR_OK)
                        continue;
                text_begin(&b->detail);
                if (b->places[walk->partition].holed)
                        e = ERR_TREE_MOUNT;
                else if (point[0] != '\0')
                        e = measure_content(b, walk, point);
                if (e == ERR_OK)
                        continue;
                text_add_span(&b->detail, b->policy.partitions[walk->partition].name);
                record_failure(b, "content", e);
        }
        text_begin(&b->detail);
}

/* ---- event --------------------------------------------------------------------------------------------------------------- */

/* The first reason for which a required partition is not as it was measured. An optional one that was absent is no failure. */
static enum err first_reason(struct boot *b, const struct event_mount *mounts)
{
        for (unsigned i = 0; i < b->policy.partition_count; i++) {
                bool needed = b->policy.partitions[i].required || strcmp(b->notes[i].state, "absent") != 0;

                if (mounts[i].why == ERR_OK || !needed)
                        continue;
                text_add_span(&b->detail, mounts[i].name);
                return mounts[i].why;
        }
        return ERR_OK;
}

enum err handover_record(struct boot *b, const struct event_mount *mounts)
{
        struct span content;
        enum err e;

        measure_contents(b, mounts);
        TRY(event_write_handover(mounts, b->policy.partition_count, b->content_text, sizeof(b->content_text), &content));
        TRY(record_event(b, EVENT_HANDOVER, content));
        e = first_reason(b, mounts);
        if (e == ERR_OK)
                b->ports->say(b->ports->context, "handover: what is mounted is what was measured");
        return e;
}

enum err handover_measure(struct boot *b)
{
        struct event_mount mounts[POLICY_PARTITIONS_MAX];

        if (b->note_count != b->policy.partition_count)
                return ERR_BOOT_STATE;
        TRY(b->ports->mounts_visit(b->ports->context, look_at_mount, b));
        for (unsigned i = 0; i < b->policy.partition_count; i++)
                mounts[i] = (struct event_mount){ b->policy.partitions[i].name, check_partition(b, i, &b->places[i]) };
        return handover_record(b, mounts);
}
