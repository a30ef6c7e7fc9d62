#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bench.py COSIMA-BOOT MACHINE WORK: sizes, TPM commands, wall time and memory of cosima-boot on a machine that is a folder."""
import ctypes
import hashlib
import os
import re
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import time

RUNS = 31
program, machine, work = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)


class Swtpm:
    """A TPM that was just started, with a log of its commands."""

    def __init__(self, tcp=False):
        self.folder = os.path.join(work, "tpm")
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree("build/vm/tpm", self.folder)
        self.log = os.path.join(work, "tpm.log")
        if os.path.exists(self.log):
            os.remove(self.log)
        if tcp:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
            server = [f"type=tcp,port={self.port},bindaddr=127.0.0.1", f"type=tcp,port={self.port + 1},bindaddr=127.0.0.1"]
        else:
            self.path = os.path.join(work, "tpm.socket")
            server = [f"type=unixio,path={self.path}", f"type=unixio,path={self.path}.ctrl"]
        self.process = subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.folder}", "--server", server[0],
                                         "--ctrl", server[1], "--flags", "not-need-init,startup-clear",
                                         "--log", f"level=20,file={self.log}"])
        self.wait(tcp)

    def wait(self, tcp):
        deadline = time.time() + 10
        while time.time() < deadline:
            try:
                with socket.socket(socket.AF_INET if tcp else socket.AF_UNIX) as s:
                    s.connect(("127.0.0.1", self.port) if tcp else self.path)
                return
            except OSError:
                time.sleep(0.005)
        sys.exit("bench: swtpm does not start")

    def commands(self):
        with open(self.log, encoding="ascii", errors="replace") as f:
            return len(re.findall(r"SWTPM_IO_Read: length", f.read()))

    def stop(self):
        self.process.terminate()
        self.process.wait()


def environment(tpm):
    return {"COSIMA_ROOT": machine, "COSIMA_SWTPM": tpm.path, "PATH": os.environ["PATH"]}


def wall_ms(arguments, env):
    """From fork to exit, and the exit status."""
    begin = time.perf_counter()
    pid = os.posix_spawnp(arguments[0], arguments, env)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return (time.perf_counter() - begin) * 1000, status


def memory_kib(arguments, env):
    """Resident memory at exit, where the kernel stops the process for its tracer. Counters like ru_maxrss are too coarse for so little."""
    traceme, options, cont, getsigmask = 0, 0x4200, 7, 0x40
    pid = os.fork()
    if pid == 0:
        libc.ptrace(traceme, 0, None, None)
        os.execvpe(arguments[0], arguments, env)
    os.waitpid(pid, 0)
    libc.ptrace(options, pid, None, ctypes.c_void_p(getsigmask))
    pass_on = 0
    while True:
        libc.ptrace(cont, pid, None, ctypes.c_void_p(pass_on))
        _, status = os.waitpid(pid, 0)
        if not os.WIFSTOPPED(status):
            return 0
        pass_on = os.WSTOPSIG(status)
        if status >> 8 == signal.SIGTRAP | 6 << 8:
            break
        if pass_on == signal.SIGTRAP:
            pass_on = 0
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
        rss = int(re.search(r"^Rss: +(\d+)", f.read(), re.M).group(1))
    libc.ptrace(cont, pid, None, None)
    os.waitpid(pid, 0)
    return rss


def entry(digest, path):
    """An entry of IMA's log, template ima-ng; nobody looks at the column of template digests here."""
    name = b"sha256:\0" + digest
    data = struct.pack("<I", len(name)) + name + struct.pack("<I", len(path) + 1) + path + b"\0"
    return struct.pack("<I", 10) + b"\1" * 20 + struct.pack("<I", 6) + b"ima-ng" + struct.pack("<I", len(data)) + data


def write_ima_log():
    """The log of a kernel whose rules are active: the receipt of the run before stands in it, since all runs leave the same one."""
    log = entry(b"\7" * 32, b"boot_aggregate")
    receipt = os.path.join(machine, "run/cosima/receipt")
    if os.path.exists(receipt):
        with open(receipt, "rb") as f:
            log += entry(hashlib.sha256(f.read()).digest(), b"/run/cosima/receipt")
    with open(os.path.join(machine, "sys/kernel/security/ima/binary_runtime_measurements"), "wb") as f:
        f.write(log)


def mount(*lines):
    """What the machine has mounted: /proc/self/mountinfo."""
    with open(os.path.join(machine, "proc/self/mountinfo"), "w", encoding="ascii") as f:
        f.writelines(line + "\n" for line in lines)


def clean():
    mount()
    write_ima_log()
    shutil.rmtree(os.path.join(machine, "run/cosima"))
    os.mkdir(os.path.join(machine, "run/cosima"))


