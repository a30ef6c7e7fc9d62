/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of IMA rules, as tables: actions, hooks with what they allow, conditions with what they take. */
#include "trust/rules.h"

#include "format/guid.h"
#include "trust/word.h"

#define ID_MAX 4294967294u /* the largest uid_t that is not "invalid" */
/* What partition=NAME grows to at most: fsuuid= and 36 characters; fsname= and a type are shorter. */
#define PARTITION_RENDERED_BYTES 43

/* The conditions of a rule, as a set. The kernel keeps uid and euid in one place, gid and egid in another. */
enum flag {
        FUNC = 1 << 0,
        MASK = 1 << 1,
        FSMAGIC = 1 << 2,
        FSNAME = 1 << 3,
        FSUUID = 1 << 4,
        FS_SUBTYPE = 1 << 5,
        PARTITION = 1 << 6,
        UID = 1 << 7,
        EUID = 1 << 8,
        GID = 1 << 9,
        EGID = 1 << 10,
        FOWNER = 1 << 11,
        FGROUP = 1 << 12,
        KEYRINGS = 1 << 13,
        LABEL = 1 << 14,
        TEMPLATE = 1 << 15,
        DIRECTIO = 1 << 16,
        VERITY = 1 << 17,
        APPRAISE_TYPE = 1 << 18,
        SIGV3 = 1 << 19,
        ALGOS = 1 << 20,
};

#define FILE_SYSTEM (FSMAGIC | FSNAME | FSUUID | FS_SUBTYPE | PARTITION)
#define OWNERS (UID | EUID | GID | EGID | FOWNER | FGROUP)
#define APPRAISAL (APPRAISE_TYPE | SIGV3 | ALGOS)
#define ANY_FILE (FUNC | MASK | FILE_SYSTEM | OWNERS | DIRECTIO | TEMPLATE | APPRAISAL | VERITY)
#define KERNEL_READ (ANY_FILE & ~(unsigned)VERITY)
/* What says which files or events a rule is about. */
#define SELECTORS (FUNC | MASK | FILE_SYSTEM | OWNERS | KEYRINGS | LABEL)

enum { READ = 1, WRITE = 2, EXEC = 4, APPEND = 8 };

#define ACTION(a) (1u << RULES_##a)
#define ALL_ACTIONS ((1u << RULES_ACTIONS) - 1)
#define MEASURING (ACTION(MEASURE) | ACTION(DONT_MEASURE))

static const struct action {
        char name[16]; /* here and below arrays: each pointer would cost a relocation at start */
        enum rules_kernel since;
} actions[RULES_ACTIONS] = {
        [RULES_MEASURE] = { "measure", RULES_KERNEL_6_1 },   [RULES_DONT_MEASURE] = { "dont_measure", RULES_KERNEL_6_1 },
        [RULES_APPRAISE] = { "appraise", RULES_KERNEL_6_1 }, [RULES_DONT_APPRAISE] = { "dont_appraise", RULES_KERNEL_6_1 },
        [RULES_AUDIT] = { "audit", RULES_KERNEL_6_1 },       [RULES_DONT_AUDIT] = { "dont_audit", RULES_KERNEL_7_2 },
        [RULES_HASH] = { "hash", RULES_KERNEL_6_1 },         [RULES_DONT_HASH] = { "dont_hash", RULES_KERNEL_6_1 },
};

/* allowed: the conditions that ima_validate_rule() lets stand with the hook. passes: the accesses with which it is called; 0: it has none. */
struct func {
        char name[24];
        unsigned actions, allowed, passes;
        enum rules_kernel since;
        bool buffer; /* what is measured is a buffer, not a file */
};

static const struct func any_func = { "", ALL_ACTIONS, ANY_FILE, READ | WRITE | EXEC | APPEND, RULES_KERNEL_6_1, false };

