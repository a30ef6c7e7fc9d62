/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a vendor's part: what is read can be written, and is read again as the same. */
#include <stdlib.h>

#include "verify/vendor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each content of each file, in order. */
static size_t list_files(const struct vendor *v, struct baseline_entry *entries, size_t cap)
{
        size_t count = 0;

        for (size_t i = 0; i < v->file_count; i++) {
                struct canon_walk walk = v->files[i].digests;
                struct span digest;

                while (count < cap && canon_next_element(&walk, &digest))
                        if (canon_plain_string(digest, &digest) == ERR_OK) {
                                entries[count] = (struct baseline_entry){ v->files[i].name, digest, count };
                                count++;
                        }
        }
        return count;
}

static void check(const struct vendor *v, size_t size)
{
        size_t cap = 4 * size + 4096;
        struct baseline_entry *entries = malloc(cap * sizeof(*entries));
        struct baseline_file *files = malloc(cap * sizeof(*files));
        char *buf = malloc(cap);
        struct json_writer w = json_writer_on(buf, cap);
        struct vendor again;
        const char *member;
        struct span text;

        vendor_write(&w, v, entries, list_files(v, entries, cap));
        if (json_writer_result(&w, &text) == ERR_OK &&
            (vendor_read(text, files, cap, &again, &member) != ERR_OK || again.version != v->version || !span_equal(again.name, v->name) ||
             again.content_count != v->content_count))
                abort();
        free(buf);
        free(files);
        free(entries);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct baseline_file *files = malloc(BASELINE_FILES_CAP(size) * sizeof(*files));
        struct vendor vendor;
        const char *member;

        if (vendor_read(span_of(data, size), files, BASELINE_FILES_CAP(size), &vendor, &member) == ERR_OK)
                check(&vendor, size);
        free(files);
        return 0;
}
