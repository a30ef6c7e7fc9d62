/* SPDX-License-Identifier: Apache-2.0 */
/* A walk over a mounted tree that reads every file once, in sorted order, without recursion and without following a link. */
#include "port/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define DEPTH_MAX 64              /* folders in folders */
#define NAMES_BYTES (16u << 20)   /* names and pointers to them, of all folders on the way down */
#define READ_BYTES 65536

/* A folder on the way from the top to where we are. Its names and the sorted pointers to them lie in the arena up to arena_end. */
struct level {
        int fd;
        size_t path_len;
        size_t arena_start;
        char **names;
        size_t count, next;
};

struct tree {
        const struct ports_walk *walk;
        dev_t device;
        uint64_t budget_bytes; /* that may still be read */
        unsigned depth;
        size_t arena_len;
        struct level levels[DEPTH_MAX];
        uint8_t path[MANIFEST_PATH_MAX + 1];
        _Alignas(char *) char arena[NAMES_BYTES];
        uint8_t buf[READ_BYTES];
};

/* ---- names ----------------------------------------------------------------------------------------------------------- */

/* Move a name down to where both below it sort before it; the heap's largest name is at its top. */
static void sift_down(char **names, size_t at, size_t count)
{
        for (size_t child; (child = 2 * at + 1) < count; at = child) {
                char *name = names[at];

                if (child + 1 < count && strcmp(names[child], names[child + 1]) < 0)
                        child++;
                if (strcmp(name, names[child]) >= 0)
                        return;
                names[at] = names[child];
                names[child] = name;
        }
}

/* Heap sort: no recursion, no memory, and no order of names makes it slow. */
static void sort_names(char **names, size_t count)
{
        for (size_t i = count / 2; i-- > 0;)
                sift_down(names, i, count);
        for (size_t end = count; end-- > 1;) {
                char *last = names[end];

                names[end] = names[0];
                names[0] = last;
                sift_down(names, 0, end);
        }
}

/* Read all names of the folder into the arena, then sort pointers to them behind it. */
static enum err read_names(struct tree *t, struct level *level)
{
        struct folder folder;
        const char *name;
        enum err result;
        char *text = t->arena + t->arena_len;
        size_t used = 0;
        int fd = dup(level->fd);

        if (fd < 0)
                return ERR_TREE_READ;
        folder_on(&folder, fd);
        level->count = 0;
        while (folder_next(&folder, &name, &result)) {
                size_t size = strlen(name) + 1;

                /* room for this name and for a pointer to each one, whatever the alignment */
                if (size + (level->count + 2) * sizeof(char *) > NAMES_BYTES - t->arena_len - used) {
                        result = ERR_TREE_MANY;
                        break;
                }
                memcpy(text + used, name, size);
                used += size;
                level->count++;
        }
        folder_close(&folder);
        if (result != ERR_OK)
                return result == ERR_TREE_MANY ? result : ERR_TREE_READ;
        used = (t->arena_len + used + sizeof(char *) - 1) / sizeof(char *) * sizeof(char *);
        level->names = (char **)(void *)(t->arena + used);
        for (size_t i = 0; i < level->count; i++, text += strlen(text) + 1)
                level->names[i] = text;
        sort_names(level->names, level->count);
        t->arena_len = used + level->count * sizeof(char *);
        return ERR_OK;
}

/* ---- entries ----------------------------------------------------------------------------------------------------------- */

