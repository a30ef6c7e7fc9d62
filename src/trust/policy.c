/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of the policy format: one table row for each directive, everything else is a rule of IMA or an error. */
#include "trust/policy.h"

#include "format/class.h"
#include "trust/word.h"

#define WAIT_MAX_S 300
#define NAME_MAX_BYTES 64
#define PARTITION_NAME_MAX 32
#define LABEL_MAX 47     /* of LUKS2, the longest label (cryptsetup on-disk format 2.1) */
#define PARTLABEL_MAX 36 /* UTF-16 units of a GPT name (UEFI 2.10 table 5.6) */

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

struct parser {
        struct policy policy;
        unsigned seen; /* scalar directives, by their row in the table */
        unsigned line_no;
        struct span token; /* what is being looked at, for the error */
};

static bool next_word(struct parser *p, struct span *rest)
{
        return word_next(rest, &p->token);
}

static enum err read_name(struct parser *p)
{
        p->policy.name = p->token;
        return word_made_of(p->token, NAME_MAX_BYTES, LOWER DIGITS "._-") ? ERR_OK : ERR_POLICY_NAME;
}

static enum err read_version(struct parser *p)
{
        uint64_t version;

        if (!word_number(p->token, UINT32_MAX, &version) || version == 0)
                return ERR_POLICY_VERSION;
        p->policy.version = (uint32_t)version;
        return ERR_OK;
}

/* A PCR must hold for the whole boot, so neither the firmware, the kernel nor a resetting root may have a part in it. */
static enum err read_pcr(struct parser *p)
{
        uint64_t pcr;

        if (!word_number(p->token, 23, &pcr))
                return ERR_POLICY_PCR;
        if (pcr <= 7)
                return ERR_POLICY_PCR_FIRMWARE;
        if (pcr == 10)
                return ERR_POLICY_PCR_IMA;
        if (pcr == 16 || pcr == 23)
                return ERR_POLICY_PCR_RESETTABLE;
        if (pcr >= 17)
                return ERR_POLICY_PCR_DRTM;
        p->policy.pcr = (unsigned)pcr;
        return ERR_OK;
}

static enum err read_classes(struct parser *p)
{
        static const struct {
                char name[12];
                enum class class;
        } classes[] = { { "config", CLASS_CONFIG }, { "identity", CLASS_IDENTITY }, { "layout", CLASS_LAYOUT } };
        struct span list = p->token, item;
        unsigned set = 0;

        while (word_item(&list, ',', &item)) {
                unsigned one = 0;

                for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++)
                        if (span_equal_str(item, classes[i].name))
                                one = classes[i].class;
                if (one == 0 || set & one)
                        return ERR_POLICY_CLASSES;
                set |= one;
        }
        p->policy.classes = set;
        return ERR_OK;
}

static enum err read_disks(struct parser *p)
{
        p->policy.disks = span_equal_str(p->token, "closed") ? POLICY_DISKS_CLOSED : POLICY_DISKS_OPEN;
        return p->policy.disks == POLICY_DISKS_CLOSED || span_equal_str(p->token, "open") ? ERR_OK : ERR_POLICY_DISKS;
}

static enum err read_wait(struct parser *p)
{
        uint64_t wait_s;

        if (!word_number(p->token, WAIT_MAX_S, &wait_s))
                return ERR_POLICY_WAIT;
        p->policy.wait_s = (uint32_t)wait_s;
        return ERR_OK;
}

static enum err read_on_failure(struct parser *p)
{
        p->policy.on_failure = span_equal_str(p->token, "halt") ? POLICY_HALT : POLICY_CONTINUE;
        return p->policy.on_failure == POLICY_HALT || span_equal_str(p->token, "continue") ? ERR_OK : ERR_POLICY_ON_FAILURE;
}

static enum err read_kernel(struct parser *p)
{
        return rules_kernel_by_name(p->token, &p->policy.kernel) ? ERR_OK : ERR_POLICY_KERNEL;
}

