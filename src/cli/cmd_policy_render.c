/* SPDX-License-Identifier: Apache-2.0 */
/* cosima policy render: the rules as cosima-boot writes them to the kernel, by the same code. */
#include "cli/cmd_policy.h"
#include "cli/file.h"
#include "cli/print.h"
#include "event/digest.h"
#include "trust/render.h"

#define JSON_BYTES (2u * RENDER_BYTES_MAX) /* rules are printable ASCII: a byte takes two in JSON at most */

/* The partition that "NAME=value" is about, and the value. */
static enum cli_exit find_partition(const struct cli *cli, const struct policy *policy, const char *given, const char *option,
                                    unsigned *ret_partition, struct span *ret_value)
{
        size_t len = strcspn(given, "=");
        int partition = policy_partition_index(policy, span_of(given, len));

        if (given[len] != '=')
                return cli_fail(cli, CLI_USAGE, "--%s takes NAME=VALUE: %s", option, given);
        if (partition < 0)
                return cli_fail(cli, CLI_USAGE, "--%s: %.*s is not declared in the policy", option, (int)len, given);
        *ret_partition = (unsigned)partition;
        *ret_value = span_of_str(given + len + 1);
        return CLI_OK;
}

static enum cli_exit read_uuids(const struct cli *cli, const struct policy *policy, struct render_partition *partitions)
{
        const char *given;

        for (unsigned i = 0; (given = cli_value_at(cli, "uuid", i)) != NULL; i++) {
                struct span uuid;
                unsigned at;
                enum cli_exit status = find_partition(cli, policy, given, "uuid", &at, &uuid);

                if (status != CLI_OK)
                        return status;
                if (!guid_is_text(uuid))
                        return cli_fail(cli, CLI_USAGE, "--uuid: %s", err_text(ERR_RULES_FSUUID));
                for (size_t k = 0; k < uuid.len; k++) /* lower case, as cosima-boot reads it from the disk */
                        partitions[at].fs_uuid[k] = (char)(uuid.data[k] >= 'A' && uuid.data[k] <= 'F' ? uuid.data[k] + 32 : uuid.data[k]);
                partitions[at].present = true;
        }
        return CLI_OK;
}

static enum cli_exit read_types(const struct cli *cli, const struct policy *policy, struct render_partition *partitions)
{
        const char *given;

        for (unsigned i = 0; (given = cli_value_at(cli, "fs", i)) != NULL; i++) {
                unsigned at;
                struct span type;
                enum cli_exit status = find_partition(cli, policy, given, "fs", &at, &type);

                if (status != CLI_OK)
                        return status;
                partitions[at].fs_name = type;
        }
        return CLI_OK;
}

static enum cli_exit print_rules_json(const struct cli *cli, struct span rules)
{
        struct json_writer w = json_writer_on(cli_alloc(JSON_BYTES), JSON_BYTES);
        struct span left = rules;
        struct digest digest;

        digest_of(ALG_SHA256, rules, &digest);
        json_object_open(&w);
        json_key(&w, "rules");
        json_array_open(&w);
        while (left.len != 0) { /* each line ends in a line feed */
                size_t len = (size_t)((const uint8_t *)memchr(left.data, '\n', left.len) - left.data);

                json_text(&w, span_sub(left, 0, len));
                left = span_sub(left, len + 1, left.len - len - 1);
        }
        json_array_close(&w);
        json_put_hex(&w, "sha256", digest_span(&digest));
        json_object_close(&w);
        return print_json(cli, &w);
}

static enum cli_exit run_render(const struct cli *cli)
{
        struct render_partition partitions[POLICY_PARTITIONS_MAX] = { 0 };
        char *buf = cli_alloc(RENDER_BYTES_MAX);
        struct policy policy;
        struct span rules;
        enum cli_exit status = cmd_policy_load(cli, cli->arguments[0], &policy);
        enum err e;

        if (status == CLI_OK)
                status = read_uuids(cli, &policy, partitions);
        if (status == CLI_OK)
                status = read_types(cli, &policy, partitions);
        if (status != CLI_OK)
                return status;
        e = render_rules(&policy, partitions, buf, RENDER_BYTES_MAX, &rules);
        if (e != ERR_OK)
                return cli_fail(cli, CLI_FAILED, "%s: %s", cli->arguments[0], err_text(e));
        if (cli->json)
                return print_rules_json(cli, rules);
        fwrite(rules.data, 1, rules.len, stdout);
        return CLI_OK;
}

static const struct cli_option render_options[] = {
        { "uuid", "NAME=UUID", "UUID of a partition's file system, as blkid shows it; without one, its rules are widened", CLI_REPEAT },
        { "fs", "NAME=TYPE", "the type found on a partition without fs= in the policy", CLI_REPEAT },
        { NULL, NULL, NULL, 0 },
};

const struct cli_command cmd_policy_render = {
        .name = "render",
        .summary = "Print the rules that would be loaded",
        .details = "These are the bytes whose sha256 the event ima-policy holds, and which `policy sign --rules` signs.",
        .example = "cosima policy render policy/kairos-grub --uuid COS_OEM=0f3b3c2e-94a1-4b3e-9d4e-5f0d6a8c7b21",
        .arguments = "POLICY",
        .arguments_min = 1,
        .arguments_max = 1,
        .json = true,
        .options = render_options,
        .run = run_render,
};
