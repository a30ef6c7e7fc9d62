/* SPDX-License-Identifier: Apache-2.0 */
/* Walks over trees with everything in them that a file system may hold, and over files that are not what they were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "port/machine.h"

static char root[] = "/tmp/cosima-tree-XXXXXX";
static struct machine machine;
static struct ports p;

struct seen {
        unsigned count;
        char types[16];
        char names[16][300];
};

static enum err see(void *arg, const struct manifest_entry *e)
{
        struct seen *s = arg;

        assert_true(s->count < 16 && e->path.len < sizeof(s->names[0]));
        s->types[s->count] = e->type;
        memcpy(s->names[s->count++], e->path.data, e->path.len);
        return ERR_OK;
}

static int set_up(void **state)
{
        (void)state;
        strcpy(root, "/tmp/cosima-tree-XXXXXX");
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
        (void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
        return system(command);
}

static const char *at(const char *name)
{
        static char path[512];

        (void)snprintf(path, sizeof(path), "%s/%s", root, name);
        return path;
}

static void put(const char *name)
{
        FILE *file = fopen(at(name), "w");

        assert_non_null(file);
        assert_int_equal(fclose(file), 0);
}

static enum err walk(struct seen *s)
{
        const struct ports_walk w = { "/", 0, NULL, see, s };

        memset(s, 0, sizeof(*s));
        return p.tree_walk(&machine, &w);
}

static void names_of_any_bytes(void **state)
{
        struct seen s;
        char longest[256];

        (void)state;
        memset(longest, 'x', 255);
        longest[255] = '\0';
        put("a\nb");
        put("\033[2J");
        put("\xff\xfe");
        put(" ");
        put("\\");
        put(longest);
        assert_int_equal(walk(&s), ERR_OK);
        assert_int_equal(s.count, 7);
        assert_string_equal(s.names[1], "/\033[2J"); /* by bytes */
        assert_string_equal(s.names[2], "/ ");
        assert_string_equal(s.names[3], "/\\");
        assert_string_equal(s.names[4], "/a\nb");
        assert_int_equal(strlen(s.names[5]), 256);
        assert_string_equal(s.names[6], "/\xff\xfe");
}

/* Nothing is followed, and nothing is waited for: a pipe has no writer and a socket no listener. */
static void files_of_any_type(void **state)
{
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        struct seen s;
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);

        (void)state;
        assert_int_equal(symlink("loop", at("loop")), 0);
        assert_int_equal(symlink("/", at("root")), 0);
        assert_int_equal(mkfifo(at("pipe"), 0600), 0);
        assert_true(strlen(at("socket")) < sizeof(address.sun_path));
        memcpy(address.sun_path, at("socket"), strlen(at("socket")));
        assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        put("one");
        {
                char one[512];

                strcpy(one, at("one"));
                assert_int_equal(link(one, at("two")), 0);
        }
        assert_int_equal(walk(&s), ERR_OK);
        assert_string_equal(s.types, "dlfplsf");
        close(fd);
}

/* A file of the kernel's says that it is empty and is not, as one that grows between looking and reading. */
static void a_file_that_holds_more_than_it_says(void **state)
{
        const struct ports_walk w = { "/kernel/random", 0, NULL, see, &(struct seen){ 0 } };

        (void)state;
        assert_int_equal(setenv("COSIMA_ROOT", "/proc/sys", 1), 0);
        p = machine_ports(&machine);
        assert_int_equal(p.tree_walk(&machine, &w), ERR_TREE_CHANGED);
}

/* A hole takes time to read but no room: below so many times the size of the file system it is read. */
static void a_file_of_holes(void **state)
{
        struct seen s;

        (void)state;
        put("hole");
        assert_int_equal(truncate(at("hole"), 1 << 20), 0);
        assert_int_equal(walk(&s), ERR_OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        const struct CMUnitTest tests[] = {
                TEST(names_of_any_bytes),
                TEST(files_of_any_type),
                TEST(a_file_that_holds_more_than_it_says),
                TEST(a_file_of_holes),
        };

        return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
