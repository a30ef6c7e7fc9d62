/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's own implementation of the ports: one file for each kind of effect, sharing one state. */
#ifndef PORT_MACHINE_H
#define PORT_MACHINE_H

#include <tss2/tss2_sys.h>

#include "port/folder.h"
#include "port/ports.h"
#include "port/tcti.h"

#define MACHINE_PATH_MAX 4608          /* of a root folder and a path, with NUL */
#define MACHINE_SYS_BYTES 8192         /* of tpm2-tss' context, which holds one command; checked when the TPM is opened */
#define MACHINE_DEVICE_READS_MAX (64u << 20) /* bytes that are read of one device between open and close */

struct machine {
        const char *root; /* before every path; "" is the machine itself, else a folder that stands for one: images, no devices */
        int say_fd, lock_fd, stream_fd, ima_fd;

        struct {
                struct folder disks, partitions;
                bool in_disk;
                struct survey_device disk;
        } listing;
        struct {
                int fd;
                uint64_t offset; /* of a partition inside a disk image */
                uint64_t bytes_read;
        } device;
        struct {
                bool open;
                struct tcti tcti;
                _Alignas(16) uint8_t sys[MACHINE_SYS_BYTES];
        } tpm;
};

/* All effects on the machine; m must outlive the table. Nothing is opened yet. */
struct ports machine_ports(struct machine *m);
/* The functions for quotes, which the boot program has no use for: tpm_clock, tpm_make_key, tpm_drop_key, tpm_quote. */
void machine_add_quote(struct ports *ports);
/* Close what is still open. */
void machine_close(struct machine *m);

/* path below the root, or ERR_FILE_ABSENT when that is longer than any we use. ret_path has room for MACHINE_PATH_MAX. */
MUST_CHECK enum err machine_path(const struct machine *m, const char *path, char *ret_path);
/* open(2) below the root, always with O_CLOEXEC; -1 and errno. */
int machine_open(const struct machine *m, const char *path, int flags);
/* Read a small text file (sysfs) below a folder into buf, NUL-terminated, without its line end; -1 when that is not possible. */
int machine_read_text(int folder, const char *name, char *buf, size_t cap);

/*
 * In two variants, one for the machine and one for the bench: the root folder, and an open connection to the TPM as a file descriptor that takes
 * one command by write and gives its answer by read; -1 and errno.
 */
const char *machine_root(void);
int machine_open_tpm(void);

/* The entries of the table, as port/ports.h describes them. */
enum err files_read(void *context, const char *path, uint8_t *buf, size_t cap, struct span *ret_bytes);
enum err files_write(void *context, const char *path, uint32_t owner, struct span bytes);
enum err files_set_xattr(void *context, const char *path, const char *name, struct span value);
enum err files_list(void *context, const char *path, char *buf, size_t cap, struct span *ret_names);
enum err files_make_folder(void *context, const char *path);
enum err files_write_setting(void *context, const char *path, struct span bytes);
enum err files_stream_open(void *context, const char *path);
enum err files_stream_read(void *context, uint8_t *buf, size_t cap, size_t *ret_len);
void files_stream_close(void *context);

bool mounts_is_mounted(void *context, const char *path, const char *fs_type);
enum err mounts_mount(void *context, const char *path, const char *fs_type, const char *options);
enum err mounts_unmount(void *context, const char *path);
enum err mounts_visit(void *context, ports_mount_visit visit, void *arg);

/* Add to the facts of a device what udev knows of it, if udev runs and has looked at it. */
void udev_read(void *context, struct survey_device *device);

enum err blockdev_begin(void *context);
enum err blockdev_next(void *context, struct survey_device *ret_device, bool *ret_more);
void blockdev_end(void *context);
enum err blockdev_open(void *context, const struct survey_device *device, struct source *ret_source);
void blockdev_close(void *context);
enum err blockdev_beneath(void *context, uint32_t major, uint32_t minor, uint32_t *ret_major, uint32_t *ret_minor);
enum err blockdev_of_path(void *context, struct span path, uint32_t *ret_major, uint32_t *ret_minor);
enum err blockdev_by_number(void *context, uint32_t major, uint32_t minor, struct survey_device *ret_device);

bool settle_wait(void *context, uint32_t wait_ms);

enum err tree_walk(void *context, const struct ports_walk *walk);

enum err tpm_open(void *context);
void tpm_close(void *context);
enum err tpm_banks(void *context, unsigned pcr, struct ports_banks *ret_banks);
enum err tpm_pcr_read(void *context, unsigned pcr, const struct ports_banks *banks, struct digest_set *ret_values);
enum err tpm_extend(void *context, unsigned pcr, const struct digest_set *digests);
enum err tpm_event(void *context, unsigned pcr, struct span data);
enum err tpm_clock(void *context, struct ports_clock *ret_clock);
enum err tpm_make_key(void *context, bool rsa, struct ports_key *ret_key);
enum err tpm_drop_key(void *context, const struct ports_key *key);
enum err tpm_quote(void *context, const struct ports_key *key, struct span nonce, const struct ports_selection *selections, unsigned count,
                   struct ports_quote *ret_quote);

enum err securityfs_open(void *context);
enum err securityfs_write(void *context, struct span line);
void securityfs_close(void *context);

enum err keyring_find(void *context, const char *name, int32_t *ret_ring);
enum err keyring_make(void *context, const char *name, int32_t *ret_ring);
enum err keyring_add(void *context, int32_t ring, struct span certificate);
enum err keyring_restrict(void *context, int32_t ring);

enum err eventlog_lock(void *context, uint32_t wait_ms);
enum err eventlog_append(void *context, struct span record);

#endif