static const struct func funcs[] = {
        { "FILE_CHECK", ALL_ACTIONS, ANY_FILE, READ | WRITE | EXEC | APPEND, RULES_KERNEL_6_1, false },
        { "MMAP_CHECK", ALL_ACTIONS, ANY_FILE, EXEC, RULES_KERNEL_6_1, false },
        { "MMAP_CHECK_REQPROT", ALL_ACTIONS, ANY_FILE, EXEC, RULES_KERNEL_6_12, false },
        { "BPRM_CHECK", ALL_ACTIONS, ANY_FILE, EXEC, RULES_KERNEL_6_1, false },
        { "CREDS_CHECK", ALL_ACTIONS, ANY_FILE, EXEC, RULES_KERNEL_6_1, false },
        { "FIRMWARE_CHECK", ALL_ACTIONS, ANY_FILE, READ, RULES_KERNEL_6_1, false },
        { "POLICY_CHECK", ALL_ACTIONS, ANY_FILE, READ, RULES_KERNEL_6_1, false },
        { "MODULE_CHECK", ALL_ACTIONS, KERNEL_READ, READ, RULES_KERNEL_6_1, false },
        { "KEXEC_KERNEL_CHECK", ALL_ACTIONS, KERNEL_READ, READ, RULES_KERNEL_6_1, false },
        { "KEXEC_INITRAMFS_CHECK", ALL_ACTIONS, KERNEL_READ, READ, RULES_KERNEL_6_1, false },
        { "KEXEC_CMDLINE", MEASURING, FUNC | FILE_SYSTEM | OWNERS | TEMPLATE, 0, RULES_KERNEL_6_1, true },
        { "KEY_CHECK", MEASURING, FUNC | UID | GID | KEYRINGS | TEMPLATE, 0, RULES_KERNEL_6_1, true },
        { "CRITICAL_DATA", MEASURING, FUNC | UID | GID | LABEL | TEMPLATE, 0, RULES_KERNEL_6_1, true },
        { "SETXATTR_CHECK", ACTION(APPRAISE), FUNC | ALGOS, 0, RULES_KERNEL_6_1, false },
};

/* A rule as far as it has been read. */
struct rule {
        enum rules_kernel kernel;
        enum rules_action action;
        const struct func *func;
        unsigned flags, mask;
        bool buffer_template;
        struct span token, partition;
};

static enum err check_func(struct rule *r, struct span value)
{
        if (span_equal_str(value, "PATH"))
                return ERR_RULES_PATH;
        if (span_equal_str(value, "PATH_CHECK") || span_equal_str(value, "FILE_MMAP"))
                return ERR_RULES_FUNC_OLD;
        for (size_t i = 0; i < sizeof(funcs) / sizeof(*funcs); i++)
                if (span_equal_str(value, funcs[i].name)) {
                        r->func = &funcs[i];
                        return funcs[i].since > r->kernel ? ERR_RULES_KERNEL : ERR_OK;
                }
        return ERR_RULES_FUNC;
}

static enum err check_mask(struct rule *r, struct span value)
{
        static const char names[][12] = { "MAY_READ", "MAY_WRITE", "MAY_EXEC", "MAY_APPEND" };
        struct span name = value;

        if (value.data[0] == '^')
                name = span_sub(value, 1, value.len - 1);
        for (unsigned i = 0; i < 4; i++)
                if (span_equal_str(name, names[i])) {
                        r->mask = 1u << i;
                        return ERR_OK;
                }
        return ERR_RULES_MASK;
}

static enum err check_fsmagic(struct rule *r, struct span value)
{
        struct span digits = value;
        bool zero = true;

        (void)r;
        if (span_equal_str(span_sub(value, 0, 2), "0x"))
                digits = span_sub(value, 2, value.len - 2);
        for (size_t i = 0; i < digits.len; i++)
                zero &= digits.data[i] == '0';
        return zero || !word_made_of(digits, 16, "0123456789abcdefABCDEF") ? ERR_RULES_FSMAGIC : ERR_OK;
}

