/* SPDX-License-Identifier: Apache-2.0 */
/* cosima policy: what a policy's author does before it goes into an image. */
#include "cli/cmd_policy.h"

#include "cli/commands.h"
#include "cli/file.h"
#include "cli/print.h"

void cmd_policy_refuse(const char *path, const struct policy_error *error)
{
        fprintf(stderr, "%s:", path);
        if (error->line_no != 0)
                fprintf(stderr, "%u:", error->line_no);
        fprintf(stderr, " %s", err_text(error->code));
        if (error->token.len != 0) {
                fputs(": \"", stderr);
                print_escaped(stderr, error->token);
                fputc('"', stderr);
        }
        fputc('\n', stderr);
}

enum cli_exit cmd_policy_read(const struct cli *cli, const char *path, struct policy *ret_policy, struct policy_error *ret_error)
{
        struct span text;
        enum cli_exit status = file_read(cli, path, 16 * POLICY_BYTES_MAX, &text);

        if (status != CLI_OK)
                return status;
        return policy_parse(text, ret_policy, ret_error) == ERR_OK ? CLI_OK : CLI_FAILED;
}

enum cli_exit cmd_policy_load(const struct cli *cli, const char *path, struct policy *ret_policy)
{
        struct policy_error error = { 0 };
        enum cli_exit status = cmd_policy_read(cli, path, ret_policy, &error);

        if (error.code != ERR_OK)
                cmd_policy_refuse(path, &error);
        return status;
}

static const struct cli_command *const subcommands[] = { &cmd_policy_check, &cmd_policy_sign, &cmd_policy_verify, &cmd_policy_render, NULL };

const struct cli_command cmd_policy = {
        .name = "policy",
        .summary = "Check, sign, verify and render policies",
        .example = "cosima policy check policy/kairos-grub",
        .subcommands = subcommands,
};
