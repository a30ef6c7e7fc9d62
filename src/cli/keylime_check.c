/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the traps of Keylime that can be seen from here. */
#include "cli/keylime_check.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/file.h"
#include "cli/keylime_texts.h"

#define QUOTE_INTERVAL_S 2 /* of the verifier, as shipped */
#define CONF_BYTES_MAX (1024u * 1024)
#define UPLOAD_BYTES_MAX (100u * 1000 * 1000)
/* CPU of one poll with nothing new in the log (make bench-keylime): the verifier reads the whole policy anew each time. */
#define POLL_BASE_US 15000u
#define POLL_PATH_NS 3200u

static unsigned say(bool is_error, const char *format, ...) __attribute__((format(printf, 2, 3)));

static unsigned say(bool is_error, const char *format, ...)
{
        va_list list;

        fputs(is_error ? "error: " : "note: ", stdout);
        va_start(list, format);
        vprintf(format, list);
        va_end(list);
        putchar('\n');
        return is_error;
}

/*
 * The value of `name = value` in a configuration, without quotes; NULL when it is not there. The last one counts. A comment behind a bare value
 * is part of it, as for Keylime (Python's configparser).
 */
static const char *conf_value(const char *text, const char *name, char *buf, size_t cap)
{
        const char *found = NULL;

        for (const char *line = text; line; line = strchr(line, '\n'), line += line != NULL) {
                const char *at = line + strspn(line, " \t");
                size_t len;

                if (strncmp(at, name, strlen(name)) != 0)
                        continue;
                at += strlen(name);
                at += strspn(at, " \t");
                if (*at++ != '=')
                        continue;
                at += strspn(at, " \t\"'");
                len = strcspn(at, "\"'\r\n");
                while (len > 0 && isspace((unsigned char)at[len - 1]))
                        len--;
                snprintf(buf, cap, "%.*s", (int)len, at);
                found = buf;
        }
        return found;
}

static unsigned check_pcr(const struct baseline *b)
{
        unsigned errors = 0;

        if (b->pcr < 8 || b->pcr == 10 || b->pcr > 15)
                errors += say(true, "PCR %u: Keylime keeps 10 and 16 for itself, and 23 can be reset by any root: sign a policy with pcr 15 or 8", b->pcr);
        say(false, "PCR %u: keylime_tenant refuses it in --tpm_policy beside --mb-policy FILE; enroll.sh stores that policy and names it", b->pcr);
        return errors;
}

static unsigned check_agent(const struct baseline *b, const char *conf)
{
        char buf[64];
        const char *hash = conf ? conf_value(conf, "tpm_hash_alg", buf, sizeof(buf)) : NULL;
        enum alg alg;

        if (!hash)
                hash = alg_info(ALG_SHA256)->name;
        if (alg_by_name(span_of_str(hash), &alg) != ERR_OK || alg == ALG_SHA1)
                return say(true, "the agent's tpm_hash_alg = %s: Keylime accepts sha256, sha384 and sha512", hash);
        if (!digest_find(&b->pcrs, alg))
                return say(true, "the agent's tpm_hash_alg = %s: the baseline has no value of PCR %u in that bank", hash, b->pcr);
        return 0;
}

/* The option says the opposite of its name: True makes a violation fail, False ignores it (keylime/ima/ast.py). */
static unsigned check_verifier(const char *conf)
{
        char buf[64];
        const char *value = conf ? conf_value(conf, "ignore_tomtou_errors", buf, sizeof(buf)) : NULL;

        if (!conf)
                say(false, "verifier.conf: ignore_tomtou_errors = False, as shipped, hides a file that is held open for writing; write True, which fails it");
        else if (value && strcmp(value, "True") != 0 && strcmp(value, "true") != 0)
                return say(true, "verifier.conf: ignore_tomtou_errors = %s: a file that is held open for writing is not looked at; write True", value);
        if (conf && (value = conf_value(conf, "webhook_url", buf, sizeof(buf))) && strncmp(value, "http://", 7) == 0)
                return say(true, "verifier.conf: webhook_url = %s: only https works, the alert is lost", value);
        return 0;
}

static unsigned check_size(const struct keylime_files *f, size_t bytes, double interval)
{
        double us = POLL_BASE_US + (double)f->count * POLL_PATH_NS / 1000;

        say(false, "%zu files, %zu paths, %zu bytes: about %.0f ms of the verifier's CPU each poll, %.1f %% of a core a node at quote_interval = %g",
            f->files, f->count, bytes, us / 1000, us / interval / 10000, interval);
        if (bytes > UPLOAD_BYTES_MAX)
                return say(true, "the policy has %zu bytes, max_upload_size is %u", bytes, UPLOAD_BYTES_MAX);
        return 0;
}

static unsigned check_files(const struct keylime_files *f)
{
        unsigned errors = 0;

        if (f->refused > 0)
                errors += say(true, "%zu names cannot be carried by Keylime (see above)", f->refused);
        if (f->files == 0)
                errors += say(true, "the baseline has no files: every file would fail");
        if (!f->has_aggregate)
                say(false, "boot_aggregate is not in the baseline: use the form with the boot log, which computes it, or enroll from evidence");
        if (!f->has_receipt)
                say(false, "the receipt is not in the baseline: it is excluded; the PCR's value holds the same facts");
        return errors;
}

static enum cli_exit read_conf(const struct cli *cli, const char *option, const char **ret_text)
{
        struct span text;
        enum cli_exit status;

        *ret_text = NULL;
        if (!cli_value(cli, option))
                return CLI_OK;
        status = file_read(cli, cli_value(cli, option), CONF_BYTES_MAX, &text);
        if (status == CLI_OK)
                *ret_text = (const char *)text.data;
        return status;
}

/* Left as it is where the option is not given. */
static enum cli_exit read_interval(const struct cli *cli, double *ret_seconds)
{
        const char *text = cli_value(cli, "interval");
        char *end;
        double seconds;

        if (!text)
                return CLI_OK;
        seconds = strtod(text, &end);
        if (end == text || *end || !(seconds > 0))
                return cli_fail(cli, CLI_USAGE, "--interval %s: not a number of seconds", text);
        *ret_seconds = seconds;
        return CLI_OK;
}

enum cli_exit keylime_check(const struct cli *cli, const struct baseline *b, const struct keylime_files *f, size_t bytes)
{
        const char *verifier, *agent;
        double interval = QUOTE_INTERVAL_S;
        enum cli_exit status = read_interval(cli, &interval);
        unsigned errors = 0;

        if (status == CLI_OK)
                status = read_conf(cli, "verifier-conf", &verifier);
        if (status == CLI_OK)
                status = read_conf(cli, "agent-conf", &agent);
        if (status != CLI_OK)
                return status;
        errors += check_files(f);
        errors += check_pcr(b);
        errors += check_agent(b, agent);
        errors += check_verifier(verifier);
        errors += check_size(f, bytes, interval);
        if (b->certificate_count > 0)
                say(false, "files allowed by IMA signature: give Keylime the key (keylime_tenant --signature-verification-key), which then allows any path");
        return errors > 0 ? CLI_FAILED : CLI_OK;
}
