/* SPDX-License-Identifier: Apache-2.0 */
/* Knows the options of Keylime's agent and tenant. */
#include "cli/keylime_texts.h"

#include <stdio.h>

#define TEXT_BYTES 16384

enum alg keylime_text_bank(const struct baseline *b)
{
        for (unsigned alg = ALG_SHA256; alg < ALG_COUNT; alg++)
                if (digest_find(&b->pcrs, (enum alg)alg))
                        return (enum alg)alg;
        return ALG_SHA256;
}

struct span keylime_text_agent(const struct baseline *b)
{
        char *text = cli_alloc(TEXT_BYTES);
        int len = snprintf(text, TEXT_BYTES,
                           "# SPDX-License-Identifier: Apache-2.0\n"
                           "# Goes to /etc/keylime/agent.conf.d/50-cosima.conf on the node.\n"
                           "[agent]\n"
                           "# The same after a new installation: it is the hash of the TPM's endorsement key.\n"
                           "uuid = \"hash_ek\"\n"
                           "tpm_hash_alg = \"%s\"\n"
                           "ima_ml_path = \"default\"\n"
                           "# The firmware's log with cosima's events behind it; cosima-combined-log.service writes it before the agent starts.\n"
                           "measuredboot_ml_path = \"/run/cosima/boot-log.bin\"\n",
                           alg_info(keylime_text_bank(b))->name);

        return span_of(text, (size_t)len);
}

/* Names go into a shell script: the policy's are plain (trust/policy), the user's may not be. */
static bool is_plain(const char *name)
{
        return *name && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == strlen(name);
}

static void policy_name(const struct cli *cli, const struct baseline *b, char *buf, size_t cap)
{
        const char *name = cli_value(cli, "name");

        if (name && is_plain(name))
                snprintf(buf, cap, "%s", name);
        else
                snprintf(buf, cap, "cosima-%.*s-%llu", (int)b->policy_name.len, (const char *)b->policy_name.data,
                         (unsigned long long)b->policy_version);
        if (!is_plain(buf))
                snprintf(buf, cap, "cosima");
}

struct span keylime_text_enroll(const struct cli *cli, const struct baseline *b)
{
        bool is_signed = cli_value(cli, "sign-key") != NULL;
        char *text = cli_alloc(TEXT_BYTES), name[256];
        int len;

        policy_name(cli, b, name, sizeof(name));
        len = snprintf(text, TEXT_BYTES,
                       "#!/bin/sh\n"
                       "# SPDX-License-Identifier: Apache-2.0\n"
                       "# usage: VERIFIER=HOST [BOOT_LOG=1] enroll.sh UUID NODE_IP    stores the policies and enrolls one node\n"
                       "#        VERIFIER=HOST enroll.sh --update                      replaces the stored runtime policy\n"
                       "# The agent of the node must run (it is registered then), and the CA of its TPM must lie in Keylime's tpm_cert_store.\n"
                       "# BOOT_LOG=1: the verifier replays the boot log, cosima's events in it; the PCR's value is checked in both forms.\n"
                       "set -eu\n"
                       "cd \"$(dirname -- \"$0\")\"\n"
                       "name=%s\n"
                       "tenant() { keylime_tenant -v \"$VERIFIER\" \"$@\"; }\n"
                       "set_policy() { tenant -c \"$1\" --runtime-policy-name \"$name\" --runtime-policy %s; }\n"
                       "\n"
                       "if [ \"$1\" = --update ]; then\n"
                       "\tset_policy updateruntimepolicy\n"
                       "\texit\n"
                       "fi\n"
                       "uuid=$1 node=$2\n"
                       "tenant -c showruntimepolicy --runtime-policy-name \"$name\" >/dev/null 2>&1 || set_policy addruntimepolicy\n"
                       "set -- --runtime-policy-name \"$name\" --tpm_policy \"$(cat tpm-policy.json)\"\n"
                       "if [ \"${BOOT_LOG-}\" ]; then\n"
                       "\t# By name: with --mb-policy FILE the tenant refuses the PCR in tpm-policy.json.\n"
                       "\ttenant -c showmbpolicy --mb-policy-name \"$name\" >/dev/null 2>&1 ||\n"
                       "\t\ttenant -c addmbpolicy --mb-policy-name \"$name\" --mb-policy mb-policy.json\n"
                       "\tset -- \"$@\" --mb-policy-name \"$name\"\n"
                       "fi\n"
                       "tenant -t \"$node\" -u \"$uuid\" -c add \"$@\"\n"
                       "tenant -u \"$uuid\" -c cvstatus\n",
                       name, is_signed ? "runtime-policy.dsse.json --runtime-policy-sig-key runtime-policy.pub" : "runtime-policy.json");
        return span_of(text, (size_t)len);
}