/* The directives with exactly one word, which may stand once. */
static const struct scalar {
        char name[12];
        enum err (*read)(struct parser *p);
        enum err missing; /* ERR_OK: it has a default */
} scalars[] = {
        { "name", read_name, ERR_POLICY_NO_NAME },
        { "version", read_version, ERR_POLICY_NO_VERSION },
        { "pcr", read_pcr, ERR_POLICY_NO_PCR },
        { "classes", read_classes, ERR_OK },
        { "disks", read_disks, ERR_OK },
        { "wait", read_wait, ERR_OK },
        { "on-failure", read_on_failure, ERR_OK },
        { "kernel", read_kernel, ERR_OK },
};

#define SCALARS (sizeof(scalars) / sizeof(*scalars))

static enum err read_scalar(struct parser *p, unsigned row, struct span rest)
{
        struct span more;

        if (p->seen & 1u << row)
                return ERR_POLICY_REPEATED;
        p->seen |= 1u << row;
        if (!next_word(p, &rest))
                return ERR_POLICY_WORDS;
        TRY(scalars[row].read(p));
        if (word_next(&rest, &more)) {
                p->token = more;
                return ERR_POLICY_WORDS;
        }
        return ERR_OK;
}

static bool holds(const struct span *names, unsigned count, struct span name)
{
        for (unsigned i = 0; i < count; i++)
                if (span_equal(names[i], name))
                        return true;
        return false;
}

/* Two lines with one label would both claim the same device. */
static enum err read_labels(struct parser *p, struct span list, bool part, struct policy_partition *partition)
{
        struct span *names = part ? partition->partlabels : partition->labels;
        unsigned *count = part ? &partition->partlabel_count : &partition->label_count;
        struct span item;

        if (*count != 0)
                return ERR_POLICY_PARTITION_OPTION;
        while (word_item(&list, ',', &item)) {
                if (*count == POLICY_NAMES_MAX || item.len == 0 || item.len > (part ? PARTLABEL_MAX : LABEL_MAX))
                        return ERR_POLICY_PARTITION_LABEL;
                for (unsigned i = 0; i < p->policy.partition_count; i++) {
                        const struct policy_partition *other = &p->policy.partitions[i];

                        if (part ? holds(other->partlabels, other->partlabel_count, item)
                                 : holds(other->labels, other->label_count, item))
                                return ERR_POLICY_PARTITION_SHARED;
                }
                if (holds(names, *count, item))
                        return ERR_POLICY_PARTITION_SHARED;
                names[(*count)++] = item;
        }
        return ERR_OK;
}

static enum err read_fs(struct span fs, struct policy_partition *partition)
{
        static const char known[][12] = { "ext2", "ext3", "ext4", "xfs", "btrfs", "vfat", "squashfs" };

        if (partition->fs.len != 0)
                return ERR_POLICY_PARTITION_OPTION;
        partition->fs = fs;
        for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
                if (span_equal_str(fs, known[i]))
                        return ERR_OK;
        return ERR_POLICY_PARTITION_FS;
}

static enum err read_partition_option(struct parser *p, struct policy_partition *partition)
{
        struct span value;

        if (word_begins(p->token, "label=", &value))
                return read_labels(p, value, false, partition);
        if (word_begins(p->token, "partlabel=", &value))
                return read_labels(p, value, true, partition);
        if (word_begins(p->token, "fs=", &value))
                return read_fs(value, partition);
        return ERR_POLICY_PARTITION_OPTION;
}

static enum err read_partition(struct parser *p, struct span rest)
{
        struct policy_partition partition = { 0 };

        if (!next_word(p, &rest))
                return ERR_POLICY_WORDS;
        partition.name = p->token;
        if (!word_made_of(p->token, PARTITION_NAME_MAX, UPPER DIGITS "_"))
                return ERR_POLICY_PARTITION_NAME;
        if (policy_partition_index(&p->policy, partition.name) >= 0)
                return ERR_POLICY_PARTITION_TWICE;
        if (p->policy.partition_count == POLICY_PARTITIONS_MAX)
                return ERR_POLICY_PARTITIONS_MANY;
        if (!next_word(p, &rest))
                return ERR_POLICY_PARTITION_NEED;
        partition.required = span_equal_str(p->token, "required");
        if (!partition.required && !span_equal_str(p->token, "optional"))
                return ERR_POLICY_PARTITION_NEED;
        while (next_word(p, &rest))
                TRY(read_partition_option(p, &partition));
        if (partition.label_count + partition.partlabel_count == 0)
                return ERR_POLICY_PARTITION_SELECTOR;
        p->policy.partitions[p->policy.partition_count++] = partition;
        return ERR_OK;
}