static enum err check_fsuuid(struct rule *r, struct span value)
{
        (void)r;
        if (!guid_is_text(value))
                return ERR_RULES_FSUUID;
        return span_equal_str(value, "00000000-0000-0000-0000-000000000000") ? ERR_RULES_FSUUID_NULL : ERR_OK;
}

static enum err check_id(struct rule *r, struct span value)
{
        uint64_t id;

        (void)r;
        return word_number(value, ID_MAX, &id) ? ERR_OK : ERR_RULES_ID;
}

/* Whoever could match, or exempt, the receipt's owner could blur the proof that the rules are loaded. */
static enum err check_fowner(struct rule *r, struct span value)
{
        uint64_t id;

        (void)r;
        if (!word_number(value, ID_MAX, &id))
                return ERR_RULES_ID;
        return id == RULES_RECEIPT_OWNER ? ERR_RULES_FOWNER_RESERVED : ERR_OK;
}

static enum err check_list(struct rule *r, struct span value)
{
        struct span item;

        (void)r;
        while (word_item(&value, '|', &item))
                if (item.len == 0)
                        return ERR_RULES_LIST;
        return ERR_OK;
}

static enum err check_any(struct rule *r, struct span value)
{
        (void)r;
        (void)value;
        return ERR_OK;
}

static enum err check_fs_subtype(struct rule *r, struct span value)
{
        (void)value;
        return r->kernel >= RULES_KERNEL_7_2 ? ERR_OK : ERR_RULES_KERNEL;
}

static enum err check_partition(struct rule *r, struct span value)
{
        r->partition = value;
        return ERR_OK;
}

static enum err check_template(struct rule *r, struct span value)
{
        r->buffer_template = span_equal_str(value, "ima-buf");
        if (!r->buffer_template && !span_equal_str(value, "ima-ng") && !span_equal_str(value, "ima-sig"))
                return ERR_RULES_TEMPLATE;
        return r->action == RULES_MEASURE ? ERR_OK : ERR_RULES_TEMPLATE_ACTION;
}

static enum err check_digest_type(struct rule *r, struct span value)
{
        if (!span_equal_str(value, "verity") || r->flags & APPRAISE_TYPE)
                return ERR_RULES_VERITY;
        if (r->action == RULES_MEASURE)
                return ERR_RULES_VERITY_MEASURE;
        return r->action == RULES_APPRAISE ? ERR_OK : ERR_RULES_APPRAISE_ONLY;
}

static enum err check_appraise_type(struct rule *r, struct span value)
{
        bool sigv3 = span_equal_str(value, "sigv3");

        if (!sigv3 && !span_equal_str(value, "imasig"))
                return ERR_RULES_APPRAISE_TYPE;
        if (r->action != RULES_APPRAISE)
                return ERR_RULES_APPRAISE_ONLY;
        if (!sigv3)
                return r->flags & VERITY ? ERR_RULES_VERITY : ERR_OK;
        r->flags |= SIGV3;
        return r->flags & VERITY || r->kernel >= RULES_KERNEL_7_2 ? ERR_OK : ERR_RULES_APPRAISE_TYPE;
}

static enum err check_appraise_algos(struct rule *r, struct span value)
{
        struct span item;

        if (r->action != RULES_APPRAISE)
                return ERR_RULES_APPRAISE_ONLY;
        while (word_item(&value, ',', &item))
                if (!span_equal_str(item, "sha256") && !span_equal_str(item, "sha384") && !span_equal_str(item, "sha512"))
                        return ERR_RULES_APPRAISE_ALGOS;
        return ERR_OK;
}

