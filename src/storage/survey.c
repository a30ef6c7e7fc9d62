/* SPDX-License-Identifier: Apache-2.0 */
/* Collecting the block devices that a policy's partition lines select. */
#include "storage/survey.h"

#define DISK_TEXT_BYTES 1024

void survey_begin(struct survey *s, const struct policy *policy)
{
        s->policy = policy;
        s->disk_count = 0;
        for (unsigned i = 0; i < policy->partition_count; i++)
                s->partitions[i].count = 0;
}

static const struct gpt_entry *find_entry(const struct gpt *gpt, uint32_t number)
{
        for (uint32_t i = 0; i < gpt->table.count; i++)
                if (gpt->entries[i].number == number)
                        return &gpt->entries[i];
        return NULL;
}

/* The character at *text as its low UTF-16 unit, and step behind it; *text is valid UTF-8 and not empty. */
static uint16_t next_unit(struct span *text, bool *ret_pair)
{
        uint8_t lead = text->data[0];
        size_t len = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
        uint32_t point = len == 1 ? lead : lead & (0xffu >> (len + 1));

        for (size_t i = 1; i < len && i < text->len; i++)
                point = point << 6 | (text->data[i] & 0x3f);
        len = len < text->len ? len : text->len;
        *text = span_of(text->data + len, text->len - len);
        *ret_pair = len == 4;
        return (uint16_t)(len == 4 ? 0xdc00 | (point & 0x3ff) : point);
}

static char kernel_char(uint16_t unit)
{
        uint8_t c = (uint8_t)unit;

        return (char)((c > 0 && c < 0x20) || (c >= 0x7f && c < 0xa0) ? '!' : c);
}

void survey_kernel_name(const char *ours, char *ret_name)
{
        struct span rest = span_of_str(ours);
        size_t len = 0;

        while (rest.len > 0 && len + 2 < GPT_NAME_BYTES) {
                struct span at = rest;
                bool pair;
                uint16_t unit = next_unit(&rest, &pair);

                if (pair) /* the high surrogate: 0xD800 and the upper ten bits of what exceeds 0xFFFF */
                        ret_name[len++] = kernel_char((uint16_t)(((at.data[0] & 7) << 8 | (at.data[1] & 0x3f) << 2 | (at.data[2] & 0x3f) >> 4) - 0x40));
                if (len > 0 && ret_name[len - 1] == '\0')
                        return;
                ret_name[len] = kernel_char(unit);
                if (ret_name[len++] == '\0')
                        return;
        }
        ret_name[len] = '\0';
}

static bool witnesses_agree(const struct survey_kernel_view *kernel, const struct gpt *gpt, const struct gpt_entry *entry)
{
        uint64_t factor = gpt->table.sector_bytes / 512;
        char unique[GUID_TEXT_SIZE], name[GPT_NAME_BYTES];

        survey_kernel_name(entry->name, name);
        guid_format(span_of(entry->unique, GUID_BYTES), unique);
        return kernel->start_sectors == entry->first_lba * factor &&
               kernel->size_sectors == (entry->last_lba - entry->first_lba + 1) * factor &&
               (kernel->part_uuid[0] == '\0' || strcmp(kernel->part_uuid, unique) == 0) &&
               strcmp(name, kernel->part_name) == 0;
}

/* The disk's identity as one text: what it is, then a line an entry. Layout is left out, since growing a partition is no other disk. */
static enum err digest_disk(const struct survey_device *disk, const struct gpt *gpt, enum err gpt_error, uint8_t *ret_sha256)
{
        char buf[DISK_TEXT_BYTES];
        struct json_writer w = json_writer_on(buf, sizeof(buf));
        struct digest_state state;
        struct digest digest;
        struct span text;

        json_object_open(&w);
        json_put_str(&w, "gpt", gpt_error == ERR_OK ? "ok" : err_name(gpt_error));
        json_put_u64(&w, "sector_bytes", disk->sector_bytes);
        json_put_u64(&w, "size_bytes", disk->size_bytes);
        if (gpt_error == ERR_OK) {
                json_key(&w, "table");
                gpt_write_table(&w, &gpt->table, CLASS_IDENTITY);
        }
        json_object_close(&w);
        TRY(json_writer_result(&w, &text));
        digest_begin(&state, ALG_SHA256);
        digest_add(&state, text);
        for (uint32_t i = 0; gpt_error == ERR_OK && i < gpt->table.count; i++) {
                w = json_writer_on(buf, sizeof(buf));
                gpt_write_entry(&w, &gpt->entries[i], CLASS_IDENTITY);
                TRY(json_writer_result(&w, &text));
                digest_add(&state, text);
        }
        digest_end(&state, &digest);
        memcpy(ret_sha256, digest.bytes, 32);
        return ERR_OK;
}

