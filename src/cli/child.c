/* SPDX-License-Identifier: Apache-2.0 */
/* Starts commands by the shell. Input and output are files without a name, so that nobody waits for anybody else's pipe. */
#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/file.h"

extern char **environ;

static char **environment_with(char *const *extra)
{
        size_t ours = 0, more = 0;
        char **all;

        while (environ[ours])
                ours++;
        while (extra && extra[more])
                more++;
        all = cli_alloc((ours + more + 1) * sizeof(*all));
        if (more > 0)
                memcpy(all, extra, more * sizeof(*all));
        memcpy(all + more, environ, ours * sizeof(*all));
        return all;
}

static enum cli_exit wait_for(const struct cli *cli, const char *command, pid_t pid)
{
        int status;

        while (waitpid(pid, &status, 0) < 0)
                if (errno != EINTR)
                        return cli_fail(cli, CLI_FAILED, "%s: %s", command, strerror(errno));
        if (WIFSIGNALED(status))
                return cli_fail(cli, CLI_FAILED, "%s: ended by signal %d", command, WTERMSIG(status));
        if (WEXITSTATUS(status) != 0)
                return cli_fail(cli, CLI_FAILED, "%s: exit status %d", command, WEXITSTATUS(status));
        return CLI_OK;
}

/* fd becomes the command's descriptor number as. */
static enum cli_exit run(const struct cli *cli, const char *command, char *const *env, int fd, int as)
{
        char *arguments[] = { (char *)"sh", (char *)"-c", (char *)(uintptr_t)command, NULL };
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        sigset_t defaults;
        pid_t pid;
        int why;

        /* We ignore SIGPIPE; the command need not. */
        sigemptyset(&defaults);
        sigaddset(&defaults, SIGPIPE);
        posix_spawnattr_init(&attributes);
        posix_spawnattr_setsigdefault(&attributes, &defaults);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, fd, as);
        why = posix_spawn(&pid, "/bin/sh", &actions, &attributes, arguments, environment_with(env));
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
        return why == 0 ? wait_for(cli, command, pid) : cli_fail(cli, CLI_FAILED, "%s: %s", command, strerror(why));
}

enum cli_exit child_read(const struct cli *cli, const char *command, char *const *env, int *ret_fd)
{
        int fd;
        enum cli_exit status = file_nameless(cli, &fd);

        if (status != CLI_OK)
                return status;
        status = run(cli, command, env, fd, STDOUT_FILENO);
        if (status == CLI_OK)
                *ret_fd = fd;
        else
                close(fd);
        return status;
}

enum cli_exit child_write(const struct cli *cli, const char *command, struct span text)
{
        int fd;
        enum cli_exit status = file_nameless(cli, &fd);

        if (status != CLI_OK)
                return status;
        for (size_t done = 0; status == CLI_OK && done < text.len;) {
                ssize_t n = write(fd, text.data + done, text.len - done);

                if (n < 0 && errno != EINTR)
                        status = cli_fail(cli, CLI_FAILED, "%s: %s", command, strerror(errno));
                done += n > 0 ? (size_t)n : 0;
        }
        if (status == CLI_OK && lseek(fd, 0, SEEK_SET) != 0)
                status = cli_fail(cli, CLI_FAILED, "%s: %s", command, strerror(errno));
        if (status == CLI_OK)
                status = run(cli, command, NULL, fd, STDIN_FILENO);
        close(fd);
        return status;
}
