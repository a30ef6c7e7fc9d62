/* SPDX-License-Identifier: Apache-2.0 */
/* The survey: every block device is compared with every declared partition, and the result becomes the storage event. */
#ifndef STORAGE_SURVEY_H
#define STORAGE_SURVEY_H

#include "event/digest.h"
#include "format/gpt.h"
#include "format/probe.h"
#include "trust/policy.h"
#include "trust/render.h"

#define SURVEY_CANDIDATES_MAX 4 /* kept in full for one declared partition; more are counted */
#define SURVEY_DISKS_MAX 4096 /* with "disks closed"; more are a failure */
#define SURVEY_NAME_BYTES 32  /* of a kernel device name, with NUL */
#define SURVEY_UDEV_BYTES 49  /* of a name that udev tells, with NUL: the longest label of a policy, one more to tell it from a longer one */

/* What the kernel says of a partition (sysfs start, size; uevent PARTN, PARTNAME, PARTUUID): the second witness of the GPT entry. */
struct survey_kernel_view {
        uint32_t number;        /* PARTN, 0 when the device is no partition */
        uint64_t start_sectors; /* in units of 512 bytes */
        uint64_t size_sectors;
        char part_uuid[GUID_TEXT_SIZE]; /* empty before Linux 6.9, which does not tell it */
        char part_name[GPT_NAME_BYTES];
};

/* One block device as the port found it. */
struct survey_device {
        char name[SURVEY_NAME_BYTES]; /* "vda2" */
        uint32_t major, minor;
        uint64_t diskseq;    /* of the whole disk; 0 when the kernel tells none */
        uint64_t size_bytes;
        uint32_t sector_bytes;
        bool is_partition;
        bool removable;
        bool is_virtual; /* loop, device mapper, md, zram, ram: no disk of its own */
        struct survey_kernel_view kernel; /* used when is_partition */
        /*
         * What udev makes links of, and mount goes by: it knows the labels of formats that we do not (ISO 9660, exFAT) and the names in other
         * partition tables. Empty where it knows none, or does not run.
         */
        char udev_label[SURVEY_UDEV_BYTES], udev_part_name[SURVEY_UDEV_BYTES];
        char udev_type[SURVEY_UDEV_BYTES]; /* what udev takes it for, by libblkid's name ("LVM2_member") */
};

/* A device that matches a declared partition, with all that is known of it. */
struct survey_candidate {
        struct survey_device device;
        bool has_gpt;
        enum err gpt_error;     /* why has_gpt is false */
        struct gpt_entry entry; /* the entry of this partition, when has_gpt */
        struct gpt_table table; /* the table it stands in, when has_gpt */
        bool witnesses_agree; /* kernel view and our reading of the GPT */
        enum err probe_error; /* ERR_OK, or why the volume could not be read */
        struct probe probe;
};

struct survey_partition {
        unsigned count; /* devices that match; SURVEY_CANDIDATES_MAX of them are kept */
        struct survey_candidate candidates[SURVEY_CANDIDATES_MAX];
};

/* All disks, as "disks closed" measures them: one digest a disk, kept in ascending order. */
struct survey {
        const struct policy *policy;
        struct survey_partition partitions[POLICY_PARTITIONS_MAX];
        unsigned disk_count;
        uint8_t disk_digests[SURVEY_DISKS_MAX][32];
};

/* s is written only where it must be, so that an unused part of it costs no memory; it must be zeroed before the first use. */
void survey_begin(struct survey *s, const struct policy *policy);

/*
 * A whole disk; gpt is NULL when gpt_error is not ERR_OK. Called once a disk, before its partitions; a virtual one is passed over.
 * ERR_SURVEY_DISKS when there are too many.
 */
MUST_CHECK enum err survey_add_disk(struct survey *s, const struct survey_device *disk, const struct gpt *gpt, enum err gpt_error);

/*
 * A device that can hold a volume: a partition, or a whole disk or mapping without partitions. gpt is its disk's table or NULL.
 * probe is NULL when probe_error is not ERR_OK.
 */
void survey_add_volume(struct survey *s, const struct survey_device *device, const struct gpt *gpt, enum err gpt_error,
                       const struct probe *probe, enum err probe_error);

/*
 * A partition's name as the kernel tells it: the low byte of each UTF-16 unit, '!' for what it does not count as printable (linux
 * block/partitions/efi.c, utf16_le_to_7bit). ours is UTF-8; ret_name has room for GPT_NAME_BYTES.
 */
void survey_kernel_name(const char *ours, char *ret_name);

/* Whether every required partition has been found at least once: measuring need not wait any longer. */
bool survey_complete(const struct survey *s);

/* "present", "absent", "ambiguous", "malformed". */
const char *survey_state(const struct survey *s, unsigned partition);

/*
 * ERR_OK, or the first reason (in the policy's order) why the storage is not as declared, and of which partition: ERR_SURVEY_ABSENT (and
 * required), _AMBIGUOUS, _MALFORMED, _NO_ENTRY, _WITNESS, _TYPE, or an ERR_GPT_* of its disk.
 */
MUST_CHECK enum err survey_verdict(const struct survey *s, unsigned *ret_partition);

/* What the renderer needs to know of each declared partition; ret_partitions has policy->partition_count elements. */
void survey_render_partitions(const struct survey *s, struct render_partition *ret_partitions);

#endif
