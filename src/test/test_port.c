/* SPDX-License-Identifier: Apache-2.0 */
/* The ports on a folder that stands for a machine: files, names, mounts, block devices from a sysfs made of files, trees, the log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "port/machine.h"
#include "port/text.h"

static char root[] = "/tmp/cosima-test-XXXXXX";
static struct machine machine;
static struct ports p;

static const char *path_of(const char *path)
{
        static char full[512];

        (void)snprintf(full, sizeof(full), "%s%s", root, path);
        return full;
}

/* Write a file below the root and the folders it needs. */
static void put(const char *path, const char *text)
{
        char folder[512];
        FILE *file;

        (void)snprintf(folder, sizeof(folder), "%s", path_of(path));
        for (char *slash = strchr(folder + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
                *slash = '\0';
                (void)mkdir(folder, 0700);
                *slash = '/';
        }
        file = fopen(path_of(path), "w");
        assert_non_null(file);
        assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
        assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
        (void)state;
        strcpy(root, "/tmp/cosima-test-XXXXXX");
        assert_non_null(mkdtemp(root));
        assert_int_equal(setenv("COSIMA_ROOT", root, 1), 0);
        p = machine_ports(&machine);
        return 0;
}

static int tear_down(void **state)
{
        char command[64];

        (void)state;
        machine_close(&machine);
        (void)snprintf(command, sizeof(command), "rm -rf %s", root);
        return system(command);
}

static struct span read_back(const char *path)
{
        static uint8_t buf[4096];
        struct span bytes;

        assert_int_equal(p.file_read(&machine, path, buf, sizeof(buf), &bytes), ERR_OK);
        return bytes;
}

static void reads_and_writes_whole_files(void **state)
{
        struct span bytes = { NULL, 77 };
        uint8_t buf[8];
        struct stat st;

        (void)state;
        put("/run/x", "12345678");
        assert_int_equal(p.file_read(&machine, "/run/x", buf, 8, &bytes), ERR_OK);
        assert_int_equal(bytes.len, 8);
        bytes.len = 77;
        assert_int_equal(p.file_read(&machine, "/run/x", buf, 7, &bytes), ERR_FILE_LARGE);
        assert_int_equal(p.file_read(&machine, "/run/none", buf, 8, &bytes), ERR_FILE_ABSENT);
        assert_int_equal(p.file_read(&machine, "/run/x/below", buf, 8, &bytes), ERR_FILE_ABSENT);
        assert_int_equal(p.file_read(&machine, "/run", buf, 8, &bytes), ERR_FILE_READ);
        assert_int_equal(bytes.len, 77);
        assert_int_equal(p.file_write(&machine, "/run/x", 4242, span_of_str("new")), ERR_OK);
        assert_true(span_equal_str(read_back("/run/x"), "new"));
        assert_int_equal(stat(path_of("/run/x"), &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_int_equal(st.st_uid, 4242);
        assert_int_equal(p.file_write(&machine, "/none/x", 0, span_of_str("new")), ERR_FILE_WRITE);
}

/* As the kernel's settings want it: the file that is there gets it, and none is made. */
static void writes_settings_in_place(void **state)
{
        struct stat before, after;

        (void)state;
        put("/sys/setting", "0\n");
        assert_int_equal(stat(path_of("/sys/setting"), &before), 0);
        assert_int_equal(p.setting_write(&machine, "/sys/setting", span_of_str("1\n")), ERR_OK);
        assert_true(span_equal_str(read_back("/sys/setting"), "1\n"));
        assert_int_equal(stat(path_of("/sys/setting"), &after), 0);
        assert_int_equal(before.st_ino, after.st_ino);
        assert_int_equal(p.setting_write(&machine, "/sys/none", span_of_str("1\n")), ERR_FILE_ABSENT);
        assert_int_equal(access(path_of("/sys/none"), F_OK), -1);
        assert_int_equal(p.setting_write(&machine, "/sys", span_of_str("1\n")), ERR_FILE_WRITE);
}

/* Somebody puts a link where we write: it is replaced, never followed. */
static void follows_no_link_when_writing(void **state)
{
        (void)state;
        put("/run/target", "old");
        put("/run/cosima/lock", "");
        assert_int_equal(symlink("target", path_of("/run/x")), 0);
        assert_int_equal(p.file_write(&machine, "/run/x", 0, span_of_str("new")), ERR_OK);
        assert_true(span_equal_str(read_back("/run/target"), "old"));
        assert_int_equal(symlink("../target", path_of("/run/cosima/events.cel")), 0);
        assert_int_equal(p.log_append(&machine, span_of_str("record")), ERR_EVENTLOG_OPEN);
        assert_true(span_equal_str(read_back("/run/target"), "old"));
}

static void lists_names_in_order(void **state)
{
        struct span names;
        char buf[64];

        (void)state;
        put("/etc/b", "");
        put("/etc/a", "");
        put("/etc/ab", "");
        assert_int_equal(p.folder_list(&machine, "/etc", buf, sizeof(buf), &names), ERR_OK);
        assert_true(span_equal(names, span_of("a\0ab\0b", 7)));
        assert_int_equal(p.folder_list(&machine, "/etc", buf, 6, &names), ERR_FILE_LARGE);
        assert_int_equal(p.folder_list(&machine, "/none", buf, sizeof(buf), &names), ERR_FILE_ABSENT);
        assert_int_equal(p.folder_make(&machine, "/etc"), ERR_OK);
        assert_int_equal(p.folder_make(&machine, "/etc/a"), ERR_FILE_WRITE);
}

static void appends_and_locks(void **state)
{
        struct machine other;
        struct ports q = machine_ports(&other);

        (void)state;
        put("/run/cosima/x", "");
        assert_int_equal(p.log_append(&machine, span_of_str("one\n")), ERR_OK);
        assert_int_equal(p.log_append(&machine, span_of_str("two\n")), ERR_OK);
        assert_true(span_equal_str(read_back("/run/cosima/events.cel"), "one\ntwo\n"));
        assert_int_equal(p.lock_take(&machine, 0), ERR_OK);
        assert_int_equal(q.lock_take(&other, 20), ERR_EVENTLOG_LOCKED);
        machine_close(&machine);
        assert_int_equal(q.lock_take(&other, 20), ERR_OK);
        machine_close(&other);
}

/* ---- mounts ---------------------------------------------------------------------------------------------------------------- */

static enum err add_mount(void *arg, const struct ports_mount *m)
{
        char *text = arg;

        (void)sprintf(text + strlen(text), "%u:%u %.*s %.*s %.*s %.*s\n", m->major, m->minor, (int)m->root.len, (const char *)m->root.data,
                      (int)m->point.len, (const char *)m->point.data, (int)m->fs_type.len, (const char *)m->fs_type.data,
                      (int)m->source.len, (const char *)m->source.data);
        return ERR_OK;
}

static enum err stop_at_once(void *arg, const struct ports_mount *m)
{
        (void)arg, (void)m;
        return ERR_NO_SPACE;
}

static void reads_mounts(void **state)
{
        static const char *const broken[] = { "1 2 8:1 / /a rw - ext4 /dev/sda1 rw", "1 2 8 / /a rw - ext4 x rw\n", "1 2 8:x / /a rw - ext4 x\n",
                                              "1 2 8:1 / /a rw\n", "\n" };
        char text[1024] = "";

        (void)state;
        put("/proc/self/mountinfo", "22 1 254:2 / /o\\040em\\134 rw,nosuid shared:1 master:2 - ext4 /dev/vda2 rw\n"
                                    "23 1 0:40 /sub /b rw - btrfs /dev/vdb rw,subvol=/sub\n"
                                    "24 1 0:5 / /dev rw - devtmpfs devtmpfs rw\n");
        assert_int_equal(p.mounts_visit(&machine, add_mount, text), ERR_OK);
        assert_string_equal(text, "254:2 / /o em\\ ext4 /dev/vda2\n0:40 /sub /b btrfs /dev/vdb\n0:5 / /dev devtmpfs devtmpfs\n");
        assert_int_equal(p.mounts_visit(&machine, stop_at_once, NULL), ERR_NO_SPACE);
        for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
                put("/proc/self/mountinfo", broken[i]);
                assert_int_equal(p.mounts_visit(&machine, add_mount, text), ERR_MOUNTS_READ);
        }
}

/* ---- block devices --------------------------------------------------------------------------------------------------------- */

static void put_disk(void)
{
        put("/sys/block/vda/uevent", "MAJOR=254\nMINOR=0\nDEVNAME=vda\nDEVTYPE=disk\nDISKSEQ=9\n");
        put("/sys/block/vda/size", "8\n");
        put("/sys/block/vda/removable", "1\n");
        put("/sys/block/vda/queue/logical_block_size", "4096\n");
        put("/sys/block/vda/vda3/uevent", "MAJOR=254\nMINOR=3\nDEVNAME=vda3\nDEVTYPE=partition\nDISKSEQ=9\nPARTN=3\nPARTNAME=o e m\nPARTUUID=ab\n");
        put("/sys/block/vda/vda3/partition", "3\n");
        put("/sys/block/vda/vda3/start", "1\n");
        put("/sys/block/vda/vda3/size", "2\n");
        put("/dev/vda", "");
        assert_int_equal(truncate(path_of("/dev/vda"), 4096), 0);
}

static void lists_disks_with_their_partitions(void **state)
{
        struct survey_device d;
        bool more;

        (void)state;
        assert_int_equal(p.devices_begin(&machine), ERR_BLOCKDEV_LIST);
        put_disk();
        put("/sys/block/fd0/uevent", "MAJOR=2\nMINOR=0\nDEVNAME=fd0\n");
        put("/sys/block/fd0/size", "8\n");
        put("/sys/block/sr0/uevent", "MAJOR=11\nMINOR=0\nDEVNAME=sr0\n");
        put("/sys/block/sr0/size", "0\n");
        assert_int_equal(p.devices_begin(&machine), ERR_OK);
        assert_int_equal(p.devices_next(&machine, &d, &more), ERR_OK);
        assert_true(more && !d.is_partition && d.removable && !d.is_virtual);
        assert_string_equal(d.name, "vda");
        assert_int_equal(d.size_bytes, 4096);
        assert_int_equal(d.sector_bytes, 4096);
        assert_int_equal(p.devices_next(&machine, &d, &more), ERR_OK);
        assert_true(more && d.is_partition);
        assert_int_equal(d.minor, 3);
        assert_int_equal(d.diskseq, 9);
        assert_int_equal(d.kernel.number, 3);
        assert_int_equal(d.kernel.start_sectors, 1);
        assert_int_equal(d.kernel.size_sectors, 2);
        assert_string_equal(d.kernel.part_name, "o e m");
        assert_string_equal(d.kernel.part_uuid, "ab");
        assert_int_equal(p.devices_next(&machine, &d, &more), ERR_OK);
        assert_false(more);
        p.devices_end(&machine);
}

static void asks_udev_for_labels(void **state)
{
        struct survey_device d;
        bool more;

        (void)state;
        put_disk();
        put("/run/udev/data/b254:0", "S:disk/by-label/COS_OEM\nI:12\nE:ID_FS_LABEL=COS_OEM\nE:ID_FS_LABEL_ENC=COS_OEM\nE:ID_FS_TYPE=iso9660\n");
        put("/run/udev/data/b254:3", "I:12\nE:ID_FS_LABEL_ENC=x\nE:ID_PART_ENTRY_NAME=o\\x20e\\x20m");
        assert_int_equal(p.devices_begin(&machine), ERR_OK);
        assert_int_equal(p.devices_next(&machine, &d, &more), ERR_OK);
        assert_string_equal(d.udev_label, "COS_OEM");
        assert_string_equal(d.udev_type, "iso9660");
        assert_string_equal(d.udev_part_name, "");
        assert_int_equal(p.devices_next(&machine, &d, &more), ERR_OK);
        assert_string_equal(d.udev_label, "");
        assert_string_equal(d.udev_part_name, "o\\x20e\\x20m");
        p.devices_end(&machine);
}

static void reads_a_partition_inside_its_disk(void **state)
{
        struct survey_device d;
        struct source s;
        uint8_t byte;
        FILE *image;
        bool more;

        (void)state;
        put_disk();
        image = fopen(path_of("/dev/vda"), "r+");
        assert_non_null(image);
        assert_int_equal(fseek(image, 512 + 7, SEEK_SET), 0);
        assert_int_equal(fputc(0x5a, image), 0x5a);
        assert_int_equal(fclose(image), 0);
        assert_int_equal(p.devices_begin(&machine), ERR_OK);
        for (unsigned i = 0; i < 2; i++)
                assert_int_equal(p.devices_next(&machine, &d, &more), ERR_OK);
        assert_int_equal(p.device_open(&machine, &d, &s), ERR_OK);
        assert_int_equal(s.size_bytes, 1024);
        assert_int_equal(source_read(&s, 7, 1, &byte), ERR_OK);
        assert_int_equal(byte, 0x5a);
        assert_int_equal(source_read(&s, 1024, 1, &byte), ERR_SHORT);
        p.device_close(&machine);
        p.devices_end(&machine);
        strcpy(d.name, "gone");
        d.is_partition = false;
        assert_int_equal(p.device_open(&machine, &d, &s), ERR_BLOCKDEV_OPEN);
}

/* The disk is smaller than sysfs says, as one that fails; and nobody may keep us reading for ever. */
static void bounds_what_it_reads(void **state)
{
        static uint8_t buf[1 << 20];
        struct survey_device d = { .name = "vda", .size_bytes = UINT64_C(1) << 40, .sector_bytes = 512 };
        struct source s;
        unsigned reads = 0;

        (void)state;
        put_disk();
        assert_int_equal(p.device_open(&machine, &d, &s), ERR_OK);
        assert_int_equal(source_read(&s, 4096, 1, buf), ERR_BLOCKDEV_READ);
        assert_int_equal(truncate(path_of("/dev/vda"), 1 << 20), 0);
        while (source_read(&s, 0, sizeof(buf), buf) == ERR_OK)
                reads++;
        assert_int_equal(reads, (MACHINE_DEVICE_READS_MAX - 1) / sizeof(buf));
        p.device_close(&machine);
}

static void goes_down_mappings(void **state)
{
        uint32_t major = 0, minor = 0;

        (void)state;
        put("/sys/dev/block/253:1/slaves/dm-0/dev", "253:0\n");
        put("/sys/dev/block/253:0/slaves/vda3/dev", "254:3\n");
        put("/sys/dev/block/253:2/slaves/vda3/dev", "254:3\n");
        put("/sys/dev/block/253:2/slaves/vda4/dev", "254:4\n");
        put("/sys/dev/block/253:3/slaves/vda4/dev", "nonsense\n");
        assert_int_equal(p.device_beneath(&machine, 253, 1, &major, &minor), ERR_OK);
        assert_true(major == 254 && minor == 3);
        assert_int_equal(p.device_beneath(&machine, 8, 1, &major, &minor), ERR_OK);
        assert_true(major == 8 && minor == 1);
        assert_int_equal(p.device_beneath(&machine, 253, 2, &major, &minor), ERR_BLOCKDEV_MANY);
        assert_int_equal(p.device_beneath(&machine, 253, 3, &major, &minor), ERR_BLOCKDEV_LIST);
        assert_int_equal(p.device_of_path(&machine, span_of_str("/dev/none"), &major, &minor), ERR_BLOCKDEV_LIST);
}

/* ---- trees ----------------------------------------------------------------------------------------------------------------- */

struct listing {
        char text[16384];
        const char *skipped;
};

static enum err list_entry(void *arg, const struct manifest_entry *e)
{
        struct listing *l = arg;

        (void)sprintf(l->text + strlen(l->text), "%c%o %.*s %llu %02x\n", e->type, e->mode, (int)e->path.len, (const char *)e->path.data,
                      (unsigned long long)e->size_bytes, e->sha256[0]);
        return ERR_OK;
}

static bool skip_entry(void *arg, struct span path)
{
        const struct listing *l = arg;

        return l->skipped && span_equal_str(path, l->skipped);
}

static void walks_trees_in_order(void **state)
{
        struct listing l = { .skipped = "/skipped" };
        struct ports_walk walk = { "/oem", 0, skip_entry, list_entry, &l };

        (void)state;
        put("/oem/a/b", "");
        put("/oem/a-b", "abc");
        put("/oem/skipped/x", "x");
        assert_int_equal(symlink("../../etc/passwd", path_of("/oem/z")), 0);
        assert_int_equal(mkfifo(path_of("/oem/pipe"), 0600), 0);
        assert_int_equal(chmod(path_of("/oem"), 0755), 0);
        assert_int_equal(chmod(path_of("/oem/a-b"), 04711), 0);
        assert_int_equal(chmod(path_of("/oem/a/b"), 0644), 0);
        assert_int_equal(p.tree_walk(&machine, &walk), ERR_OK);
        /* sha256 of "", "abc", and "../../etc/passwd" */
        assert_string_equal(l.text, "d755 / 0 00\nd700 /a 0 00\nf644 /a/b 0 e3\nf4711 /a-b 3 ba\np600 /pipe 0 00\nl777 /z 16 37\n");
        walk.max_bytes = 2;
        assert_int_equal(p.tree_walk(&machine, &walk), ERR_MANIFEST_LARGE);
        walk.top = "/none";
        assert_int_equal(p.tree_walk(&machine, &walk), ERR_TREE_READ);
}

static void refuses_trees_too_deep(void **state)
{
        static struct listing l;
        const struct ports_walk walk = { "/deep", 0, NULL, list_entry, &l };
        char path[512] = "/deep";

        (void)state;
        for (unsigned i = 0; i < 70; i++)
                strcat(path, "/d");
        put(strcat(path, "/f"), "");
        assert_int_equal(p.tree_walk(&machine, &walk), ERR_TREE_DEPTH);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        const struct CMUnitTest tests[] = {
                TEST(reads_and_writes_whole_files), TEST(writes_settings_in_place), TEST(follows_no_link_when_writing), TEST(lists_names_in_order),
                TEST(appends_and_locks), TEST(reads_mounts), TEST(lists_disks_with_their_partitions), TEST(asks_udev_for_labels),
                TEST(reads_a_partition_inside_its_disk), TEST(bounds_what_it_reads), TEST(goes_down_mappings),
                TEST(walks_trees_in_order), TEST(refuses_trees_too_deep),
        };

        return cmocka_run_group_tests_name("port", tests, NULL, NULL);
}
