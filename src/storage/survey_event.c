/* SPDX-License-Identifier: Apache-2.0 */
/* The survey's result as the canonical JSON of the storage event. */
#include "storage/survey_event.h"

/* Where the device stands this time: changes from boot to boot. */
static void write_device(struct json_writer *w, const struct survey_device *d)
{
        json_object_open(w);
        json_put_u64(w, "diskseq", d->diskseq);
        json_put_u64(w, "major", d->major);
        json_put_u64(w, "minor", d->minor);
        json_put_str(w, "name", d->name);
        json_put_bool(w, "removable", d->removable);
        json_put_u64(w, "size_bytes", d->size_bytes);
        json_object_close(w);
}

static const char *kernel_word(const struct survey_candidate *c)
{
        if (!c->device.is_partition || !c->has_gpt)
                return "none";
        return c->witnesses_agree ? "agrees" : "differs";
}

static void write_signatures(struct json_writer *w, const struct survey_candidate *c, unsigned classes)
{
        if (c->probe_error != ERR_OK) {
                json_put_str(w, "signatures", err_name(c->probe_error));
                return;
        }
        json_key(w, "signatures");
        json_array_open(w);
        for (unsigned i = 0; i < c->probe.count; i++)
                probe_write(w, &c->probe, &c->probe.hits[i], classes);
        json_array_close(w);
}

static void write_candidate(struct json_writer *w, const struct survey_candidate *c, unsigned classes)
{
        json_object_open(w);
        if (classes & CLASS_INFO) {
                json_key(w, "device");
                write_device(w, &c->device);
        }
        if (c->has_gpt) {
                json_key(w, "entry");
                gpt_write_entry(w, &c->entry, classes);
        }
        json_put_str(w, "gpt", c->has_gpt ? "ok" : err_name(c->gpt_error));
        json_put_str(w, "kernel", kernel_word(c));
        write_signatures(w, c, classes);
        if (c->has_gpt) {
                json_key(w, "table");
                gpt_write_table(w, &c->table, classes);
        }
        json_object_close(w);
}

static void write_partition(struct json_writer *w, const struct survey *s, unsigned index, unsigned classes)
{
        const struct survey_partition *p = &s->partitions[index];

        json_object_open(w);
        json_key(w, "candidates");
        json_array_open(w);
        /* Which four of many would be kept depends on the order in which they came. */
        for (unsigned i = 0; p->count <= SURVEY_CANDIDATES_MAX && i < p->count; i++)
                write_candidate(w, &p->candidates[i], classes);
        json_array_close(w);
        json_put_u64(w, "count", p->count);
        json_put_text(w, "name", s->policy->partitions[index].name);
        json_put_str(w, "state", survey_state(s, index));
        json_object_close(w);
}

static void write_disks(struct json_writer *w, const struct survey *s)
{
        struct digest digest;

        digest_of(ALG_SHA256, span_of(s->disk_digests, (size_t)s->disk_count * 32), &digest);
        json_object_open(w);
        json_put_u64(w, "count", s->disk_count);
        json_put_hex(w, "sha256", digest_span(&digest));
        json_object_close(w);
}

enum err survey_event_write(const struct survey *s, unsigned classes, char *buf, size_t cap, struct span *ret_text)
{
        struct json_writer w = json_writer_on(buf, cap);

        json_object_open(&w);
        if (s->policy->disks == POLICY_DISKS_CLOSED || (classes & CLASS_INFO)) {
                json_key(&w, "disks");
                write_disks(&w, s);
        }
        json_put_str(&w, "event", "storage");
        json_key(&w, "partitions");
        json_array_open(&w);
        for (unsigned i = 0; i < s->policy->partition_count; i++)
                write_partition(&w, s, i, classes);
        json_array_close(&w);
        json_object_close(&w);
        return json_writer_result(&w, ret_text);
}
