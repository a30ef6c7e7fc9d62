/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of cosima, in the order of their use. */
#include "cli/commands.h"

const struct cli_command *const commands_all[] = {
        &cmd_policy,
        &cmd_probe,
        &cmd_luks,
        &cmd_predict,
        &cmd_status,
        &cmd_quote,
        &cmd_enroll,
        &cmd_baseline,
        &cmd_verify,
        &cmd_explain,
        &cmd_report,
        &cmd_watch,
        &cmd_log,
        &cmd_export,
        &cmd_help,
        NULL,
};
