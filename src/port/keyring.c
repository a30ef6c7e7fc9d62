/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel keyrings for signed IMA policies (add_key(2), keyctl(2)). */
#include "port/machine.h"
#include "trust/cert.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef KEYCTL_RESTRICT_KEYRING
#define KEYCTL_RESTRICT_KEYRING 29
#endif

#define KEYS_BYTES (64u * 1024)

/*
 * A trusted ring hangs in nobody's session, so it is looked up by name in /proc/keys, whose lines are
 *   1f2e3d4c I------     1 perm 1f0b0000     0     0 keyring   .ima: 1
 */
static int32_t take_hex(const char *text)
{
        uint32_t number = 0;

        for (;; text++) {
                if (*text >= '0' && *text <= '9')
                        number = number << 4 | (uint32_t)(*text - '0');
                else if (*text >= 'a' && *text <= 'f')
                        number = number << 4 | (uint32_t)(*text - 'a' + 10);
                else
                        return (int32_t)number;
        }
}

static bool parse_key_line(const char *line, const char *name, int32_t *ret_ring)
{
        const char *at = (const char *)span_find(span_of_str(line), " keyring ");
        size_t len = strlen(name);

        if (!at)
                return false;
        at += strlen(" keyring ");
        at += strspn(at, " ");
        if (strncmp(at, name, len) != 0 || at[len] != ':')
                return false;
        *ret_ring = take_hex(line);
        return true;
}

enum err keyring_find(void *context, const char *name, int32_t *ret_ring)
{
        char text[KEYS_BYTES + 1], *next;
        struct span bytes;

        if (files_read(context, "/proc/keys", (uint8_t *)text, KEYS_BYTES, &bytes) != ERR_OK)
                return ERR_KEY_ABSENT;
        text[bytes.len] = '\0';
        for (char *line = text; line && *line; line = next) {
                next = strchr(line, '\n');
                if (next)
                        *next++ = '\0';
                if (parse_key_line(line, name, ret_ring))
                        return ERR_OK;
        }
        return ERR_KEY_ABSENT;
}

/*
 * The kernel looks for "_ima" in the rings of the task that loads the policy, once, and keeps what it finds. A service's session need not contain
 * the user's keyring, so the ring is linked into the process's own as well.
 */
enum err keyring_make(void *context, const char *name, int32_t *ret_ring)
{
        long ring = syscall(SYS_add_key, "keyring", name, NULL, 0, KEY_SPEC_USER_KEYRING);

        (void)context;
        if (ring < 0)
                return ERR_KEY_ADD;
        if (syscall(SYS_keyctl, KEYCTL_LINK, ring, KEY_SPEC_PROCESS_KEYRING) != 0)
                return ERR_KEY_ADD;
        *ret_ring = (int32_t)ring;
        return ERR_OK;
}

/* The kernel reads DER only. */
enum err keyring_add(void *context, int32_t ring, struct span certificate)
{
        uint8_t buf[CERT_BYTES_MAX];
        struct span der;

        (void)context;
        TRY(cert_to_der(certificate, buf, &der));
        if (syscall(SYS_add_key, "asymmetric", NULL, der.data, der.len, ring) >= 0)
                return ERR_OK;
        return errno == ENOKEY || errno == EKEYREJECTED || errno == EPERM || errno == EACCES ? ERR_KEY_REFUSED : ERR_KEY_ADD;
}

enum err keyring_restrict(void *context, int32_t ring)
{
        (void)context;
        return syscall(SYS_keyctl, KEYCTL_RESTRICT_KEYRING, ring, NULL, NULL) == 0 ? ERR_OK : ERR_KEY_ADD;
}