static char type_of(mode_t mode)
{
        return S_ISREG(mode) ? 'f' : S_ISDIR(mode) ? 'd' : S_ISLNK(mode) ? 'l' : S_ISBLK(mode) ? 'b' : S_ISCHR(mode) ? 'c' :
               S_ISFIFO(mode) ? 'p' : 's';
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
        return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size && a->st_mode == b->st_mode &&
               a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Reading must not change the file system: no access time, where we may say so. */
static int open_file(int folder, const char *name)
{
        int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
        int fd = openat(folder, name, flags | O_NOATIME);

        return fd < 0 && errno == EPERM ? openat(folder, name, flags) : fd;
}

static enum err digest_file(struct tree *t, int fd, const struct stat *st, uint8_t *ret_sha256)
{
        struct digest_state state;
        struct digest digest;
        struct stat now;
        uint64_t total = 0;
        ssize_t n;

        if (fstat(fd, &now) != 0 || !is_same_file(st, &now))
                return ERR_TREE_CHANGED;
        digest_begin(&state, ALG_SHA256);
        while ((n = read(fd, t->buf, sizeof(t->buf))) != 0) {
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return ERR_TREE_READ;
                total += (uint64_t)n;
                if (total > (uint64_t)st->st_size)
                        return ERR_TREE_CHANGED;
                digest_add(&state, span_of(t->buf, (size_t)n));
        }
        if (fstat(fd, &now) != 0 || !is_same_file(st, &now) || total != (uint64_t)st->st_size)
                return ERR_TREE_CHANGED;
        digest_end(&state, &digest);
        memcpy(ret_sha256, digest.bytes, 32);
        return ERR_OK;
}

static enum err read_file(struct tree *t, int folder, const char *name, const struct stat *st, uint8_t *ret_sha256)
{
        enum err result;
        int fd;

        if (t->walk->max_bytes != 0 && (uint64_t)st->st_size > t->walk->max_bytes)
                return ERR_MANIFEST_LARGE;
        if ((uint64_t)st->st_size > t->budget_bytes)
                return ERR_TREE_HOLLOW;
        t->budget_bytes -= (uint64_t)st->st_size;
        fd = open_file(folder, name);
        if (fd < 0)
                return ERR_TREE_READ;
        result = digest_file(t, fd, st, ret_sha256);
        close(fd);
        return result;
}

static enum err read_link(struct tree *t, int folder, const char *name, uint64_t *ret_size, uint8_t *ret_sha256)
{
        ssize_t n = readlinkat(folder, name, (char *)t->buf, sizeof(t->buf));
        struct digest digest;

        if (n < 0 || (size_t)n == sizeof(t->buf))
                return ERR_TREE_READ;
        digest_of(ALG_SHA256, span_of(t->buf, (size_t)n), &digest);
        memcpy(ret_sha256, digest.bytes, 32);
        *ret_size = (uint64_t)n;
        return ERR_OK;
}

/* Visit one entry of a folder; the top itself is named "." in itself. */
static enum err visit_entry(struct tree *t, int folder, const char *name, struct span path, const struct stat *st)
{
        struct manifest_entry e = { .path = path, .type = type_of(st->st_mode), .mode = st->st_mode & 07777, .uid = st->st_uid,
                                    .gid = st->st_gid };

        if (S_ISREG(st->st_mode)) {
                e.size_bytes = (uint64_t)st->st_size;
                TRY(read_file(t, folder, name, st, e.sha256));
        } else if (S_ISLNK(st->st_mode)) {
                TRY(read_link(t, folder, name, &e.size_bytes, e.sha256));
        } else if (S_ISBLK(st->st_mode) || S_ISCHR(st->st_mode)) {
                e.major = major(st->st_rdev);
                e.minor = minor(st->st_rdev);
        }
        return t->walk->visit(t->walk->arg, &e);
}

/* ---- walk -------------------------------------------------------------------------------------------------------------- */

/* Go down into an open folder, which is taken over in every case. */
static enum err enter(struct tree *t, int fd, size_t path_len)
{
        struct level *level = &t->levels[t->depth];

        if (t->depth == DEPTH_MAX) {
                close(fd);
                return ERR_TREE_DEPTH;
        }
        *level = (struct level){ .fd = fd, .path_len = path_len, .arena_start = t->arena_len };
        t->depth++;
        return read_names(t, level);
}

static void leave(struct tree *t)
{
        struct level *level = &t->levels[--t->depth];

        close(level->fd);
        t->arena_len = level->arena_start;
}

/* A folder that became another one between looking and opening is an error, as is one over which something is mounted. */
static enum err enter_folder(struct tree *t, int parent, const char *name, size_t path_len, const struct stat *st)
{
        int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
        struct stat now;

        if (fd < 0)
                return ERR_TREE_READ;
        if (fstat(fd, &now) != 0 || now.st_dev != st->st_dev || now.st_ino != st->st_ino) {
                close(fd);
                return ERR_TREE_CHANGED;
        }
        return enter(t, fd, path_len);
}

/* The next name of the folder we are in. */
static enum err step(struct tree *t, struct level *level)
{
        const char *name = level->names[level->next++];
        size_t len = strlen(name), path_len = level->path_len + 1 + len;
        struct stat st;

        if (path_len > MANIFEST_PATH_MAX)
                return ERR_MANIFEST_PATH;
        t->path[level->path_len] = '/';
        memcpy(t->path + level->path_len + 1, name, len);
        if (t->walk->skip && t->walk->skip(t->walk->arg, span_of(t->path, path_len)))
                return ERR_OK;
        if (fstatat(level->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
                return ERR_TREE_READ;
        if (st.st_dev != t->device)
                return ERR_TREE_MOUNT;
        TRY(visit_entry(t, level->fd, name, span_of(t->path, path_len), &st));
        return S_ISDIR(st.st_mode) ? enter_folder(t, level->fd, name, path_len, &st) : ERR_OK;
}

static uint64_t budget_of(int top)
{
        struct statfs fs;

        if (fstatfs(top, &fs) != 0 || fs.f_blocks == 0 || fs.f_blocks > UINT64_MAX / PORTS_HOLLOW / (uint64_t)fs.f_bsize)
                return UINT64_MAX; /* of no size of its own */
        return PORTS_HOLLOW * (uint64_t)fs.f_blocks * (uint64_t)fs.f_bsize;
}

static enum err walk_from(struct tree *t, int top)
{
        enum err result = ERR_TREE_READ;
        struct stat st;

        t->depth = 0;
        t->arena_len = 0;
        if (fstat(top, &st) != 0) {
                close(top);
                return ERR_TREE_READ;
        }
        t->device = st.st_dev;
        t->budget_bytes = budget_of(top);
        result = visit_entry(t, top, ".", span_of_str("/"), &st);
        if (result == ERR_OK)
                result = enter(t, top, 0);
        else
                close(top);
        while (result == ERR_OK && t->depth > 0) {
                struct level *level = &t->levels[t->depth - 1];

                if (level->next < level->count)
                        result = step(t, level);
                else
                        leave(t);
        }
        while (t->depth > 0)
                leave(t);
        return result;
}

/* Files are read and hashed for as long as there are any: not before everybody else, as what is short may run (see boot/main.c). */
static void take_turns(void)
{
        static const struct sched_param none = { .sched_priority = 0 };

        syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &none);
}

enum err tree_walk(void *context, const struct ports_walk *walk)
{
        int top = machine_open(context, walk->top, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
        struct tree *t;
        enum err result;

        if (top < 0)
                return ERR_TREE_READ;
        /* one mapping of a fixed size, whatever the tree holds; pages that are not touched cost nothing */
        t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (t == MAP_FAILED) {
                close(top);
                return ERR_TREE_MANY;
        }
        t->walk = walk;
        take_turns();
        result = walk_from(t, top);
        munmap(t, sizeof(*t));
        return result;
}
