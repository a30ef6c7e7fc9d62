/* SPDX-License-Identifier: Apache-2.0 */
/* Collects what a runtime policy lists. */
#include "cli/keylime_files.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "cli/file.h"
#include "cli/print.h"
#include "event/receipt.h"

#define FILE_BYTES_MAX ((size_t)1024 * 1024 * 1024)
#define PATH_BYTES (2 * ALIAS_NAME_BYTES)

static void add_entry(struct keylime_files *f, struct span path, struct span digest)
{
        char *kept = cli_alloc(path.len + 1);

        if (f->count == f->cap) {
                size_t wider = f->cap ? 2 * f->cap : 1024;
                struct keylime_entry *grown = cli_alloc(wider * sizeof(*grown));

                if (f->count > 0)
                        memcpy(grown, f->entries, f->count * sizeof(*grown));
                free(f->entries);
                f->entries = grown;
                f->cap = wider;
        }
        memcpy(kept, path.data, path.len);
        kept[path.len] = 0;
        f->entries[f->count++] = (struct keylime_entry){ kept, digest };
        f->text_bytes += path.len + 2 * digest.len + 16;
}

/* By every path that the file has. */
static void add_paths(struct keylime_files *f, const struct baseline *b, struct span name, struct span digest)
{
        char buf[PATH_BYTES];
        struct span path;

        for (unsigned i = 0; i < KEYLIME_PATHS_MAX; i++)
                if (keylime_path(b, name, i, buf, sizeof(buf), &path))
                        add_entry(f, path, digest);
}

/* ---- options of the form PATH=FILE ----------------------------------------------------------------------------------------- */

/* The path of one, as canonical JSON in buf, and led back to the name in the baseline; ret_file is what stands behind it. */
static bool split(const struct baseline *b, const char *value, char *buf, struct span *ret_name, const char **ret_file)
{
        const char *equals = strrchr(value, '=');

        if (!equals || value[0] != '/')
                return false;
        *ret_file = equals + 1;
        return alias_name(b->mounts, b->mount_count, span_of(value, (size_t)(equals - value)), buf, ret_name) == ERR_OK;
}

static enum cli_exit add_option(const struct cli *cli, const struct baseline *b, const char *option, const char *value, struct keylime_files *f)
{
        char buf[ALIAS_NAME_BYTES], kernels[ALIAS_NAME_BYTES], *hex = cli_alloc(2 * ALG_DIGEST_MAX + 1);
        struct span name, path, content;
        struct digest digest;
        enum cli_exit status;
        const char *file;
        enum err e;

        if (!split(b, value, buf, &name, &file))
                return cli_fail(cli, CLI_USAGE, "--%s %s: not like /usr/local/bin/agent=build/agent", option, value);
        e = keylime_name(name, kernels, &path);
        if (e != ERR_OK)
                return cli_fail(cli, CLI_USAGE, "--%s %s: %s", option, value, err_text(e));
        status = file_read(cli, file, FILE_BYTES_MAX, &content);
        if (status != CLI_OK)
                return status;
        digest_of(ALG_SHA256, content, &digest);
        hex_encode(digest_span(&digest), hex);
        add_paths(f, b, path, span_of_str(hex));
        return CLI_OK;
}

static enum cli_exit add_options(const struct cli *cli, const struct baseline *b, const char *option, struct keylime_files *f)
{
        const char *value;

        for (unsigned i = 0; (value = cli_value_at(cli, option, i)); i++) {
                enum cli_exit status = add_option(cli, b, option, value, f);

                if (status != CLI_OK)
                        return status;
        }
        return CLI_OK;
}

static bool is_replaced(const struct cli *cli, const struct baseline *b, struct span name)
{
        const char *value, *file;

        for (unsigned i = 0; (value = cli_value_at(cli, "replace", i)); i++) {
                char buf[ALIAS_NAME_BYTES];
                struct span other;

                if (split(b, value, buf, &other, &file) && span_equal(other, name))
                        return true;
        }
        return false;
}

/* ---- files ----------------------------------------------------------------------------------------------------------------- */

static void add_file(const struct cli *cli, const struct baseline *b, const struct baseline_file *file, struct keylime_files *f)
{
        char buf[ALIAS_NAME_BYTES];
        struct canon_walk walk = file->digests;
        struct span name, value;
        enum err e = keylime_name(file->name, buf, &name);

        if (e != ERR_OK) {
                fprintf(stderr, "%s: ", cli->name);
                print_escaped(stderr, file->name);
                fprintf(stderr, ": %s\n", err_text(e));
                f->refused++;
                return;
        }
        f->has_aggregate |= span_equal_str(name, IMA_BOOT_AGGREGATE);
        f->has_receipt |= span_equal_str(name, RECEIPT_PATH);
        f->files += !keylime_is_special(name);
        while (canon_next_element(&walk, &value)) {
                const uint8_t *colon;

                if (canon_plain_string(value, &value) != ERR_OK)
                        continue;
                colon = memchr(value.data, ':', value.len);
                if (colon)
                        add_paths(f, b, name, span_of(colon + 1, value.len - (size_t)(colon + 1 - value.data)));
        }
}

/* ---- excludes -------------------------------------------------------------------------------------------------------------- */

/* Keylime drops all excludes, silently, when one does not compile. What we write is in the part that POSIX and Python share. */
static enum cli_exit check_exclude(const struct cli *cli, struct span regex, struct span path)
{
        char pattern[PATH_BYTES + 2], text[PATH_BYTES + 8];
        regex_t compiled;
        int matches, beyond;

