/* SPDX-License-Identifier: Apache-2.0 */
/* add-key RING CERTIFICATE: tries to add a certificate (DER) to the kernel's keyring RING, which is found in /proc/keys, and says
 * what the kernel answers. What a root user of the node would do to have IMA trust a key of his own. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* 1f2e3d4c I------     1 perm 1f0b0000     0     0 keyring   _ima: 1 */
static int find_ring(const char *name, int *ret_ring)
{
        char line[512], kind[32], ring[128];
        unsigned id;
        FILE *keys = fopen("/proc/keys", "r");
        int found = 0;

        while (keys && !found && fgets(line, sizeof(line), keys))
                if (sscanf(line, "%x %*s %*s %*s %*s %*s %*s %31s %127[^:]", &id, kind, ring) == 3)
                        found = strcmp(kind, "keyring") == 0 && strcmp(ring, name) == 0;
        if (keys)
                fclose(keys);
        *ret_ring = (int)id;
        return found;
}

int main(int argc, char **argv)
{
        static unsigned char der[4096];
        FILE *file = argc == 3 ? fopen(argv[2], "rb") : NULL;
        size_t size;
        int ring;

        if (!file || !find_ring(argv[1], &ring)) {
                puts("later: no such keyring or file");
                return 2;
        }
        size = fread(der, 1, sizeof(der), file);
        if (syscall(SYS_add_key, "asymmetric", "intruder", der, size, ring) >= 0)
                printf("later: added to %s\n", argv[1]);
        else
                printf("later: adding a key to %s: %s\n", argv[1], strerror(errno));
        return 0;
}
