/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine on paper: what cosima-boot asks of a machine, answered from disk images, files and folders, with a TPM and an IMA that do what they
 * should. cosima-boot's own code runs on it, so what it predicts is what will be measured, failures included.
 */
#ifndef CLI_PAPER_H
#define CLI_PAPER_H

#include "boot/boot.h"
#include "cli/cli.h"
#include "cli/gather.h"
#include "port/image.h"
#include "port/machine.h"

#define PAPER_FILES_MAX (16 + SIG_CERTS_MAX)
#define PAPER_IMA_BYTES 512 /* two entries */

/* A file of the machine: in one of ours, or written by cosima-boot. */
struct paper_file {
        const char *path;
        const char *ours; /* NULL: the bytes count */
        struct span bytes;
};

struct paper_disk {
        struct image image;
        unsigned device_count; /* the disk and its partitions */
        struct survey_device *devices;
};

struct paper {
        /* Set before the boot. */
        enum event_ima ima;
        bool other_rules;      /* a policy was loaded before */
        enum event_load loads; /* which rules the kernel takes: text, signed ones by path only, or none */
        bool shows_rules;      /* the kernel takes rules at any time, and shows those that are active: the earlier ones first */
        const struct cli *cli;
        char *tops[POLICY_PARTITIONS_MAX]; /* a folder of ours with the files of each partition, NULL: none */
        uint64_t room_bytes[POLICY_PARTITIONS_MAX]; /* of the partition that holds them */

        unsigned tree_count; /* folders that were read, with all that is in them */
        struct gather trees[POLICY_WALKS_MAX];
        uint64_t now_ms;
        bool halted, loaded; /* loaded: the kernel has taken rules */
        unsigned disk_count, next_disk, next_device;
        struct paper_disk disks[CLI_GIVEN_MAX];
        unsigned file_count;
        struct paper_file files[PAPER_FILES_MAX];
        struct source_window window;
        struct digest pcr[ALG_COUNT]; /* the one that was extended */
        struct span log;              /* in log_bytes */
        size_t rules_len, ima_len, ima_read;
        uint8_t ima_log[PAPER_IMA_BYTES];
        char rules[2 * RENDER_BYTES_MAX]; /* with shows_rules */
        uint8_t log_bytes[CEL_LOG_BYTES_MAX];
        struct machine host; /* from which our files are read */
        struct ports host_ports;
};

/* p is zeroed. */
void paper_begin(struct paper *p);
struct ports paper_ports(struct paper *p);

/* The file at path of the machine is ours at that place, or absent if there is none. Both strings must stay. */
void paper_add_file(struct paper *p, const char *path, const char *ours);
/* Another disk. ERR_IMAGE_OPEN (errno tells why), ERR_IMAGE_TYPE. */
MUST_CHECK enum err paper_add_disk(struct paper *p, const char *image, uint32_t sector_bytes);

/* paper_ima.c: an IMA that takes rules and logs the receipt, and no keyring but our own. */
void paper_ima_add(struct ports *ports);
/* A file was read: the receipt is logged if rules are active. */
void paper_ima_saw(struct paper *p, const char *path, struct span bytes);

#endif
