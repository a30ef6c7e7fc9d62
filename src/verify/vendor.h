/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vendor's part of a baseline: what one partition, COS_OEM, may hold, told by who makes its contents. One canonical JSON object and a line
 * feed, signed as policies are (trust/sig.h):
 *
 *   {"content":[{…},…],                                 the content events of the partition, oldest first
 *    "files":[["/oem/a","sha256:<hex>",…],…],           its files as in a baseline
 *    "name":"acme-oem",
 *    "partition":"COS_OEM",
 *    "vendor":1,                                        the format
 *    "version":3}                                       of the contents
 */
#ifndef VERIFY_VENDOR_H
#define VERIFY_VENDOR_H

#include "verify/baseline.h"

#define VENDOR_FORMAT 1

struct vendor {
        unsigned content_count;
        struct span content[BASELINE_CONTENT_MAX];
        size_t file_count;
        const struct baseline_file *files;
        struct span name, partition; /* without quotes */
        uint64_t version;
};

/*
 * Read a part; spans point into text; files has room for cap (BASELINE_FILES_CAP). ERR_CANON_*, ERR_BASELINE_VERSION (another format),
 * ERR_BASELINE_SHAPE, ERR_BASELINE_FILES. ret_member names what was looked at, also on failure.
 */
MUST_CHECK enum err vendor_read(struct span text, struct baseline_file *files, size_t cap, struct vendor *ret_vendor, const char **ret_member);

/* Write a part with entries[0..count), sorted, for its files. */
void vendor_write(struct json_writer *w, const struct vendor *vendor, const struct baseline_entry *entries, size_t count);

/* Whether a file of the baseline lies in a partition, by the baseline's mount points. */
bool vendor_owns(const struct baseline *baseline, struct span partition, struct span name);
/* Whether a content event is of a partition. */
bool vendor_owns_content(struct span partition, struct span content);

#endif
