/* SPDX-License-Identifier: Apache-2.0 */
/* cosima-boot: measure before anything is mounted, hand over after it, or say that the boot failed. Its stages stand in commands.c. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/version.h"
#include "boot/boot.h"
#include "port/machine.h"

#define MEASURE_SECONDS 510 /* more than the waits for the lock, for udev and of a policy, less than the unit's TimeoutStartSec= */

/* One block for the whole run, of a size that no disk decides; pages that are not touched cost nothing. */
struct run {
        struct machine machine;
        struct boot boot;
};

static int usage(void)
{
        static const char text[] = "cosima-boot: usage:\n"
                                   "  cosima-boot measure [--nowait]   before the declared partitions are mounted\n"
                                   "  cosima-boot handover             after they are mounted\n"
                                   "  cosima-boot fail REASON          when the boot failed elsewhere\n";

        return write(STDERR_FILENO, text, sizeof(text) - 1) < 0 ? 3 : 2;
}

static int run(struct run *r, int argc, const char *const *argv)
{
        struct ports ports = machine_ports(&r->machine);

        r->boot.ports = &ports;
        if (argc == 2 && strcmp(argv[1], "measure") == 0)
                return boot_measure(&r->boot);
        if (argc == 3 && strcmp(argv[1], "measure") == 0 && strcmp(argv[2], "--nowait") == 0) {
                r->boot.nowait = true;
                return boot_measure(&r->boot);
        }
        if (argc == 2 && strcmp(argv[1], "handover") == 0)
                return boot_handover(&r->boot);
        if (argc == 3 && strcmp(argv[1], "fail") == 0) {
                r->boot.reason = span_of_str(argv[2]);
                return boot_fail(&r->boot);
        }
        return usage();
}

/*
 * Measuring reads what an attacker has written, from devices that need not answer. Where that kills or holds up the process, the PCR is one that
 * nobody has extended, and what is mounted next could extend it as if all were well. So the process that was started reads no disk: it waits for
 * one that does, and has the failure measured when that does not come to an end of its own.
 */
static int run_watched(struct run *r, int argc, const char *const *argv)
{
        static const struct timespec limit = { MEASURE_SECONDS, 0 };
        static const uint64_t ends = UINT64_C(1) << (SIGCHLD - 1);
        const char *const fail[] = { NULL, "fail", "measuring was cut short" };
        int status;
        long child;

        syscall(SYS_rt_sigprocmask, SIG_BLOCK, &ends, NULL, sizeof(ends));
        child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); /* musl's fork() brings along what only threads need */
        if (child <= 0) /* where there can be no other process, this one measures */
                return run(r, argc, argv);
        while (syscall(SYS_rt_sigtimedwait, &ends, NULL, &limit, sizeof(ends)) < 0 && errno == EINTR)
                ;
        if (syscall(SYS_wait4, child, &status, WNOHANG, NULL) == child && WIFEXITED(status))
                return WEXITSTATUS(status);
        syscall(SYS_kill, child, SIGKILL);
        return run(r, 3, fail);
}

/*
 * The boot waits for us, so whoever only reads what is logged meanwhile shall not come in between. Where the kernel refuses, we are slower and
 * nothing else; a unit's CPUSchedulingPolicy= would not start us then. By number, since musl's function does nothing.
 */
static void hurry(void)
{
        static const struct sched_param lowest = { .sched_priority = 1 };

        syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &lowest);
}

int main(int argc, char **arguments)
{
        const char *const *argv = (const char *const *)arguments;
        struct run *r = mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        int status;

        if (r == MAP_FAILED)
                return 3;
        hurry();
        umask(077);
        status = argc > 1 && strcmp(argv[1], "measure") == 0 ? run_watched(r, argc, argv) : run(r, argc, argv);
        machine_close(&r->machine);
        return status;
}
