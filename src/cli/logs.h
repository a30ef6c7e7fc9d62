/* SPDX-License-Identifier: Apache-2.0 */
/* The three logs as a command gets them: from an evidence archive, from files, or from this machine. */
#ifndef CLI_LOGS_H
#define CLI_LOGS_H

#include "base/span.h"
#include "cli/ima_file.h"

/* What is not there has data NULL. */
struct logs {
        struct span events, firmware;
        struct ima_file ima; /* not read yet */
};

/* Options that logs_read() knows, for a command's table. */
#define LOGS_OPTION_EVENTS { "events", "FILE", "our event log, as in /run/cosima/events.cel", 0 }
#define LOGS_OPTION_FIRMWARE { "firmware", "FILE", "the firmware's event log, as in /sys/kernel/security/tpm0/binary_bios_measurements", 0 }
#define LOGS_OPTION_IMA { "ima", "FILE", "the kernel's binary log, as in /sys/kernel/security/ima/binary_runtime_measurements", 0 }

/* The logs of the archive that is the first argument, if any, with those that options name in their place. It says itself what is wrong. */
enum cli_exit logs_read(const struct cli *cli, struct logs *ret_logs);
/* Those logs of the running system that exist. */
enum cli_exit logs_read_here(const struct cli *cli, struct logs *ret_logs);

#endif
