/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the mounts of the devices that cosima-boot noted in its state file. */
#include "cli/node_mounts.h"

#include <stdio.h>

#include "trust/policy.h"

#define STATE_BYTES_MAX 8192

struct visit {
        const struct ports *ports;
        struct json_writer *w;
        unsigned count;
        struct {
                struct span name;
                uint64_t major, minor;
        } partitions[POLICY_PARTITIONS_MAX];
        uint8_t text[STATE_BYTES_MAX];
        uint8_t pool[JSON_POOL_BYTES(STATE_BYTES_MAX)];
};

static enum err read_state(struct visit *v, const char *run)
{
        char path[PORTS_PATH_MAX];
        yyjson_val *root, *list, *item;
        struct span text, state;
        size_t i, count;

        snprintf(path, sizeof(path), "%s/state", run);
        TRY(v->ports->file_read(v->ports->context, path, v->text, sizeof(v->text), &text));
        TRY(json_parse(text, v->pool, sizeof(v->pool), &root));
        TRY(json_get(root, "partitions", &list));
        yyjson_arr_foreach(list, i, count, item) {
                if (v->count == POLICY_PARTITIONS_MAX)
                        return ERR_JSON_SHAPE;
                TRY(json_get_text(item, "name", &v->partitions[v->count].name));
                TRY(json_get_u64(item, "major", &v->partitions[v->count].major));
                TRY(json_get_u64(item, "minor", &v->partitions[v->count].minor));
                TRY(json_get_text(item, "state", &state));
                v->count += span_equal_str(state, "present");
        }
        return ERR_OK;
}

/* btrfs mounts have device numbers of their own; the source names the real device. That of a tmpfs is anybody's text. */
static bool device_beneath(const struct ports *p, const struct ports_mount *m, uint32_t *ret_major, uint32_t *ret_minor)
{
        uint32_t major = m->major, minor = m->minor;

        if (major == 0 && !span_equal_str(m->fs_type, "btrfs"))
                return false;
        if (major == 0 && p->device_of_path(p->context, m->source, &major, &minor) != ERR_OK)
                return false;
        return p->device_beneath(p->context, major, minor, ret_major, ret_minor) == ERR_OK;
}

static enum err write_mount(void *arg, const struct ports_mount *m)
{
        struct visit *v = arg;
        uint32_t major, minor;

        if (!device_beneath(v->ports, m, &major, &minor))
                return ERR_OK;
        for (unsigned i = 0; i < v->count; i++) {
                if (v->partitions[i].major != major || v->partitions[i].minor != minor)
                        continue;
                json_object_open(v->w);
                json_put_text(v->w, "partition", v->partitions[i].name);
                json_put_text(v->w, "point", m->point);
                json_put_text(v->w, "root", m->root);
                json_object_close(v->w);
        }
        return ERR_OK;
}

void node_mounts_write(struct json_writer *w, const struct ports *ports, const char *run)
{
        struct visit v = { .ports = ports, .w = w };

        json_array_open(w);
        /* Mount points are for a person's convenience and for scope; without them everything is judged. */
        if (read_state(&v, run) == ERR_OK && ports->mounts_visit(ports->context, write_mount, &v) != ERR_OK)
                fprintf(stderr, "cosima quote: note: the mounts could not be listed\n");
        json_array_close(w);
}
