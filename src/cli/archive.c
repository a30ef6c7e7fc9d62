/* SPDX-License-Identifier: Apache-2.0 */
/* Reads evidence archives in bounded memory. */
#include "cli/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/file.h"

#define MEMBER_BYTES_MAX (4u * 1024 * 1024)
#define MEMBERS_BYTES_MAX (12u * 1024 * 1024) /* all of them together */
#define COPY_BYTES 65536

/* Fewer than len bytes at the end of the file only; -1 with errno. */
static ssize_t read_at(int fd, uint64_t offset, size_t len, uint8_t *bytes)
{
        size_t done = 0;

        while (done < len) {
                ssize_t n = pread(fd, bytes + done, len - done, (off_t)(offset + done));

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -1;
                if (n == 0)
                        break;
                done += (size_t)n;
        }
        return (ssize_t)done;
}

static enum cli_exit fail_reading(const struct cli *cli, const char *path)
{
        return cli_fail(cli, CLI_FAILED, "%s: %s", path, strerror(errno));
}

/* The reading of one archive. */
struct reading {
        const struct cli *cli;
        struct archive *archive;
        struct evidence_error *error;
        struct evidence_walk walk;
        uint8_t block[EVIDENCE_BLOCK_BYTES];
        uint64_t offset; /* of the next header */
        size_t kept;     /* bytes of members in memory */
};

static enum cli_exit refuse(struct reading *r, enum err code)
{
        r->error->code = code;
        return CLI_USAGE;
}

static bool is_zero_file(struct reading *r, uint8_t *buf, enum cli_exit *ret_status)
{
        for (;;) {
                ssize_t n = read_at(r->archive->fd, r->offset, COPY_BYTES, buf);

                *ret_status = n < 0 ? fail_reading(r->cli, r->archive->path) : CLI_OK;
                if (n <= 0)
                        return n == 0;
                if (!span_is_zero(span_of(buf, (size_t)n)))
                        return false;
                r->offset += (size_t)n;
        }
}

/* Behind the first block of zeros. */
static enum cli_exit read_end(struct reading *r)
{
        ssize_t n = read_at(r->archive->fd, r->offset, sizeof(r->block), r->block);
        uint8_t *buf = cli_alloc(COPY_BYTES);
        enum cli_exit status = CLI_OK;
        enum err e = ERR_OK;

        if (n < 0)
                status = fail_reading(r->cli, r->archive->path);
        else if ((size_t)n < sizeof(r->block))
                e = ERR_EVIDENCE_ENDS;
        else if (!is_zero_file(r, buf, &status))
                e = ERR_EVIDENCE_AFTER_END;
        free(buf);
        if (status == CLI_OK && e == ERR_OK)
                e = evidence_complete(&r->walk, &r->error->name);
        return status != CLI_OK || e == ERR_OK ? status : refuse(r, e);
}

static enum cli_exit read_member(struct reading *r, const struct evidence_header *h, uint64_t file_bytes)
{
        struct archive *a = r->archive;
        uint8_t *bytes;
        ssize_t n;

        if (r->offset > file_bytes || evidence_padded(h->size) > file_bytes - r->offset || h->size > ARCHIVE_IMA_BYTES_MAX)
                return refuse(r, ERR_EVIDENCE_SIZE);
        if (h->member == EVIDENCE_IMA) {
                a->has_ima = true;
                a->ima_offset = r->offset;
                a->ima_size = h->size;
        } else if (h->member < EVIDENCE_MEMBERS) {
                if (h->size > MEMBER_BYTES_MAX || h->size > MEMBERS_BYTES_MAX - r->kept)
                        return refuse(r, ERR_EVIDENCE_SIZE);
                r->kept += (size_t)h->size;
                bytes = cli_alloc((size_t)h->size + 1);
                n = read_at(a->fd, r->offset, (size_t)h->size, bytes);
                if (n < 0)
                        return fail_reading(r->cli, a->path);
                if ((size_t)n < h->size)
                        return refuse(r, ERR_EVIDENCE_SIZE);
                a->evidence.members[h->member] = span_of(bytes, (size_t)h->size);
        }
        r->offset += evidence_padded(h->size);
        return CLI_OK;
}