enum err survey_add_disk(struct survey *s, const struct survey_device *disk, const struct gpt *gpt, enum err gpt_error)
{
        uint8_t sha256[32];
        unsigned at;

        if (disk->is_virtual)
                return ERR_OK;
        if (s->disk_count >= SURVEY_DISKS_MAX)
                return ERR_SURVEY_DISKS;
        TRY(digest_disk(disk, gpt, gpt_error, sha256));
        for (at = s->disk_count; at > 0 && memcmp(s->disk_digests[at - 1], sha256, 32) > 0; at--)
                memcpy(s->disk_digests[at], s->disk_digests[at - 1], 32);
        memcpy(s->disk_digests[at], sha256, 32);
        s->disk_count++;
        return ERR_OK;
}

static void fill_candidate(struct survey_candidate *c, const struct survey_device *device, const struct gpt *gpt, enum err gpt_error,
                           const struct probe *probe, enum err probe_error)
{
        const struct gpt_entry *entry = gpt_error == ERR_OK && gpt ? find_entry(gpt, device->kernel.number) : NULL;

        memset(c, 0, sizeof(*c));
        c->device = *device;
        c->gpt_error = gpt_error == ERR_OK && !entry ? ERR_SURVEY_NO_ENTRY : gpt_error;
        if (entry) {
                c->has_gpt = true;
                c->entry = *entry;
                c->table = gpt->table;
                c->witnesses_agree = witnesses_agree(&device->kernel, gpt, entry);
        }
        c->probe_error = probe_error;
        if (probe_error == ERR_OK)
                c->probe = *probe;
}

/* An order that does not depend on how the kernel numbered the devices; the name decides only between clones. */
static int compare_candidates(const struct survey_candidate *a, const struct survey_candidate *b)
{
        int by_disk = memcmp(a->table.disk_guid, b->table.disk_guid, GUID_BYTES);
        int by_unique = memcmp(a->entry.unique, b->entry.unique, GUID_BYTES);

        if (by_disk != 0 || by_unique != 0)
                return by_disk != 0 ? by_disk : by_unique;
        if (a->device.kernel.start_sectors != b->device.kernel.start_sectors)
                return a->device.kernel.start_sectors < b->device.kernel.start_sectors ? -1 : 1;
        if (a->device.size_bytes != b->device.size_bytes)
                return a->device.size_bytes < b->device.size_bytes ? -1 : 1;
        return strcmp(a->device.name, b->device.name);
}

static void keep_candidate(struct survey_partition *p, const struct survey_device *device, const struct gpt *gpt, enum err gpt_error,
                           const struct probe *probe, enum err probe_error)
{
        unsigned at = p->count++;

        if (at >= SURVEY_CANDIDATES_MAX)
                return;
        fill_candidate(&p->candidates[at], device, gpt, gpt_error, probe, probe_error);
        for (; at > 0 && compare_candidates(&p->candidates[at - 1], &p->candidates[at]) > 0; at--) {
                p->candidates[at] = p->candidates[at - 1];
                fill_candidate(&p->candidates[at - 1], device, gpt, gpt_error, probe, probe_error);
        }
}

/*
 * By any label that stands on the device, also in a signature that we refuse, and by the partition's name as we or the kernel read it: a
 * second signature must not hide one, and neither must a defect that others overlook. And by what udev says, which knows more formats.
 */
static bool is_selected(const struct policy_partition *p, const struct survey_device *device, const struct gpt_entry *entry,
                        const struct probe *probe)
{
        const struct span none = { NULL, 0 };

        for (unsigned i = 0; probe && i < probe->count; i++)
                if (probe->hits[i].error == ERR_OK && policy_partition_selects(p, probe_label(probe, &probe->hits[i]), none))
                        return true;
        for (unsigned i = 0; probe && i < probe->claims.count; i++)
                if (policy_partition_selects(p, probe_claims_label(&probe->claims, i), none))
                        return true;
        if (policy_partition_selects(p, span_of_str(device->udev_label), span_of_str(device->udev_part_name)))
                return true;
        if (!device->is_partition)
                return false;
        return policy_partition_selects(p, none, span_of_str(device->kernel.part_name)) ||
               (entry && policy_partition_selects(p, none, span_of_str(entry->name)));
}

