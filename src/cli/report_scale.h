/* SPDX-License-Identifier: Apache-2.0 */
/* The disks of the storage event, drawn to scale. */
#ifndef CLI_REPORT_SCALE_H
#define CLI_REPORT_SCALE_H

#include "cli/report.h"

/* partitions is the event's array; width that of the drawing. False, and nothing written, when the event does not tell where partitions lie. */
bool report_scale(FILE *out, struct span partitions, enum report_state (*state_of)(const struct judge *j, struct span name),
                  const struct judge *j, double width);

#endif