/* same: the conditions that count as this one when the kernel looks for repetition. compares: takes < and > besides =. */
static const struct condition {
        char key[16];
        unsigned flag, same;
        bool compares;
} conditions[] = {
        { "func", FUNC, FUNC, false },
        { "mask", MASK, MASK, false },
        { "fsmagic", FSMAGIC, FSMAGIC, false },
        { "fsname", FSNAME, FSNAME, false },
        { "fsuuid", FSUUID, FSUUID, false },
        { "fs_subtype", FS_SUBTYPE, FS_SUBTYPE, false },
        { "partition", PARTITION, PARTITION, false },
        { "uid", UID, UID | EUID, true },
        { "euid", EUID, UID | EUID, true },
        { "gid", GID, GID | EGID, true },
        { "egid", EGID, GID | EGID, true },
        { "fowner", FOWNER, FOWNER, true },
        { "fgroup", FGROUP, FGROUP, true },
        { "keyrings", KEYRINGS, KEYRINGS, false },
        { "label", LABEL, LABEL, false },
        { "template", TEMPLATE, TEMPLATE, false },
        { "digest_type", VERITY, VERITY, false },
        { "appraise_type", APPRAISE_TYPE, APPRAISE_TYPE, false },
        { "appraise_algos", ALGOS, ALGOS, false },
};

/* A pointer for each condition would cost twice as much. */
static enum err check_value(struct rule *r, unsigned flag, struct span value)
{
        switch (flag) {
        case FUNC:
                return check_func(r, value);
        case MASK:
                return check_mask(r, value);
        case FSMAGIC:
                return check_fsmagic(r, value);
        case FSUUID:
                return check_fsuuid(r, value);
        case FS_SUBTYPE:
                return check_fs_subtype(r, value);
        case PARTITION:
                return check_partition(r, value);
        case UID:
        case EUID:
        case GID:
        case EGID:
        case FGROUP:
                return check_id(r, value);
        case FOWNER:
                return check_fowner(r, value);
        case KEYRINGS:
        case LABEL:
                return check_list(r, value);
        case TEMPLATE:
                return check_template(r, value);
        case VERITY:
                return check_digest_type(r, value);
        case APPRAISE_TYPE:
                return check_appraise_type(r, value);
        case ALGOS:
                return check_appraise_algos(r, value);
        default:
                return check_any(r, value);
        }
}

/* Conditions that people write, and why they are refused. */
static const struct refusal {
        char key[16];
        enum err why;
} refusals[] = {
        { "pcr", ERR_RULES_PCR },       { "path", ERR_RULES_PATH },     { "obj", ERR_RULES_PATH },
        { "obj_user", ERR_RULES_LSM },  { "obj_role", ERR_RULES_LSM },  { "obj_type", ERR_RULES_LSM },
        { "subj_user", ERR_RULES_LSM }, { "subj_role", ERR_RULES_LSM }, { "subj_type", ERR_RULES_LSM },
        { "appraise_flag", ERR_RULES_APPRAISE_FLAG },
};

static const char kernel_names[RULES_KERNELS][8] = { "6.1", "6.12", "7.2" };

const char *rules_kernel_name(enum rules_kernel kernel)
{
        return kernel_names[kernel];
}

bool rules_kernel_by_name(struct span name, enum rules_kernel *ret_kernel)
{
        for (unsigned i = 0; i < RULES_KERNELS; i++)
                if (span_equal_str(name, kernel_names[i])) {
                        *ret_kernel = (enum rules_kernel)i;
                        return true;
                }
        return false;
}

static bool find_action(struct span word, enum rules_action *ret_action)
{
        for (unsigned i = 0; i < RULES_ACTIONS; i++)
                if (span_equal_str(word, actions[i].name)) {
                        *ret_action = (enum rules_action)i;
                        return true;
                }
        return false;
}

bool rules_is_action(struct span word)
{
        enum rules_action action;

        return find_action(word, &action);
}

bool rules_exempts(enum rules_action action)
{
        return action == RULES_DONT_MEASURE || action == RULES_DONT_APPRAISE || action == RULES_DONT_AUDIT || action == RULES_DONT_HASH;
}

static enum err read_condition(struct rule *r, const struct condition *c, struct span word, size_t key_len)
{
        struct span value = span_sub(word, key_len + 1, word.len - key_len - 1);

