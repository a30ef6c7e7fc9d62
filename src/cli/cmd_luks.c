/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cosima luks: the token by which a LUKS2 header names the file system inside, so that rules can name it before the volume is unlocked.
 *
 * Only cryptsetup writes headers: a header that is damaged is a volume that is lost, so its own tool does it, and this one makes the token and
 * reads the header as cosima-boot will.
 */
#include <errno.h>
#include <inttypes.h>

#include "base/canon.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "format/probe.h"
#include "port/image.h"

#define JSON_BYTES (4 * LUKS2_TEXT_BYTES_MAX)
#define TOKEN_BYTES 256

/* Probe a volume; what is wrong with it was said. */
static enum cli_exit probe_path(const struct cli *cli, const char *path, struct probe *ret_probe)
{
        struct image image;
        enum err e = image_open(path, 512, &image);

        if (e != ERR_OK)
                return cli_fail(cli, CLI_FAILED, "%s: %s", path, e == ERR_IMAGE_OPEN ? strerror(errno) : err_text(e));
        e = probe_read(&image.source, cli_alloc(PROBE_WORK_BYTES), ret_probe);
        image_close(&image);
        if (e != ERR_OK)
                return cli_fail(cli, CLI_FAILED, "%s: %s", path, err_text(e));
        for (unsigned i = 0; i < ret_probe->count; i++)
                if (ret_probe->hits[i].error != ERR_OK)
                        return cli_fail(cli, CLI_USAGE, "%s: %s", path, err_text(ret_probe->hits[i].error));
        return CLI_OK;
}

/* The header of a LUKS2 volume that has no other signature. */
static enum cli_exit read_luks2(const struct cli *cli, const char *path, const struct luks2 **ret_luks)
{
        struct probe *probe = cli_alloc(sizeof(*probe));
        enum cli_exit status = probe_path(cli, path, probe);
        const struct probe_hit *hit;

        if (status != CLI_OK)
                return status;
        hit = probe_single(probe);
        if (!hit || hit->type != PROBE_LUKS2)
                return cli_fail(cli, CLI_FAILED, "%s: %s", path,
                                probe->count > 1 ? "more than one signature stands on it" :
                                hit && hit->type == PROBE_LUKS1 ? "LUKS1, whose headers hold no tokens" : "no LUKS2 volume");
        *ret_luks = &probe->luks2;
        return CLI_OK;
}

/* ---- cosima luks token ----------------------------------------------------------------------------------------------- */

/* The UUID that a rule could name of what is mounted from path, in lower case. */
static enum cli_exit uuid_inside(const struct cli *cli, const char *path, char *ret_uuid)
{
        struct probe *probe = cli_alloc(sizeof(*probe));
        enum cli_exit status = probe_path(cli, path, probe);
        const struct probe_hit *hit;

        if (status != CLI_OK)
                return status;
        hit = probe_single(probe);
        if (hit && (hit->type == PROBE_LUKS1 || hit->type == PROBE_LUKS2))
                return cli_fail(cli, CLI_FAILED, "%s: this is the LUKS volume itself; name its mapping, /dev/mapper/NAME", path);
        ret_uuid[0] = '\0';
        if (hit)
                probe_uuid(probe, hit, ret_uuid);
        if (!guid_is_text(span_of_str(ret_uuid)))
                return cli_fail(cli, CLI_FAILED, "%s: no file system with a UUID that the kernel compares", path);
        return CLI_OK;
}

static enum cli_exit uuid_given(const struct cli *cli, const char *text, char *ret_uuid)
{
        bool null = true;

        if (!guid_is_text(span_of_str(text)))
                return cli_fail(cli, CLI_USAGE, "--inner %s: not a UUID", text);
        for (size_t i = 0; i < GUID_TEXT_SIZE; i++) {
                ret_uuid[i] = (char)(text[i] >= 'A' && text[i] <= 'F' ? text[i] - 'A' + 'a' : text[i]);
                null &= text[i] == '0' || text[i] == '-' || text[i] == '\0';
        }
        return null ? cli_fail(cli, CLI_USAGE, "--inner %s: every file system without a UUID has this one", text) : CLI_OK;
}

/* How many cosima tokens there are, and the number of the first. */
static unsigned cosima_tokens(const struct luks2 *luks, struct span *ret_first)
{
        struct canon_walk walk;
        struct span key, value, type, text;
        unsigned count = 0;

        if (canon_open_object(span_of(luks->text + luks->tokens.offset, luks->tokens.len), &walk) != ERR_OK)
                return 0;
        while (canon_next_member(&walk, &key, &value))
                if (canon_member(value, "type", &type) == ERR_OK && canon_plain_string(type, &text) == ERR_OK && span_equal_str(text, "cosima") &&
                    count++ == 0)
                        *ret_first = key;
        return count;
}

/* A second token would make both worthless: cosima-boot believes none of several. */
static enum cli_exit refuse_second(const struct cli *cli, const char *path)
{
        const struct luks2 *luks;
        struct span id;
        enum cli_exit status = read_luks2(cli, path, &luks);

        if (status != CLI_OK || cosima_tokens(luks, &id) == 0)
                return status;
        return cli_fail(cli, CLI_FAILED, "%s: has a cosima token already; first remove it: cryptsetup token remove --token-id %.*s %s", path,
                        (int)id.len, (const char *)id.data, path);
}