/* The name of the member that is refused points into the block, which will be gone. */
static void keep_name(struct reading *r)
{
        struct span name = r->error->name;

        if (name.len > 0)
                r->error->name = span_of(memcpy(cli_alloc(name.len), name.data, name.len), name.len);
}

static enum cli_exit read_members(struct reading *r, uint64_t file_bytes)
{
        for (;;) {
                ssize_t n = read_at(r->archive->fd, r->offset, sizeof(r->block), r->block);
                struct evidence_header header;
                enum cli_exit status;
                enum err e;

                if (n < 0)
                        return fail_reading(r->cli, r->archive->path);
                r->error->offset = (size_t)r->offset;
                e = evidence_next(&r->walk, span_of(r->block, (size_t)n), &header, &r->error->name);
                if (e != ERR_OK)
                        return refuse(r, e);
                r->offset += sizeof(r->block);
                if (header.end)
                        return read_end(r);
                status = read_member(r, &header, file_bytes);
                if (status != CLI_OK)
                        return status;
        }
}

/* Copy what cannot be read twice into a file without a name. */
static enum cli_exit spool(const struct cli *cli, const char *path, int from, int *ret_fd)
{
        uint8_t *buf = cli_alloc(COPY_BYTES);
        int to = -1;
        enum cli_exit status = file_nameless(cli, &to);

        while (status == CLI_OK) {
                ssize_t n = read(from, buf, COPY_BYTES);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        status = fail_reading(cli, path);
                if (n <= 0)
                        break;
                for (ssize_t done = 0, put; done < n && status == CLI_OK; done += put) {
                        put = write(to, buf + done, (size_t)(n - done));
                        if (put < 0 && errno == EINTR)
                                put = 0;
                        else if (put < 0)
                                status = cli_fail(cli, CLI_FAILED, "a copy of %s: %s", path, strerror(errno));
                }
        }
        free(buf);
        if (status == CLI_OK)
                *ret_fd = to;
        else if (to >= 0)
                close(to);
        return status;
}

enum cli_exit archive_open_fd(const struct cli *cli, int fd, const char *path, struct archive *ret_archive, struct evidence_error *ret_error)
{
        struct archive archive = { .path = path, .fd = fd };
        struct evidence_error error = { 0 };
        struct reading *r = cli_alloc(sizeof(*r));
        enum cli_exit status = CLI_OK;
        struct stat st;

        if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode)) {
                status = spool(cli, path, fd, &archive.fd);
                close(fd);
        }
        if (status == CLI_OK && fstat(archive.fd, &st) != 0)
                status = fail_reading(cli, path);
        if (status != CLI_OK)
                return status;
        *r = (struct reading){ .cli = cli, .archive = &archive, .error = &error };
        status = read_members(r, (uint64_t)st.st_size);
        if (status == CLI_OK) {
                *ret_archive = archive;
        } else {
                keep_name(r);
                *ret_error = error;
                close(archive.fd);
        }
        free(r);
        return status;
}

enum cli_exit archive_open(const struct cli *cli, const char *path, struct archive *ret_archive, struct evidence_error *ret_error)
{
        bool is_input = strcmp(path, "-") == 0;
        int fd = is_input ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);

        if (is_input)
                path = "standard input";
        return fd < 0 ? fail_reading(cli, path) : archive_open_fd(cli, fd, path, ret_archive, ret_error);
}

void archive_close(struct archive *a)
{
        close(a->fd);
        a->fd = -1;
}

enum cli_exit archive_read_ima(const struct cli *cli, const struct archive *a, uint64_t offset, size_t len, uint8_t *ret_bytes, size_t *ret_len)
{
        uint64_t left = offset < a->ima_size ? a->ima_size - offset : 0;
        size_t wanted = len < left ? len : (size_t)left;
        ssize_t n = read_at(a->fd, a->ima_offset + offset, wanted, ret_bytes);

        if (n < 0)
                return fail_reading(cli, a->path);
        if ((size_t)n < wanted)
                return cli_fail(cli, CLI_FAILED, "%s: became shorter while it was read", a->path);
        *ret_len = wanted;
        return CLI_OK;
}
