/* SPDX-License-Identifier: Apache-2.0 */
/* Where the measured partitions are mounted now. */
#ifndef CLI_NODE_MOUNTS_H
#define CLI_NODE_MOUNTS_H

#include "base/json.h"
#include "port/ports.h"

/*
 * Write [{"partition":"COS_OEM","point":"/oem","root":"/"},…], by the device numbers that cosima-boot left in its folder; an empty array when it
 * left none.
 */
void node_mounts_write(struct json_writer *w, const struct ports *ports, const char *run);

#endif
