/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each disk as a bar to scale, where the policy has the layout measured (classes … layout): the declared partitions where they lie, and what is
 * between them. What is too small to be seen is drawn wider than it is.
 */
#include "cli/html.h"
#include "cli/report.h"
#include "cli/report_scale.h"
#include "trust/policy.h"

#define BAR 34.0
#define WIDTH_MIN 10.0

struct part {
        struct span name, disk;
        uint64_t first_lba, last_lba, backup_lba, sector_bytes;
        enum report_state state;
};

struct parts {
        unsigned count;
        struct part list[POLICY_PARTITIONS_MAX];
};

/* ---- the event ------------------------------------------------------------------------------------------------------------- */

static bool find(struct span object, const char *key, struct span *ret_value)
{
        return canon_member(object, key, ret_value) == ERR_OK;
}

static bool find_u64(struct span object, const char *key, uint64_t *ret_number)
{
        struct span value;

        return find(object, key, &value) && canon_u64(value, ret_number) == ERR_OK;
}

static bool find_text(struct span object, const char *key, struct span *ret_text)
{
        struct span value;

        return find(object, key, &value) && canon_plain_string(value, ret_text) == ERR_OK;
}

/* The one device that a partition is, with its place on the disk. */
static bool read_part(struct span partition, struct part *p)
{
        struct span value, candidate, entry, table, layout;
        struct canon_walk walk;

        return find_text(partition, "name", &p->name) && find(partition, "candidates", &value) && canon_open_array(value, &walk) == ERR_OK &&
               canon_next_element(&walk, &candidate) && find(candidate, "entry", &entry) && find(entry, "layout", &layout) &&
               find_u64(layout, "first_lba", &p->first_lba) && find_u64(layout, "last_lba", &p->last_lba) &&
               find(candidate, "table", &table) && find(table, "identity", &value) && find_text(value, "disk_guid", &p->disk) &&
               find(table, "layout", &layout) && find_u64(layout, "backup_lba", &p->backup_lba) &&
               find_u64(layout, "sector_bytes", &p->sector_bytes) && p->first_lba <= p->last_lba && p->last_lba <= p->backup_lba &&
               p->backup_lba < UINT64_C(1) << 50 && p->sector_bytes <= 65536;
}

static void insert(struct parts *parts, const struct part *p)
{
        unsigned at = parts->count++;

        for (; at > 0 && parts->list[at - 1].first_lba > p->first_lba; at--)
                parts->list[at] = parts->list[at - 1];
        parts->list[at] = *p;
}

/* ---- the drawing ----------------------------------------------------------------------------------------------------------- */

static void put_size(FILE *out, uint64_t bytes)
{
        static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
        unsigned unit = 0;
        double size = (double)bytes;

        for (; size >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++)
                size /= 1024;
        fprintf(out, size < 10 && size != (double)(uint64_t)size ? "%.1f %s" : "%.0f %s", size, units[unit]);
}

static void put_box(FILE *out, double x, double width, const char *class)
{
        fprintf(out, "<rect x=\"%.1f\" y=\"1\" width=\"%.1f\" height=\"%.0f\" rx=\"3\" class=\"part %s\"/>", x, width, BAR - 2, class);
}

static void put_part(FILE *out, const struct part *p, double scale, double width)
{
        double x = (double)p->first_lba * scale, wide = (double)(p->last_lba - p->first_lba + 1) * scale;

        if (wide < WIDTH_MIN)
                wide = WIDTH_MIN;
        if (x + wide > width)
                x = width - wide;
        put_box(out, x, wide, report_state_class(p->state));
}

static void put_words(FILE *out, const struct part *p)
{
        double share = (double)(p->last_lba - p->first_lba + 1) / ((double)p->backup_lba + 1);

        fputs("<li>", out);
        html_text(out, p->name);
        fputs(": ", out);
        put_size(out, (p->last_lba - p->first_lba + 1) * p->sector_bytes);
        fprintf(out, share < 0.001 ? ", less than 0.1 %% of the disk" : ", %.1f %% of the disk", 100 * share);
        fprintf(out, ", sectors %llu to %llu</li>\n", (unsigned long long)p->first_lba, (unsigned long long)p->last_lba);
}

static void put_bar(FILE *out, const struct parts *parts, const struct part *disk, double width)
{
        double scale = width / ((double)disk->backup_lba + 1);

        fprintf(out, "<svg viewBox=\"0 0 %.0f %.0f\" preserveAspectRatio=\"none\" class=\"bar\" role=\"img\" aria-label=\"the disk to scale\">", width, BAR);
        put_box(out, 0, width, "gap");
        for (unsigned i = 0; i < parts->count; i++)
                if (span_equal(parts->list[i].disk, disk->disk))
                        put_part(out, &parts->list[i], scale, width);
        fputs("</svg>\n", out);
}

/* The bar, and in words what is on it: text does not shrink with a narrow window. */
static void put_disk(FILE *out, const struct parts *parts, const struct part *disk, double width)
{
        uint64_t sectors = disk->backup_lba + 1, covered = 0;

        fputs("<p>Disk <span class=\"hex\">", out);
        html_text(out, disk->disk);
        fputs("</span>, ", out);
        put_size(out, sectors * disk->sector_bytes);
        fputs(", to scale</p>\n", out);
        put_bar(out, parts, disk, width);
        fputs("<ul>", out);
        for (unsigned i = 0; i < parts->count; i++) {
                const struct part *p = &parts->list[i];

                if (!span_equal(p->disk, disk->disk))
                        continue;
                put_words(out, p);
                covered += p->last_lba - p->first_lba + 1;
        }
        fputs("<li>elsewhere: ", out);
        put_size(out, covered < sectors ? (sectors - covered) * disk->sector_bytes : 0);
        fputs(" that no declared partition has, other partitions or free space</li></ul>\n", out);
}

static bool is_first_of_disk(const struct parts *parts, unsigned index)
{
        for (unsigned i = 0; i < index; i++)
                if (span_equal(parts->list[i].disk, parts->list[index].disk))
                        return false;
        return true;
}

bool report_scale(FILE *out, struct span partitions, enum report_state (*state_of)(const struct judge *j, struct span name),
                  const struct judge *j, double width)
{
        struct parts parts = { .count = 0 };
        struct canon_walk walk;
        struct span value;

        if (canon_open_array(partitions, &walk) != ERR_OK)
                return false;
        while (parts.count < POLICY_PARTITIONS_MAX && canon_next_element(&walk, &value)) {
                struct part p;

                if (!read_part(value, &p))
                        continue;
                p.state = state_of(j, p.name);
                insert(&parts, &p);
        }
        if (parts.count == 0)
                return false;
        for (unsigned i = 0; i < parts.count; i++)
                if (is_first_of_disk(&parts, i))
                        put_disk(out, &parts, &parts.list[i], width);
        return true;
}
