/* SPDX-License-Identifier: Apache-2.0 */
/* The table of probers. All are tried on every volume: two signatures on one volume are a finding, not a choice. */
#include "format/probe.h"

#include "format/luks2_header.h"

/* Each format reads into its own member of struct probe; these give all of them one shape. */
#define PROBER(format)                                                                                                 \
        static enum err read_##format(const struct source *volume, uint8_t *work, struct probe *probe)                     \
        {                                                                                                              \
                return format##_read(volume, work, &probe->format);                                                    \
        }                                                                                                              \
        static void write_##format(struct json_writer *w, const struct probe *probe, unsigned classes)                     \
        {                                                                                                              \
                format##_write(w, &probe->format, classes);                                                            \
        }
#define LABEL(format)                                                                                                  \
        static struct span label_##format(const struct probe *probe)                                                       \
        {                                                                                                              \
                return format##_label(&probe->format);                                                                 \
        }
#define UUID(format)                                                                                                   \
        static void uuid_##format(const struct probe *probe, char *ret_uuid)                                               \
        {                                                                                                              \
                format##_uuid(&probe->format, ret_uuid);                                                               \
        }

PROBER(luks1)
UUID(luks1)
PROBER(luks2)
LABEL(luks2)
UUID(luks2)
PROBER(verity)
UUID(verity)
PROBER(ext4)
LABEL(ext4)
UUID(ext4)
PROBER(xfs)
LABEL(xfs)
UUID(xfs)
PROBER(btrfs)
LABEL(btrfs)
UUID(btrfs)
PROBER(vfat)
LABEL(vfat)
UUID(vfat)
PROBER(squashfs)

struct prober {
        char name[16]; /* not a pointer, which would cost a relocation */
        uint32_t offset_bytes;
        enum err absent; /* what read returns when its signature is not there */
        enum err (*read)(const struct source *volume, uint8_t *work, struct probe *probe);
        void (*write)(struct json_writer *w, const struct probe *probe, unsigned classes);
        struct span (*label)(const struct probe *probe);        /* NULL: the format has none */
        void (*uuid)(const struct probe *probe, char *ret_uuid); /* NULL: likewise */
};

static const struct prober probers[PROBE_TYPES] = {
        [PROBE_LUKS1] = { "crypto_LUKS", 0, ERR_LUKS1_NONE, read_luks1, write_luks1, NULL, uuid_luks1 },
        [PROBE_LUKS2] = { "crypto_LUKS", 0, ERR_LUKS2_NONE, read_luks2, write_luks2, label_luks2, uuid_luks2 },
        [PROBE_VERITY] = { "DM_verity_hash", 0, ERR_VERITY_NONE, read_verity, write_verity, NULL, uuid_verity },
        [PROBE_EXT4] = { "ext4", EXT4_SUPERBLOCK_OFFSET, ERR_EXT4_NONE, read_ext4, write_ext4, label_ext4, uuid_ext4 },
        [PROBE_XFS] = { "xfs", 0, ERR_XFS_NONE, read_xfs, write_xfs, label_xfs, uuid_xfs },
        [PROBE_BTRFS] = { "btrfs", BTRFS_OFFSET, ERR_BTRFS_NONE, read_btrfs, write_btrfs, label_btrfs, uuid_btrfs },
        [PROBE_VFAT] = { "vfat", 0, ERR_VFAT_NONE, read_vfat, write_vfat, label_vfat, uuid_vfat },
        [PROBE_SQUASHFS] = { "squashfs", 0, ERR_SQUASHFS_NONE, read_squashfs, write_squashfs, NULL, NULL },
};

/* Whatever is read near the beginning lies within one piece, of which btrfs' superblock is the end. */
void probe_expect(const struct source *volume)
{
        source_expect(volume, 0, BTRFS_OFFSET + BTRFS_BYTES);
        luks2_header_expect(volume, BTRFS_OFFSET);
}

enum err probe_read(const struct source *volume, uint8_t *work, struct probe *ret_probe)
{
        struct probe probe = { 0 };

        for (unsigned type = 0; type < PROBE_TYPES; type++) {
                enum err e = probers[type].read(volume, work, &probe);

                if (e == ERR_BLOCKDEV_READ)
                        return e;
                if (e != probers[type].absent)
                        probe.hits[probe.count++] = (struct probe_hit){ (enum probe_type)type, e };
        }
        TRY(probe_claims_read(volume, &probe, &probe.claims));
        *ret_probe = probe;
        return ERR_OK;
}

const struct probe_hit *probe_single(const struct probe *probe)
{
        return probe->count == 1 && probe->hits[0].error == ERR_OK ? &probe->hits[0] : NULL;
}

const char *probe_name(const struct probe *probe, const struct probe_hit *hit)
{
        if (hit->type == PROBE_EXT4 && hit->error == ERR_OK)
                return ext4_type_name(&probe->ext4);
        return probers[hit->type].name;
}

uint32_t probe_offset_bytes(const struct probe_hit *hit)
{
        return probers[hit->type].offset_bytes;
}

struct span probe_label(const struct probe *probe, const struct probe_hit *hit)
{
        struct span label = span_of(NULL, 0);

        if (hit->error == ERR_OK && probers[hit->type].label)
                label = probers[hit->type].label(probe);
        while (label.len > 0 && (label.data[label.len - 1] == ' ' || (label.data[label.len - 1] >= '\t' && label.data[label.len - 1] <= '\r')))
                label.len--;
        return label;
}

void probe_uuid(const struct probe *probe, const struct probe_hit *hit, char *ret_uuid)
{
        if (hit->error == ERR_OK && probers[hit->type].uuid)
                probers[hit->type].uuid(probe, ret_uuid);
        else
                ret_uuid[0] = '\0';
}

void probe_write(struct json_writer *w, const struct probe *probe, const struct probe_hit *hit, unsigned classes)
{
        json_object_open(w);
        if (hit->error != ERR_OK)
                json_put_str(w, "error", err_name(hit->error));
        else
                probers[hit->type].write(w, probe, classes);
        json_put_str(w, "type", probe_name(probe, hit));
        json_object_close(w);
}
