#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Figures of Keylime with cosima's policies: time from a change to its alert, the verifier's CPU per poll by the policy's size, and exports."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

from lab import BUILD, COSIMA, TOP, VM, Lab, Watch, run, wait_for

TREE_FILES, TREE_BYTES = 50000, 17000
SECONDS = 30
ROW_SECONDS = 120


def cpu_seconds(group):
    """User and system time of all processes of a group, their ended children included."""
    total = 0
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            total += sum(map(int, fields[11:15]))
    return total / os.sysconf("SC_CLK_TCK")


def widen(lab, count):
    """The baseline with so many files more, which no node has."""
    baseline = json.loads(lab.baseline.read_text())
    baseline["files"] += [[f"/usr/local/more/{i:06}", "sha256:" + hashlib.sha256(str(i).encode()).hexdigest()] for i in range(count)]
    baseline["files"].sort(key=lambda file: json.dumps(file[0]).encode())
    path = BUILD / f"baseline-{count}.json"
    path.write_text(json.dumps(baseline, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
    return path


def cost_of_polls(lab, servers, watch, paths):
    """A file has two paths: as it is, and below /sysroot."""
    out = BUILD / f"export/{paths}"
    run(COSIMA, "export", "keylime", widen(lab, paths // 2), "--name", "fleet", "--sign-key", lab.key, "--out", out)
    lab.enroll(servers, out, "--update")
    watch.passes(1)
    group = servers.processes["verifier"].pid
    cpu, count = cpu_seconds(group), watch.state()["attestation_count"]
    time.sleep(SECONDS)  # without asking, which costs the verifier more than a poll does
    polls = watch.state()["attestation_count"] - count
    spent = (cpu_seconds(group) - cpu) / max(polls, 1)
    size = (out / "runtime-policy.json").stat().st_size
    print(f"verifier's CPU a poll, {paths} paths, {size / 1e6:.2f} MB: {1000 * spent:.0f} ms, of {polls} polls", flush=True)


def time_to_alert(lab, servers, node):
    begin = time.time()
    node.tell("echo '# changed' >>/oem/90_custom.yaml && cat /oem/90_custom.yaml >/dev/null")
    when, alert = wait_for("the alert", lambda: servers.alerts and servers.alerts[0])
    print(f"change to alert, quote_interval {servers.interval} s, emulated machine: {when - begin:.1f} s ({alert['event_id']})", flush=True)


def make_tree():
    """50,000 files as a tree on disk, cached by having been written."""
    shutil.rmtree(BUILD / "tree", ignore_errors=True)
    for i in range(TREE_FILES):
        folder = BUILD / f"tree/usr/local/bin/{i // 500:03}"
        if i % 500 == 0:
            folder.mkdir(parents=True)
        (folder / f"{i:06}").write_bytes(hashlib.sha256(str(i).encode()).digest() * (TREE_BYTES // 32))


def row(name, *commands, **options):
    """How long the commands take, one after the other; no row may hold up the others."""
    begin = time.monotonic()
    try:
        for command in commands:
            run(*command, timeout=ROW_SECONDS, **options)
        said = f"{time.monotonic() - begin:.2f} s"
    except subprocess.TimeoutExpired:
        said = f"more than {ROW_SECONDS} s"
    print(f"{name}: {said}", flush=True)


def paths_of(policy):
    return len(json.loads(policy.read_text())["digests"]) if policy.exists() else 0


def exports(lab, servers):
    """Hashing beside hashing, and what is left of it when there is a baseline already."""
    make_tree()
    (BUILD / "export").mkdir(exist_ok=True)
    run("tar", "-x", "-f", VM / "enroll/keylime.tar", "-C", BUILD, "ak.pem")
    tree, offline, vm = BUILD / "tree", BUILD / "offline.json", TOP / "build/vm"
    enroll = [COSIMA, "enroll", "--policy", vm / "trust/policy", "--cert", TOP / "build/keys/leaf.pem", "--disk", VM / "enroll/disk.img", "--tree",
              f"COS_OEM={vm}/tree/oem", "--tree", f"COS_PERSISTENT={tree}/usr/local", "--ak", BUILD / "ak.pem", "--out", offline]
    theirs = [f"{lab.venv}/bin/keylime-policy", "create", "runtime", "--rootfs", tree, "-o", BUILD / "theirs.json"]
    row("keylime-policy create runtime, hashes 50,000 files of a tree", theirs, env=servers.environment)
    row("cosima enroll and export keylime, hash the same tree", enroll, [COSIMA, "export", "keylime", offline, "--out", BUILD / "export/hashed"])
    row("cosima export keylime alone, of its baseline", [COSIMA, "export", "keylime", offline, "--out", BUILD / "export/wide"])
    row("sha256sum of the tree, two at a time", ["sh", "-c", f"find {tree} -type f -print0 | xargs -0 -P2 -n500 sha256sum >{BUILD}/sums"])
    print(f"paths in the policies: cosima {paths_of(BUILD / 'export/wide/runtime-policy.json')}, each file by each of its names; "
          f"keylime-policy {paths_of(BUILD / 'theirs.json')}", flush=True)
    shutil.rmtree(tree)


def main():
    lab = Lab()
    lab.boot("enroll")
    with lab.servers() as servers:
        exports(lab, servers)
        with lab.node(servers, "node") as node:
            watch = Watch(servers, node.uuid)
            lab.enroll(servers, lab.export("fleet"), node.uuid, "127.0.0.1")
            watch.passes()
            for paths in (1000, 20000):
                cost_of_polls(lab, servers, watch, paths)
            time_to_alert(lab, servers, node)
            watch.leave()


if __name__ == "__main__":
    sys.exit(main())