        if (word.data[key_len] != '=' && !c->compares)
                return ERR_RULES_OPERATOR;
        if (value.len == 0)
                return ERR_RULES_VALUE;
        if (r->flags & c->same)
                return ERR_RULES_REPEATED;
        TRY(check_value(r, c->flag, value));
        if (c->flag == PARTITION)
                r->token = word;
        r->flags |= c->flag;
        return ERR_OK;
}

static enum err read_word(struct rule *r, struct span word)
{
        size_t key_len = 0;
        struct span key;

        if (memchr(word.data, '#', word.len))
                return ERR_RULES_COMMENT;
        if (rules_is_action(word))
                return ERR_RULES_ACTION_TWICE;
        if (span_equal_str(word, "permit_directio")) {
                r->flags |= DIRECTIO;
                return ERR_OK;
        }
        while (key_len < word.len && strchr("=<>", word.data[key_len]) == NULL)
                key_len++;
        if (key_len == word.len)
                return ERR_RULES_TOKEN;
        key = span_sub(word, 0, key_len);
        for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
                if (span_equal_str(key, refusals[i].key))
                        return refusals[i].why;
        for (size_t i = 0; i < sizeof(conditions) / sizeof(*conditions); i++)
                if (span_equal_str(key, conditions[i].key))
                        return read_condition(r, &conditions[i], word, key_len);
        return ERR_RULES_TOKEN;
}

/* What only shows once the whole rule is known. */
static enum err check_whole(const struct rule *r, struct span line)
{
        const struct func *f = r->func;

        if (!(f->actions & (1u << r->action)))
                return ERR_RULES_FUNC_ACTION;
        if (r->flags & ~f->allowed)
                return ERR_RULES_FUNC_CONDITION;
        if (r->flags & GID && !(f->allowed & EGID))
                return ERR_RULES_IGNORED;
        if (r->flags & MASK && !(r->mask & f->passes))
                return ERR_RULES_MASK_NEVER;
        if (f->actions == ACTION(APPRAISE) && !(r->flags & ALGOS))
                return ERR_RULES_SETXATTR;
        if (r->flags & VERITY && !(r->flags & SIGV3))
                return ERR_RULES_VERITY;
        if (r->flags & TEMPLATE && f->buffer && !r->buffer_template)
                return ERR_RULES_TEMPLATE_BUFFER;
        if (r->flags & TEMPLATE && !f->buffer && r->buffer_template)
                return ERR_RULES_TEMPLATE;
        if (r->flags & PARTITION && r->flags & (FSUUID | FSNAME))
                return ERR_RULES_PARTITION_AND_FS;
        if (rules_exempts(r->action) && !(r->flags & SELECTORS))
                return ERR_RULES_BLIND;
        if (r->flags & PARTITION && line.len - r->token.len + PARTITION_RENDERED_BYTES > RULES_LINE_MAX)
                return ERR_RULES_LENGTH;
        return ERR_OK;
}

enum err rules_parse(struct span line, enum rules_kernel kernel, struct rules_rule *ret_rule, struct span *ret_token)
{
        struct rule r = { .kernel = kernel, .func = &any_func };
        struct span rest = line, word = line;
        enum err e = ERR_OK;

        if (!word_next(&rest, &word) || !find_action(word, &r.action))
                e = ERR_RULES_TOKEN;
        else if (actions[r.action].since > kernel)
                e = ERR_RULES_KERNEL;
        while (e == ERR_OK && word_next(&rest, &word))
                e = read_word(&r, word);
        if (e == ERR_OK) {
                word = span_of(NULL, 0);
                e = check_whole(&r, line);
        }
        if (e != ERR_OK) {
                *ret_token = word;
                return e;
        }
        *ret_rule = (struct rules_rule){ .action = r.action, .token = r.token, .partition = r.partition };
        return ERR_OK;
}
