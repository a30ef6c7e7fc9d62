#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bench_verify.py MACHINE: the verifier's figures beside evmctl's and sha256sum's, on logs and a tree made here.

MACHINE is the folder that bench.sh made; its disk, policy and trees are what is enrolled without a boot. Wall times are medians; on a machine
that does something else at the same time, the processor times beside them tell more.
"""
import os
import random
import shutil
import statistics
import subprocess
import sys
import time

NONCE = "0102030405060708090a0b0c0d0e0f10"
LOGS = (10_000, 1_000_000, 10_000_000)
FILES = 100_000
TREE_FILES, TREE_BYTES = 50_000, 850_000_000
machine = sys.argv[1]
logs = "build/bench/logs"


def once(command, expected):
    quiet = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_WRONLY, 0) for fd in (1, 2)]
    begin = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=quiet)
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - begin
    if os.waitstatus_to_exitcode(status) != expected:
        sys.exit(f"bench: {' '.join(command)}: exit status {os.waitstatus_to_exitcode(status)}")
    return wall, usage


def run(command, runs=1, expected=0):
    """Median wall seconds, median processor seconds, and the largest memory in KiB of any of its processes."""
    walls, cpus = [], []
    for _ in range(runs):
        wall, usage = once(command, expected)
        walls.append(wall)
        cpus.append(usage.ru_utime + usage.ru_stime)
    # A process begins with the memory of its parent in its counter: here with that of a small shell.
    _, usage = once(["sh", "-c", '"$@"; exit $?', "sh", *command], expected)
    return statistics.median(walls), statistics.median(cpus), usage.ru_maxrss


def verify(name):
    return ["build/cosima", "verify", f"{logs}/{name}.tar", "--baseline", f"{logs}/{name}.json", "--nonce", NONCE]


def watch(name):
    return ["build/cosima", "watch", f"{logs}/{name}.tar", "--baseline", f"{logs}/{name}.json", "--nonce", NONCE,
            "--state", f"{logs}/{name}.state", "--once"]


def evmctl(name):
    return ["evmctl", "ima_measurement", "--pcrs", f"sha256,{logs}/{name}.pcrs", "--verify-bank=sha256", f"{logs}/{name}.ima"]


def make_log(name, entries, files, *banks):
    subprocess.run(["build/bench/make-logs", f"{logs}/{name}", str(entries), str(files), *banks], check=True)


def row(*columns):
    print("  {:<34}{:>12}{:>12}{:>12}{:>14}  {}".format(*columns))


def bench_logs():
    print(f"IMA logs, baseline of {FILES} files:")
    row("", "wall s", "cpu s", "KiB", "entries/s", "bar")
    for entries in LOGS:
        name = str(entries)
        make_log(name, entries, FILES)
        runs = 3 if entries <= 1_000_000 else 1
        wall, cpu, memory = run(verify(name), runs)
        row(f"cosima verify, {entries}", f"{wall:.3f}", f"{cpu:.3f}", memory, f"{entries / wall:.0f}",
            "2000000/s, 32768 KiB" if entries > 10_000 else "")
        peer_wall, peer_cpu, peer_memory = run(evmctl(name), runs)
        row(f"evmctl ima_measurement, {entries}", f"{peer_wall:.3f}", f"{peer_cpu:.3f}", peer_memory, f"{entries / peer_wall:.0f}",
            f"1 / {peer_wall / wall:.1f} (5)")
    make_log("two", LOGS[1], FILES, "sha384")
    wall, cpu, memory = run(verify("two"), 3)
    row(f"cosima verify, {LOGS[1]}, 2 banks", f"{wall:.3f}", f"{cpu:.3f}", memory, f"{LOGS[1] / wall:.0f}", "sha384 padded: two passes")


def bench_one():
    make_log("ordinary", 5000, 5000)
    print("\none ordinary evidence, 5000 entries and files:")
    row("", "wall ms", "cpu ms", "KiB", "", "bar")
    wall, cpu, memory = run(verify("ordinary"), 31)
    row("cosima verify", f"{wall * 1000:.2f}", f"{cpu * 1000:.2f}", memory, "", "15 ms")
    for name in ("ordinary", str(LOGS[0]), str(LOGS[1]), str(LOGS[2])):
        run(watch(name))
        wall, cpu, memory = run(watch(name), 31)
        row(f"cosima watch, nothing new, {name}", f"{wall * 1000:.2f}", f"{cpu * 1000:.2f}", memory, "", "3 ms")


def make_tree(top):
    """Sizes as in a system: many small files and few large ones."""
    if os.path.exists(top):
        return
    new = top + ".new"
    shutil.rmtree(new, ignore_errors=True)
    rng = random.Random(1)
    sizes = [min(int(rng.lognormvariate(8.2, 1.75)), 4 << 20) for _ in range(TREE_FILES)]
    scale = TREE_BYTES / sum(sizes)
    pool = rng.randbytes(16 << 20)
    for i, size in enumerate(sizes):
        folder = f"{new}/lib/{i % 97}/{i % 13}"
        os.makedirs(folder, exist_ok=True)
        start = rng.randrange(1 << 20)
        with open(f"{folder}/component-{i:05}.so", "wb") as f:
            f.write(pool[start:start + int(size * scale)])
    os.rename(new, top)


def bench_enroll():
    tree = f"{logs}/tree"
    make_tree(tree)
    subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{logs}/ak.key"], check=True)
    subprocess.run(["openssl", "pkey", "-in", f"{logs}/ak.key", "-pubout", "-out", f"{logs}/ak.pem"], check=True)
    with open(f"{logs}/patterns", "w", encoding="ascii") as f:
        for i in range(300):
            f.write(f"/usr/local/lib/{i % 90}/state-{i}/**/*.db\n")
    enroll = ["build/cosima", "enroll", "--policy", f"{machine}/etc/cosima/policy", "--cert", "build/keys/leaf.pem", "--disk", f"{machine}/dev/vda",
              "--tree", f"COS_OEM={machine}/oem", "--tree", f"COS_PERSISTENT={tree}", "--ak", f"{logs}/ak.pem", "--out", f"{logs}/enrolled.json"]
    peer = ["sh", "-c", f"find {tree} -type f -print0 | xargs -0 -P2 sha256sum"]
    print(f"\nenroll, {TREE_FILES} files, {TREE_BYTES // 1_000_000} MB, warm:")
    row("", "wall s", "cpu s", "KiB", "", "bar")
    run(peer)
    peer_wall, peer_cpu, _ = run(peer, 5)
    row("find | xargs -P2 sha256sum", f"{peer_wall:.3f}", f"{peer_cpu:.3f}", "", "", "")
    wall, cpu, memory = run(enroll, 5)
    row("cosima enroll", f"{wall:.3f}", f"{cpu:.3f}", memory, "", f"{wall / peer_wall:.2f} (1.2)")
    many, cpu, memory = run([*enroll, "--exclude-from", f"{logs}/patterns"], 5)
    row("with 300 exclude patterns", f"{many:.3f}", f"{cpu:.3f}", memory, "", f"{many / wall:.2f} (1.3)")


def main():
    os.makedirs(logs, exist_ok=True)
    bench_logs()
    bench_one()
    bench_enroll()
    for name in map(str, LOGS):
        for suffix in (".tar", ".ima"):
            os.remove(f"{logs}/{name}{suffix}")


main()