static enum cli_exit run_token(const struct cli *cli)
{
        const char *inner = cli_value(cli, "inner"), *from = cli_value(cli, "from");
        struct json_writer w = json_writer_on(cli_alloc(TOKEN_BYTES), TOKEN_BYTES);
        char uuid[GUID_TEXT_SIZE];
        enum cli_exit status = CLI_OK;

        if (!inner == !from)
                return cli_fail(cli, CLI_USAGE, "one of --inner and --from must be given");
        if (cli->argument_count > 0)
                status = refuse_second(cli, cli->arguments[0]);
        if (status == CLI_OK)
                status = inner ? uuid_given(cli, inner, uuid) : uuid_inside(cli, from, uuid);
        if (status != CLI_OK)
                return status;
        json_object_open(&w);
        json_put_str(&w, "fs-uuid", uuid);
        json_key(&w, "keyslots");
        json_array_open(&w);
        json_array_close(&w);
        json_put_str(&w, "type", "cosima");
        json_object_close(&w);
        return print_json(cli, &w);
}

static const struct cli_option token_options[] = {
        { "inner", "UUID", "of the file system inside", 0 },
        { "from", "MAPPING", "read it there: the unlocked volume, /dev/mapper/NAME", 0 },
        { NULL, NULL, NULL, 0 },
};

static const struct cli_command token = {
        .name = "token",
        .summary = "Print the token that names the file system inside a LUKS2 volume",
        .details = "Nothing is written: cryptsetup, which owns the header, imports the token. With DEVICE, one that has such a token already is refused.",
        .example = "cosima luks token /dev/vda5 --from /dev/mapper/persistent | cryptsetup token import /dev/vda5",
        .arguments = "[DEVICE]",
        .arguments_max = 1,
        .options = token_options,
        .run = run_token,
};

/* ---- cosima luks show ------------------------------------------------------------------------------------------------ */

static void print_line(const char *name, struct span value)
{
        printf("%-9s ", name);
        print_escaped(stdout, value.len > 0 ? value : span_of_str("none"));
        putchar('\n');
}

static void print_people(const struct cli *cli, const struct luks2 *luks)
{
        struct span id;
        unsigned count = cosima_tokens(luks, &id);

        print_line("volume", span_of_str(cli->arguments[0]));
        print_line("uuid", span_of_str(luks->uuid));
        print_line("label", luks2_label(luks));
        print_line("headers", span_of_str(luks2_state_name(luks->state)));
        print_line("inner", span_of_str(luks->inner_uuid));
        for (unsigned lint = 1; lint <= luks->lints; lint <<= 1)
                if (luks->lints & lint)
                        print_line("!", span_of_str(luks2_lint_name((enum luks2_lint)lint)));
        if (count == 0)
                printf("Rules of this partition widen to its type: no cosima token names what is inside.\n");
        else
                printf("The cosima token%s number %.*s%s.\n", count > 1 ? "s begin with" : " has", (int)id.len, (const char *)id.data,
                       count > 1 ? "; none of several is believed" : "");
}

static enum cli_exit write_json(const struct cli *cli, const struct luks2 *luks)
{
        struct json_writer w = json_writer_on(cli_alloc(JSON_BYTES), JSON_BYTES);

        json_object_open(&w);
        luks2_write(&w, luks, CLASS_ALL);
        json_object_close(&w);
        return print_json(cli, &w);
}

/* What the token names must be what is inside. */
static enum cli_exit compare(const struct cli *cli, const struct luks2 *luks)
{
        const char *from = cli_value(cli, "from");
        char uuid[GUID_TEXT_SIZE];
        enum cli_exit status;

        if (luks->inner_uuid[0] == '\0')
                return CLI_FAILED;
        if (!from)
                return CLI_OK;
        status = uuid_inside(cli, from, uuid);
        if (status != CLI_OK || strcmp(uuid, luks->inner_uuid) == 0)
                return status;
        return cli_fail(cli, CLI_FAILED, "%s: holds %s, but the token names %s", from, uuid, luks->inner_uuid);
}

static enum cli_exit run_show(const struct cli *cli)
{
        const struct luks2 *luks;
        enum cli_exit status = read_luks2(cli, cli->arguments[0], &luks);

        if (status != CLI_OK)
                return status;
        if (cli->json)
                status = write_json(cli, luks);
        else
                print_people(cli, luks);
        return status == CLI_OK ? compare(cli, luks) : status;
}

static const struct cli_option show_options[] = {
        { "from", "MAPPING", "compare with the file system there: the unlocked volume, /dev/mapper/NAME", 0 },
        { NULL, NULL, NULL, 0 },
};

static const struct cli_command show = {
        .name = "show",
        .summary = "Show a LUKS2 header as cosima-boot reads it, and which file system its token names",
        .details = "Exit status: 0 a token names the file system inside (with --from: the one that is there), 1 not, or unreadable, 2 the header is malformed.",
        .example = "cosima luks show /dev/vda5 --from /dev/mapper/persistent",
        .arguments = "DEVICE",
        .arguments_min = 1,
        .arguments_max = 1,
        .json = true,
        .options = show_options,
        .run = run_show,
};

static const struct cli_command *const subcommands[] = { &token, &show, NULL };

const struct cli_command cmd_luks = {
        .name = "luks",
        .summary = "Let LUKS2 headers name the file system inside, so that rules can",
        .example = "cosima luks token --inner \"$(blkid -s UUID -o value /dev/mapper/persistent)\" | cryptsetup token import /dev/vda5\n"
                   "cosima luks show /dev/vda5",
        .subcommands = subcommands,
};
