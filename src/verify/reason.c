/* SPDX-License-Identifier: Apache-2.0 */
/* The list of reasons, of which the first are kept and all are counted. */
#include "verify/reason.h"

static const struct {
        const char *name, *text;
        enum reason_weight weight;
} rows[REASON_COUNT_] = {
#define REASON(name, weight, text) [REASON_##name] = { #name, text, REASON_##weight },
#include "verify/reason.def"
#undef REASON
};

const char *reason_name(enum reason_code code)
{
        return rows[code].name;
}

const char *reason_text(enum reason_code code)
{
        return rows[code].text;
}

enum reason_weight reason_weight(enum reason_code code)
{
        return rows[code].weight;
}

void reason_begin(struct reason_list *list)
{
        list->count = list->kept_count = 0;
        memset(list->counts, 0, sizeof(list->counts));
        list->worst = REASON_NOTE;
        list->text_len = 0;
}

bool reason_will_be_kept(const struct reason_list *list, enum reason_code code)
{
        return list->kept_count < REASON_KEPT_MAX && list->counts[code] < REASON_KEPT_EACH;
}

void reason_add(struct reason_list *list, const struct reason *reason)
{
        if (reason_will_be_kept(list, reason->code))
                list->kept[list->kept_count++] = *reason;
        list->count++;
        list->counts[reason->code]++;
        if (rows[reason->code].weight > list->worst)
                list->worst = rows[reason->code].weight;
}

void reason_add_about(struct reason_list *list, enum reason_code code, const char *subject)
{
        struct reason reason = { .code = code, .subject = span_of_str(subject) };

        reason_add(list, &reason);
}

struct span reason_keep(struct reason_list *list, struct span text)
{
        char *place = list->text + list->text_len;

        if (text.len == 0 || text.len > sizeof(list->text) - list->text_len)
                return span_of(NULL, 0);
        memcpy(place, text.data, text.len);
        list->text_len += text.len;
        return span_of(place, text.len);
}
