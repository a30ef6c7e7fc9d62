/* SPDX-License-Identifier: Apache-2.0 */
/* Reads, writes and joins the pins of a baseline. */
#include "verify/baseline_pins.h"

static enum err get_text(struct span object, const char *key, struct span *ret_text)
{
        struct span value;

        TRY(canon_member(object, key, &value));
        return canon_plain_string(value, ret_text);
}

enum err baseline_pins_read_vendors(struct span value, struct baseline *b)
{
        struct canon_walk walk;
        struct span number;

        TRY(canon_open_array(value, &walk));
        while (canon_next_element(&walk, &value)) {
                struct baseline_vendor *v = &b->vendors[b->vendor_count];

                if (b->vendor_count == BASELINE_VENDORS_MAX)
                        return ERR_BASELINE_SHAPE;
                TRY(get_text(value, "name", &v->name));
                TRY(get_text(value, "partition", &v->partition));
                TRY(canon_member(value, "version", &number));
                TRY(canon_u64(number, &v->version));
                b->vendor_count++;
        }
        return ERR_OK;
}

enum err baseline_pins_read_roots(struct span value, struct baseline *b)
{
        struct canon_walk walk;

        TRY(canon_open_array(value, &walk));
        while (canon_next_element(&walk, &value)) {
                struct baseline_root *r = &b->roots[b->root_count];

                if (b->root_count == BASELINE_ROOTS_MAX)
                        return ERR_BASELINE_SHAPE;
                TRY(get_text(value, "partition", &r->partition));
                TRY(get_text(value, "root", &r->root));
                b->root_count++;
        }
        return ERR_OK;
}

static void write_vendors(struct json_writer *w, const struct baseline *b)
{
        json_key(w, "vendors");
        json_array_open(w);
        for (unsigned i = 0; i < b->vendor_count; i++) {
                json_object_open(w);
                json_put_text(w, "name", b->vendors[i].name);
                json_put_text(w, "partition", b->vendors[i].partition);
                json_put_u64(w, "version", b->vendors[i].version);
                json_object_close(w);
        }
        json_array_close(w);
}

static void write_roots(struct json_writer *w, const struct baseline *b)
{
        json_key(w, "verity");
        json_array_open(w);
        for (unsigned i = 0; i < b->root_count; i++) {
                json_object_open(w);
                json_put_text(w, "partition", b->roots[i].partition);
                json_put_text(w, "root", b->roots[i].root);
                json_object_close(w);
        }
        json_array_close(w);
}

void baseline_pins_write(struct json_writer *w, const struct baseline *b)
{
        if (b->vendor_count > 0)
                write_vendors(w, b);
        if (b->root_count > 0)
                write_roots(w, b);
}

const struct baseline_vendor *baseline_pins_vendor(const struct baseline *b, struct span partition)
{
        for (unsigned i = 0; i < b->vendor_count; i++)
                if (span_equal(b->vendors[i].partition, partition))
                        return &b->vendors[i];
        return NULL;
}

bool baseline_pins_add_root(struct baseline *b, const struct baseline_root *root)
{
        for (unsigned i = 0; i < b->root_count; i++)
                if (span_equal(b->roots[i].partition, root->partition) && span_equal(b->roots[i].root, root->root))
                        return true;
        if (b->root_count == BASELINE_ROOTS_MAX)
                return false;
        b->roots[b->root_count++] = *root;
        return true;
}

bool baseline_pins_add_vendor(struct baseline *b, const struct baseline_vendor *vendor)
{
        for (unsigned i = 0; i < b->vendor_count; i++) {
                struct baseline_vendor *v = &b->vendors[i];

                if (!span_equal(v->partition, vendor->partition))
                        continue;
                if (vendor->version > v->version)
                        *v = *vendor;
                return true;
        }
        if (b->vendor_count == BASELINE_VENDORS_MAX)
                return false;
        b->vendors[b->vendor_count++] = *vendor;
        return true;
}