/* An absolute path in its only spelling, so that comparing bytes compares paths. */
static bool is_plain_path(struct span path)
{
        struct span part;

        if (path.len < 2 || path.data[0] != '/')
                return false;
        path = span_sub(path, 1, path.len - 1);
        while (word_item(&path, '/', &part))
                if (part.len == 0 || span_equal_str(part, ".") || span_equal_str(part, ".."))
                        return false;
        return true;
}

static enum err read_except(struct span list, struct policy_walk *walk)
{
        struct span item;

        if (walk->except_count != 0)
                return ERR_POLICY_WALK_OPTION;
        while (word_item(&list, ',', &item)) {
                if (walk->except_count == POLICY_EXCEPT_MAX || !is_plain_path(item))
                        return ERR_POLICY_WALK_EXCEPT;
                walk->except[walk->except_count++] = item;
        }
        return ERR_OK;
}

static enum err read_walk(struct parser *p, struct span rest)
{
        struct policy_walk walk = { 0 };
        struct span value;
        int partition;

        if (!next_word(p, &rest))
                return ERR_POLICY_WORDS;
        partition = policy_partition_index(&p->policy, p->token);
        if (partition < 0)
                return ERR_POLICY_WALK_PARTITION;
        for (unsigned i = 0; i < p->policy.walk_count; i++)
                if (p->policy.walks[i].partition == (unsigned)partition)
                        return ERR_POLICY_WALK_TWICE;
        walk.partition = (unsigned)partition;
        while (next_word(p, &rest)) {
                if (word_begins(p->token, "except=", &value))
                        TRY(read_except(value, &walk));
                else if (!word_begins(p->token, "max=", &value) || walk.max_bytes != 0)
                        return ERR_POLICY_WALK_OPTION;
                else if (!word_number(value, INT64_MAX, &walk.max_bytes) || walk.max_bytes == 0)
                        return ERR_POLICY_WALK_MAX;
        }
        p->policy.walks[p->policy.walk_count++] = walk; /* one a partition, so there is room */
        return ERR_OK;
}

static enum err read_rule(struct parser *p, struct span line)
{
        struct rules_rule rule;
        int partition = -1;

        p->token = span_of(NULL, 0);
        if (p->policy.rule_count == POLICY_RULES_MAX)
                return ERR_POLICY_RULES_MANY;
        TRY(rules_parse(line, p->policy.kernel, &rule, &p->token));
        if (rule.token.len != 0) {
                p->token = rule.token;
                partition = policy_partition_index(&p->policy, rule.partition);
                if (partition < 0)
                        return ERR_RULES_PARTITION_UNKNOWN;
        }
        p->policy.rules[p->policy.rule_count++] = (struct policy_rule){
                .line = line, .line_no = p->line_no, .action = rule.action, .partition = partition, .token = rule.token
        };
        return ERR_OK;
}

/* A comment behind a directive ends it; one behind a rule is refused by rules_parse(), as a kernel would. */
static struct span without_comment(struct span line)
{
        for (size_t i = 1; i < line.len; i++)
                if (line.data[i] == '#' && (line.data[i - 1] == ' ' || line.data[i - 1] == '\t'))
                        return span_sub(line, 0, i);
        return line;
}

static enum err read_first_line(struct parser *p, struct span line)
{
        struct span rest = without_comment(line), more;

        if (!next_word(p, &rest) || !span_equal_str(p->token, "cosima"))
                return ERR_POLICY_FIRST_LINE;
        if (!next_word(p, &rest))
                return ERR_POLICY_FIRST_LINE;
        if (!span_equal_str(p->token, "1"))
                return ERR_POLICY_FORMAT;
        return word_next(&rest, &more) ? ERR_POLICY_WORDS : ERR_OK;
}