def one(how, *command):
    """One command on a machine just booted; how is wall_ms or memory_kib."""
    tpm = Swtpm()
    result = how([program, *command], environment(tpm))
    tpm.stop()
    return result


def measure(how):
    clean()
    return one(how, "measure")


def expect(result):
    if result[1] != 0:
        with open(os.path.join(machine, "dev/kmsg"), encoding="ascii") as f:
            sys.exit("bench: cosima-boot failed:\n" + f.read())
    return result[0]


def whole_boot():
    """TPM commands of measure and handover."""
    clean()
    tpm = Swtpm()
    counts = []
    for command in ("measure", "handover"):
        if command == "handover":
            mount("1 0 254:2 / /oem rw - ext4 /dev/vda2 rw", "2 0 254:5 / /usr/local rw - ext4 /dev/vda5 rw")
        before = tpm.commands()
        expect(wall_ms([program, command], environment(tpm)))
        counts.append(tpm.commands() - before)
    tpm.stop()
    return counts


def add_disks(first, end):
    """Empty disks of 1 MiB, all the same file."""
    image = os.path.join(machine, "dev/empty")
    with open(image, "wb") as f:
        f.truncate(1 << 20)
    for i in range(first, end):
        folder = os.path.join(machine, f"sys/block/vx{i}")
        os.makedirs(folder + "/queue")
        texts = {"uevent": f"MAJOR=259\nMINOR={i}\nDEVNAME=vx{i}\nDEVTYPE=disk\nDISKSEQ={100 + i}\n", "size": "2048\n", "removable": "0\n",
                 "queue/logical_block_size": "512\n"}
        for name, text in texts.items():
            with open(f"{folder}/{name}", "w", encoding="ascii") as f:
                f.write(text)
        os.symlink("empty", os.path.join(machine, f"dev/vx{i}"))


def library_bytes(path):
    """A program with all shared libraries that it maps, and the TCTI that it opens."""
    files = {os.path.realpath(path)}
    for start in (path, *[os.path.join("/usr/lib", d, "libtss2-tcti-device.so.0") for d in os.listdir("/usr/lib") if "linux-gnu" in d]):
        out = subprocess.run(["ldd", start], capture_output=True, text=True, check=False).stdout
        files |= {os.path.realpath(m) for m in re.findall(r"(/\S+)", out) if os.path.exists(m)}
        if os.path.exists(start):
            files.add(os.path.realpath(start))
    return sum(os.path.getsize(f) for f in files), len(files) - 1


def pcrextend():
    """tpm2_pcrextend on a TPM of the same kind: wall times and memory of one extend."""
    tpm = Swtpm(tcp=True)
    command = ["tpm2_pcrextend", "-T", f"swtpm:host=127.0.0.1,port={tpm.port}", "15:sha256=" + "ab" * 32]
    walls = [wall_ms(command, os.environ) for _ in range(RUNS)]
    memory = memory_kib(command, os.environ)
    tpm.stop()
    if any(status != 0 for _, status in walls):
        sys.exit("bench: tpm2_pcrextend failed")
    return [ms for ms, _ in walls], memory


def main():
    measure(wall_ms)  # leaves the receipt that the IMA log of all further runs holds
    walls = [expect(measure(wall_ms)) for _ in range(RUNS)]
    memory = measure(memory_kib)
    counts = whole_boot()
    peer_walls, peer_memory = pcrextend()
    peer_bytes, libraries = library_bytes(shutil.which("tpm2"))
    rows = [("", "cosima-boot", "tpm2_pcrextend", "budget"),
            ("does", "a whole measure", "one extend", ""),
            ("bytes on disk", os.path.getsize("build/cosima-boot"), f"{peer_bytes} ({libraries} libraries)", 163840),
            ("wall, median ms", f"{statistics.median(walls):.2f}", f"{statistics.median(peer_walls):.2f}", 5),
            ("wall, slowest ms", f"{max(walls):.2f}", f"{max(peer_walls):.2f}", ""),
            ("memory, KiB", memory, peer_memory, 1024),
            ("TPM commands", f"{counts[0]} + {counts[1]} in handover", "", "9 in all")]
    for row in rows:
        print("{:<18}{:<24}{:<28}{}".format(*row))
    print("\nmore disks:")
    base = statistics.median(walls)
    for first, count in ((0, 100), (100, 1000)):
        add_disks(first, count)
        ms = statistics.median([expect(measure(wall_ms)) for _ in range(5)])
        kib = measure(memory_kib)
        print(f"  {count:5} more: {ms:8.2f} ms, {(ms - base) / count * 1000:6.1f} us and {max(kib - memory, 0) / count:5.2f} KiB each "
              "(budget 100 us, 4 KiB)")


main()
