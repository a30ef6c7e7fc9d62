/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a baseline: each file that is read is found again by its name, and allows its own digests. */
#include <stdlib.h>

#include "verify/baseline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_file(const struct baseline *b, const struct baseline_file *file)
{
        struct canon_walk walk = file->digests;
        struct span digest;

        if (baseline_find(b, file->name) != file)
                abort();
        (void)baseline_is_signed(b, file->name);
        (void)baseline_file_is_ordered(file);
        while (canon_next_element(&walk, &digest))
                if (canon_plain_string(digest, &digest) == ERR_OK && !baseline_file_allows(file, digest))
                        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static struct baseline baseline;
        static char name[ALIAS_NAME_BYTES];
        struct baseline_file *files = malloc(BASELINE_FILES_CAP(size) * sizeof(*files));
        const char *member;
        struct span found;

        if (baseline_read(span_of(data, size), files, BASELINE_FILES_CAP(size), &baseline, &member) == ERR_OK) {
                for (size_t i = 0; i < baseline.file_count; i++)
                        check_file(&baseline, &baseline.files[i]);
                for (unsigned i = 0; i < baseline.mount_count; i++) {
                        const struct alias_mount *m = &baseline.mounts[i];

                        if (m->point.len < 4096 && alias_name(baseline.mounts, baseline.mount_count, m->point, name, &found) == ERR_OK &&
                            found.len == 0)
                                abort();
                }
        }
        free(files);
        return 0;
}
