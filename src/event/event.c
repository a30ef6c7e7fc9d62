/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the events, their order, and which members each one has. */
#include "event/event.h"

#include "base/canon.h"
#include "base/json.h"

static const struct event_info events[EVENT_TYPE_COUNT] = {
        /*                    type              name        order repeats extended */
        [EVENT_POLICY] =     { EVENT_POLICY,     "policy",     1, false, true },
        [EVENT_STORAGE] =    { EVENT_STORAGE,    "storage",    2, false, true },
        [EVENT_IMA_POLICY] = { EVENT_IMA_POLICY, "ima-policy", 3, false, true },
        [EVENT_CONTENT] =    { EVENT_CONTENT,    "content",    4, true,  true },
        [EVENT_HANDOVER] =   { EVENT_HANDOVER,   "handover",   5, false, true },
        [EVENT_FAILURE] =    { EVENT_FAILURE,    "failure",    0, true,  true },
        [EVENT_INFO] =       { EVENT_INFO,       "info",       0, true,  false },
};

static const char ima_texts[EVENT_IMA_COUNT][12] = {
        [EVENT_IMA_ACTIVE] = "active",
        [EVENT_IMA_TPM_BYPASS] = "tpm-bypass",
        [EVENT_IMA_ABSENT] = "absent",
};

static const char load_texts[EVENT_LOAD_COUNT][8] = {
        [EVENT_LOAD_NONE] = "none",
        [EVENT_LOAD_TEXT] = "text",
        [EVENT_LOAD_PATH] = "path",
};

const struct event_info *event_info(enum event_type type)
{
        return &events[type];
}

const char *event_ima_text(enum event_ima state)
{
        return ima_texts[state];
}

const char *event_load_text(enum event_load load)
{
        return load_texts[load];
}

enum err event_by_name(struct span name, enum event_type *ret_type)
{
        for (unsigned i = 0; i < EVENT_TYPE_COUNT; i++)
                if (span_equal_str(name, events[i].name)) {
                        *ret_type = events[i].type;
                        return ERR_OK;
                }
        return ERR_EVENT_UNKNOWN;
}

enum err event_type_of(struct span content, enum event_type *ret_type)
{
        struct span value, name;

        TRY(canon_check(content));
        if (canon_member(content, "event", &value) != ERR_OK || canon_plain_string(value, &name) != ERR_OK)
                return ERR_EVENT_NAME;
        return event_by_name(name, ret_type);
}

enum err event_order_add(struct event_order *o, enum event_type type)
{
        const struct event_info *info = &events[type];

        if (!info->repeats && o->counts[type] > 0)
                return ERR_EVENT_REPEATED;
        if (info->order > 0 && info->order < o->last)
                return ERR_EVENT_ORDER;
        if (info->order > 0)
                o->last = info->order;
        o->counts[type]++;
        return ERR_OK;
}

static struct span sha256_span(const uint8_t *bytes)
{
        return span_of(bytes, EVENT_SHA256_BYTES);
}

static void put_name(struct json_writer *w, enum event_type type)
{
        json_put_str(w, "event", events[type].name);
}

static enum err finish(struct json_writer *w, struct span *ret_content)
{
        json_object_close(w);
        return json_writer_result(w, ret_content);
}

enum err event_write_policy(const struct event_policy *e, char *buf, size_t cap, struct span *ret_content)
{
        struct json_writer w = json_writer_on(buf, cap);

        json_object_open(&w);
        put_name(&w, EVENT_POLICY);
        json_put_u64(&w, "format", EVENT_FORMAT);
        json_put_str(&w, "ima", event_ima_text(e->ima));
        json_put_text(&w, "name", e->name);
        json_put_u64(&w, "pcr", e->pcr);
        json_put_hex(&w, "sha256", sha256_span(e->sha256));
        json_put_hex(&w, "signer", sha256_span(e->signer));
        json_put_u64(&w, "version", e->version);
        return finish(&w, ret_content);
}

enum err event_write_ima_policy(const struct event_ima_policy *e, char *buf, size_t cap, struct span *ret_content)
{
        struct json_writer w = json_writer_on(buf, cap);

        json_object_open(&w);
        put_name(&w, EVENT_IMA_POLICY);
        json_put_str(&w, "loaded", event_load_text(e->loaded));
        json_put_str(&w, "result", err_name(e->result));
        json_put_hex(&w, "sha256", sha256_span(e->sha256));
        return finish(&w, ret_content);
}

enum err event_write_content(const struct event_content *e, char *buf, size_t cap, struct span *ret_content)
{
        struct json_writer w = json_writer_on(buf, cap);

        json_object_open(&w);
        json_put_u64(&w, "bytes", e->bytes);
        put_name(&w, EVENT_CONTENT);
        json_put_u64(&w, "files", e->files);
        json_put_text(&w, "partition", e->partition);
        json_put_hex(&w, "sha256", sha256_span(e->sha256));
        return finish(&w, ret_content);
}

enum err event_write_handover(const struct event_mount *mounts, unsigned count, char *buf, size_t cap, struct span *ret_content)
{
        struct json_writer w = json_writer_on(buf, cap);

        json_object_open(&w);
        put_name(&w, EVENT_HANDOVER);
        json_key(&w, "partitions");
        json_array_open(&w);
        for (unsigned i = 0; i < count; i++) {
                json_object_open(&w);
                json_put_bool(&w, "matches", mounts[i].why == ERR_OK);
                json_put_text(&w, "name", mounts[i].name);
                if (mounts[i].why != ERR_OK)
                        json_put_str(&w, "why", err_name(mounts[i].why));
                json_object_close(&w);
        }
        json_array_close(&w);
        return finish(&w, ret_content);
}

enum err event_write_failure(const struct event_failure *e, char *buf, size_t cap, struct span *ret_content)
{
        struct json_writer w = json_writer_on(buf, cap);
        struct span detail = e->detail;

        if (detail.len > EVENT_DETAIL_MAX)
                detail = span_sub(detail, 0, EVENT_DETAIL_MAX);
        json_object_open(&w);
        if (detail.len > 0)
                json_put_text(&w, "detail", detail);
        json_put_str(&w, "error", err_name(e->error));
        put_name(&w, EVENT_FAILURE);
        json_put_str(&w, "stage", e->stage);
        return finish(&w, ret_content);
}

enum err event_write_info(const char *topic, const struct event_value *values, unsigned count, char *buf, size_t cap,
                          struct span *ret_content)
{
        struct json_writer w = json_writer_on(buf, cap);

        json_object_open(&w);
        put_name(&w, EVENT_INFO);
        json_put_str(&w, "topic", topic);
        json_key(&w, "values");
        json_object_open(&w);
        for (unsigned i = 0; i < count; i++) {
                if (values[i].text.data)
                        json_put_text(&w, values[i].key, values[i].text);
                else
                        json_put_u64(&w, values[i].key, values[i].number);
        }
        json_object_close(&w);
        return finish(&w, ret_content);
}
