/* SPDX-License-Identifier: Apache-2.0 */
/* Knows who else loads IMA rules, what kernels allow, and which of their options matter to us. */
#include "cli/collide.h"

#include <stdlib.h>
#include <string.h>

#include "cli/rootfs.h"

#define TEXT_BYTES_MAX (4u * 1024 * 1024)
#define PROGRAM_BYTES_MAX (64u * 1024 * 1024)
#define IMA_POLICY "etc/ima/ima-policy"

enum known { UNKNOWN, NO, YES };

struct image {
        int top;
        const struct policy *policy;
        struct collide *found;
        unsigned kernels;
        enum known appends;      /* CONFIG_IMA_WRITE_POLICY of the kernels: rules may be added to ours */
        enum known systemd_loads; /* systemd is built with IMA */
        bool merged;              /* lib is usr/lib: what is there need not be looked at twice */
};

/* ---- findings ------------------------------------------------------------------------------------------------------------ */

#define HARM(code, text) code, text, true
#define NOTE(code, text) code, text, false

static void add(struct image *m, const char *file, unsigned line_no, const char *code, const char *text, bool collides)
{
        struct collide *c = m->found;

        for (unsigned i = 0; i < c->count; i++)
                if (strcmp(c->findings[i].code, code) == 0 && strcmp(c->findings[i].file, file) == 0)
                        return;
        if (c->count < COLLIDE_MAX)
                c->findings[c->count++] = (struct collide_finding){ code, text, collides, strdup(file), line_no };
}

bool collide_is_bad(const struct collide *c)
{
        for (unsigned i = 0; i < c->count; i++)
                if (c->findings[i].collides)
                        return true;
        return false;
}

static void list(struct image *m, const char *folder, rootfs_visit visit)
{
        if (!m->merged || strncmp(folder, "lib/", 4) != 0)
                rootfs_list(m->top, folder, visit, m);
}

/* ---- text ---------------------------------------------------------------------------------------------------------------- */

/* The next line, or false at the end. */
static bool next_line(struct span *rest, struct span *ret_line)
{
        const uint8_t *end;
        size_t len;

        if (rest->len == 0)
                return false;
        end = memchr(rest->data, '\n', rest->len);
        len = end ? (size_t)(end - rest->data) : rest->len;
        *ret_line = span_of(rest->data, len);
        len += end != NULL;
        *rest = span_of(rest->data + len, rest->len - len);
        return true;
}

static bool is_comment(struct span line)
{
        size_t i = 0;

        while (i < line.len && (line.data[i] == ' ' || line.data[i] == '\t'))
                i++;
        return i == line.len || line.data[i] == '#';
}

/* ---- kernel -------------------------------------------------------------------------------------------------------------- */

static bool has_line(struct span config, const char *text)
{
        struct span rest = config, line;

        while (next_line(&rest, &line))
                if (span_equal_str(line, text))
                        return true;
        return false;
}

static bool has_start(struct span config, const char *text, struct span *ret_rest)
{
        struct span rest = config, line;
        size_t len = strlen(text);

        while (next_line(&rest, &line))
                if (line.len >= len && memcmp(line.data, text, len) == 0) {
                        *ret_rest = span_of(line.data + len, line.len - len);
                        return true;
                }
        return false;
}

static void judge_config(struct image *m, const char *file, struct span config)
{
        struct span value;

        m->kernels++;
        if (!has_line(config, "CONFIG_IMA=y")) {
                add(m, file, 0, HARM("NO_IMA", "this kernel has no IMA: nothing will be measured after the mount"));
                return;
        }
        if (has_line(config, "CONFIG_IMA_WRITE_POLICY=y"))
                m->appends = YES;
        else if (m->appends == UNKNOWN)
                m->appends = NO;
        if (has_start(config, "CONFIG_IMA_MEASURE_PCR_IDX=", &value) && !span_equal_str(value, "10"))
                add(m, file, 0, HARM("IMA_PCR", "IMA of this kernel extends another PCR than 10, which verifiers do not know"));
        if (has_line(config, "CONFIG_IMA_TEMPLATE=y"))
                add(m, file, 0, HARM("TEMPLATE_IMA", "the default template of this kernel is \"ima\", with SHA-1 only"));
        if (has_line(config, "CONFIG_IMA_DEFAULT_HASH_SHA1=y"))
                add(m, file, 0, HARM("HASH_SHA1", "files are hashed with SHA-1 by default; ima_hash=sha256 on the command line would change it"));
        if (has_line(config, "CONFIG_IMA_APPRAISE_REQUIRE_POLICY_SIGS=y") ||
            (has_line(config, "CONFIG_IMA_ARCH_POLICY=y") && has_line(config, "CONFIG_INTEGRITY_MACHINE_KEYRING=y") &&
             has_line(config, "CONFIG_IMA_KEYRINGS_PERMIT_SIGNED_BY_BUILTIN_OR_SECONDARY=y")))
                add(m, file, 0, NOTE("SIGNED_ONLY", "this kernel may take signed rules only: give cosima-boot rules and rules.sig beside the policy"));
}

