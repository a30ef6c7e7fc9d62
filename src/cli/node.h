/* SPDX-License-Identifier: Apache-2.0 */
/* Taking evidence of the running boot, through the ports. */
#ifndef CLI_NODE_H
#define CLI_NODE_H

#include "cli/cli.h"
#include "port/ports.h"
#include "verify/evidence.h"
#include "verify/quote.h"

#define NODE_IMA_LOG "/sys/kernel/security/integrity/ima/binary_runtime_measurements"
#define NODE_FIRMWARE_LOG "/sys/kernel/security/tpm0/binary_bios_measurements"

/* What is to be quoted, and where cosima-boot left its files. */
struct node_request {
        struct span nonce;
        bool rsa; /* by a key of RSA, for verifiers that cannot do ECDSA */
        unsigned selection_count;
        struct ports_selection selections[ALG_COUNT];
        const char *run; /* "/run/cosima" */
        uint64_t ima_offset; /* so many bytes of the IMA log are left out, since the verifier has judged them */
};

/*
 * Parse "0-15", "0,2,15" or "sha256:0-15+sha384:15" into ret_request's selections; without an algorithm it is sha256. CLI_USAGE, having said
 * why.
 */
enum cli_exit node_parse_pcrs(const struct cli *cli, const char *text, struct node_request *ret_request);

/*
 * Make the attestation key, quote, and read all logs but IMA's. The quote comes first and the logs after it, so that they hold at least what was quoted. What a
 * machine does not have (no firmware log, nothing measured) is left out of the evidence. CLI_FAILED, having said why. All in new memory.
 */
enum cli_exit node_take_evidence(const struct cli *cli, const struct ports *ports, const struct node_request *request,
                                 struct evidence *ret_evidence);

/*
 * Write the IMA log behind what fd holds, as the archive's member of that name, piece by piece: it may be longer than memory. It is read after the
 * quote, while IMA goes on. Nothing is written when there is no log. ret_bytes: how many of the archive. CLI_FAILED, having said why; path is the
 * file's name.
 */
enum cli_exit node_write_ima(const struct cli *cli, const struct ports *ports, const struct node_request *request, int fd, const char *path,
                             uint64_t *ret_bytes);

/*
 * A file of the node, folder and name joined by a slash unless folder is empty, in new memory; data is NULL when there is none. CLI_FAILED, having said
 * why.
 */
enum cli_exit node_read_file(const struct cli *cli, const struct ports *ports, const char *folder, const char *name, size_t max, struct span *ret_bytes);

#endif
