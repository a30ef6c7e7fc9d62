/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list is made of blocks. A block that is full is given to whoever has nothing to do; when the list is complete, both threads read. A fault is
 * kept in the state, the first one wins, and ends both.
 */
#include "cli/gather.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cli/names.h"
#include "cli/print.h"
#include "cli/progress.h"

#define BLOCK_ENTRIES 256
#define DEPTH_MAX 64
#define READ_BYTES (256u * 1024)

struct item {
        struct manifest_entry entry;
        dev_t device;
        ino_t inode;
};

struct block {
        struct block *next;
        unsigned count;
        struct item items[BLOCK_ENTRIES];
};

struct level {
        struct names names;
        size_t path_len, next;
        int fd;
};

struct state {
        const struct cli *cli;
        struct gather *gather;
        int top;
        dev_t device;
        unsigned depth;
        struct level levels[DEPTH_MAX];
        char path[MANIFEST_PATH_MAX + 1];
        struct block *first, *last;
        size_t count;
        struct progress progress;

        pthread_mutex_t mutex; /* of what follows */
        pthread_cond_t more;
        struct block *unread; /* the next block to be read; the last one is not read before the list is complete */
        bool complete;
        atomic_bool failed;
        _Atomic uint64_t files_read, bytes_read;
};

/* ---- faults ---------------------------------------------------------------------------------------------------------------- */

/* One line, whoever of the threads comes first. */
static bool fail_saying(struct state *s, struct span path, enum err error, const char *why)
{
        if (atomic_exchange(&s->failed, true))
                return false;
        s->gather->error = error;
        progress_end(&s->progress);
        if (!s->gather->quiet) {
                fprintf(stderr, "%s: %s: ", s->cli->name, s->gather->top);
                print_escaped(stderr, path);
                fprintf(stderr, ": %s\n", why);
        }
        return false;
}

static bool fail(struct state *s, struct span path, enum err error)
{
        return fail_saying(s, path, error, err_text(error));
}

static bool fail_reading(struct state *s, struct span path)
{
        return fail_saying(s, path, ERR_TREE_READ, strerror(errno));
}

/* ---- reading --------------------------------------------------------------------------------------------------------------- */

static bool hash_open_file(struct state *s, struct item *item, int fd, uint8_t *buf)
{
        struct manifest_entry *e = &item->entry;
        struct digest_state state;
        struct digest digest;
        uint64_t total = 0;
        struct stat st;
        ssize_t n;

        if (fstat(fd, &st) != 0)
                return fail_reading(s, e->path);
        if (st.st_dev != item->device || st.st_ino != item->inode)
                return fail(s, e->path, ERR_TREE_CHANGED);
        digest_begin(&state, ALG_SHA256);
        while ((n = read(fd, buf, READ_BYTES)) != 0) {
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return fail_reading(s, e->path);
                total += (uint64_t)n;
                digest_add(&state, span_of(buf, (size_t)n));
                if (total >= e->size_bytes && (size_t)n < READ_BYTES)
                        break;
        }
        if (total != e->size_bytes)
                return fail(s, e->path, ERR_TREE_CHANGED);
        digest_end(&state, &digest);
        memcpy(e->sha256, digest.bytes, sizeof(e->sha256));
        atomic_fetch_add(&s->files_read, 1);
        atomic_fetch_add(&s->bytes_read, total);
        return true;
}

static bool hash_file(struct state *s, struct item *item, uint8_t *buf)
{
        const char *path = (const char *)item->entry.path.data + 1;
        int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
        int fd = openat(s->top, path, flags | O_NOATIME);
        bool good;

        if (fd < 0 && errno == EPERM)
                fd = openat(s->top, path, flags);
        if (fd < 0)
                return fail_reading(s, item->entry.path);
        good = hash_open_file(s, item, fd, buf);
        close(fd);
        return good;
}

static bool is_read(const struct state *s, const struct manifest_entry *e)
{
        return e->type == 'f' && !(s->gather->leave_out && s->gather->leave_out(s->gather->arg, e->path));
}

