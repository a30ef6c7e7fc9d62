/* SPDX-License-Identifier: Apache-2.0 */
/* Mounting what is missing, and reading what is mounted (proc(5), /proc/self/mountinfo). */
#include "port/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#define LINE_BYTES 16384 /* of one line of mountinfo; an overlay of many layers has a long one */

/* linux/magic.h. devtmpfs is a tmpfs, or a ramfs on kernels without one. */
static const struct {
        char fs_type[12];
        unsigned long magic, other_magic, flags;
} types[] = {
        { "proc", 0x9fa0, 0, MS_NOSUID | MS_NODEV | MS_NOEXEC },
        { "sysfs", 0x62656572, 0, MS_NOSUID | MS_NODEV | MS_NOEXEC },
        { "securityfs", 0x73636673, 0, MS_NOSUID | MS_NODEV | MS_NOEXEC },
        { "devtmpfs", 0x01021994, 0x858458f6, MS_NOSUID | MS_NOEXEC },
        { "tmpfs", 0x01021994, 0, MS_NOSUID | MS_NODEV | MS_NOEXEC },
};

/* The top of a mount is on another device than the folder above it. A root that is a folder has nothing mounted and needs nothing. */
bool mounts_is_mounted(void *context, const char *path, const char *fs_type)
{
        const struct machine *m = context;
        struct stat here, above;
        struct statfs fs;
        char up[PORTS_PATH_MAX];
        size_t len = strlen(path);

        if (m->root[0] != '\0')
                return true;
        if (len + 4 > sizeof(up))
                return false;
        memcpy(up, path, len);
        memcpy(up + len, "/..", 4);
        if (lstat(path, &here) != 0 || stat(up, &above) != 0 || here.st_dev == above.st_dev || statfs(path, &fs) != 0)
                return false;
        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
                if (strcmp(types[i].fs_type, fs_type) == 0)
                        return (unsigned long)fs.f_type == types[i].magic ||
                               (types[i].other_magic != 0 && (unsigned long)fs.f_type == types[i].other_magic);
        return false;
}

enum err mounts_mount(void *context, const char *path, const char *fs_type, const char *options)
{
        char full[MACHINE_PATH_MAX];

        TRY(machine_path(context, path, full));
        for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
                if (strcmp(types[i].fs_type, fs_type) == 0 && mount(fs_type, full, fs_type, types[i].flags, options) == 0)
                        return ERR_OK;
        return ERR_MOUNTS_MOUNT;
}

enum err mounts_unmount(void *context, const char *path)
{
        char full[MACHINE_PATH_MAX];

        TRY(machine_path(context, path, full));
        return umount2(full, UMOUNT_NOFOLLOW) == 0 ? ERR_OK : ERR_MOUNTS_MOUNT;
}

/* Cut the next field, up to a space, off *text. */
static struct span next_field(struct span *text)
{
        const uint8_t *end = text->len ? memchr(text->data, ' ', text->len) : NULL;
        size_t len = end ? (size_t)(end - text->data) : text->len;
        struct span field = span_of(text->data, len);

        *text = span_of(text->data + len + (end != NULL), text->len - len - (end != NULL));
        return field;
}

static bool is_octal(const uint8_t *s)
{
        return s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' && s[3] >= '0' && s[3] <= '7';
}

/* The kernel writes space, tab, line feed and backslash as \ooo. The text stands in our own line buffer and only shrinks. */
static struct span undo_escapes(struct span field)
{
        uint8_t *text = (uint8_t *)(uintptr_t)field.data;
        size_t out = 0;

        for (size_t i = 0; i < field.len; out++) {
                bool escaped = field.len - i >= 4 && is_octal(text + i);

                text[out] = escaped ? (uint8_t)((text[i + 1] - '0') << 6 | (text[i + 2] - '0') << 3 | (text[i + 3] - '0')) : text[i];
                i += escaped ? 4 : 1;
        }
        return span_of(text, out);
}

static bool parse_number(struct span *text, char end, uint32_t *ret_number)
{
        uint64_t number = 0;
        size_t i = 0;

        for (; i < text->len && text->data[i] >= '0' && text->data[i] <= '9' && i < 10; i++)
                number = number * 10 + (uint64_t)(text->data[i] - '0');
        if (i == 0 || number > UINT32_MAX || (end != '\0' ? i >= text->len || text->data[i] != (uint8_t)end : i != text->len))
                return false;
        *text = span_of(text->data + i + (end != '\0'), text->len - i - (end != '\0'));
        *ret_number = (uint32_t)number;
        return true;
}

/* id parent major:minor root point options [optional fields...] - type source super-options */
static enum err parse_line(struct span line, struct ports_mount *ret_mount)
{
        struct ports_mount mount;
        struct span numbers, field;

        (void)next_field(&line);
        (void)next_field(&line);
        numbers = next_field(&line);
        mount.root = next_field(&line);
        mount.point = next_field(&line);
        do {
                field = next_field(&line);
        } while (line.len > 0 && !span_equal_str(field, "-"));
        mount.fs_type = next_field(&line);
        mount.source = next_field(&line);
        if (!parse_number(&numbers, ':', &mount.major) || !parse_number(&numbers, '\0', &mount.minor) || mount.fs_type.len == 0)
                return ERR_MOUNTS_READ;
        mount.root = undo_escapes(mount.root);
        mount.point = undo_escapes(mount.point);
        mount.source = undo_escapes(mount.source);
        *ret_mount = mount;
        return ERR_OK;
}

/* Visit all whole lines in buf[0..len) and move what is left to its start. */
static enum err visit_lines(uint8_t *buf, size_t *len, ports_mount_visit visit, void *arg)
{
        const uint8_t *end;
        size_t used = 0;

        while (used < *len && (end = memchr(buf + used, '\n', *len - used)) != NULL) {
                struct ports_mount mount;

                TRY(parse_line(span_of(buf + used, (size_t)(end - buf) - used), &mount));
                used = (size_t)(end - buf) + 1;
                TRY(visit(arg, &mount));
        }
        memmove(buf, buf + used, *len - used);
        *len -= used;
        return ERR_OK;
}

enum err mounts_visit(void *context, ports_mount_visit visit, void *arg)
{
        int fd = machine_open(context, "/proc/self/mountinfo", O_RDONLY);
        enum err result = ERR_OK;
        uint8_t buf[LINE_BYTES];
        size_t len = 0;
        ssize_t n;

        if (fd < 0)
                return ERR_MOUNTS_READ;
        while (result == ERR_OK) {
                n = read(fd, buf + len, sizeof(buf) - len);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0) {
                        result = n < 0 || len > 0 ? ERR_MOUNTS_READ : ERR_OK;
                        break;
                }
                len += (size_t)n;
                result = visit_lines(buf, &len, visit, arg);
        }
        close(fd);
        return result;
}
