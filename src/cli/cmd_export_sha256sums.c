/* SPDX-License-Identifier: Apache-2.0 */
/* cosima export sha256sums: the files of a baseline as sha256sum -c and file integrity tools read them. */
#include <stdio.h>

#include "cli/case.h"
#include "cli/cmd_export.h"
#include "cli/file.h"
#include "event/receipt.h"
#include "verify/keylime.h"

/* A name as it is on disk, from its JSON text. False when it cannot be. */
static bool decode_name(struct span name, struct span *ret_text)
{
        size_t pool = JSON_POOL_BYTES(name.len);
        yyjson_val *value;

        if (json_parse(name, cli_alloc(pool), pool, &value) != ERR_OK || !yyjson_is_str(value))
                return false;
        *ret_text = span_of(yyjson_get_str(value), yyjson_get_len(value));
        return true;
}

/* sha256sum marks a line with a backslash when the name has to be escaped. */
static size_t write_line(char *out, struct span hex, struct span name)
{
        bool escaped = memchr(name.data, '\n', name.len) || memchr(name.data, '\\', name.len) || memchr(name.data, '\r', name.len);
        char *at = out;

        if (escaped)
                *at++ = '\\';
        memcpy(at, hex.data, hex.len);
        at += hex.len;
        *at++ = ' ';
        *at++ = ' ';
        for (size_t i = 0; i < name.len; i++) {
                char c = (char)name.data[i];

                if (c == '\\' || c == '\n' || c == '\r') {
                        *at++ = '\\';
                        c = c == '\n' ? 'n' : c == '\r' ? 'r' : c;
                }
                *at++ = c;
        }
        *at++ = '\n';
        return (size_t)(at - out);
}

/* Of several contents the newest, which stands last. */
static bool sha256_of(const struct baseline_file *file, struct span *ret_hex)
{
        static const char prefix[] = "sha256:";
        struct canon_walk walk = file->digests;
        struct span value, digest = { NULL, 0 };

        while (canon_next_element(&walk, &value))
                if (canon_plain_string(value, &value) == ERR_OK)
                        digest = value;
        if (digest.len != sizeof(prefix) - 1 + 64 || memcmp(digest.data, prefix, sizeof(prefix) - 1) != 0)
                return false;
        *ret_hex = span_of(digest.data + sizeof(prefix) - 1, 64);
        return true;
}

static enum cli_exit run_sums(const struct cli *cli)
{
        struct judge *j = case_new();
        enum cli_exit status = case_read_baseline(cli, cli->arguments[0], j);
        size_t cap = 1, len = 0;
        char *text;

        if (status != CLI_OK)
                return status;
        for (size_t i = 0; i < j->baseline->file_count; i++)
                cap += 2 * j->baseline->files[i].name.len + 80;
        text = cli_alloc(cap);
        for (size_t i = 0; i < j->baseline->file_count; i++) {
                struct span name, hex;

                if (!decode_name(j->baseline->files[i].name, &name) || keylime_is_special(name) || span_equal_str(name, RECEIPT_PATH))
                        continue;
                if (sha256_of(&j->baseline->files[i], &hex))
                        len += write_line(text + len, hex, name);
        }
        return file_write(cli, cli_value(cli, "out") ? cli_value(cli, "out") : "-", 0644, span_of(text, len));
}

static const struct cli_option options[] = {
        { "out", "FILE", "where the list goes; default: standard output", 0 },
        { NULL, NULL, NULL, 0 },
};

const struct cli_command cmd_export_sha256sums = {
        .name = "sha256sums",
        .summary = "List the files of a baseline for sha256sum -c and file integrity tools",
        .details = "Names come from the kernel's log, which shows a blank as an underscore.",
        .example = "cosima export sha256sums baseline.json | sha256sum -c --quiet --ignore-missing",
        .arguments = "BASELINE",
        .arguments_min = 1,
        .arguments_max = 1,
        .options = options,
        .run = run_sums,
};