/* The next block that can be read; NULL when there will be none. */
static struct block *take_block(struct state *s)
{
        struct block *block;

        pthread_mutex_lock(&s->mutex);
        while (!s->complete && !s->failed && (!s->unread || s->unread == s->last))
                pthread_cond_wait(&s->more, &s->mutex);
        block = s->failed ? NULL : s->unread;
        if (block)
                s->unread = block->next;
        pthread_mutex_unlock(&s->mutex);
        return block;
}

static void read_blocks(struct state *s, bool shows)
{
        uint8_t *buf = cli_alloc(READ_BYTES);
        struct block *block;

        while ((block = take_block(s)) != NULL)
                for (unsigned i = 0; i < block->count && !s->failed; i++) {
                        /* The patterns' state is one for all, so they were asked when the list was made. */
                        if (block->items[i].entry.type == 'f' && block->items[i].inode != 0 && !hash_file(s, &block->items[i], buf))
                                break;
                        if (shows)
                                progress_show(&s->progress, s->files_read, s->bytes_read);
                }
        free(buf);
}

static void *run_reader(void *context)
{
        read_blocks(context, false);
        return NULL;
}

/* ---- listing --------------------------------------------------------------------------------------------------------------- */

static struct item *add_item(struct state *s)
{
        if (!s->last || s->last->count == BLOCK_ENTRIES) {
                struct block *block = cli_alloc(sizeof(*block));

                pthread_mutex_lock(&s->mutex);
                if (s->last)
                        s->last->next = block;
                else
                        s->first = block;
                if (!s->unread)
                        s->unread = block;
                s->last = block;
                pthread_cond_signal(&s->more);
                pthread_mutex_unlock(&s->mutex);
        }
        s->count++;
        return &s->last->items[s->last->count++];
}

static struct span keep_path(const struct state *s, size_t len)
{
        char *path = cli_alloc(len + 1);

        memcpy(path, s->path, len);
        return span_of(path, len);
}

static char type_of(mode_t mode)
{
        return S_ISREG(mode) ? 'f' : S_ISDIR(mode) ? 'd' : S_ISLNK(mode) ? 'l' : S_ISBLK(mode) ? 'b' : S_ISCHR(mode) ? 'c' :
               S_ISFIFO(mode) ? 'p' : 's';
}

static bool read_link(struct state *s, int folder, const char *name, struct manifest_entry *e)
{
        char target[4096];
        ssize_t n = readlinkat(folder, name, target, sizeof(target));
        struct digest digest;

        if (n < 0)
                return fail_reading(s, e->path);
        digest_of(ALG_SHA256, span_of(target, (size_t)n), &digest);
        memcpy(e->sha256, digest.bytes, sizeof(e->sha256));
        e->size_bytes = (uint64_t)n;
        return true;
}

static bool list_entry(struct state *s, int folder, const char *name, size_t path_len, const struct stat *st)
{
        struct item item = { .entry = { .path = keep_path(s, path_len), .type = type_of(st->st_mode), .mode = st->st_mode & 07777,
                                        .uid = st->st_uid, .gid = st->st_gid } };
        uint64_t max_bytes = s->gather->max_bytes;

        if (S_ISREG(st->st_mode)) {
                item.entry.size_bytes = (uint64_t)st->st_size;
                if (max_bytes != 0 && item.entry.size_bytes > max_bytes)
                        return fail(s, item.entry.path, ERR_MANIFEST_LARGE);
                if (is_read(s, &item.entry)) {
                        item.device = st->st_dev;
                        item.inode = st->st_ino;
                        s->gather->files++;
                        s->gather->bytes += item.entry.size_bytes;
                }
        } else if (S_ISLNK(st->st_mode)) {
                if (!read_link(s, folder, name, &item.entry))
                        return false;
        } else if (S_ISBLK(st->st_mode) || S_ISCHR(st->st_mode)) {
                item.entry.major = major(st->st_rdev);
                item.entry.minor = minor(st->st_rdev);
        }
        *add_item(s) = item;
        return true;
}

