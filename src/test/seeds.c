/* SPDX-License-Identifier: Apache-2.0 */
/* Files of build/corpus for tests. */
#include "test/seeds.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

uint8_t *seeds_load(const char *path, size_t max, size_t *ret_len)
{
        FILE *f = fopen(path, "rb");
        struct stat st;

        if (!f || fstat(fileno(f), &st) != 0)
                fail_msg("%s cannot be opened; src/test/corpus.sh makes it", path);

        size_t len = (uint64_t)st.st_size < max ? (size_t)st.st_size : max;
        uint8_t *bytes = malloc(len > 0 ? len : 1);

        assert_non_null(bytes);
        assert_int_equal(fread(bytes, 1, len, f), len);
        (void)fclose(f);
        *ret_len = len;
        return bytes;
}

/* What is to be done with a seed: one of the two is set. */
struct visitor {
        void (*whole)(const char *name, uint8_t *bytes, size_t len);
        void (*prefix)(struct span prefix, size_t whole_len);
};

/* All prefixes lie at the end of one block, which is faster than a block for each. */
static void visit(const struct visitor *v, const char *name, uint8_t *bytes, size_t len)
{
        uint8_t *block;

        if (v->whole) {
                v->whole(name, bytes, len);
                return;
        }
        block = malloc(len);
        assert_non_null(block);
        for (size_t cut = 0; cut <= len; cut++) {
                memcpy(block + len - cut, bytes, cut);
                v->prefix(span_of(block + len - cut, cut), len);
        }
        free(block);
}

static void visit_all(const char *parser, const struct visitor *v)
{
        char path[512];
        unsigned count = 0;

        (void)snprintf(path, sizeof(path), "build/corpus/%s", parser);

        DIR *dir = opendir(path);

        if (!dir) {
                fail_msg("%s cannot be opened; src/test/corpus.sh makes it", path);
                return;
        }
        for (struct dirent *entry; (entry = readdir(dir));) {
                size_t len;

                if (entry->d_name[0] == '.')
                        continue;
                (void)snprintf(path, sizeof(path), "build/corpus/%s/%s", parser, entry->d_name);

                uint8_t *bytes = seeds_load(path, SIZE_MAX, &len);

                visit(v, entry->d_name, bytes, len);
                free(bytes);
                count++;
        }
        (void)closedir(dir);
        assert_true(count > 0);
}

void seeds_each(const char *parser, void (*check)(const char *name, uint8_t *bytes, size_t len))
{
        visit_all(parser, &(struct visitor){ .whole = check });
}

void seeds_each_prefix(const char *parser, void (*check)(struct span prefix, size_t whole_len))
{
        visit_all(parser, &(struct visitor){ .prefix = check });
}

static enum err image_read(void *context, uint64_t offset, size_t len, uint8_t *ret_bytes)
{
        return pread(*(int *)context, ret_bytes, len, (off_t)offset) == (ssize_t)len ? ERR_OK : ERR_BLOCKDEV_READ;
}

struct source seeds_image_open(const char *name)
{
        int *fd = malloc(sizeof(*fd));
        char path[512];
        struct stat st;

        assert_non_null(fd);
        (void)snprintf(path, sizeof(path), "build/corpus/images/%s", name);
        *fd = open(path, O_RDONLY | O_CLOEXEC);
        if (*fd < 0 || fstat(*fd, &st) != 0)
                fail_msg("%s cannot be opened; src/test/corpus.sh makes it", path);
        return (struct source){ .context = fd, .size_bytes = (uint64_t)st.st_size, .sector_bytes = 512, .read = image_read };
}

void seeds_image_close(struct source *image)
{
        int *fd = image->context;

        (void)close(*fd);
        free(fd);
        *image = (struct source){ 0 };
}
