/* SPDX-License-Identifier: Apache-2.0 */
/* The program. */
#include "cli/commands.h"

int main(int argc, char **argv)
{
        return cli_main(commands_all, argc, argv);
}