static bool enter(struct state *s, int fd, size_t path_len)
{
        struct level *level = &s->levels[s->depth];

        if (fd >= 0 && s->depth < DEPTH_MAX) {
                *level = (struct level){ .fd = fd, .path_len = path_len };
                s->depth++;
                if (names_read(&level->names, fd))
                        return true;
        }
        return s->depth == DEPTH_MAX ? fail(s, span_of(s->path, path_len), ERR_TREE_DEPTH) : fail_reading(s, span_of(s->path, path_len));
}

static void leave(struct state *s)
{
        struct level *level = &s->levels[--s->depth];

        names_free(&level->names);
        close(level->fd);
}

static bool step(struct state *s, struct level *level)
{
        const char *name = level->names.sorted[level->next++];
        size_t len = strlen(name), path_len = level->path_len + 1 + len;
        struct stat st;

        if (path_len > MANIFEST_PATH_MAX)
                return fail(s, span_of(s->path, level->path_len), ERR_MANIFEST_PATH);
        s->path[level->path_len] = '/';
        memcpy(s->path + level->path_len + 1, name, len);
        if (s->gather->skip && s->gather->skip(s->gather->arg, span_of(s->path, path_len)))
                return true;
        if (fstatat(level->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
                return fail_reading(s, span_of(s->path, path_len));
        if (st.st_dev != s->device)
                return fail(s, span_of(s->path, path_len), ERR_TREE_MOUNT);
        progress_show(&s->progress, s->files_read, s->bytes_read);
        return list_entry(s, level->fd, name, path_len, &st) &&
               (!S_ISDIR(st.st_mode) ||
                enter(s, openat(level->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), path_len));
}

static void list_all(struct state *s)
{
        struct stat st;
        bool good;

        if (fstat(s->top, &st) != 0) {
                fail_reading(s, span_of_str("/"));
                return;
        }
        s->device = st.st_dev;
        s->path[0] = '/';
        good = list_entry(s, s->top, ".", 1, &st) && enter(s, dup(s->top), 0);
        while (good && !s->failed && s->depth > 0) {
                struct level *level = &s->levels[s->depth - 1];

                if (level->next < level->names.count)
                        good = step(s, level);
                else
                        leave(s);
        }
        while (s->depth > 0)
                leave(s);
}

/* ---- both ------------------------------------------------------------------------------------------------------------------ */

static void close_list(struct state *s)
{
        pthread_mutex_lock(&s->mutex);
        s->complete = true;
        pthread_cond_broadcast(&s->more);
        pthread_mutex_unlock(&s->mutex);
        progress_know(&s->progress, s->gather->files, s->gather->bytes);
}

static void collect(struct state *s)
{
        struct gather *g = s->gather;
        size_t at = 0;

        g->entries = cli_alloc((s->count + 1) * sizeof(struct manifest_entry *));
        for (struct block *b = s->first; b; b = b->next)
                for (unsigned i = 0; i < b->count; i++)
                        g->entries[at++] = &b->items[i].entry;
        g->count = s->count;
}

enum cli_exit gather_tree(const struct cli *cli, struct gather *g)
{
        struct state *s = cli_alloc(sizeof(*s));
        pthread_t reader;
        bool has_reader;

        s->cli = cli;
        s->gather = g;
        s->top = open(g->top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (s->top < 0) {
                fail_reading(s, span_of_str("/"));
                return CLI_FAILED;
        }
        pthread_mutex_init(&s->mutex, NULL);
        pthread_cond_init(&s->more, NULL);
        progress_begin(&s->progress, g->top);
        has_reader = pthread_create(&reader, NULL, run_reader, s) == 0;
        list_all(s);
        close_list(s);
        read_blocks(s, true);
        if (has_reader)
                pthread_join(reader, NULL);
        progress_end(&s->progress);
        close(s->top);
        if (s->failed)
                return CLI_FAILED;
        collect(s);
        return CLI_OK;
}
