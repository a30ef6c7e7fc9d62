/* SPDX-License-Identifier: Apache-2.0 */
/* One buffer that moves along the log. */
#include "cli/ima_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define PIECE_BYTES (256u * 1024)
#define BUFFER_BYTES (PIECE_BYTES + IMA_ENTRY_BYTES_MAX)

enum cli_exit ima_file_open(const struct cli *cli, const char *path, struct ima_file *ret_file)
{
        bool is_input = strcmp(path, "-") == 0;
        int fd = is_input ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);

        if (is_input)
                path = "standard input";
        if (fd < 0)
                return cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
        *ret_file = (struct ima_file){ .cli = cli, .path = path, .fd = fd, .left = UINT64_MAX, .buffer = cli_alloc(BUFFER_BYTES) };
        return CLI_OK;
}

enum cli_exit ima_file_in_archive(const struct cli *cli, const struct archive *archive, struct ima_file *ret_file)
{
        int fd = dup(archive->fd);

        if (fd < 0 || lseek(fd, (off_t)archive->ima_offset, SEEK_SET) < 0)
                return cli_fail(cli, CLI_FAILED, "%s: %s", archive->path, strerror(errno));
        *ret_file = (struct ima_file){
                .cli = cli, .path = archive->path, .fd = fd, .left = archive->ima_size, .buffer = cli_alloc(BUFFER_BYTES)
        };
        return CLI_OK;
}

/* Read behind what is not used yet, which moves to the front; nothing more comes when left is 0 after it. */
static enum cli_exit fill(struct ima_file *f)
{
        size_t wanted;
        ssize_t n;

        memmove(f->buffer, f->buffer + f->start, f->len);
        f->start = 0;
        wanted = f->left < PIECE_BYTES ? (size_t)f->left : PIECE_BYTES;
        do
                n = read(f->fd, f->buffer + f->len, wanted);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return cli_fail(f->cli, CLI_FAILED, "%s: %s", f->path, strerror(errno));
        if (n == 0 && f->left != UINT64_MAX)
                return cli_fail(f->cli, CLI_FAILED, "%s: became shorter while it was read", f->path);
        f->len += (size_t)n;
        if (n == 0)
                f->left = 0;
        else if (f->left != UINT64_MAX)
                f->left -= (uint64_t)n;
        return CLI_OK;
}

/* An entry that is not whole has at most IMA_ENTRY_BYTES_MAX bytes, so there is room for another piece behind it. */
enum cli_exit ima_file_next(struct ima_file *f, struct ima_entry *ret_entry, bool *ret_done, enum err *ret_error)
{
        enum cli_exit status = CLI_OK;
        enum err e;
        size_t size;

        for (;;) {
                e = f->len > 0 ? ima_parse_entry(span_of(f->buffer + f->start, f->len), ALG_SHA1, ret_entry, &size) : ERR_IMA_ENDS;
                if (e != ERR_IMA_ENDS || f->left == 0 || status != CLI_OK)
                        break;
                status = fill(f);
        }
        if (status != CLI_OK)
                return status;
        *ret_done = e != ERR_OK;
        *ret_error = f->len > 0 ? e : ERR_OK;
        if (e != ERR_OK)
                return CLI_OK;
        f->start += size;
        f->len -= size;
        f->offset += size;
        f->number++;
        return CLI_OK;
}