void survey_add_volume(struct survey *s, const struct survey_device *device, const struct gpt *gpt, enum err gpt_error,
                       const struct probe *probe, enum err probe_error)
{
        const struct gpt_entry *entry = gpt_error == ERR_OK && gpt ? find_entry(gpt, device->kernel.number) : NULL;

        for (unsigned i = 0; i < s->policy->partition_count; i++)
                if (is_selected(&s->policy->partitions[i], device, entry, probe_error == ERR_OK ? probe : NULL))
                        keep_candidate(&s->partitions[i], device, gpt, gpt_error, probe, probe_error);
}

bool survey_complete(const struct survey *s)
{
        for (unsigned i = 0; i < s->policy->partition_count; i++)
                if (s->policy->partitions[i].required && s->partitions[i].count == 0)
                        return false;
        return true;
}

/* What udev takes for a member of an array or of a volume group may become another device with this label, whatever file system we see. */
static const struct probe_hit *single_hit(const struct survey_candidate *c)
{
        const struct probe_hit *hit = c->probe_error == ERR_OK ? probe_single(&c->probe) : NULL;
        const char *udev_type = c->device.udev_type;

        return hit && (udev_type[0] == '\0' || strcmp(udev_type, probe_name(&c->probe, hit)) == 0) ? hit : NULL;
}

const char *survey_state(const struct survey *s, unsigned partition)
{
        const struct survey_partition *p = &s->partitions[partition];

        if (p->count == 0)
                return "absent";
        if (p->count > 1)
                return "ambiguous";
        return single_hit(&p->candidates[0]) ? "present" : "malformed";
}

static bool is_luks(const struct probe_hit *hit)
{
        return hit->type == PROBE_LUKS1 || hit->type == PROBE_LUKS2;
}

/* The kernel mounts ext2 and ext3 by the driver of ext4; what a LUKS container holds is not known yet. */
static bool type_allowed(struct span fs, const struct probe *probe, const struct probe_hit *hit)
{
        if (fs.len == 0 || is_luks(hit))
                return true;
        if (hit->type == PROBE_EXT4)
                return span_equal_str(fs, "ext4") || span_equal_str(fs, "ext3") || span_equal_str(fs, "ext2");
        return span_equal_str(fs, probe_name(probe, hit));
}

static enum err partition_verdict(const struct survey_partition *p, const struct policy_partition *declared)
{
        const struct survey_candidate *c = &p->candidates[0];

        if (p->count == 0)
                return declared->required ? ERR_SURVEY_ABSENT : ERR_OK;
        if (p->count > 1)
                return ERR_SURVEY_AMBIGUOUS;
        const struct probe_hit *hit = single_hit(c);

        if (!hit)
                return ERR_SURVEY_MALFORMED;
        if (c->device.is_partition && c->gpt_error != ERR_OK)
                return c->gpt_error;
        if (c->device.is_partition && !c->witnesses_agree)
                return ERR_SURVEY_WITNESS;
        return type_allowed(declared->fs, &c->probe, hit) ? ERR_OK : ERR_SURVEY_TYPE;
}

enum err survey_verdict(const struct survey *s, unsigned *ret_partition)
{
        for (unsigned i = 0; i < s->policy->partition_count; i++) {
                enum err e = partition_verdict(&s->partitions[i], &s->policy->partitions[i]);

                if (e != ERR_OK) {
                        *ret_partition = i;
                        return e;
                }
        }
        return ERR_OK;
}

static void render_one(const struct survey_partition *p, const struct policy_partition *declared, struct render_partition *ret)
{
        const struct probe_hit *hit = p->count == 1 ? single_hit(&p->candidates[0]) : NULL;

        *ret = (struct render_partition){ .present = hit != NULL, .fs_name = declared->fs };
        if (!hit)
                return;
        const struct probe *probe = &p->candidates[0].probe;

        if (hit->type == PROBE_LUKS2) {
                luks2_inner_uuid(&probe->luks2, ret->fs_uuid);
        } else if (!is_luks(hit)) {
                probe_uuid(probe, hit, ret->fs_uuid);
                /* vfat and squashfs have none that the kernel compares. */
                if (!guid_is_text(span_of_str(ret->fs_uuid)))
                        ret->fs_uuid[0] = '\0';
                if (ret->fs_name.len == 0)
                        ret->fs_name = span_of_str(probe_name(probe, hit));
        }
}

void survey_render_partitions(const struct survey *s, struct render_partition *ret_partitions)
{
        for (unsigned i = 0; i < s->policy->partition_count; i++)
                render_one(&s->partitions[i], &s->policy->partitions[i], &ret_partitions[i]);
}