static enum err read_line(struct parser *p, struct span line)
{
        struct span rest = line;

        p->token = span_of(NULL, 0);
        if (line.len > POLICY_LINE_MAX)
                return ERR_POLICY_LINE_LENGTH;
        if (p->line_no == 1)
                return read_first_line(p, line);
        if (!next_word(p, &rest) || p->token.data[0] == '#')
                return ERR_OK;
        if (rules_is_action(p->token))
                return read_rule(p, line);
        rest = without_comment(rest);
        for (unsigned i = 0; i < SCALARS; i++)
                if (span_equal_str(p->token, scalars[i].name))
                        return p->policy.rule_count ? ERR_POLICY_ORDER : read_scalar(p, i, rest);
        if (span_equal_str(p->token, "partition"))
                return p->policy.rule_count ? ERR_POLICY_ORDER : read_partition(p, rest);
        if (span_equal_str(p->token, "walk"))
                return p->policy.rule_count ? ERR_POLICY_ORDER : read_walk(p, rest);
        return ERR_POLICY_DIRECTIVE;
}

static enum err check_byte(uint8_t c)
{
        if (c == 0)
                return ERR_POLICY_NUL;
        if (c == '\r')
                return ERR_POLICY_CR;
        return c == '\t' || c == '\n' || (c >= ' ' && c <= '~') ? ERR_OK : ERR_POLICY_BYTE;
}

/* The kernel would take bytes that a reader does not see: so the whole file is looked through before any of it is understood. */
static enum err check_bytes(struct parser *p, struct span text)
{
        p->line_no = 1;
        for (size_t i = 0; i < text.len; i++) {
                p->token = span_sub(text, i, 1);
                TRY(check_byte(text.data[i]));
                p->line_no += text.data[i] == '\n' && i + 1 < text.len;
        }
        p->token = span_of(NULL, 0);
        return text.data[text.len - 1] == '\n' ? ERR_OK : ERR_POLICY_LINE_END;
}

static enum err read_text(struct parser *p, struct span text)
{
        struct span lines, line;

        if (text.len == 0)
                return ERR_POLICY_EMPTY;
        if (text.len > POLICY_BYTES_MAX)
                return ERR_POLICY_LARGE;
        TRY(check_bytes(p, text));
        lines = span_sub(text, 0, text.len - 1);
        p->line_no = 0;
        while (word_item(&lines, '\n', &line)) {
                p->line_no++;
                TRY(read_line(p, line));
        }
        p->line_no = 0;
        p->token = span_of(NULL, 0);
        for (unsigned i = 0; i < SCALARS; i++)
                if (scalars[i].missing != ERR_OK && !(p->seen & 1u << i))
                        return scalars[i].missing;
        return p->policy.rule_count ? ERR_OK : ERR_POLICY_NO_RULES;
}

enum err policy_parse(struct span text, struct policy *ret_policy, struct policy_error *ret_error)
{
        struct parser p = { .policy = {
                .text = text,
                .classes = CLASS_IDENTITY | CLASS_CONFIG,
                .disks = POLICY_DISKS_OPEN,
                .wait_s = 10,
                .on_failure = POLICY_CONTINUE,
                .kernel = RULES_KERNEL_6_1,
        } };
        enum err e = read_text(&p, text);

        if (e != ERR_OK) {
                *ret_error = (struct policy_error){ .code = e, .line_no = p.line_no, .token = p.token };
                return e;
        }
        *ret_policy = p.policy;
        return ERR_OK;
}

int policy_partition_index(const struct policy *policy, struct span name)
{
        for (unsigned i = 0; i < policy->partition_count; i++)
                if (span_equal(policy->partitions[i].name, name))
                        return (int)i;
        return -1;
}

bool policy_partition_selects(const struct policy_partition *p, struct span label, struct span partlabel)
{
        return holds(p->labels, p->label_count, label) || holds(p->partlabels, p->partlabel_count, partlabel);
}