static void look_at_config(void *arg, const char *path)
{
        struct image *m = arg;
        const char *name = strrchr(path, '/') + 1;
        struct span text;

        if (strncmp(name, "config", 6) != 0)
                return;
        text = rootfs_read(m->top, path, TEXT_BYTES_MAX);
        if (text.data)
                judge_config(m, path, text);
}

static void look_at_modules(void *arg, const char *path)
{
        list(arg, path, look_at_config);
}

static void look_at_kernels(struct image *m)
{
        list(m, "boot", look_at_config);
        list(m, "usr/lib/modules", look_at_modules);
        list(m, "lib/modules", look_at_modules);
}

/* ---- kernel command line ------------------------------------------------------------------------------------------------- */

static const struct {
        const char *word; /* at the start of an option; with '=' at its end any value */
        const char *code, *text;
        bool collides;
} options[] = {
        { "ima_policy=secure_boot", NOTE("OPTION_SIGNED_ONLY", "the kernel will take signed rules only: give cosima-boot rules and rules.sig") },
        { "ima_policy=appraise_tcb", HARM("OPTION_APPRAISE", "files of root without a signature cannot be opened before cosima-boot has loaded its rules") },
        { "ima_policy=", NOTE("OPTION_POLICY", "these rules end when cosima-boot loads its own") },
        { "ima_tcb", NOTE("OPTION_POLICY", "these rules end when cosima-boot loads its own") },
        { "ima_template=ima-", NOTE("OPTION_TEMPLATE", "chooses the template of the log") },
        { "ima_template=", HARM("OPTION_TEMPLATE_SHA1", "this template holds SHA-1 only, or is not one that verifiers know") },
        { "ima_template_fmt=", HARM("OPTION_TEMPLATE_FORMAT", "a template of one's own, which verifiers do not know") },
        { "ima_hash=sha1", HARM("OPTION_HASH", "files are hashed with SHA-1") },
        { "ima_hash=md5", HARM("OPTION_HASH", "files are hashed with MD5") },
        { "ima=off", HARM("OPTION_OFF", "IMA is off") },
        { "ima_appraise=off", NOTE("OPTION_APPRAISE_OFF", "appraise rules do nothing, and rules without a signature are taken by path") },
        { "ima_appraise=log", NOTE("OPTION_APPRAISE_OFF", "appraise rules do nothing, and rules without a signature are taken by path") },
        { "ima_appraise=fix", HARM("OPTION_APPRAISE_FIX", "the kernel writes new hashes to files instead of refusing them") },
};

static bool is_space(uint8_t c)
{
        return c == ' ' || c == '\t' || c == '"' || c == '\'' || c == '=' || c == ':' || c == ',';
}

static void judge_word(struct image *m, const char *file, unsigned line_no, struct span rest)
{
        for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
                size_t len = strlen(options[i].word);

                if (rest.len < len || memcmp(rest.data, options[i].word, len) != 0)
                        continue;
                add(m, file, line_no, options[i].code, options[i].text, options[i].collides);
                return;
        }
}

static void judge_options(struct image *m, const char *file)
{
        struct span rest = rootfs_read(m->top, file, TEXT_BYTES_MAX), line;

        for (unsigned line_no = 1; next_line(&rest, &line); line_no++)
                for (size_t i = 0; !is_comment(line) && i < line.len; i++)
                        if ((i == 0 || is_space(line.data[i - 1])) && line.data[i] == 'i')
                                judge_word(m, file, line_no, span_of(line.data + i, line.len - i));
}

static void judge_options_of(void *arg, const char *path)
{
        judge_options(arg, path);
}

static void look_at_options(struct image *m)
{
        static const char *const files[] = { "etc/default/grub",       "etc/kernel/cmdline",   "usr/lib/kernel/cmdline", "etc/cos/bootargs.cfg",
                                             "etc/elemental/bootargs.cfg", "boot/grub/grub.cfg", "boot/grub2/grub.cfg",    "etc/cos/grub.cfg",
                                             "boot/extlinux.conf",     "etc/elemental/grub.cfg" };
        static const char *const folders[] = { "etc/default/grub.d", "boot/loader/entries", "etc/cmdline.d", "usr/lib/bootc/kargs.d" };

        for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
                judge_options(m, files[i]);
        for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
                list(m, folders[i], judge_options_of);
}

/* ---- other loaders ------------------------------------------------------------------------------------------------------- */

/* Ours are known by this word, which stands in each of their files. */
static bool is_ours(struct span text)
{
        return span_find(text, "cosima") != NULL;
}

