/* SPDX-License-Identifier: Apache-2.0 */
/* Where labels stand, read without a look at anything else. */
#include "format/probe_claims.h"

#include "base/reader.h"
#include "format/probe.h"

/* The label field of each format that has one, from the beginning of the volume. */
static const struct {
        enum probe_type type;
        uint32_t offset;
        uint16_t len;
} fields[] = {
        { PROBE_LUKS2, 24, 48 },        { PROBE_EXT4, 1024 + 0x78, 16 }, { PROBE_XFS, 0x6c, 12 },
        { PROBE_BTRFS, 0x10000 + 0x12b, PROBE_CLAIMS_BYTES },
        { PROBE_VFAT, 0x2b, 11 }, /* FAT12 and FAT16 */
        { PROBE_VFAT, 0x47, 11 }, /* FAT32 */
};

/* The secondary LUKS2 header (specification 1.1, section 2.1): where it may be, and where in it stand its magic, label and place. */
#define SECONDARY_FIRST 0x4000u
#define SECONDARY_LAST 0x400000u
#define SECONDARY_BYTES 264
#define SECONDARY_LABEL 24
#define SECONDARY_PLACE 256

/* A signature that is refused, or a LUKS2 volume whose headers differ. */
static bool is_doubtful(const struct probe *probe, const struct probe_hit *hit)
{
        return hit->error != ERR_OK || (hit->type == PROBE_LUKS2 && probe->luks2.state != LUKS2_BOTH);
}

static void add(struct probe_claims *claims, struct span field)
{
        struct span label = span_until_nul(field);
        struct probe_claims_label *l = &claims->labels[claims->count];

        if (label.len == 0 || claims->count == PROBE_CLAIMS_MAX)
                return;
        memcpy(l->bytes, label.data, label.len);
        l->len = (uint8_t)label.len;
        claims->count++;
}

static enum err add_fields(const struct source *volume, enum probe_type type, struct probe_claims *claims)
{
        uint8_t bytes[PROBE_CLAIMS_BYTES];

        for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
                if (fields[i].type != type)
                        continue;

                enum err e = source_read(volume, fields[i].offset, fields[i].len, bytes);

                if (e == ERR_OK)
                        add(claims, span_of(bytes, fields[i].len));
                else if (e != ERR_SHORT)
                        return e;
        }
        return ERR_OK;
}

/* What libblkid goes by stands in the root directory, not in the boot sector. */
static enum err add_vfat(const struct source *volume, struct probe_claims *claims)
{
        uint8_t work[VFAT_WORK_BYTES], label[VFAT_LABEL_BYTES];
        enum err e = vfat_read_label(volume, work, label);

        if (e == ERR_OK)
                add(claims, span_of(label, sizeof(label)));
        return e == ERR_BLOCKDEV_READ ? e : ERR_OK;
}

static enum err add_secondaries(const struct source *volume, struct probe_claims *claims)
{
        uint8_t header[SECONDARY_BYTES];
        struct span s = span_of(header, sizeof(header));

        for (uint64_t at = SECONDARY_FIRST; at <= SECONDARY_LAST; at *= 2) {
                enum err e = source_read(volume, at, sizeof(header), header);

                if (e != ERR_OK)
                        return e == ERR_SHORT ? ERR_OK : e;
                if (memcmp(header, "SKUL\xba\xbe", 6) == 0 && reader_at_u64be(s, SECONDARY_PLACE) == at)
                        add(claims, span_sub(s, SECONDARY_LABEL, LUKS2_LABEL_BYTES));
        }
        return ERR_OK;
}

enum err probe_claims_read(const struct source *volume, const struct probe *probe, struct probe_claims *ret_claims)
{
        struct probe_claims claims = { 0 };

        for (unsigned i = 0; i < probe->count; i++) {
                if (!is_doubtful(probe, &probe->hits[i]))
                        continue;
                TRY(add_fields(volume, probe->hits[i].type, &claims));
                if (probe->hits[i].type == PROBE_LUKS2)
                        TRY(add_secondaries(volume, &claims));
                if (probe->hits[i].type == PROBE_VFAT)
                        TRY(add_vfat(volume, &claims));
        }
        *ret_claims = claims;
        return ERR_OK;
}

struct span probe_claims_label(const struct probe_claims *claims, unsigned i)
{
        struct span label = span_of(claims->labels[i].bytes, claims->labels[i].len);

        /* FAT pads with spaces, and libblkid drops them from every label. */
        while (label.len > 0 && label.data[label.len - 1] == ' ')
                label.len--;
        return label;
}
