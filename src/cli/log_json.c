/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the members of each entry in JSON. */
#include "cli/log_json.h"

void log_json_record(struct json_writer *w, const struct cel_record *record)
{
        json_object_open(w);
        json_key(w, "content");
        json_raw(w, record->content);
        json_key(w, "digests");
        json_object_open(w);
        for (unsigned i = 0; i < record->digests.count; i++)
                json_put_hex(w, alg_info(record->digests.digests[i].alg)->name, digest_span(&record->digests.digests[i]));
        json_object_close(w);
        json_put_bool(w, "extended", !record->info);
        json_put_u64(w, "pcr", record->pcr);
        json_put_u64(w, "recnum", record->recnum);
        json_object_close(w);
}

void log_json_firmware(struct json_writer *w, const struct tcg_event *event)
{
        const char *name = tcg_event_name(event->type);

        json_object_open(w);
        json_put_u64(w, "bytes", event->data.len);
        json_key(w, "digests");
        json_object_open(w);
        for (unsigned alg = 0; alg < ALG_COUNT; alg++)
                if (tcg_event_digest(event, alg).len > 0)
                        json_put_hex(w, alg_info(alg)->name, tcg_event_digest(event, alg));
        json_object_close(w);
        json_put_bool(w, "extended", tcg_event_is_extended(event));
        if (name)
                json_put_str(w, "name", name);
        json_put_u64(w, "number", event->number);
        json_put_u64(w, "pcr", event->pcr);
        json_put_u64(w, "type", event->type);
        json_object_close(w);
}

static const char *kind_name(enum ima_kind kind)
{
        static const char *const names[] = {
                [IMA_FILE] = "file",
                [IMA_BOOT_AGGREGATE_ENTRY] = "boot_aggregate",
                [IMA_BUFFER] = "buffer",
                [IMA_OTHER] = "other",
        };

        return names[kind];
}

static void put_filled(struct json_writer *w, const char *key, struct span bytes)
{
        if (bytes.len > 0)
                json_put_hex(w, key, bytes);
}

void log_json_ima(struct json_writer *w, uint64_t number, const struct ima_entry *entry)
{
        json_object_open(w);
        put_filled(w, "buffer", entry->buffer);
        json_put_hex(w, "digest", entry->digest);
        json_put_bool(w, "digest-matches", ima_entry_digest_matches(entry));
        if (entry->kind == IMA_OTHER) {
                json_put_str(w, "error", err_name(entry->fields_error));
        } else {
                json_put_hex(w, "hash", entry->hash);
                json_put_text(w, "hash-name", entry->hash_name);
                if (entry->hash_type.len > 0)
                        json_put_text(w, "hash-type", entry->hash_type);
        }
        json_put_str(w, "kind", kind_name(entry->kind));
        json_put_u64(w, "number", number);
        if (entry->kind != IMA_OTHER)
                json_put_text(w, "path", entry->path);
        json_put_u64(w, "pcr", entry->pcr);
        put_filled(w, "signature", entry->signature);
        json_put_text(w, "template", entry->name);
        json_put_bool(w, "violation", entry->violation);
        json_object_close(w);
}