static void look_for_loader(void *arg, const char *path)
{
        struct image *m = arg;
        struct span text = rootfs_read(m->top, path, TEXT_BYTES_MAX);

        if (!text.data || is_ours(text))
                return;
        if (span_find(text, "security/ima/policy") || span_find(text, "integrity/ima/policy"))
                add(m, path, 0,
                    m->appends == NO ? "LOADER_IGNORED" : "LOADER",
                    m->appends == NO ? "loads IMA rules, which the kernel will refuse after those of cosima-boot"
                                     : "loads IMA rules too: before cosima-boot it would take its place, after it add to its rules",
                    m->appends != NO);
}

static void look_for_loader_below(void *arg, const char *path)
{
        list(arg, path, look_for_loader);
}

static void look_for_loaders(struct image *m)
{
        static const char *const folders[] = { "etc/systemd/system", "usr/lib/systemd/system", "lib/systemd/system", "system/oem", "oem",
                                               "etc/init.d",         "etc/local.d",            "usr/local/cloud-config",
                                               "etc/initramfs-tools/scripts", "usr/share/initramfs-tools/scripts" };
        static const char *const trees[] = { "usr/lib/dracut/modules.d", "usr/share/initramfs-tools/scripts", "etc/initramfs-tools/scripts" };

        for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
                list(m, folders[i], look_for_loader);
        for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++)
                list(m, trees[i], look_for_loader_below);
        if (rootfs_read(m->top, "etc/sysconfig/ima-policy", TEXT_BYTES_MAX).data)
                add(m, "etc/sysconfig/ima-policy", 0,
                    m->appends == NO ? "DRACUT_IGNORED" : "DRACUT",
                    m->appends == NO ? "rules of dracut's integrity module, which the kernel will refuse after those of cosima-boot"
                                     : "rules of dracut's integrity module, which will be added to those of cosima-boot",
                    m->appends != NO);
}

/* ---- systemd ------------------------------------------------------------------------------------------------------------- */

static void look_for_ima_setup(void *arg, const char *path)
{
        struct image *m = arg;
        const char *name = strrchr(path, '/') + 1;
        struct span program;

        if (strcmp(name, "systemd") != 0 && strncmp(name, "libsystemd-core-", 16) != 0)
                return;
        program = rootfs_read(m->top, path, PROGRAM_BYTES_MAX);
        if (!program.data)
                return;
        if (memmem(program.data, program.len, "/" IMA_POLICY, sizeof("/" IMA_POLICY) - 1))
                m->systemd_loads = YES;
        else if (m->systemd_loads == UNKNOWN)
                m->systemd_loads = NO;
        free((void *)(uintptr_t)program.data);
}

/* Whether after our rules others are taken with a signature only. */
static bool closes_the_policy(const struct policy *p)
{
        for (unsigned i = 0; p && i < p->rule_count; i++)
                if (span_find(p->rules[i].line, "appraise ") == p->rules[i].line.data && span_find(p->rules[i].line, "func=POLICY_CHECK"))
                        return true;
        return false;
}

static void judge_systemd_policy(struct image *m)
{
        static const char *const folders[] = { "usr/lib/systemd", "lib/systemd", "usr/lib64/systemd", "usr/lib/x86_64-linux-gnu/systemd" };

        if (!rootfs_read(m->top, IMA_POLICY, TEXT_BYTES_MAX).data)
                return;
        for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
                list(m, folders[i], look_for_ima_setup);
        if (m->systemd_loads == NO)
                add(m, IMA_POLICY, 0, NOTE("SYSTEMD_WITHOUT_IMA", "nobody loads it: this systemd is built without IMA"));
        else if (m->appends == NO)
                add(m, IMA_POLICY, 0, NOTE("SYSTEMD_IGNORED", "is ignored: the kernel takes one policy, and cosima-boot has loaded it"));
        else if (closes_the_policy(m->policy))
                add(m, IMA_POLICY, 0, HARM("SYSTEMD_FREEZES", "systemd will stop the boot: its rules have no signature, and the policy's appraise "
                                                               "func=POLICY_CHECK makes the kernel refuse them"));
        else
                add(m, IMA_POLICY, 0, HARM("SYSTEMD_APPENDS", "systemd adds these rules to those of cosima-boot, and stops the boot when one is refused"));
}

void collide_find(int top, const struct policy *policy, struct collide *ret_collide)
{
        struct image m = { .top = top, .policy = policy, .found = ret_collide, .merged = rootfs_is_same(top, "lib", "usr/lib") };

        ret_collide->count = 0;
        look_at_kernels(&m);
        look_at_options(&m);
        look_for_loaders(&m);
        judge_systemd_policy(&m);
        if (m.kernels == 0)
                add(&m, "boot", 0, NOTE("KERNEL_UNKNOWN", "no kernel configuration in the image: what its kernel allows is not known"));
}