        snprintf(pattern, sizeof(pattern), "^%.*s", (int)regex.len, (const char *)regex.data);
        if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) != 0)
                return cli_fail(cli, CLI_FAILED, "the exclude %s does not compile", pattern);
        snprintf(text, sizeof(text), "%.*s", (int)path.len, (const char *)path.data);
        for (char *c = text; *c; c++)
                *c = *c == ' ' ? '_' : *c;
        matches = regexec(&compiled, text, 0, NULL, 0);
        strcat(text, "-evil");
        beyond = regexec(&compiled, text, 0, NULL, 0);
        regfree(&compiled);
        if (matches != 0 || (beyond == 0 && path.data[path.len - 1] != '*'))
                return cli_fail(cli, CLI_FAILED, "the exclude %s matches what it should not, or not what it should", pattern);
        return CLI_OK;
}

/* How a path or a pattern becomes an expression. */
struct exclude_kind {
        enum err (*write)(struct span path, char *buf, size_t cap, struct span *ret_regex);
};

static const struct exclude_kind paths = { keylime_exclude }, patterns = { keylime_exclude_pattern };

static enum cli_exit add_exclude(const struct cli *cli, const struct exclude_kind *kind, struct span path, struct keylime_files *f)
{
        char *buf = cli_alloc(PATH_BYTES);

        if (f->exclude_count == sizeof(f->excludes) / sizeof(f->excludes[0]))
                return cli_fail(cli, CLI_USAGE, "more than %u excludes", f->exclude_count);
        if (kind->write(path, buf, PATH_BYTES, &f->excludes[f->exclude_count]) != ERR_OK)
                return cli_fail(cli, CLI_USAGE, "an exclude is too long");
        return check_exclude(cli, f->excludes[f->exclude_count++], path);
}

/* By every path that the file has. */
static enum cli_exit add_exclude_paths(const struct cli *cli, const struct baseline *b, const struct exclude_kind *kind, struct span name,
                                       struct keylime_files *f)
{
        enum cli_exit status = CLI_OK;
        char buf[PATH_BYTES];
        struct span path;

        for (unsigned i = 0; status == CLI_OK && i < KEYLIME_PATHS_MAX; i++)
                if (keylime_path(b, name, i, buf, sizeof(buf), &path))
                        status = add_exclude(cli, kind, path, f);
        return status;
}

/* What the baseline allows any content. */
static enum cli_exit add_allowed(const struct cli *cli, const struct baseline *b, struct keylime_files *f)
{
        struct canon_walk walk;
        struct span value, name;
        enum cli_exit status = CLI_OK;

        if (b->allowed.len == 0 || canon_open_array(b->allowed, &walk) != ERR_OK)
                return CLI_OK;
        while (status == CLI_OK && canon_next_element(&walk, &value)) {
                if (canon_plain_string(value, &name) != ERR_OK || name.len == 0)
                        return cli_fail(cli, CLI_FAILED, "%.*s: such a pattern cannot be given to Keylime", (int)value.len, (const char *)value.data);
                status = add_exclude_paths(cli, b, &patterns, name, f);
        }
        return status;
}

static enum cli_exit add_excludes(const struct cli *cli, const struct baseline *b, struct keylime_files *f)
{
        char name[ALIAS_NAME_BYTES];
        struct span text;
        const char *value;
        enum cli_exit status = CLI_OK;

        for (unsigned i = 0; status == CLI_OK && (value = cli_value_at(cli, "exclude", i)); i++) {
                if (value[0] != '/' || value[strlen(value) - 1] == '/' || strpbrk(value, "\"\\\n") ||
                    alias_name(b->mounts, b->mount_count, span_of_str(value), name, &text) != ERR_OK || text.data[0] != '"')
                        return cli_fail(cli, CLI_USAGE, "--exclude %s: not a path like /oem/grubenv (no regular expression)", value);
                status = add_exclude_paths(cli, b, &paths, span_of(text.data + 1, text.len - 2), f);
        }
        return status;
}

static int compare(const void *a, const void *b)
{
        return keylime_compare(a, b);
}

enum cli_exit keylime_files_collect(const struct cli *cli, const struct baseline *const *baselines, unsigned count, struct keylime_files *f)
{
        const struct baseline *b = baselines[0];
        enum cli_exit status;

        *f = (struct keylime_files){ .count = 0 };
        for (unsigned k = 0; k < count; k++)
                for (size_t i = 0; i < baselines[k]->file_count; i++)
                        if (!is_replaced(cli, b, baselines[k]->files[i].name))
                                add_file(cli, baselines[k], &baselines[k]->files[i], f);
        status = add_options(cli, b, "add", f);
        if (status == CLI_OK)
                status = add_options(cli, b, "replace", f);
        if (status == CLI_OK)
                status = add_excludes(cli, b, f);
        /* A run without rules leaves no receipt, which the TPM's values tell anyway. */
        if (status == CLI_OK && !f->has_receipt)
                status = add_exclude(cli, &paths, span_of_str(RECEIPT_PATH), f);
        for (unsigned k = 0; status == CLI_OK && k < count; k++)
                status = add_allowed(cli, baselines[k], f);
        if (f->count > 0)
                qsort(f->entries, f->count, sizeof(*f->entries), compare);
        return status;
}
