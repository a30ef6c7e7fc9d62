/* SPDX-License-Identifier: Apache-2.0 */
/* The content of the receipt file. */
#include "event/receipt.h"

#include "base/json.h"

static void put_digest(struct json_writer *w, const char *key, struct span content)
{
        struct digest digest;

        digest_of(ALG_SHA256, content, &digest);
        json_put_hex(w, key, digest_span(&digest));
}

enum err receipt_write(struct span policy_content, struct span storage_content, const uint8_t *rules_sha256, char *buf, size_t cap,
                       struct span *ret_text)
{
        struct json_writer w = json_writer_on(buf, cap);
        struct span text;

        json_object_open(&w);
        put_digest(&w, "policy", policy_content);
        json_put_hex(&w, "rules", span_of(rules_sha256, EVENT_SHA256_BYTES));
        put_digest(&w, "storage", storage_content);
        json_object_close(&w);
        TRY(json_writer_result(&w, &text));
        if (text.len == cap)
                return ERR_NO_SPACE;
        buf[text.len] = '\n';
        *ret_text = span_of(buf, text.len + 1);
        return ERR_OK;
}
